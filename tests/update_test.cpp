// The parts of updates: slice sampling, variances, step sizes.
#include <gtest/gtest.h>

#include "support/draws.hpp"
#include "support/geweke.hpp"

namespace bdglm::test {
namespace {

constexpr double kBound = 2.23;  // sqrt(N) D with false alarm 1e-4

TEST(Slice, LeavesANormalInvariant) {
  const auto draws = draw_many(100000, 0, [](Stream& s) {
    const double x = draw_normal<double>(s);
    return slice_sample(s, x, 0.7, [](double at) { return -0.5 * at * at; });
  });
  EXPECT_LT(ks_statistic(draws, normal_cdf), kBound);
  const auto wrong = draw_many(100000, 1, [](Stream& s) {
    const double x = draw_normal<double>(s);
    return slice_sample(s, x, 0.7, [](double at) { return -0.4 * at * at; });
  });
  EXPECT_GT(ks_statistic(wrong, normal_cdf), kBound);
}

TEST(Slice, MovesInOneIntervalLeaveANormalInvariant) {
  const auto moved = [](Stream& s, double scale) {
    const double x = draw_normal<double>(s);
    const auto log_density = [&](double t) { return -0.5 * scale * (x + t) * (x + t); };
    double width = 1.5;
    const double at = x + slice_move(s, width, false, log_density(0), log_density);
    EXPECT_EQ(width, 1.5);
    return at;
  };
  EXPECT_LT(ks_statistic(draw_many(100000, 8, [&](Stream& s) { return moved(s, 1); }), normal_cdf), kBound);
  EXPECT_GT(ks_statistic(draw_many(100000, 9, [&](Stream& s) { return moved(s, 0.6); }), normal_cdf), kBound);
}

TEST(Slice, TheWidthFollowsTheMovesOfTheWarmUp) {
  for (const double start : {0.001, 1000.0}) {
    double width = start;
    double x = 0;
    for (std::uint32_t k = 0; k < 3000; ++k) {
      Stream stream({41, 0, k, Site::simulation, 0}, 0);
      const auto log_density = [&](double t) { return -0.5 * (x + t) * (x + t); };
      x += slice_move(stream, width, true, log_density(0), log_density);
    }
    EXPECT_GT(width, 4) << start;
    EXPECT_LT(width, 16) << start;
  }
}

TEST(ScalePrior, HalfTDrawsHaveTheirLawAndConditionalsKeepIt) {
  const ScalePrior prior{ScalePrior::Kind::half_t, 2, 1.5};
  // For two degrees of freedom the distribution function is (s/A) / sqrt(2 + (s/A)^2).
  const auto cdf = [&](double variance) {
    const double s2 = variance / (prior.b * prior.b);
    return std::sqrt(s2 / (2 + s2));
  };
  EXPECT_LT(ks_statistic(draw_many(100000, 2, [&](Stream& s) { return prior.draw_prior(s); }), cdf), kBound);
  EXPECT_LT(
      ks_statistic(draw_many(100000, 3, [&](Stream& s) { return prior.draw_variance(s, prior.draw_prior(s), 0, 0); }),
                   cdf),
      kBound);
}

TEST(ScalePrior, InverseGammaIsConjugate) {
  const ScalePrior prior{ScalePrior::Kind::inverse_gamma, 2, 3};
  const auto precisions = draw_many(100000, 4, [&](Stream& s) { return 1 / prior.draw_variance(s, 1, 8, 10); });
  const BatchMeans mean = batch_means(precisions, 100);
  EXPECT_LT(std::fabs(mean.mean - 6.0 / 8.0), 4.5 * mean.error);
}

TEST(StepSize, FindsTheStepOfItsTarget) {
  StepSize step;
  step.start(1);
  for (int k = 0; k < 2000; ++k) step.update(std::exp(-std::exp(step.log_step)), 0.8);
  EXPECT_NEAR(std::exp(-std::exp(step.log_current(false))), 0.8, 0.02);
}

}  // namespace
}  // namespace bdglm::test
