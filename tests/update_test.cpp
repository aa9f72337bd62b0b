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
  StepSize step(1);
  for (int k = 0; k < 2000; ++k) step.update(std::exp(-std::exp(step.log_current(true))), 0.8);
  EXPECT_NEAR(std::exp(-std::exp(step.log_current(false))), 0.8, 0.02);
}

/// Changes of the log posterior against densities written out by hand.
TEST(LogPosterior, HoldsNoiseRelevanceAndScales) {
  ModelOptions options;
  options.layer_noise = parse_layer_noise("learned");
  const Problem problem(small_table(12), "y ~ deep(x, w, layers = c(3, 2)) + (1 + w | g)", Family::gaussian, options);
  const Context& context = *problem.context;
  State state = make_state(context);
  Stream stream({61, 0, 0, Site::simulation, 0}, 0);
  draw_prior(state, context, stream);
  const auto change = [&](auto&& move, auto&& back) {
    const double before = log_posterior(state, context);
    move();
    const double after = log_posterior(state, context);
    back();
    return after - before;
  };
  const double noise = state.layer_noise[1];
  const double squares = context.backend.dot_rows(state.noise[1], state.noise[1]);
  const double by_noise = change([&] { state.layer_noise[1] = 2 * noise; }, [&] { state.layer_noise[1] = noise; });
  // Delta ~ IG(2, 0.02); 24 normal values of variance Delta.
  EXPECT_NEAR(by_noise, -(3 + 12) * std::log(2.0) + (0.02 + squares / 2) / (2 * noise), 1e-9);
  const double relevance = state.relevance[0];
  const Eigen::VectorXd theta = context.backend.download(state.theta);
  const double weights = theta.head(3).squaredNorm();
  const double tau2 = state.weight_variance[0];
  const double by_relevance =
      change([&] { state.relevance[0] = 3 * relevance; }, [&] { state.relevance[0] = relevance; });
  // lambda half-Cauchy, as a density of lambda^2: v^(-1/2) / (1 + v); three weights of variance tau^2 lambda^2.
  EXPECT_NEAR(by_relevance,
              -2 * std::log(3.0) - std::log1p(3 * relevance) + std::log1p(relevance) + weights / (3 * tau2 * relevance),
              1e-9);
}

TEST(MoveRecord, AddsUpAndClears) {
  MoveRecord record;
  record.add(0.5, 3, false);
  record.add(0.7, 4, true);
  EXPECT_EQ(record.steps, 7);
  EXPECT_NEAR(record.acceptance(), 0.6, 1e-15);
  EXPECT_TRUE(record.diverging);
  record.clear();
  EXPECT_EQ(record.steps, 0);
  EXPECT_FALSE(record.diverging);
  EXPECT_EQ(record.acceptance(), 0.7);
}

/// Chains begin apart, whatever the model leaves to the warm start.
TEST(WarmStart, SpreadsScalesAndEffects) {
  for (const char* formula : {"y ~ x + (1 + w | g)", "y ~ 0 + (1 | g)", "y ~ deep(x, w, layers = c(2)) + (1 | g)"}) {
    const Problem problem(small_table(30), formula, Family::gaussian, {});
    std::vector<double> sd, sigma, u;
    for (std::uint32_t chain = 0; chain < 8; ++chain) {
      State state = make_state(*problem.context);
      warm_start(state, *problem.context, {5, chain, 0, Site::latents, 0});
      sd.push_back(0.5 * std::log(state.covariance[0](0, 0)));
      sigma.push_back(std::log(state.sigma2[0]));
      u.push_back(problem.backend->download(state.effects[0])(0, 0));
    }
    const auto spread = [](const std::vector<double>& v) {
      return *std::max_element(v.begin(), v.end()) - *std::min_element(v.begin(), v.end());
    };
    EXPECT_GT(spread(sd), 1) << formula;
    EXPECT_GT(spread(sigma), 0.7) << formula;
    EXPECT_GT(spread(u), 0.1) << formula;
  }
}

}  // namespace
}  // namespace bdglm::test
