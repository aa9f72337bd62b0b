// The Bernoulli and binomial families with other links than the logit.

/// ln P(success) and ln P(failure) with their derivatives by eta, the second's with its sign changed; P = Phi(eta).
template <class Real>
struct ProbitTails {
  Real success, failure, success_slope, failure_slope;

  BDGLM_HOST_DEVICE explicit ProbitTails(Real eta) {
    const LogNormalCdf<Real> below(eta);
    const LogNormalCdf<Real> above(Real(0) - eta);
    success = below.value;
    failure = above.value;
    success_slope = below.slope;
    failure_slope = above.slope;
  }
};

/// P = 1 - exp(-e^eta): at least one event of a rate e^eta.
template <class Real>
struct CloglogTails {
  Real success, failure, success_slope, failure_slope;

  BDGLM_HOST_DEVICE explicit CloglogTails(Real eta) {
    using std::exp;
    using std::log;
    using std::log1p;
    const Real rate = exp(clamped(eta, -700, 700));
    const Real none = exp(Real(0) - rate);
    const auto rare = rate < Real(1);
    const auto some = none < Real(1);
    // (1 - e^-rate) / rate, where the same error is in both factors (Kahan).
    const Real inside = select(some, select(rare, none, Real(0.5)), Real(0.5));
    const Real ratio = select(rare, select(some, (inside - Real(1)) / log(inside), Real(1)), (Real(1) - none) / rate);
    success = select(rare, eta + log(ratio), log1p(Real(0) - select(rare, Real(0.5), none)));
    failure = Real(0) - rate;
    success_slope = none / ratio;
    failure_slope = rate;
  }
};

/// Successes y out of n of probability P(eta): `response` is weight * y, `size` weight * n.
template <template <class> class Tails>
struct LinkedBinomialFamily {
  /// Log likelihood without the binomial coefficient.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    const Tails<Real> tails(row.eta(0));
    const Real failures = row.size() - row.response();
    row.add(times(row.response(), tails.success) + times(failures, tails.failure));
    row.score(0, times(row.response(), tails.success_slope) - times(failures, tails.failure_slope));
  }

  /// P'^2 / (P (1 - P)).
  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int /*c*/, int /*d*/) {
    using Real = typename Row::Real;
    const Tails<Real> tails(row.eta(0));
    return row.size() * tails.success_slope * tails.failure_slope;
  }

  /// None times an infinite logarithm is none.
  template <class Real>
  BDGLM_HOST_DEVICE static Real times(Real count, Real value) {
    return select(count > Real(0), count * value, Real(0));
  }

  static double sampler_response(double response, double weight) { return weight * response; }
  static double sampler_size(double trials, double weight) { return weight * trials; }

  static PredictorUnits units(const Eigen::VectorXd& /*response*/, const Eigen::VectorXd& /*offset*/) { return {}; }

  static double expectation(const Predictors& eta, double trials) {
    return trials * std::exp(Tails<double>(eta[0]).success);
  }

  static double log_constant(double response, double size) { return LogisticFamily::log_constant(response, size); }

  static DistributionStep distribution(double response, double size, const Predictors& eta) {
    const Tails<double> tails(eta[0]);
    const double log_odds = tails.success - tails.failure;
    const double below = binomial_cdf(response - 1, size, log_odds);
    return {below, binomial_cdf(response, size, log_odds)};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, const Predictors& eta) {
    return LogisticFamily::draw_successes(stream, size, std::exp(Tails<double>(eta[0]).success));
  }
};

/// What the families of both links have in common with those of the logit.
template <class Logit, template <class> class Tails>
struct LinkedAs : LinkedBinomialFamily<Tails> {
  static constexpr FamilyDescription described(const char* link) {
    FamilyDescription description = Logit::kDescription;
    description.link = link;
    description.augmentation = Augmentation::none;
    description.bounded_curvature = false;
    return description;
  }
  static const char* complaint(double response, double trials) { return Logit::complaint(response, trials); }
};

struct ProbitBernoulliFamily : LinkedAs<BernoulliFamily, ProbitTails> {
  static constexpr FamilyDescription kDescription = described("probit");
};
struct CloglogBernoulliFamily : LinkedAs<BernoulliFamily, CloglogTails> {
  static constexpr FamilyDescription kDescription = described("cloglog");
};
struct ProbitBinomialFamily : LinkedAs<BinomialFamily, ProbitTails> {
  static constexpr FamilyDescription kDescription = described("probit");
  static const char* trials_complaint(double trials) { return BinomialFamily::trials_complaint(trials); }
};
struct CloglogBinomialFamily : LinkedAs<BinomialFamily, CloglogTails> {
  static constexpr FamilyDescription kDescription = described("cloglog");
  static const char* trials_complaint(double trials) { return BinomialFamily::trials_complaint(trials); }
};
