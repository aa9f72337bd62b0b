// The negative binomial family with log link: counts whose variance exceeds their mean.

/// y of mean mu = e^eta and variance mu + mu^2 / shape: a Poisson count whose mean is gamma distributed. `response` is
/// y, `size` the weight, shape a parameter of the family.
struct NegativeBinomialFamily {
  static constexpr FamilyDescription kDescription = {"negative_binomial",
                                                     "log",
                                                     ResponseKind::count,
                                                     WeightKind::frequency,
                                                     Augmentation::none,
                                                     false,
                                                     false,
                                                     true,
                                                     1.0};
  static constexpr FamilyParameter kParameters[] = {{"shape", 0, {PositivePrior::Kind::inverse_gamma, 0.4, 0.3}}};

  /// ln Gamma(y + r) - ln Gamma(r) + y t - (y + r) ln(1 + e^t), t = eta - ln r.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::abs;
    using std::exp;
    using std::log1p;
    const Real y = row.response();
    // Beyond it the law is Poisson's to the last digit.
    const Real log_shape = clamped(row.parameter(0), -700, 300);
    const Real shape = exp(log_shape);
    const Real t = row.eta(0) - log_shape;
    const Real e = exp(Real(0) - abs(t));
    // Of large shapes e is below the last digit of 1 + e, and shape * e is the mean.
    const Real softplus = positive_part(t) + log1p(e);
    const Real score = y - (y + shape) * (select(t < Real(0), e, Real(1)) / (Real(1) + e));
    const Real rising = row.held(0) ? Real(0) : log_rising(shape, y);
    row.add(row.size() * (rising + y * t - (y + shape) * softplus));
    row.score(0, row.size() * score);
    if (row.predictor_of(0) < 0) return;
    row.score_parameter(0, row.size() * (shape * (digamma(y + shape) - digamma(shape) - softplus) - score));
  }

  /// Of ln shape about: mu^2 / (mu + shape)^2 / 2 for large shapes, less for small ones.
  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    using std::exp;
    const Real log_shape = clamped(row.parameter(0), -700, 300);
    const Real shape = exp(log_shape);
    const Real share = Real(1) / (Real(1) + exp(log_shape - row.eta(0)));
    if (c != d) return Real(0);
    return row.size() * (c == 0 ? shape * share : Real(0.5) * share * share * (shape / (shape + Real(0.5))));
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double response, double trials) {
    if (PoissonFamily::complaint(response, trials) == nullptr) return nullptr;
    return "family negative_binomial needs counts, but '{response}' is {y} in {row}; counts are whole numbers of 0 or "
           "more: mend the cell, or fit another family";
  }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    return PoissonFamily::units(response, offset);
  }

  static double expectation(const Predictors& eta, double trials) { return trials * std::exp(eta[0]); }

  static double log_constant(double response, double size) { return -size * std::lgamma(response + 1); }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    return {cumulative(response - 1, eta), cumulative(response, eta)};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    const double log_shape = eta.parameter(0) < 300 ? eta.parameter(0) : 300;
    const double rate = draw_log_gamma(stream, std::exp(log_shape)) - log_shape;
    return PoissonFamily::draw_count(stream, std::exp(eta[0] + rate));
  }

  static double cumulative(double count, const Predictors& eta) {
    if (count < 0) return 0;
    const double log_shape = eta.parameter(0);
    if (log_shape > 16) return PoissonFamily::cumulative(count, std::exp(eta[0]));
    return beta_cdf(std::exp(log_shape), std::floor(count) + 1, 1 / (1 + std::exp(eta[0] - log_shape)));
  }
};
