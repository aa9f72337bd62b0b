// The lognormal family: positive numbers whose logarithm is normal.

/// ln y ~ N(eta, sigma^2), sigma a parameter of the family. `response` is y, `size` the weight.
struct LognormalFamily {
  static constexpr FamilyDescription kDescription = {
      "lognormal", "log", ResponseKind::number, WeightKind::frequency, Augmentation::none, false, false, false, 1.0};
  static constexpr FamilyParameter kParameters[] = {{"sigma", 0, {PositivePrior::Kind::half_t, 3, 2.5}}};

  /// Log density but for -ln y - ln(2 pi)/2.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::exp;
    using std::log;
    // Whose exponentials lanes have.
    const Real log_sigma = clamped(row.parameter(0), -300, 300);
    const Real precision = exp(Real(-2) * log_sigma);
    const Real deviation = log(row.response()) - row.eta(0);
    const Real squares = precision * deviation * deviation;
    row.add(Real(0) - row.size() * (log_sigma + Real(0.5) * squares));
    row.score(0, row.size() * precision * deviation);
    row.score_parameter(0, row.size() * (squares - Real(1)));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    using std::exp;
    if (c != d) return Real(0);
    return row.size() * (c == 0 ? exp(Real(-2) * clamped(row.parameter(0), -300, 300)) : Real(2));
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double response, double /*trials*/) {
    if (response > 0 && std::isfinite(response)) return nullptr;
    return "family lognormal needs numbers above 0, but '{response}' is {y} in {row}: mend the cell, leave such rows "
           "out, or fit another family";
  }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    const double center = (response.array().log() - offset.array()).mean();
    return {std::isfinite(center) ? center : 0, 1};
  }

  static double expectation(const Predictors& eta, double /*trials*/) {
    return std::exp(eta[0] + 0.5 * std::exp(2 * eta.parameter(0)));
  }

  static double log_constant(double response, double size) {
    return -size * (std::log(response) + 0.91893853320467274);
  }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    const double p = 0.5 * std::erfc((eta[0] - std::log(response)) * std::exp(-eta.parameter(0)) * 0.70710678118654752);
    return {p, p};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    return std::exp(eta[0] + std::exp(eta.parameter(0)) * draw_normal<double>(stream));
  }
};
