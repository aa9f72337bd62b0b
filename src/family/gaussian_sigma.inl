// The Gaussian family whose standard deviation has a linear predictor of its own.

/// y ~ N(eta, sigma^2 / size), sigma a parameter of the family: `response` is y, `size` the weight.
struct GaussianSigmaFamily {
  static constexpr FamilyDescription kDescription = {
      "gaussian", "identity", ResponseKind::number, WeightKind::precision, Augmentation::none, false, false,
      false,      1.0};
  static constexpr FamilyParameter kParameters[] = {
      {"sigma", 0, {PositivePrior::Kind::half_t, 3, 2.5}, FamilyParameter::Link::log, true}};

  /// Log density but for -ln(2 pi)/2.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::exp;
    using std::log;
    const Real log_sigma = clamped(row.parameter(0), -150, 150);
    const Real precision = row.size() * exp(Real(-2) * log_sigma);
    const Real deviation = row.response() - row.eta(0);
    const Real squares = precision * deviation * deviation;
    row.add(Real(0.5) * (log(row.size()) - squares) - log_sigma);
    row.score(0, precision * deviation);
    row.score_parameter(0, squares - Real(1));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    using std::exp;
    if (c != d) return Real(0);
    return c == 0 ? row.size() * exp(Real(-2) * clamped(row.parameter(0), -150, 150)) : Real(2);
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double /*response*/, double /*trials*/) { return nullptr; }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    return GaussianFamily::units(response, offset);
  }

  static double expectation(const Predictors& eta, double /*trials*/) { return eta[0]; }

  static double log_constant(double /*response*/, double /*size*/) { return -0.91893853320467274; }

  static DistributionStep distribution(double response, double size, const Predictors& eta) {
    const double z = (eta[0] - response) * std::exp(-eta.parameter(0));
    const double p = 0.5 * std::erfc(z * std::sqrt(0.5 * size));
    return {p, p};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, const Predictors& eta) {
    return eta[0] + std::exp(eta.parameter(0)) * draw_normal<double>(stream) / std::sqrt(size);
  }
};
