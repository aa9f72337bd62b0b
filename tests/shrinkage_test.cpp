// Variable selection by the horseshoe, and chains of models whose priors have unknown variances: nothing stale is used.
#include <gtest/gtest.h>

#include <cmath>

#include "support/problem.hpp"
#include "target/parameter.hpp"

namespace bdglm::test {
namespace {

constexpr int kColumns = 200;
constexpr int kSignals = 5;

/// Standard normal columns of which the first five count, with coefficients of either sign.
Table sparse_table(int rows, Family family, double size) {
  std::vector<std::vector<double>> x(kColumns, std::vector<double>(static_cast<std::size_t>(rows)));
  std::vector<double> y;
  for (int i = 0; i < rows; ++i) {
    Stream stream({61, 0, static_cast<std::uint32_t>(i), Site::simulation, 0}, 0);
    double eta = 0.3;
    for (int j = 0; j < kColumns; ++j) {
      double& value = x[static_cast<std::size_t>(j)][static_cast<std::size_t>(i)];
      value = draw_normal<double>(stream);
      if (j < kSignals) eta += (j % 2 == 0 ? size : -size) * value;
    }
    if (family == Family::gaussian)
      y.push_back(eta + draw_normal<double>(stream));
    else
      y.push_back(stream.uniform53() < 1 / (1 + std::exp(-eta)) ? 1 : 0);
  }
  Table table;
  table.add(numbers("y", y));
  for (int j = 0; j < kColumns; ++j) table.add(numbers("x" + std::to_string(j), x[static_cast<std::size_t>(j)]));
  return table;
}

/// Draws of the coefficients (draws x columns) and of the global variance.
struct Chain {
  Eigen::MatrixXd coefficients;
  std::vector<double> global;
};

Chain run(const Problem& problem, int warmup, int draws, std::uint32_t chain = 0) {
  const Context& context = *problem.context;
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, problem.design);
  sweep.begin(warm_start(state, context, {62, chain, 0, Site::latents, 0}));
  Chain result{Eigen::MatrixXd(draws, problem.model.shape.all_fixed()), {}};
  for (int k = 0; k < warmup + draws; ++k) {
    sweep.run(state, context, {{62, chain, static_cast<std::uint32_t>(k), Site::latents, 0}, warmup});
    if (k < warmup) continue;
    result.coefficients.row(k - warmup) = problem.model.user_coefficients(problem.backend->download(state.theta));
    result.global.push_back(std::log(state.global_variance[0]));
  }
  return result;
}

std::string all_columns() {
  std::string formula = "y ~ x0";
  for (int j = 1; j < kColumns; ++j) formula += " + x" + std::to_string(j);
  return formula;
}

/// Signals are away from zero and noise is at it; under the normal default noise is as wide as signals.
void expect_selection(Family family, int rows, double size) {
  const Table table = sparse_table(rows, family, size);
  const Problem problem(table, all_columns(), family, {{"b ~ horseshoe(1)"}, {}, false});
  const Chain chain = run(problem, 300, 700);
  double noise = 0;
  for (int j = 0; j < kColumns; ++j) {
    const Eigen::ArrayXd draws = chain.coefficients.col(1 + j).array();
    const double mean = draws.mean();
    if (j < kSignals) {
      EXPECT_GT((j % 2 == 0 ? 1 : -1) * mean, 0.6 * size) << j;
      EXPECT_LT(std::fabs(mean), 1.5 * size) << j;
    } else {
      EXPECT_LT(std::fabs(mean), 0.4 * size) << j;
      noise += draws.square().mean();
    }
  }
  EXPECT_LT(std::sqrt(noise / (kColumns - kSignals)), 0.15 * size);
  testing::Test::RecordProperty("noise", std::to_string(std::sqrt(noise / (kColumns - kSignals))));
  const Problem wide(table, all_columns(), family, {{"b ~ normal(0, 2.5)"}, {}, false});
  State state = make_state(*wide.context);
  const Sweep sweep = make_sweep(*wide.context, wide.design);
  sweep.begin(warm_start(state, *wide.context, {62, 0, 0, Site::latents, 0}));
  double squares = 0;
  for (std::uint32_t k = 0; k < 100; ++k) {
    sweep.run(state, *wide.context, {{62, 0, k, Site::latents, 0}, 50});
    if (k >= 50)
      squares +=
          wide.model.user_coefficients(wide.backend->download(state.theta)).tail(kColumns - kSignals).squaredNorm();
  }
  EXPECT_GT(std::sqrt(squares / 50 / (kColumns - kSignals)), 0.15 * size);
}

TEST(Horseshoe, FindsFiveOfTwoHundredColumnsOfGaussianRows) { expect_selection(Family::gaussian, 120, 1); }
TEST(Horseshoe, FindsFiveOfTwoHundredColumnsOfBernoulliRows) { expect_selection(Family::bernoulli, 400, 1.5); }

TEST(Horseshoe, GlobalScalesAreRecordedInTheUsersUnits) {
  const Problem problem(small_table(30, 3, 4, 3), "y ~ x + w", Family::categorical,
                        {{"b ~ horseshoe(2)", "b_2_x ~ horseshoe(0.5)", "b_2_w ~ horseshoe(0.5)"}, {}, false});
  State state = make_state(*problem.context);
  state.global_variance << 4, 9;
  const StateView view(state, *problem.context);
  std::map<std::string, double> recorded;
  for (const auto& parameter : parameter_table(problem.model))
    for (const Quantity& quantity : parameter->quantities(problem.model)) {
      std::vector<double> values;
      quantity.append(view, values);
      recorded[quantity.name] = values[0];
    }
  EXPECT_EQ(recorded.at("hs_1_global"), 4);
  EXPECT_EQ(recorded.at("hs_2_global"), 1.5);
}

/// Sweeps whose updates are made anew and loaded before each give the numbers of those that keep what they remember:
/// nothing that depends on a prior's variance outlives it.
void expect_nothing_stale(const std::string& formula, Family family, const std::vector<std::string>& priors) {
  ModelOptions options;
  options.priors = priors;
  const Problem problem(small_table(40, 3, 4, has_levels(family) ? 3 : 2), formula, family, options);
  const Context& context = *problem.context;
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, problem.design);
  sweep.begin(warm_start(state, context, {63, 0, 0, Site::latents, 0}));
  State other = make_state(context);
  for (std::uint32_t k = 0; k < 30; ++k) {
    Archive archive = save_state(state, context);
    sweep.save(archive, context);
    const Sweep fresh = make_sweep(context, problem.design);
    load_state(archive, other, context);
    fresh.load(archive, context);
    const SweepPosition position{{63, 0, k, Site::latents, 0}, 15};
    sweep.run(state, context, position);
    fresh.run(other, context, position);
    EXPECT_EQ(context.backend.download(state.theta), context.backend.download(other.theta)) << formula << k;
    EXPECT_EQ(state.coefficient_variance, other.coefficient_variance) << formula << k;
    EXPECT_EQ(state.global_variance, other.global_variance) << formula << k;
    for (std::size_t r = 0; r < state.covariance.size(); ++r) EXPECT_EQ(state.covariance[r], other.covariance[r]);
  }
}

/// The same of the gradient move alone, between two of which variances change and coefficients do not.
TEST(Shrinkage, TheGradientMoveForgetsAnOldPrior) {
  const Problem problem(small_table(40), "y ~ x + w", Family::bernoulli, {{"b ~ student_t(3, 0, 1)"}, {}, false});
  const Context& context = *problem.context;
  State state = make_state(context);
  State other = make_state(context);
  const MoveMetric metric = warm_start(state, context, {64, 0, 0, Site::latents, 0});
  const auto move = make_gradient_move({.maximum_steps = 8, .acceptance = 0.8, .path = 2.3});
  const auto fresh = make_gradient_move({.maximum_steps = 8, .acceptance = 0.8, .path = 2.3});
  move->begin(metric);
  for (std::uint32_t k = 0; k < 20; ++k) {
    Archive archive = save_state(state, context);
    move->save(archive, context);
    load_state(archive, other, context);
    fresh->load(archive, context);
    const SweepPosition position{{64, 0, k, Site::latents, 0}, 0};
    move->apply(state, context, position);
    fresh->apply(other, context, position);
    EXPECT_EQ(context.backend.download(state.theta), context.backend.download(other.theta)) << k;
    state.coefficient_variance.tail(2) << 0.1 + k % 3, 2.0 / (1 + k % 4);
  }
}

TEST(Shrinkage, NothingStaleIsUsed) {
  expect_nothing_stale("y ~ x + w", Family::bernoulli, {"b ~ horseshoe(1)"});
  expect_nothing_stale("y ~ x + w", Family::categorical, {"b ~ student_t(3, 0, 1)"});
  expect_nothing_stale("y ~ x + w + (1 + w | g)", Family::gaussian,
                       {"b ~ laplace(0, 1)", "sd ~ exponential(1)", "cor ~ lkj(2)"});
  expect_nothing_stale("y ~ x + (1 + w | g)", Family::bernoulli, {"b ~ horseshoe(1)", "sd ~ normal(0, 1)"});
  expect_nothing_stale("y ~ x + (1 | g)", Family::poisson, {"b ~ horseshoe(0.5)", "sd ~ half_cauchy(1)"});
  expect_nothing_stale("y ~ deep(x, w, layers = c(3)) + x + (1 | g)", Family::bernoulli, {"b ~ student_t(3, 0, 1)"});
}

}  // namespace
}  // namespace bdglm::test
