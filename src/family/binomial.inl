// The Bernoulli and binomial families with logit link, augmented by Pólya-Gamma variables.

/// Successes y out of n, y ~ binomial(n, 1 / (1 + e^-eta)): `response` is weight * y, `size` weight * n.
struct LogisticFamily {
  /// Log likelihood without the binomial coefficient: response eta - size ln(1 + e^eta), the logarithm as
  /// max(eta, 0) + ln(1 + e^-|eta|).
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::abs;
    using std::exp;
    const Real eta = row.eta(0);
    const Real e = exp(Real(0) - abs(eta));
    const Real factor = Real(1) + e;
    row.add(row.response() * eta - row.size() * positive_part(eta));
    row.subtract_log(row.size(), factor);
    row.score(0, row.response() - row.size() * (select(eta < Real(0), e, Real(1)) / factor));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int /*c*/, int /*d*/) {
    using Real = typename Row::Real;
    using std::abs;
    using std::exp;
    const Real e = exp(Real(0) - abs(row.eta(0)));
    const Real factor = Real(1) + e;
    return row.size() * e / (factor * factor);
  }

  /// omega ~ PG(b, eta), kappa = a - b/2 (Polson, Scott, Windle 2013, eq. 4).
  template <class Row>
  BDGLM_HOST_DEVICE static auto latent(const Row& row, int /*c*/) {
    using Real = typename Row::Real;
    return PolyaGammaLatent<Real>{row.size(), row.eta(0), row.response() - Real(0.5) * row.size(), Real(0)};
  }

  /// Of the latents' expected precision, tanh(eta / 2) / (2 eta) a trial, the share that the likelihood's curvature is,
  /// at the common rate of so many successes in so many trials: draws given latents mix by about this.
  static double augmented_information(double successes, double trials) {
    const double rate = (successes + 0.5) / (trials + 1);
    const double eta = std::log(rate / (1 - rate));
    return std::fabs(eta) < 1e-3 ? 1 : rate * (1 - rate) * 2 * eta / std::tanh(eta / 2);
  }

  static double sampler_response(double response, double weight) { return weight * response; }
  static double sampler_size(double trials, double weight) { return weight * trials; }

  static PredictorUnits units(const Eigen::VectorXd& /*response*/, const Eigen::VectorXd& /*offset*/) { return {}; }

  static double expectation(const Predictors& eta, double trials) { return trials / (1 + std::exp(-eta[0])); }

  static double log_constant(double response, double size) {
    return std::lgamma(size + 1) - std::lgamma(response + 1) - std::lgamma(size - response + 1);
  }

  static DistributionStep distribution(double response, double size, const Predictors& eta) {
    const double below = binomial_cdf(response - 1, size, eta[0]);
    return {below, binomial_cdf(response, size, eta[0])};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, const Predictors& eta) {
    return draw_successes(stream, size, 1.0 / (1.0 + std::exp(-eta[0])));
  }

  /// Successes out of round(size) trials: by a sum of Bernoulli draws for up to 64 trials, by counting waiting times
  /// where few are expected (Devroye 1986, X.4.3, second method), else by transformed rejection; of the rarer outcome.
  BDGLM_HOST_DEVICE static double draw_successes(Stream& stream, double size, double p) {
    const auto trials = std::llround(size);
    double count = 0;
    if (trials <= 64) {
      for (long long k = 0; k < trials; ++k) count += stream.uniform53() < p ? 1 : 0;
      return count;
    }
    const auto n = static_cast<double>(trials);
    const double rare = p < 0.5 ? p : 1 - p;
    if (n * rare > kManySuccesses) {
      count = draw_many(stream, n, rare);
      return p < 0.5 ? count : n - count;
    }
    const double limit = -std::log1p(-rare);
    double sum = 0;
    while (rare > 0) {
      const double left = n - count;
      if (left <= 0) break;
      sum += draw_exponential<double>(stream) / left;
      if (sum > limit) break;
      count += 1;
    }
    return p < 0.5 ? count : n - count;
  }

 private:
  static constexpr double kManySuccesses = 20;

  /// Transformed rejection (Hoermann 1993, Journal of Statistical Computation and Simulation 46, algorithm BTRS), for
  /// p <= 1/2 and n p of 10 and more.
  BDGLM_HOST_DEVICE static double draw_many(Stream& stream, double n, double p) {
    const double sd = std::sqrt(n * p * (1 - p));
    const double b = 1.15 + 2.53 * sd;
    const double a = -0.0873 + 0.0248 * b + 0.01 * p;
    const double squeeze = 0.92 - 4.2 / b;
    const double scale = (2.83 + 5.1 / b) * sd;
    const double log_odds = std::log(p / (1 - p));
    const double mode = std::floor((n + 1) * p);
    const double at_mode = std::lgamma(mode + 1) + std::lgamma(n - mode + 1);
    while (true) {
      const double u = stream.uniform53() - 0.5;
      const double v = stream.uniform53();
      const double us = 0.5 - std::fabs(u);
      const double count = std::floor((2 * a / us + b) * u + n * p + 0.5);
      if (us >= 0.07 && v <= squeeze) return count;
      if (!(count >= 0 && count <= n)) continue;
      const double ratio = at_mode - std::lgamma(count + 1) - std::lgamma(n - count + 1) + (count - mode) * log_odds;
      if (std::log(v * scale / (a / (us * us) + b)) <= ratio) return count;
    }
  }
};

/// One trial a row.
struct BernoulliFamily : LogisticFamily {
  static constexpr FamilyDescription kDescription = {
      "bernoulli", "logit", ResponseKind::two_levels, WeightKind::frequency, Augmentation::polya_gamma, false, true,
      true,        2.0};

  static const char* complaint(double response, double /*trials*/) {
    if (response == 0 || response == 1) return nullptr;
    return "family bernoulli needs a response of 0 and 1 or of two levels, as factor(y) has them, but '{response}' is "
           "{y} in {row}; for "
           "counts out of trials use '{response} | trials(n)' with family binomial";
  }
};

struct BinomialFamily : LogisticFamily {
  static constexpr FamilyDescription kDescription = {
      "binomial", "logit", ResponseKind::successes, WeightKind::frequency, Augmentation::polya_gamma, false, true,
      true,       2.0};

  static const char* trials_complaint(double trials) {
    if (trials >= 0 && trials == std::floor(trials)) return nullptr;
    return "the trials '{trials}' are {n} in {row}; trials are whole numbers of 0 or more: mend the cell";
  }

  static const char* complaint(double response, double trials) {
    if (response < 0 || response > trials || response != std::floor(response))
      return "the successes '{response}' are {y} out of {n} trials in {row}; successes are whole numbers from 0 to the "
             "trials: mend the cell";
    return nullptr;
  }
};
