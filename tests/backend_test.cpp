// Backend operations against closed forms on tiny cases: regressions, gradients, hidden units, latents.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include "support/family_numbers.hpp"
#include "support/pattern.hpp"
#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

TEST(Regression, MeansAndCovariances) {
  const auto backend = open_cpu_backend();
  const RowMatrix x = pattern(9, 2, 0.2);
  const RowMatrix y = pattern(9, 2, 1.1);
  const Eigen::VectorXd prior = (Eigen::VectorXd(3) << 1, 2, 0.5).finished();
  const double variance = 0.3;
  RowMatrix design(9, 3);
  design << x, RowMatrix::Ones(9, 1);
  Eigen::MatrixXd precision = design.transpose() * design / variance;
  precision.diagonal() += prior;
  const Eigen::MatrixXd covariance = precision.inverse();
  const Eigen::MatrixXd mean = covariance * design.transpose() * y / variance;
  Matrix out = backend->allocate(3, 2);
  constexpr int kDraws = 40000;
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(3, 2);
  Eigen::MatrixXd squares = Eigen::MatrixXd::Zero(3, 3);
  for (int k = 0; k < kDraws; ++k) {
    backend->draw_regression(backend->uploaded(x), backend->uploaded(y), variance, prior,
                             {4, 0, static_cast<std::uint32_t>(k), Site::layer_weights, 0}, out);
    const Eigen::MatrixXd w = backend->download(out);
    sum += w / kDraws;
    squares += (w.col(1) - mean.col(1)) * (w.col(1) - mean.col(1)).transpose() / kDraws;
  }
  for (Eigen::Index i = 0; i < 3; ++i)
    for (Eigen::Index j = 0; j < 2; ++j)
      EXPECT_LT(std::fabs(sum(i, j) - mean(i, j)), 4.5 * std::sqrt(covariance(i, i) / kDraws));
  EXPECT_LT((squares - covariance).norm(), 0.03 * covariance.norm());
}

/// Log likelihood at theta plus its numeric gradient, against the backend's.
void check_gradient(Family family, const std::vector<int>& widths, const std::string& activation, bool noise,
                    bool effects, int predictors = 1) {
  const auto backend = open_cpu_backend();
  const Eigen::Index n = 300;  // more than one block of rows
  Network network;
  network.shape.inputs = widths.empty() ? 0 : 3;
  network.shape.widths = widths;
  network.shape.set_heads(predictors, 2);
  network.shape.activation = activation_named(activation);
  network.inputs = backend->uploaded(pattern(n, network.shape.inputs, 0.7));
  network.fixed.assign(static_cast<std::size_t>(predictors), backend->uploaded(pattern(n, 2, 1.9)));
  // The last of several predictors has columns of its own, and no part in the network.
  if (predictors > 1) {
    network.shape.heads.back() = {0, 3};
    network.fixed.back() = backend->uploaded(pattern(n, 3, 0.8));
  }
  network.single_precision = describe(family).bounded_curvature;
  if (noise)
    for (const int w : widths) network.noise.push_back(backend->uploaded(0.3 * pattern(n, w, 0.2 * w)));
  if (effects) {
    std::vector<std::int32_t> index;
    for (int i = 0; i < n; ++i) index.push_back(i % 4);
    network.output_effects.resize(static_cast<std::size_t>(predictors));
    network.output_effects[0] = {backend->uploaded(pattern(4, widths.back(), 3.3)), backend->upload_indices(index, 4)};
  }
  Likelihood likelihood;
  likelihood.family = family;
  likelihood.parameters = kNumbers;
  RowMatrix response = pattern(n, 1, 4.2).array() + 1;
  for (Eigen::Index i = 0; i < n && has_levels(family); ++i) response(i, 0) = static_cast<double>(i % (predictors + 1));
  likelihood.response = backend->uploaded(response);
  likelihood.size = backend->uploaded(RowMatrix((pattern(n, 1, 2.2).array() + 3).matrix()));
  const Matrix base = backend->uploaded(pattern(predictors * n, 1, 0.05));
  const RowMatrix theta = 0.7 * pattern(network.shape.size(), 1, 0.5);
  Matrix gradient = backend->allocate(theta.rows(), 1);
  Matrix eta = backend->allocate(predictors * n, 1);
  const double value = backend->gradient(network, backend->uploaded(theta), base, likelihood, gradient, eta);
  const RowMatrix from_gradient = backend->download(eta);
  std::vector<Matrix> none;
  backend->forward(network, backend->uploaded(theta), base, none, none, eta);
  EXPECT_EQ(from_gradient, backend->download(eta));
  EXPECT_NEAR(value, backend->log_likelihood(likelihood, eta), 1e-9 * std::fabs(value));
  const RowMatrix g = backend->download(gradient);
  Matrix scratch = backend->allocate(theta.rows(), 1);
  for (Eigen::Index k = 0; k < theta.rows(); ++k) {
    RowMatrix up = theta;
    RowMatrix down = theta;
    up(k, 0) += 1e-6;
    down(k, 0) -= 1e-6;
    const double numeric = (backend->gradient(network, backend->uploaded(up), base, likelihood, scratch, eta) -
                            backend->gradient(network, backend->uploaded(down), base, likelihood, scratch, eta)) /
                           2e-6;
    EXPECT_NEAR(g(k, 0), numeric, 2e-4 * (1 + std::fabs(numeric))) << k;
  }
}

TEST(Gradient, Linear) { check_gradient(Family::binomial, {}, "relu", false, false); }
TEST(Gradient, OneLayer) { check_gradient(Family::gaussian, {4}, "relu", false, false); }
TEST(Gradient, TwoLayersWithNoise) { check_gradient(Family::bernoulli, {4, 3}, "leaky_relu", true, false); }
TEST(Gradient, SmoothUnits) {
  check_gradient(Family::gaussian, {4, 3}, "tanh", false, false);
  check_gradient(Family::gaussian, {4, 3}, "silu", false, true);
  check_gradient(Family::gaussian, {5, 3}, "mixed", false, true);
}
TEST(Gradient, OutputEffects) { check_gradient(Family::gaussian, {4, 3}, "abs", false, true); }
TEST(Gradient, SeveralLinearPredictors) { check_gradient(Family::categorical, {}, "relu", false, false, 4); }
TEST(Gradient, SeveralPredictorsOfOneTrunk) {
  check_gradient(Family::categorical, {4, 3}, "leaky_relu", false, false, 3);
  check_gradient(Family::categorical, {4}, "abs", false, true, 3);
}

TEST(Network, UnitsAreTheirFormulas) {
  const auto backend = open_cpu_backend();
  const Eigen::Index n = 41;
  const RowMatrix z = Eigen::VectorXd::LinSpaced(n, -800, 800)
                          .cwiseProduct(Eigen::VectorXd::LinSpaced(n, -1, 1)
                                            .cwiseAbs2());  // dense about zero, where digits could be lost, and far out
  for (const char* name : {"relu", "leaky_relu", "abs", "tanh", "silu", "mixed"}) {
    Network network;
    network.shape.inputs = 1;
    network.shape.widths = {3};  // a vector's part and what is left of it
    network.shape.set_heads(1, 0);
    network.shape.activation = activation_named(name);
    network.inputs = backend->uploaded(z);
    network.fixed = {backend->allocate(n, 0)};
    RowMatrix theta = RowMatrix::Zero(network.shape.size(), 1);
    theta.topRows(3).setOnes();
    std::vector<Matrix> none;
    std::vector<Matrix> act = {backend->allocate(n, 3)};
    Matrix eta = backend->allocate(n, 1);
    backend->forward(network, backend->uploaded(theta), backend->allocate(n, 1), none, act, eta);
    const RowMatrix got = backend->download(act[0]);
    for (Eigen::Index i = 0; i < n; ++i) {
      const double x = z(i, 0);
      for (Eigen::Index j = 0; j < 3; ++j) {
        const std::string own = std::string(name) != "mixed" ? name : j < 1 ? "relu" : "tanh";
        const double expected = own == "tanh"         ? std::tanh(x)
                                : own == "silu"       ? x / (1 + std::exp(-x))
                                : own == "abs"        ? std::fabs(x)
                                : own == "leaky_relu" ? std::max(x, 0.01 * x)
                                                      : std::max(x, 0.0);
        EXPECT_NEAR(got(i, j), expected, 1e-14 * (1 + std::fabs(expected))) << name << ' ' << x;
      }
    }
  }
}

TEST(FisherFactors, OneRowIsTheOuterProductOfItsDerivatives) {
  // With one row the Kronecker product over the weight is exact: w (d eta / d theta)(d eta / d theta)'.
  const auto backend = open_cpu_backend();
  Network network;
  network.shape.inputs = 2;
  network.shape.widths = {3, 2};
  network.shape.set_heads(1, 2);
  network.shape.activation = activation_named("leaky_relu");
  network.inputs = backend->uploaded(pattern(1, 2, 0.7));
  network.fixed = {backend->uploaded(pattern(1, 2, 1.9))};
  const Matrix theta = backend->uploaded(0.7 * pattern(network.shape.size(), 1, 0.5));
  Likelihood likelihood;  // Gaussian at response eta + 1 and precision 1: its score is 1.
  likelihood.response = backend->allocate(1, 1);
  likelihood.size = backend->uploaded(RowMatrix::Ones(1, 1));
  const Matrix base = backend->allocate(1, 1);
  Matrix derivative = backend->allocate(network.shape.size(), 1);
  Matrix eta = backend->allocate(1, 1);
  std::vector<Matrix> none;
  backend->forward(network, theta, base, none, none, eta);
  backend->upload(RowMatrix(backend->download(eta).array() + 1), likelihood.response);
  backend->gradient(network, theta, base, likelihood, derivative, eta);
  const RowMatrix g = backend->download(derivative);
  const double weight = 1.7;
  const auto factors = backend->fisher_factors(network, theta, backend->uploaded(RowMatrix::Constant(1, 1, weight)), 3);
  ASSERT_EQ(factors.size(), 3U);
  Eigen::Index offset = 0;
  for (const FisherFactors& layer : factors) {
    const Eigen::Index rows = layer.inputs.rows();
    const Eigen::Index cols = layer.derivatives.rows();
    EXPECT_EQ(layer.inputs.cols(), rows > 3 ? 1 : rows);
    const Eigen::Map<const RowMatrix> part(g.data() + offset, rows, cols);
    for (Eigen::Index i = 0; i < rows; ++i)
      for (Eigen::Index k = 0; k < (rows > 3 ? 1 : rows); ++k)
        for (Eigen::Index j = 0; j < cols; ++j)
          EXPECT_NEAR(layer.inputs(i, k) * layer.derivatives(j, 0) / weight,
                      weight * part(i, j) * part(rows > 3 ? i : k, 0), 1e-12);
    offset += rows * cols;
  }
  EXPECT_EQ(offset, network.shape.size());
}

TEST(Metric, TransposeIsTheAdjoint) {
  const auto backend = open_cpu_backend();
  Metric metric;
  metric.diagonal = backend->uploaded(RowMatrix((pattern(14, 1, 0.3).array() + 2).matrix()));
  metric.blocks.push_back({0, 3, 2, backend->uploaded(pattern(3, 3, 1.1)), backend->uploaded(pattern(2, 2, 0.4))});
  metric.blocks.push_back({6, 4, 1, backend->uploaded(pattern(4, 4, 2.1)), Matrix()});
  metric.blocks.push_back({10, 2, 2, Matrix(), backend->uploaded(pattern(2, 2, 0.9))});
  metric.scale = backend->uploaded(RowMatrix((pattern(14, 1, 0.8).array() + 1.5).matrix()));
  RowMatrix forward(14, 14);
  RowMatrix adjoint(14, 14);
  Matrix out = backend->allocate(14, 1);
  for (Eigen::Index k = 0; k < 14; ++k) {
    const Matrix unit = backend->uploaded(RowMatrix(Eigen::VectorXd::Unit(14, k)));
    backend->precondition(metric, false, unit, out);
    forward.col(k) = backend->download(out);
    backend->precondition(metric, true, unit, out);
    adjoint.col(k) = backend->download(out);
  }
  EXPECT_LT((forward.transpose() - adjoint).norm(), 1e-12);
  const double bases = pattern(3, 3, 1.1)(0, 0) * pattern(2, 2, 0.4)(0, 0);
  EXPECT_NEAR(forward(0, 0), (pattern(14, 1, 0.8)(0) + 1.5) * bases * (pattern(14, 1, 0.3)(0) + 2), 1e-12);
}

TEST(HiddenUnits, OneUnitHasItsPiecewiseGaussian) {
  // One row, one unit, ReLU: z ~ N(m, Delta), target ~ N(w a(z), 1 / omega); exact mean by quadrature.
  const auto backend = open_cpu_backend();
  const double mean = -0.2;
  const double noise = 0.5;
  const double w = 1.4;
  const double omega = 2.0;
  const double kappa = 1.1;
  HiddenLayer layer;
  layer.noise = noise;
  layer.mean = backend->uploaded(RowMatrix::Constant(1, 1, mean));
  layer.weights_up = backend->uploaded(RowMatrix::Constant(1, 1, w));
  layer.target = backend->uploaded(RowMatrix::Constant(1, 1, kappa));
  layer.row_precision = backend->uploaded(RowMatrix::Constant(1, 1, omega));
  const auto density = [&](double z) {
    const double a = std::max(z, 0.0);
    return std::exp(-0.5 * (z - mean) * (z - mean) / noise - 0.5 * omega * w * w * a * a + kappa * w * a);
  };
  double total = 0;
  double first = 0;
  for (double z = -8; z < 8; z += 1e-4) {
    total += density(z);
    first += z * density(z);
  }
  std::vector<double> draws;
  Matrix z = backend->uploaded(RowMatrix::Constant(1, 1, 0.3));
  Matrix a = backend->uploaded(RowMatrix::Constant(1, 1, 0.3));
  for (std::uint32_t k = 0; k < 40000; ++k) {
    backend->draw_hidden_units(layer, {0, 1}, {5, 0, k, Site::hidden_units, 0}, z, a);
    draws.push_back(backend->download(z)(0, 0));
    EXPECT_EQ(backend->download(a)(0, 0), std::max(draws.back(), 0.0));
  }
  const BatchMeans estimate = batch_means(draws, 100);
  EXPECT_LT(std::fabs(estimate.mean - first / total), 4.5 * estimate.error);
}

TEST(Latents, DependOnTheAddressOnly) {
  const auto backend = open_cpu_backend();
  const Eigen::Index n = 50;
  Likelihood likelihood{Family::bernoulli, backend->uploaded(RowMatrix::Zero(n, 1)),
                        backend->uploaded(RowMatrix::Ones(n, 1))};
  const RowMatrix eta = pattern(n, 1, 0.4);
  Matrix omega = backend->allocate(n, 1);
  Matrix kappa = backend->allocate(n, 1);
  const Address address{9, 1, 4, Site::latents, 0};
  backend->draw_latents(likelihood, backend->uploaded(eta), 0, address, omega, kappa);
  Likelihood head{Family::bernoulli, backend->uploaded(RowMatrix::Zero(10, 1)),
                  backend->uploaded(RowMatrix::Ones(10, 1))};
  Matrix omega_head = backend->allocate(10, 1);
  Matrix kappa_head = backend->allocate(10, 1);
  backend->draw_latents(head, backend->uploaded(RowMatrix(eta.topRows(10))), 0, address, omega_head, kappa_head);
  EXPECT_EQ(backend->download(omega).topRows(10), backend->download(omega_head));
}

TEST(Latents, NotFiniteIsAnErrorThatNamesTheRow) {
  const auto backend = open_cpu_backend();
  RowMatrix eta = RowMatrix::Zero(3, 1);
  eta(1, 0) = std::nan("");
  Likelihood likelihood{Family::bernoulli, backend->uploaded(RowMatrix::Zero(3, 1)),
                        backend->uploaded(RowMatrix::Ones(3, 1))};
  Matrix omega = backend->allocate(3, 1);
  Matrix kappa = backend->allocate(3, 1);
  try {
    backend->draw_latents(likelihood, backend->uploaded(eta), 0, {}, omega, kappa);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace bdglm::test
