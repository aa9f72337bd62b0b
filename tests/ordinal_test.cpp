// Ordered levels: probabilities, scores, draws and limits of the cumulative families, and the normal law's tails.
#include <gtest/gtest.h>

#include <array>

#include "family/response.hpp"
#include "support/family_numbers.hpp"

namespace bdglm::test {
namespace {

TEST(OrdinalFamily, ProbabilitiesAreThoseOfIntervalsAndDrawsHaveThem) {
  const std::array<double, 3> cuts = {-1.3, 0.2, 1.9};
  Stream stream({14, 0, 0, Site::simulation, 0}, 0);
  for (const Family family : {Family::ordinal, Family::ordinal_probit}) {
    for (const double eta : {-3.0, 0.1, 2.0, 30.0}) {
      const auto below = [&](int k) {
        if (k < 0) return 0.0;
        if (k > 2) return 1.0;
        const double x = cuts[static_cast<std::size_t>(k)] - eta;
        return family == Family::ordinal ? 1 / (1 + std::exp(-x)) : 0.5 * std::erfc(-x / std::sqrt(2.0));
      };
      double p[4];
      expected_response(family, {&eta, 0, 1, &kNumbers}, 1, p);
      constexpr int kDraws = 20000;
      double count[4] = {};
      for (int k = 0; k < kDraws; ++k)
        count[static_cast<int>(draw_response(family, stream, 1, {&eta, 0, 1, &kNumbers}))] += 1;
      double expected_curvature = 0;
      for (int k = 0; k < 4; ++k) {
        EXPECT_NEAR(p[k], below(k) - below(k - 1), 1e-14) << eta;
        EXPECT_NEAR(std::log(p[k]), log_density(family, k, 1, {&eta, 0, 1, &kNumbers}), 1e-12 * (1 + eta * eta));
        EXPECT_NEAR(count[k] / kDraws, p[k], 4.5 * std::sqrt(p[k] * (1 - p[k]) / kDraws) + 1e-9);
        double score = 0;
        Row row(k, 1, &eta, 0, 1, &kNumbers);
        row.write_scores(&score, 0);
        with_family(family, [&](auto text) { decltype(text)::likelihood(row); });
        constexpr double kStep = 1e-5;
        const double up = eta + kStep;
        const double down = eta - kStep;
        const double slope =
            (log_density(family, k, 1, {&up, 0, 1, &kNumbers}) - log_density(family, k, 1, {&down, 0, 1, &kNumbers})) /
            (2 * kStep);
        EXPECT_NEAR(score, slope, 1e-5 * (1 + std::fabs(slope))) << eta << ' ' << k;
        expected_curvature += p[k] * score * score;
      }
      EXPECT_NEAR(curvature(family, 1, 1, {&eta, 0, 1, &kNumbers}), expected_curvature, 1e-10);
    }
  }
}

TEST(OrdinalFamily, OfTwoLevelsIsBernoulli) {
  FamilyParameters one;
  one.cuts = 1;
  for (const double eta : {-500.0, -3.0, 0.0, 0.7, 30.0})
    for (const double y : {0.0, 1.0}) {
      EXPECT_NEAR(log_density(Family::ordinal, y, 1, {&eta, 0, 1, &one}), log_density(Family::bernoulli, y, 1, {&eta}),
                  1e-13 * (1 + std::fabs(eta)));
      EXPECT_NEAR(log_density(Family::ordinal_probit, y, 1, {&eta, 0, 1, &one}),
                  log_density(Family::bernoulli_probit, y, 1, {&eta}), 1e-13 * (1 + eta * eta));
    }
}

TEST(ProbitFamily, TailsAreThoseOfTheNormalLaw) {
  for (const double x : {-30.0, -8.0, -2.5, -0.1, 0.0, 0.4, 3.0, 9.0}) {
    const LogNormalCdf<double> cdf(x);
    if (x > -30) {
      EXPECT_NEAR(cdf.value, std::log(0.5 * std::erfc(-x / std::sqrt(2.0))), 1e-14 * (1 + x * x)) << x;
    }
    const double step = 1e-6;
    EXPECT_NEAR(cdf.slope, (LogNormalCdf<double>(x + step).value - LogNormalCdf<double>(x - step).value) / (2 * step),
                1e-7 * (1 + std::fabs(x)));
  }
  // Abramowitz and Stegun 26.2.12 to three terms.
  EXPECT_NEAR(LogNormalCdf<double>(-1e4).value,
              -0.5e8 - std::log(1e4) - 0.91893853320467274 + std::log1p(-1e-8 + 3e-16), 1e-7);
}

}  // namespace
}  // namespace bdglm::test
