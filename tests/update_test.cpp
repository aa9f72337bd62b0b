// Each update on its own: slice sampling, variances, and one application to draws from the joint distribution,
// which must leave the joint distribution as it is.
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

struct Structure {
  std::string name, formula;
  Family family;
  std::string layer_noise;

  friend void PrintTo(const Structure& s, std::ostream* out) { *out << s.formula; }
};

/// A resumed chain starts from a refreshed state: what an update leaves must be that, bit for bit.
void expect_refreshed(State& state, const Context& context, const std::string& update) {
  const RowMatrix eta = context.backend.download(state.eta);
  const RowMatrix base = context.backend.download(state.base);
  refresh(state, context);
  EXPECT_EQ(eta, context.backend.download(state.eta)) << update;
  EXPECT_EQ(base, context.backend.download(state.base)) << update;
}

class Invariance : public testing::TestWithParam<Structure> {};

TEST_P(Invariance, EachUpdateAloneKeepsTheJointDistribution) {
  const Structure& structure = GetParam();
  ModelOptions options;
  options.priors = {"b ~ normal(0.2, 1)", "Intercept ~ normal(-0.3, 1)"};
  if (structure.formula.find("| ") != std::string::npos) options.priors.emplace_back("sd ~ half_t(4, 0.7)");
  if (structure.family == Family::gaussian) options.priors.emplace_back("sigma ~ half_t(5, 1)");
  if (structure.formula.find("deep") != std::string::npos) {
    options.priors.emplace_back("weight_scale ~ half_t(6, 0.8)");
    options.priors.emplace_back("layer_noise ~ inv_gamma(4, 1)");
  }
  options.layer_noise = parse_layer_noise(structure.layer_noise);
  const Problem problem(small_table(12), structure.formula, structure.family, options);
  const Context& context = *problem.context;
  State state = make_state(context);
  state.likelihood.response = context.backend.allocate(context.data.rows, 1);
  state.step.start(0.2);
  set_metric(state, problem);
  const Sweep sweep = make_sweep(context, problem.design);
  constexpr std::uint32_t kReplicates = 20000;
  for (std::size_t u = 1; u < sweep.entries.size(); ++u) {
    Update& update = *sweep.entries[u].update;
    EXPECT_NE(update.name(), "");
    std::map<std::string, std::vector<double>> change;
    for (std::uint32_t k = 0; k < kReplicates; ++k) {
      Stream stream({31, 0, k, Site::simulation, static_cast<std::uint32_t>(u)}, 0);
      draw_prior(state, context, stream);
      draw_data(state, context, problem.design, stream);
      const SweepPosition position{{32, static_cast<std::uint32_t>(u), k, Site::latents, 0}, 0};
      const auto before = functions(state, context);
      sweep.entries[0].update->apply(state, context, position);
      update.apply(state, context, position);
      if (k < 20) expect_refreshed(state, context, update.name());
      for (const auto& [name, value] : functions(state, context)) change[name].push_back(value - before.at(name));
    }
    for (const auto& [name, values] : change) {
      const BatchMeans mean = batch_means(values, 100);
      if (mean.error > 0) {
        EXPECT_LT(std::fabs(mean.mean), 4.2 * mean.error) << update.name() << ": " << name;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, Invariance,
    testing::Values(
        Structure{"bernoulli_mixed", "y ~ x + (1 + w | g)", Family::bernoulli, "0"},
        Structure{"gaussian_nested", "y ~ x + (1 | g/h)", Family::gaussian, "0"},
        Structure{"bernoulli_deep_zero", "y ~ deep(x, w, layers = c(3, 2)) + (1 | g)", Family::bernoulli, "0"},
        Structure{"bernoulli_deep_learned", "y ~ deep(x, w, layers = c(3, 2))", Family::bernoulli, "learned"},
        Structure{"gaussian_deep_effects", "y ~ deep(x, w, layers = c(2)) + (deep | g)", Family::gaussian, "learned"}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace bdglm::test
