// The Poisson family with log link.

/// y ~ Poisson(size e^eta): the sum of `size` counts of mean e^eta. `response` is weight * y, `size` the weight.
struct PoissonFamily {
  static constexpr FamilyDescription kDescription = {
      "poisson", "log", ResponseKind::count, WeightKind::frequency, Augmentation::none, false, false, true, 1.0};

  /// Log likelihood without ln y!: response eta - size e^eta.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::exp;
    const Real eta = row.eta(0);
    // Lanes' exponentials end at 706, and a search for the mode may go beyond.
    const Real expected = row.size() * select(Real(706.0) < eta, Real(HUGE_VAL), exp(eta));
    row.add(row.response() * eta - expected);
    row.score(0, row.response() - expected);
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int /*c*/, int /*d*/) {
    using std::exp;
    return row.size() * exp(row.eta(0));
  }

  static double sampler_response(double response, double weight) { return weight * response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double response, double /*trials*/) {
    if (response >= 0 && response == std::floor(response) && std::isfinite(response)) return nullptr;
    return "family poisson needs counts, but '{response}' is {y} in {row}; counts are whole numbers of 0 or more: mend "
           "the cell, or fit another family";
  }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    const double rate = response.sum() / offset.array().exp().sum();
    return {std::isfinite(rate) && rate > 0 ? std::log(rate) : 0, 1};
  }

  static double expectation(const Predictors& eta, double trials) { return trials * std::exp(eta[0]); }

  static double log_constant(double response, double size) {
    return response * std::log(size) - std::lgamma(response + 1);
  }

  static DistributionStep distribution(double response, double size, const Predictors& eta) {
    const double mean = size * std::exp(eta[0]);
    return {cumulative(response - 1, mean), cumulative(response, mean)};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, const Predictors& eta) {
    return draw_count(stream, size * std::exp(eta[0]));
  }

  /// By products of uniforms (Knuth) below a mean of 10, by transformed rejection (Hörmann 1993, PTRS) beyond, and by a
  /// normal of the same moments where counts exceed what a double holds to its last digit.
  BDGLM_HOST_DEVICE static double draw_count(Stream& stream, double mean) {
    if (!(mean < 1e300)) return mean;
    if (!(mean < 1e15)) return std::floor(mean + std::sqrt(mean) * draw_normal<double>(stream));
    if (mean < 10) {
      const double limit = std::exp(-mean);
      double product = stream.uniform53();
      double count = 0;
      for (; product > limit; ++count) product *= stream.uniform53();
      return count;
    }
    const double b = 0.931 + 2.53 * std::sqrt(mean);
    const double a = -0.059 + 0.02483 * b;
    const double inverse = 1.1239 + 1.1328 / (b - 3.4);
    const double squeeze = 0.9277 - 3.6224 / (b - 2);
    while (true) {
      const double u = stream.uniform53() - 0.5;
      const double v = stream.uniform53();
      const double us = 0.5 - std::fabs(u);
      const double count = std::floor((2 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= squeeze) return count;
      if (count < 0 || (us < 0.013 && v > us)) continue;
      if (std::log(v * inverse / (a / (us * us) + b)) <= count * std::log(mean) - mean - std::lgamma(count + 1))
        return count;
    }
  }

  /// P(Y <= count): sums of probabilities from the smaller side, beyond a mean of 1e7 the normal law of (Y /
  /// mean)^(1/3) (Wilson and Hilferty 1931).
  static double cumulative(double count, double mean) {
    const double k = std::floor(count);
    if (k < 0) return 0;
    if (mean == 0) return 1;
    if (!(mean < 1e300)) return 0;
    if (mean > 1e7) {
      const double nu = k + 1;
      const double z = (std::cbrt(mean / nu) - 1 + 1 / (9 * nu)) * 3 * std::sqrt(nu);
      return 0.5 * std::erfc(z * 0.70710678118654752);
    }
    constexpr double kSmall = 1e-17;
    const bool lower = k < mean;
    double at = lower ? k : k + 1;
    double term = std::exp(at * std::log(mean) - mean - std::lgamma(at + 1));
    double sum = term;
    if (lower) {
      for (; at > 0 && term > kSmall * sum; --at) sum += term *= at / mean;
      return sum < 1 ? sum : 1;
    }
    for (; term > kSmall * sum; ++at) sum += term *= mean / (at + 1);
    return sum < 1 ? 1 - sum : 0;
  }
};
