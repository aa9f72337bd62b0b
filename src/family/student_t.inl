// The Student-t family with identity link: regression that outlying responses do not bend.

/// (y - eta) / sigma has a t distribution of nu degrees of freedom, sigma and nu > 1 parameters of the family (Lange,
/// Little and Taylor 1989). `response` is y, `size` the weight.
struct StudentTFamily {
  static constexpr FamilyDescription kDescription = {
      "student_t", "identity", ResponseKind::number, WeightKind::frequency, Augmentation::none, false, false,
      false,       1.0};
  static constexpr FamilyParameter kParameters[] = {
      {"sigma", 0, {PositivePrior::Kind::half_t, 3, 2.5}, FamilyParameter::Link::log, true},
      {"nu", 1, {PositivePrior::Kind::gamma, 2, 0.1}}};

  /// 1 / sigma, nu, and what the row's deviation is in units of sigma.
  template <class Real>
  struct Standardised {
    Real log_sigma, precision, excess, nu, z;

    template <class Row>
    BDGLM_HOST_DEVICE explicit Standardised(const Row& row) {
      using std::exp;
      log_sigma = clamped(row.parameter(0), -150, 150);
      precision = exp(Real(0) - log_sigma);
      // A normal law to the last digit beyond.
      excess = exp(clamped(row.parameter(1), -300, 34));
      nu = Real(1) + excess;
      z = (row.response() - row.eta(0)) * precision;
    }
  };

  /// Log density but for -ln(2 pi)/2.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::log;
    using std::log1p;
    const Standardised<Real> s(row);
    const Real half = Real(0.5) * s.nu;
    const Real tail = log1p(s.z * s.z / s.nu);
    const Real normaliser = row.held(1) ? Real(0) : log_rising(half, Real(0.5)) - Real(0.5) * log(half);
    row.add(row.size() * (normaliser - s.log_sigma - Real(0.5) * (s.nu + Real(1)) * tail));
    const Real pull = (s.nu + Real(1)) * s.z / (s.nu + s.z * s.z);
    row.score(0, row.size() * pull * s.precision);
    row.score_parameter(0, row.size() * (pull * s.z - Real(1)));
    if (row.predictor_of(1) < 0) return;
    const Real rise = digamma(half + Real(0.5)) - digamma(half);
    row.score_parameter(1, row.size() * Real(0.5) * s.excess * (rise - tail + (pull * s.z - Real(1)) / s.nu));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    const Standardised<Real> s(row);
    if (c != d) return Real(0);
    const Real three = s.nu + Real(3);
    if (c == 0) return row.size() * (s.nu + Real(1)) / three * s.precision * s.precision;
    if (c == row.predictor_of(0)) return row.size() * Real(2) * s.nu / three;
    const Real half = Real(0.5) * s.nu;
    const Real information = Real(0.25) * (trigamma(half) - trigamma(half + Real(0.5))) -
                             (s.nu + Real(5)) / (Real(2) * s.nu * (s.nu + Real(1)) * three);
    return row.size() * s.excess * s.excess * positive_part(information);
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double /*response*/, double /*trials*/) { return nullptr; }

  /// Median, and the median deviation from it as a normal law's sd.
  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    const Eigen::VectorXd explained = response - offset;
    if (explained.size() == 0) return {};
    const double center = median(explained);
    const double spread = 1.4826 * median((explained.array() - center).abs());
    return spread > 0 ? PredictorUnits{center, spread} : GaussianFamily::units(response, offset);
  }

  static double median(Eigen::VectorXd values) {
    const auto middle = values.size() / 2;
    std::nth_element(values.data(), values.data() + middle, values.data() + values.size());
    return values[middle];
  }

  static double expectation(const Predictors& eta, double /*trials*/) { return eta[0]; }

  static double log_constant(double /*response*/, double size) { return -0.91893853320467274 * size; }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    const double nu = 1 + std::exp(eta.parameter(1));
    const double z = (response - eta[0]) * std::exp(-eta.parameter(0));
    const double tail = nu > 1e8 ? 0.5 * std::erfc(std::fabs(z) * 0.70710678118654752)
                                 : 0.5 * beta_cdf(0.5 * nu, 0.5, nu / (nu + z * z));
    const double p = z > 0 ? 1 - tail : tail;
    return {p, p};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    const double excess = std::exp(eta.parameter(1) < 34 ? eta.parameter(1) : 34);
    const double half = 0.5 * (1 + excess);
    const double log_rate = draw_log_gamma(stream, half) - std::log(half);
    return eta[0] + std::exp(eta.parameter(0) - 0.5 * log_rate) * draw_normal<double>(stream);
  }
};
