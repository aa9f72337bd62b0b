// The beta family with logit link: proportions strictly between 0 and 1.

/// y ~ Beta(mu phi, (1 - mu) phi), mu = 1 / (1 + e^-eta), phi a parameter of the family (Ferrari and Cribari-Neto
/// 2004). `response` is y, `size` the weight.
struct BetaFamily {
  static constexpr FamilyDescription kDescription = {
      "beta", "logit", ResponseKind::number, WeightKind::frequency, Augmentation::none, false, false, false, 2.0};
  static constexpr FamilyParameter kParameters[] = {{"phi", 0, {PositivePrior::Kind::inverse_gamma, 0.4, 0.3}}};

  /// mean, precision, and both shapes of a row.
  template <class Real>
  struct Shapes {
    Real mean, rest, log_mean, log_rest, precision, a, b;

    BDGLM_HOST_DEVICE Shapes(Real eta, Real log_precision) {
      using std::abs;
      using std::exp;
      using std::log1p;
      const Real e = exp(Real(0) - abs(eta));
      const Real tail = log1p(e);
      log_mean = Real(0) - positive_part(Real(0) - eta) - tail;
      log_rest = Real(0) - positive_part(eta) - tail;
      mean = select(eta < Real(0), e, Real(1)) / (Real(1) + e);
      rest = select(eta < Real(0), Real(1), e) / (Real(1) + e);
      precision = exp(select(log_precision < Real(300), log_precision, Real(300)));
      // The gamma function is infinite at zero.
      a = at_least(mean * precision);
      b = at_least(rest * precision);
    }

    BDGLM_HOST_DEVICE static Real at_least(Real x) { return select(x < Real(1e-100), Real(1e-100), x); }
  };

  /// Log density but for -ln y - ln(1 - y): phi times less than the relative entropy of mu to y, and what the gamma
  /// functions add.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::log;
    const Shapes<Real> s(row.eta(0), row.parameter(0));
    const Real log_y = log(row.response());
    const Real log_other = log(Real(1) - row.response());
    const Real entropy = s.mean * (log_y - s.log_mean) + s.rest * (log_other - s.log_rest);
    row.add(row.size() *
            (s.precision * entropy + gamma_normaliser(s.a) + gamma_normaliser(s.b) - gamma_normaliser(s.precision)));
    const Real of_a = digamma(s.a);
    const Real of_b = digamma(s.b);
    row.score(0, row.size() * s.precision * s.mean * s.rest * (log_y - log_other - of_a + of_b));
    if (row.predictor_of(0) < 0) return;
    row.score_parameter(
        0, row.size() * s.precision * (digamma(s.precision) + s.mean * (log_y - of_a) + s.rest * (log_other - of_b)));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    if (c != d) return Real(0);
    const Shapes<Real> s(row.eta(0), row.parameter(0));
    const Real of_a = s.precision * s.precision * s.mean * s.mean * trigamma(s.a);
    const Real of_b = s.precision * s.precision * s.rest * s.rest * trigamma(s.b);
    if (c == 0) return row.size() * (s.rest * s.rest * of_a + s.mean * s.mean * of_b);
    return row.size() * (of_a + of_b - s.precision * s.precision * trigamma(s.precision));
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double response, double /*trials*/) {
    if (response > 0 && response < 1) return nullptr;
    return "family beta needs numbers between 0 and 1, neither of them, but '{response}' is {y} in {row}: mend the "
           "cell, leave such rows out, or fit counts of known trials by family binomial";
  }

  static PredictorUnits units(const Eigen::VectorXd& /*response*/, const Eigen::VectorXd& /*offset*/) { return {}; }

  static double expectation(const Predictors& eta, double /*trials*/) { return 1 / (1 + std::exp(-eta[0])); }

  static double log_constant(double response, double size) {
    return -size * (std::log(response) + std::log1p(-response));
  }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    const double precision = std::exp(eta.parameter(0));
    const double p = beta_cdf(precision / (1 + std::exp(-eta[0])), precision / (1 + std::exp(eta[0])), response);
    return {p, p};
  }

  /// Never 0 or 1, to which a double may round.
  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    const double precision = std::exp(eta.parameter(0) < 300 ? eta.parameter(0) : 300);
    const double a = draw_log_gamma(stream, precision / (1 + std::exp(-eta[0])));
    const double b = draw_log_gamma(stream, precision / (1 + std::exp(eta[0])));
    const double y = 1 / (1 + std::exp(b - a));
    return y < 1e-300 ? 1e-300 : (y > 1 - 1e-16 ? 1 - 1e-16 : y);
  }
};
