// The binomial distribution function against exact sums and expansions, at extreme predictors and huge trials; draws
// against it, and the beta-binomial one.
#include "family/binomial_cdf.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "family/response.hpp"

namespace bdglm::test {
namespace {

TEST(BinomialCdf, AgainstExactSums) {
  // Rational arithmetic.
  EXPECT_NEAR(binomial_cdf(3, 10, std::log(3.0 / 7)), 0.6496107184, 1e-14);
  EXPECT_NEAR(binomial_cdf(30, 100, 0), 3.925069822796835e-05, 1e-17);
  EXPECT_NEAR(binomial_cdf(2, 50, std::log(1.0 / 49)), 0.9215722516490309, 1e-13);
  EXPECT_NEAR(binomial_cdf(197, 200, std::log(97.0 / 3)), 0.9407090542740941, 1e-13);
  EXPECT_EQ(binomial_cdf(-1, 10, 0.3), 0);
  EXPECT_EQ(binomial_cdf(10, 10, 0.3), 1);
  EXPECT_EQ(binomial_cdf(0, 0, 0.3), 1);
  EXPECT_DOUBLE_EQ(binomial_cdf(0, 1, 2.0), 1 / (1 + std::exp(2.0)));
}

TEST(BinomialCdf, ExtremePredictorsAndHugeTrials) {
  for (const double eta : {40.0, 800.0, 1e6}) {
    EXPECT_EQ(binomial_cdf(0, 1, -eta), 1 / (1 + std::exp(-eta)));
    EXPECT_EQ(binomial_cdf(3, 10, -eta), 1);
    EXPECT_LT(binomial_cdf(3, 10, eta), 1e-100);
    EXPECT_GE(binomial_cdf(3, 10, eta), 0);
  }
  // 1 - p^10 with p = 1 - e^-40.
  EXPECT_NEAR(binomial_cdf(9, 10, 40) / (10 * std::exp(-40.0)), 1, 1e-12);
  // By symmetry 1/2 and half the mass at n / 2.
  EXPECT_NEAR(binomial_cdf(5e4, 1e5, 0), 0.5 + 0.5 * std::sqrt(2 / (M_PI * 1e5)) * (1 - 0.25e-5), 1e-11);
  EXPECT_NEAR(binomial_cdf(5e5, 1e6, 0), 0.5003989421806658, 1e-9);
  EXPECT_NEAR(binomial_cdf(5e8, 1e9, 0), 0.5000126156626069, 1e-9);
  // Poisson with mean 2 in the limit: P(Y <= 1) = 3 e^-2, less O(1 / n).
  EXPECT_NEAR(binomial_cdf(1, 1e12, std::log(2e-12)), 3 * std::exp(-2.0), 1e-11);
}

TEST(BinomialCdf, SumsAndExpansionMeet) {
  // Variances on both sides of the change; neighbours must differ by the mass between them.
  for (const double p : {0.5, 0.3, 0.02, 0.999}) {
    const double eta = std::log(p / (1 - p));
    for (const double variance : {0.99e5, 1.01e5, 1e7}) {
      const double n = std::floor(variance / (p * (1 - p)));
      for (const double z : {-4.0, -1.0, -1e-3, 0.0, 0.7, 3.0}) {
        const double k = std::floor(n * p + z * std::sqrt(variance));
        const double log_mass = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                                (n - k) * std::log1p(-p);
        EXPECT_NEAR(binomial_cdf(k, n, eta) - binomial_cdf(k - 1, n, eta), std::exp(log_mass), 1e-8) << p << ' ' << k;
        // Edgeworth's expansion with a correction for continuity, to the order 1 / sd.
        const double at = (k + 0.5 - n * p) / std::sqrt(n * p * (1 - p));
        const double skew = (1 - 2 * p) / std::sqrt(n * p * (1 - p));
        const double normal = 0.5 * std::erfc(-at * M_SQRT1_2) -
                              skew / 6 * (at * at - 1) * std::exp(-0.5 * at * at) / std::sqrt(2 * M_PI);
        EXPECT_NEAR(binomial_cdf(k, n, eta), normal, 1 / variance) << p << ' ' << k;
      }
    }
  }
}

/// The largest distance of the distribution functions of draws at `p` and of `expected`, times the root of their
/// number.
double distance(double trials, double p, double expected) {
  constexpr int kDraws = 20000;
  const double eta = std::log(p / (1 - p));
  const double other = std::log(expected / (1 - expected));
  std::vector<double> draws;
  for (int i = 0; i < kDraws; ++i) {
    Stream stream({5, 0, 0, Site::simulation, 0}, static_cast<std::uint32_t>(i));
    draws.push_back(draw_response(Family::binomial, stream, trials, {&eta}));
  }
  std::sort(draws.begin(), draws.end());
  double most = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const bool last = i + 1 == draws.size() || draws[i + 1] > draws[i];
    const bool first = i == 0 || draws[i - 1] < draws[i];
    const double before = static_cast<double>(i) / kDraws;
    if (last) most = std::max(most, std::fabs(before + 1.0 / kDraws - binomial_cdf(draws[i], trials, other)));
    if (first) most = std::max(most, std::fabs(before - binomial_cdf(draws[i] - 1, trials, other)));
  }
  return most * std::sqrt(kDraws);
}

TEST(BinomialDraws, HaveTheirDistribution) {
  struct Law {
    double trials, p;
  };
  // By trials, by waiting times, and by rejection, on both sides of where the last takes over.
  for (const Law law : {Law{30, 0.4},
                        {100, 0.1},
                        {100, 0.19},
                        {100, 0.21},
                        {100, 0.5},
                        {1000, 0.03},
                        {1000, 0.9},
                        {1e5, 0.5},
                        {1e6, 0.2},
                        {1e6, 0.9999},
                        {1e9, 1e-3}}) {
    // Of a discrete law the bound of Kolmogorov's is safe; it is 1.95 with probability .001.
    EXPECT_LT(distance(law.trials, law.p, law.p), 1.95) << law.trials << ' ' << law.p;
  }
  EXPECT_GT(distance(1e6, 0.2, 0.2002), 1.95);
  EXPECT_GT(distance(100, 0.21, 0.215), 1.95);
}

TEST(BetaBinomialCdf, AgainstSumsOfMasses) {
  for (const double phi : {0.3, 1.5, 40.0, 1e4})
    for (const double eta : {-3.0, 0.2, 2.5})
      for (const double trials : {1.0, 7.0, 900.0}) {
        const double values[] = {eta, std::log(phi)};
        FamilyParameters parameters;
        parameters.value[0] = values[1];
        const Predictors predictors{values, 1, 1, &parameters};
        double below = 0;
        for (double y = 0; y <= trials; ++y) {
          const double mass = std::exp(log_density(Family::beta_binomial, y, trials, predictors));
          const DistributionStep step = distribution(Family::beta_binomial, y, trials, predictors);
          ASSERT_NEAR(step.below, below, 1e-9) << phi << ' ' << eta << ' ' << y;
          ASSERT_NEAR(step.upto, below + mass, 1e-9) << phi << ' ' << eta << ' ' << y;
          below += mass;
        }
        EXPECT_NEAR(below, 1, 1e-9);
      }
}

}  // namespace
}  // namespace bdglm::test
