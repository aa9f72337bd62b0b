// A network's gradient in single precision against that in double, on every instruction set that this machine has.
#include <gtest/gtest.h>

#include "compute/backend.hpp"
#include "support/instruction_sets.hpp"
#include "support/pattern.hpp"

namespace bdglm::test {
namespace {

struct Case {
  std::vector<int> widths;
  const char* activation;
  int inputs;
  int predictors;
};

/// Differences of the rough gradient and predictors from the exact ones, as shares of their norms.
struct Difference {
  double gradient;
  double eta;
};

/// With responses and output weights in the given unit.
Difference difference(const Case& c, Eigen::Index rows, bool noise = false, double unit = 1) {
  const auto backend = open_cpu_backend();
  Network network;
  network.shape.inputs = c.inputs;
  network.shape.widths = c.widths;
  network.shape.set_heads(c.predictors, 2);
  network.shape.activation = activation_named(c.activation);
  network.inputs = backend->uploaded(pattern(rows, c.inputs, 0.7));
  network.fixed.assign(static_cast<std::size_t>(c.predictors), backend->uploaded(pattern(rows, 2, 1.9)));
  // The last of several predictors has no part in the network.
  if (c.predictors > 1) network.shape.heads.back() = {0, 2};
  if (noise)
    for (const int w : c.widths) network.noise.push_back(backend->uploaded(0.3 * pattern(rows, w, 0.2 * w)));
  Likelihood likelihood;
  likelihood.family = c.predictors > 1 ? Family::categorical : Family::gaussian;
  RowMatrix response = pattern(rows, 1, 4.2);
  for (Eigen::Index i = 0; i < rows && c.predictors > 1; ++i)
    response(i, 0) = static_cast<double>(i % (c.predictors + 1));
  likelihood.response = backend->uploaded(RowMatrix(unit * response));
  likelihood.size = backend->uploaded(RowMatrix(((pattern(rows, 1, 2.2).array() + 3) / (unit * unit)).matrix()));
  const Matrix base = backend->uploaded(pattern(c.predictors * rows, 1, 0.05));
  RowMatrix weights = 0.2 * pattern(network.shape.size(), 1, 0.5);
  weights.bottomRows(network.shape.size() - network.shape.heads_offset()) *= unit;
  const Matrix theta = backend->uploaded(weights);
  Matrix gradient = backend->allocate(network.shape.size(), 1);
  Matrix eta = backend->allocate(c.predictors * rows, 1);
  backend->gradient(network, theta, base, likelihood, gradient, eta);
  const RowMatrix exact = backend->download(gradient);
  const RowMatrix exact_eta = backend->download(eta);
  network.rough_layers = true;
  backend->gradient(network, theta, base, likelihood, gradient, eta);
  return {(backend->download(gradient) - exact).norm() / exact.norm(),
          (backend->download(eta) - exact_eta).norm() / exact_eta.norm()};
}

TEST_P(Lanes, RoughGradientsAreTheExactOnesRounded) {
  const std::vector<Case> cases = {
      {{1}, "relu", 1, 1},        {{50}, "relu", 8, 1},     {{50}, "tanh", 8, 1},
      {{7, 5}, "silu", 3, 3},     {{5, 4, 3}, "abs", 2, 2}, {{230, 13}, "leaky_relu", 3, 1},
      {{41, 170}, "tanh", 77, 3}, {{50}, "mixed", 8, 1},    {{1, 7}, "mixed", 3, 3}};
  for (const Case& c : cases)
    for (const Eigen::Index rows : {1, 31, 300, 1500}) {
      const Difference d = difference(c, rows);
      EXPECT_LT(d.gradient, 3e-6) << c.activation << ' ' << rows;
      EXPECT_LT(d.eta, 3e-6) << c.activation << ' ' << rows;
      EXPECT_GT(d.gradient, 1e-12) << "in double precision, " << c.activation << ' ' << rows;
    }
}

TEST_P(Lanes, NoiseWithinTheLayersKeepsGradientsExact) {
  EXPECT_EQ(difference({{7, 5}, "relu", 3, 1}, 300, true).gradient, 0);
}

TEST_P(Lanes, GradientsBeyondSinglePrecisionAreExact) {
  for (const double unit : {1e-60, 1e-42, 1e40, 1e100}) {
    const Difference d = difference({{7, 5}, "relu", 3, 1}, 300, false, unit);
    EXPECT_EQ(d.gradient, 0) << unit;
    EXPECT_EQ(d.eta, 0) << unit;
  }
  EXPECT_LT(difference({{7, 5}, "relu", 3, 1}, 300, false, 1e-30).gradient, 3e-6);
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, Lanes, testing::ValuesIn(instruction_sets()), instruction_set_name);

}  // namespace
}  // namespace bdglm::test
