// Networks that serve the mean and a parameter of the family: output weights of each have a scale, in its own units.
#include <gtest/gtest.h>

#include <cmath>

#include "engines/gibbs/sweep.hpp"
#include "sampling/standard.hpp"
#include "support/problem.hpp"

namespace bdglm::test {
namespace {

constexpr int kRows = 120;

double mean_at(double x) { return std::sin(3 * x); }

/// y = unit (sin 3x + e), whose noise grows with x.
Table noisy_sine(double unit) {
  std::vector<double> x, y;
  for (int i = 0; i < kRows; ++i) {
    Stream stream({5, 0, 0, Site::latents, 0}, static_cast<std::uint32_t>(i));
    x.push_back(2 * stream.uniform53() - 1);
    y.push_back(unit * (mean_at(x.back()) + std::exp(-2 + x.back()) * draw_normal<double>(stream)));
  }
  Table table;
  table.add(numbers("x", x));
  table.add(numbers("y", y));
  return table;
}

/// Root mean squared error of the mean's predictor, and of log sigma's, in the response's unit, after `sweeps`.
std::pair<double, double> errors(double unit, int sweeps) {
  const Table table = noisy_sine(unit);
  const Problem p(table, "y ~ deep(x, layers = c(20)); sigma ~ deep()", Family::gaussian_sigma, {});
  const Context& context = *p.context;
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, p.design);
  sweep.begin(warm_start(state, context, {9, 0, 0, Site::warm_start, 0}));
  Eigen::VectorXd eta = Eigen::VectorXd::Zero(2 * kRows);
  for (int k = 0; k < sweeps; ++k) {
    sweep.run(state, context, {{9, 0, static_cast<std::uint32_t>(k), Site::latents, 0}, sweeps / 2});
    if (k >= sweeps / 2) eta += p.backend->download(state.eta).col(0) / (sweeps - sweeps / 2);
  }
  double mean = 0;
  double scale = 0;
  for (int i = 0; i < kRows; ++i) {
    const double x = table.column("x").numbers[static_cast<std::size_t>(i)];
    mean += std::pow(eta[i] / unit - mean_at(x), 2) / kRows;
    scale += std::pow(eta[kRows + i] - std::log(unit) - (-2 + x), 2) / kRows;
  }
  return {std::sqrt(mean), std::sqrt(scale)};
}

TEST(Heads, ResponsesOfAnyUnitAreFittedAlike) {
  for (const double unit : {1.0, 1e6, 1e-6, 1e20}) {
    const auto [mean, scale] = errors(unit, 100);
    EXPECT_LT(mean, 0.1) << unit;
    EXPECT_LT(scale, 0.5) << unit;
  }
}

TEST(Heads, EachParameterHasAScaleOfItsOwnUnit) {
  const Problem p(noisy_sine(1000), "y ~ deep(x, layers = c(20, 8)); sigma ~ deep()", Family::gaussian_sigma,
                  {{"weight_scale_sigma ~ half_t(4, 0.3)", "weight_scale[2] ~ half_normal(2)"}, {}, false});
  EXPECT_EQ(p.model.weight_layers, (std::vector<std::string>{"1", "2", "3", "sigma"}));
  EXPECT_EQ(p.model.output_scales, (std::vector<int>{2, 3}));
  EXPECT_EQ(p.model.priors.weight[1].kind, ScalePrior::Kind::half_normal);
  EXPECT_NEAR(p.model.priors.weight[2].b, 0.5 * p.model.spread[0], 1e-9 * p.model.spread[0]);
  EXPECT_GT(p.model.spread[0], 500);
  EXPECT_EQ(p.model.spread[1], 1);
  EXPECT_EQ(p.model.priors.weight[3].b, 0.3);
  const std::vector<std::string>& lines = p.model.priors.statements;
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "weight_scale_sigma ~ half_t(4, 0.3)"), 1);
}

TEST(Heads, OfOneParameterAloneHasTheParametersUnit) {
  const Problem p(noisy_sine(1000), "y ~ x; sigma ~ deep(x, layers = c(8))", Family::gaussian_sigma, {});
  EXPECT_EQ(p.model.weight_layers, (std::vector<std::string>{"1", "sigma"}));
  EXPECT_EQ(p.model.output_scales, (std::vector<int>{-1, 1}));
  EXPECT_EQ(p.model.priors.weight[1].b, 0.25);
}

TEST(Heads, LevelsShareAScale) {
  const Problem p(small_table(24, 3, 4, 3), "y ~ deep(x, w, layers = c(3))", Family::categorical, {});
  EXPECT_EQ(p.model.weight_layers, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(p.model.output_scales, (std::vector<int>{1, 1}));
}

}  // namespace
}  // namespace bdglm::test
