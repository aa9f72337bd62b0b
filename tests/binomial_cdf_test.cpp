// The binomial distribution function against exact sums and expansions, at extreme predictors and huge trials.
#include "family/binomial_cdf.hpp"

#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace bdglm::test
