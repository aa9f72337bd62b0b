// The beta-binomial family with logit link: successes that vary more than binomial ones.

/// y ~ binomial(n, p), p ~ Beta(mu phi, (1 - mu) phi), mu = 1 / (1 + e^-eta), phi a parameter of the family. `response`
/// is y, `size` n; a row that says nothing has none of either.
struct BetaBinomialFamily {
  static constexpr FamilyDescription kDescription = {
      "beta_binomial", "logit", ResponseKind::successes, WeightKind::none, Augmentation::none, false, false, true, 2.0};
  static constexpr FamilyParameter kParameters[] = {{"phi", 0, {PositivePrior::Kind::inverse_gamma, 0.4, 0.3}}};

  /// mean, precision, and both shapes of a row.
  template <class Row>
  struct Shapes {
    using Real = typename Row::Real;
    Real mean, rest, precision, a, b;

    BDGLM_HOST_DEVICE explicit Shapes(const Row& row) {
      using std::exp;
      mean = Logistic<Real>(row.eta(0)).probability;
      rest = Logistic<Real>(Real(0) - row.eta(0)).probability;
      // Beyond it the law is the binomial's to as many digits as the scores have.
      precision = exp(clamped(row.parameter(0), -300, 25));
      a = clamped(mean * precision, 1e-100, 1e100);
      b = clamped(rest * precision, 1e-100, 1e100);
    }
  };

  /// Log likelihood without the binomial coefficient.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    const Shapes<Row> s(row);
    const Real failures = row.size() - row.response();
    const Real of_size = row.held(0) ? Real(0) : log_rising(s.precision, row.size());
    row.add(log_rising(s.a, row.response()) + log_rising(s.b, failures) - of_size);
    const Real of_a = digamma(s.a + row.response()) - digamma(s.a);
    const Real of_b = digamma(s.b + failures) - digamma(s.b);
    row.score(0, s.precision * s.mean * s.rest * (of_a - of_b));
    if (row.predictor_of(0) < 0) return;
    const Real of_all = digamma(s.precision + row.size()) - digamma(s.precision);
    row.score_parameter(0, s.precision * (s.mean * of_a + s.rest * of_b - of_all));
  }

  /// By the variance of y, mu (1 - mu) n (n + phi) / (1 + phi), alone (Wedderburn 1974).
  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    const Shapes<Row> s(row);
    if (c != d) return Real(0);
    const Real all = row.size() + s.precision;
    if (c == 0) return row.size() * s.mean * s.rest * (Real(1) + s.precision) / all;
    // Half the square of what ln phi adds to the logarithm of that variance where phi is large; of the order of the
    // share of rows that are not all successes or all failures where it is small.
    const Real share = positive_part(row.size() - Real(1)) / all;
    return Real(0.5) * share * share * s.precision / (Real(1) + s.precision);
  }

  static double sampler_response(double response, double weight) { return weight > 0 ? response : 0; }
  static double sampler_size(double trials, double weight) { return weight > 0 ? trials : 0; }

  static const char* trials_complaint(double trials) { return BinomialFamily::trials_complaint(trials); }
  static const char* complaint(double response, double trials) { return BinomialFamily::complaint(response, trials); }

  static PredictorUnits units(const Eigen::VectorXd& /*response*/, const Eigen::VectorXd& /*offset*/) { return {}; }

  static double expectation(const Predictors& eta, double trials) { return trials / (1 + std::exp(-eta[0])); }

  static double log_constant(double response, double size) { return LogisticFamily::log_constant(response, size); }

  /// By sums of masses from the response to the end that is farther from the mean, each mass from the last.
  static DistributionStep distribution(double response, double size, const Predictors& eta) {
    Row row(response, size, eta);
    bdglm::BetaBinomialFamily::likelihood(row);
    const double mass = std::exp(row.sum() + log_constant(response, size));
    const bdglm::BetaBinomialFamily::Shapes<Row> s(row);
    const bool below = response < size * s.mean;
    const double a = below ? s.a : s.b;
    const double b = below ? s.b : s.a;
    // Away from one mode masses fall for good.
    constexpr double kSmall = 1e-17;
    const bool one_mode = a >= 1 && b >= 1;
    double sum = 0;
    double term = mass;
    double k = below ? response : size - response;
    while (k > 0) {
      const double ratio = k / (size - k + 1) * ((b + size - k) / (a + k - 1));
      k -= 1;
      term *= ratio;
      sum += term;
      if (one_mode && ratio < 1 && term < kSmall * sum) break;
    }
    if (below) return {std::fmin(1, sum), std::fmin(1, sum + mass)};
    return {std::fmax(0, 1 - sum - mass), std::fmax(0, 1 - sum)};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, const Predictors& eta) {
    const double precision = std::exp(eta.parameter(0) < 25 ? eta.parameter(0) : 25);
    const double a = draw_log_gamma(stream, precision / (1 + std::exp(-eta[0])));
    const double b = draw_log_gamma(stream, precision / (1 + std::exp(eta[0])));
    return LogisticFamily::draw_successes(stream, size, 1 / (1 + std::exp(b - a)));
  }
};
