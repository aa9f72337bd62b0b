// The gamma family with log link: positive numbers whose standard deviation is a share of their mean.

/// y ~ Gamma(shape, rate shape / mu), mu = e^eta, of variance mu^2 / shape. `response` is y, `size` the weight, shape a
/// parameter of the family.
struct GammaFamily {
  static constexpr FamilyDescription kDescription = {
      "gamma", "log", ResponseKind::number, WeightKind::frequency, Augmentation::none, false, false, false, 1.0};
  static constexpr FamilyParameter kParameters[] = {{"shape", 0, {PositivePrior::Kind::inverse_gamma, 0.4, 0.3}}};

  /// Log density but for -ln y: a ln a - a - ln Gamma(a) + a (1 + ln u - u), u = y / mu.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::exp;
    using std::log;
    const Real log_shape = clamped(row.parameter(0), -700, 300);
    const Real shape = exp(log_shape);
    const Real log_ratio = log(row.response()) - row.eta(0);
    // Lanes' exponentials end at 706, and a search for the mode may go beyond.
    const Real ratio = select(Real(706.0) < log_ratio, Real(HUGE_VAL), exp(log_ratio));
    const Real deviance = Real(1) + log_ratio - ratio;
    const Real normaliser = row.held(0) ? Real(0) : gamma_normaliser(shape);
    row.add(row.size() * (normaliser + shape * deviance));
    row.score(0, row.size() * shape * (ratio - Real(1)));
    if (row.predictor_of(0) < 0) return;
    row.score_parameter(0, row.size() * shape * (log_shape - digamma(shape) + deviance));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    using std::exp;
    const Real shape = exp(clamped(row.parameter(0), -700, 300));
    if (c != d) return Real(0);
    // a^2 trigamma(a) - a, which tends to one half.
    const Real of_shape = select(
        shape < Real(1e4), shape * shape * trigamma(select(shape < Real(1e4), shape, Real(1))) - shape, Real(0.5));
    return row.size() * (c == 0 ? shape : of_shape);
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double response, double /*trials*/) {
    if (response > 0 && std::isfinite(response)) return nullptr;
    return "family gamma needs numbers above 0, but '{response}' is {y} in {row}: mend the cell, leave such rows out, "
           "or fit another family";
  }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    return PoissonFamily::units(response, offset);
  }

  static double expectation(const Predictors& eta, double /*trials*/) { return std::exp(eta[0]); }

  static double log_constant(double response, double size) { return -size * std::log(response); }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    const double shape = std::exp(eta.parameter(0));
    const double p = gamma_cdf(shape, shape * response * std::exp(-eta[0]));
    return {p, p};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    const double log_shape = eta.parameter(0) < 300 ? eta.parameter(0) : 300;
    return std::exp(draw_log_gamma(stream, std::exp(log_shape)) - log_shape + eta[0]);
  }
};
