// Backend operations against closed forms on tiny cases: arrow draws, regressions, gradients, hidden units, latents.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>

#include "support/pattern.hpp"
#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

/// Dense precision and mean of an arrow system over [dense, crossed..., chain...].
struct DenseSystem {
  Eigen::MatrixXd precision;
  Eigen::VectorXd mean;
  double log_marginal = 0;  ///< of the linear term, up to a constant of the dense columns
};

DenseSystem dense_form(const ArrowSystem& system, const Backend& backend,
                       const std::vector<std::vector<std::int32_t>>& index, const Eigen::VectorXd& omega,
                       const Eigen::VectorXd& linear) {
  std::vector<ArrowGroup> terms = system.crossed;
  terms.insert(terms.end(), system.chain.begin(), system.chain.end());
  Eigen::MatrixXd design(omega.size(), 0);
  const auto append = [&](const Eigen::MatrixXd& block) {
    Eigen::MatrixXd wider(design.rows(), design.cols() + block.cols());
    wider << design, block;
    design = wider;
  };
  for (const Matrix& m : system.dense) append(backend.download(m));
  std::vector<Eigen::MatrixXd> priors;
  for (std::size_t t = 0; t < terms.size(); ++t) {
    const RowMatrix z = backend.download(terms[t].term.z);
    const Eigen::Index levels = terms[t].term.index.groups();
    Eigen::MatrixXd block = Eigen::MatrixXd::Zero(z.rows(), levels * z.cols());
    for (Eigen::Index i = 0; i < z.rows(); ++i)
      block.row(i).segment(index[t][static_cast<std::size_t>(i)] * z.cols(), z.cols()) = z.row(i);
    append(block);
    for (Eigen::Index g = 0; g < levels; ++g) priors.emplace_back(terms[t].prior_precision);
  }
  DenseSystem result;
  result.precision = design.transpose() * omega.asDiagonal() * design;
  Eigen::VectorXd rhs = design.transpose() * linear;
  const Eigen::Index c = system.dense_prior_precision.size();
  result.precision.diagonal().head(c) += system.dense_prior_precision;
  rhs.head(c) += system.dense_prior_precision.cwiseProduct(system.dense_prior_mean);
  Eigen::Index at = c;
  for (const Eigen::MatrixXd& prior : priors) {
    result.precision.block(at, at, prior.rows(), prior.cols()) += prior;
    result.log_marginal += 0.5 * std::log(prior.determinant());
    at += prior.rows();
  }
  const Eigen::LLT<Eigen::MatrixXd> llt(result.precision);
  result.mean = llt.solve(rhs);
  result.log_marginal += 0.5 * rhs.dot(result.mean) - llt.matrixLLT().diagonal().array().log().sum();
  return result;
}

/// Whitened coordinates against the dense Gaussian: squares of xi are the precision's quadratic form about the mean,
/// whitening undoes placing, and pulls are derivatives.
void check_coordinates(const Backend& backend, const ArrowSystem& system, ArrowConditional& conditional,
                       const DenseSystem& exact, const std::vector<std::vector<std::int32_t>>& index) {
  ArrowEffects theta;
  Eigen::Index core = system.dense_prior_precision.size();
  theta.dense = backend.allocate(core, 1);
  for (const ArrowGroup& g : system.crossed) {
    theta.crossed.push_back(backend.allocate(g.term.index.groups(), g.term.z.cols()));
    core += theta.crossed.back().size();
  }
  for (const ArrowGroup& g : system.chain)
    theta.chain.push_back(backend.allocate(g.term.index.groups(), g.term.z.cols()));
  const auto coordinates = [&](double phase, double size) {
    ArrowCoordinates xi;
    xi.core = backend.uploaded(size * pattern(core, 1, phase));
    for (const Matrix& u : theta.chain)
      xi.chain.push_back(backend.uploaded(size * pattern(u.rows(), u.cols(), phase + 1)));
    return xi;
  };
  const auto flat = [&](const std::vector<Matrix>& parts) {
    std::vector<double> all;
    for (const Matrix& m : parts) {
      const RowMatrix v = backend.download(m);
      all.insert(all.end(), v.data(), v.data() + v.size());
    }
    return Eigen::VectorXd(Eigen::Map<const Eigen::VectorXd>(all.data(), static_cast<Eigen::Index>(all.size())));
  };
  const auto flat_theta = [&] {
    std::vector<Matrix> parts = {theta.dense};
    parts.insert(parts.end(), theta.crossed.begin(), theta.crossed.end());
    parts.insert(parts.end(), theta.chain.begin(), theta.chain.end());
    return flat(parts);
  };
  const auto flat_xi = [&](const ArrowCoordinates& xi) {
    std::vector<Matrix> parts = {xi.core};
    parts.insert(parts.end(), xi.chain.begin(), xi.chain.end());
    return flat(parts);
  };
  conditional.place(coordinates(0, 0), theta);
  EXPECT_LT((flat_theta() - exact.mean).norm(), 1e-9);
  const ArrowCoordinates xi = coordinates(0.7, 1);
  conditional.place(xi, theta);
  const Eigen::VectorXd away = flat_theta() - exact.mean;
  EXPECT_NEAR(away.dot(exact.precision * away), flat_xi(xi).squaredNorm(), 1e-9);
  ArrowCoordinates back = coordinates(0, 0);
  conditional.whiten(theta, back);
  EXPECT_LT((flat_xi(back) - flat_xi(xi)).norm(), 1e-9);
  // v' D (theta(xi) - theta(0)) is linear in xi.
  const Matrix v = backend.uploaded(pattern(static_cast<Eigen::Index>(index[0].size()), 1, 3.3));
  Matrix eta = backend.allocate(v.rows(), 1);
  Eigen::Index column = 0;
  for (const Matrix& block : system.dense) {
    const RowMatrix part = backend.download(block) * away.segment(column, block.cols());
    backend.axpy(1, backend.uploaded(part), eta);
    column += block.cols();
  }
  std::vector<ArrowGroup> terms = system.crossed;
  terms.insert(terms.end(), system.chain.begin(), system.chain.end());
  for (const ArrowGroup& g : terms) {
    const Eigen::Index size = g.term.index.groups() * g.term.z.cols();
    const RowMatrix u = Eigen::Map<const RowMatrix>(away.data() + column, g.term.index.groups(), g.term.z.cols());
    backend.add_group_effects(g.term, backend.uploaded(u), 1, eta);
    column += size;
  }
  ArrowCoordinates slope = coordinates(0, 0);
  conditional.pull(v, slope);
  EXPECT_NEAR(backend.dot(v, eta), flat_xi(slope).dot(flat_xi(xi)), 1e-9);

  // Acceptance by groups of the coarsest level, with ratios known from sums over rows and squares.
  const ArrowCoordinates from = coordinates(2.1, 0.5);
  ArrowCoordinates to = coordinates(0.2, 0.5);
  const Eigen::VectorXd before = flat_xi(to);
  const ArrowCoordinates first = coordinates(1.3, 1);
  const ArrowCoordinates second = coordinates(0.1, 1);
  const std::size_t top = theta.chain.size() - 1;
  const RowMatrix change = backend.download(v);
  Eigen::VectorXd ratio = Eigen::VectorXd::Zero(theta.chain[top].rows());
  for (Eigen::Index i = 0; i < change.rows(); ++i) ratio[index.back()[static_cast<std::size_t>(i)]] += change(i, 0);
  std::vector<std::vector<std::int32_t>> ancestor(top + 1);
  for (std::size_t level = 0; level <= top; ++level) {
    const std::size_t at = index.size() - theta.chain.size() + level;
    ancestor[level].resize(static_cast<std::size_t>(theta.chain[level].rows()));
    for (std::size_t i = 0; i < index[at].size(); ++i)
      ancestor[level][static_cast<std::size_t>(index[at][i])] = index.back()[i];
    const RowMatrix a = backend.download(first.chain[level]);
    const RowMatrix b = backend.download(second.chain[level]);
    for (Eigen::Index g = 0; g < a.rows(); ++g)
      ratio[ancestor[level][static_cast<std::size_t>(g)]] += 0.5 * (a.row(g).squaredNorm() - b.row(g).squaredNorm());
  }
  const Address address{7, 0, 0, Site::residual_accept, 3};
  const double mean = conditional.accept_groups(address, v, {&first}, {&second}, from, to);
  EXPECT_NEAR(mean, ratio.array().min(0).exp().mean(), 1e-12);
  for (std::size_t level = 0; level <= top; ++level) {
    const RowMatrix now = backend.download(to.chain[level]);
    const RowMatrix taken = backend.download(from.chain[level]);
    const RowMatrix kept = 0.5 * pattern(now.rows(), now.cols(), 1.2);
    for (Eigen::Index g = 0; g < now.rows(); ++g) {
      const auto group = ancestor[level][static_cast<std::size_t>(g)];
      Stream stream(address, static_cast<std::uint32_t>(group));
      const bool accepted = stream.uniform53() < std::min(1.0, std::exp(ratio[group]));
      EXPECT_EQ(now.row(g), accepted ? taken.row(g) : kept.row(g)) << level << ' ' << g;
    }
  }
  EXPECT_EQ(flat_xi(to).head(core), before.head(core)) << "the core is not touched";
}

/// Means and covariances of many arrow draws, and the marginal at two precisions of each term, against the dense
/// Gaussian. With many columns the finest term's sums are too dear to be kept.
void check_arrow(bool crossed_term, bool nested_terms, Eigen::Index columns) {
  const auto backend = open_cpu_backend();
  const Eigen::Index n = 24;
  ArrowSystem system;
  system.dense = {backend->uploaded(pattern(n, 2, 0.3))};
  if (columns > 2) system.dense.push_back(backend->uploaded(pattern(n, columns - 2, 2.0)));
  system.dense_prior_precision = (pattern(columns, 1, 0.2).array() + 1.5).matrix();
  system.dense_prior_mean = pattern(columns, 1, 1.4);
  std::vector<std::vector<std::int32_t>> index;
  const auto group = [&](Eigen::Index q, const std::vector<std::int32_t>& rows, std::int32_t levels, double phase) {
    const RowMatrix half = pattern(q, q, phase);
    return ArrowGroup{{backend->uploaded(pattern(n, q, phase)), backend->upload_indices(rows, levels)},
                      RowMatrix(half * half.transpose() + RowMatrix::Identity(q, q))};
  };
  if (crossed_term) {
    std::vector<std::int32_t> rows;
    for (int i = 0; i < n; ++i) rows.push_back(i * i % 3);
    index.push_back(rows);
    system.crossed.push_back(group(2, rows, 3, 0.9));
  }
  std::vector<std::int32_t> fine, middle, coarse;
  for (int i = 0; i < n; ++i) {
    fine.push_back(i % 6);
    middle.push_back(i % 6 / 2);
    coarse.push_back(i % 6 / 4);
  }
  index.push_back(fine);
  system.chain.push_back(group(2, fine, 6, 1.7));
  if (nested_terms) {
    index.push_back(middle);
    system.chain.push_back(group(1, middle, 3, 0.4));
    index.push_back(coarse);
    system.chain.push_back(group(2, coarse, 2, 2.4));
    system.parent = {backend->upload_indices({0, 0, 1, 1, 2, 2}, 3), backend->upload_indices({0, 0, 1}, 2)};
  }
  const Eigen::VectorXd omega = (pattern(n, 1, 0.1).array().square() + 0.2).matrix();
  const Eigen::VectorXd linear = 2 * pattern(n, 1, 5.1);
  const DenseSystem exact = dense_form(system, *backend, index, omega, linear);

  Matrix dense = backend->allocate(columns, 1);
  std::vector<Matrix> crossed;
  std::vector<Matrix> chain;
  for (const ArrowGroup& g : system.crossed)
    crossed.push_back(backend->allocate(g.term.index.groups(), g.term.z.cols()));
  for (const ArrowGroup& g : system.chain) chain.push_back(backend->allocate(g.term.index.groups(), g.term.z.cols()));
  const Matrix w = backend->uploaded(omega);
  const Matrix l = backend->uploaded(linear);
  const auto conditional = backend->condition_arrow(system, w, l);
  const double here = conditional->log_marginal();
  for (std::size_t t = 0; t < crossed.size() + chain.size(); ++t) {
    ArrowSystem other = system;
    ArrowGroup& term = t < crossed.size() ? other.crossed[t] : other.chain[t - crossed.size()];
    const RowMatrix precision = term.prior_precision;
    term.prior_precision *= 2.5;
    if (columns != 3) {
      EXPECT_EQ(conditional->light(t), columns < 3);
    }
    conditional->set_prior_precision(t, term.prior_precision);
    EXPECT_NEAR(conditional->log_marginal() - here,
                dense_form(other, *backend, index, omega, linear).log_marginal - exact.log_marginal, 1e-10);
    conditional->set_prior_precision(t, precision);
  }
  EXPECT_NEAR(conditional->log_marginal(), here, 1e-12);
  check_coordinates(*backend, system, *conditional, exact, index);
  constexpr int kDraws = 40000;
  const Eigen::Index size = exact.mean.size();
  Eigen::MatrixXd draws(kDraws, size);
  for (int k = 0; k < kDraws; ++k) {
    conditional->draw({3, 0, static_cast<std::uint32_t>(k), Site::arrow_core, 0}, dense, crossed, chain);
    Eigen::Index at = 0;
    const auto take = [&](const Matrix& m) {
      const RowMatrix v = backend->download(m);
      draws.row(k).segment(at, v.size()) = Eigen::Map<const Eigen::RowVectorXd>(v.data(), v.size());
      at += v.size();
    };
    take(dense);
    for (const Matrix& m : crossed) take(m);
    for (const Matrix& m : chain) take(m);
  }
  const Eigen::MatrixXd covariance = exact.precision.inverse();
  const Eigen::RowVectorXd mean = draws.colwise().mean();
  const Eigen::MatrixXd centered = draws.rowwise() - mean;
  const Eigen::MatrixXd sample = centered.transpose() * centered / kDraws;
  for (Eigen::Index i = 0; i < size; ++i) {
    EXPECT_LT(std::fabs(mean[i] - exact.mean[i]), 4.5 * std::sqrt(covariance(i, i) / kDraws)) << i;
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double error =
          std::sqrt((covariance(i, i) * covariance(j, j) + covariance(i, j) * covariance(i, j)) / kDraws);
      EXPECT_LT(std::fabs(sample(i, j) - covariance(i, j)), 4.5 * error) << i << ' ' << j;
    }
  }
}

TEST(Arrow, OneTerm) { check_arrow(false, false, 2); }
TEST(Arrow, CrossedTermInTheCore) { check_arrow(true, false, 3); }
TEST(Arrow, NestedChain) { check_arrow(false, true, 3); }
TEST(Arrow, NestedChainAndCrossedTerm) { check_arrow(true, true, 3); }
TEST(Arrow, ManyColumns) { check_arrow(true, true, 18); }

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
                    bool effects) {
  const auto backend = open_cpu_backend();
  const Eigen::Index n = 300;  // more than one block of rows
  Network network;
  network.shape.inputs = widths.empty() ? 0 : 3;
  network.shape.widths = widths;
  network.shape.fixed = 2;
  network.shape.set_activation(activation);
  network.inputs = backend->uploaded(pattern(n, network.shape.inputs, 0.7));
  network.fixed = backend->uploaded(pattern(n, 2, 1.9));
  network.single_precision = describe(family).bounded_curvature;
  if (noise)
    for (const int w : widths) network.noise.push_back(backend->uploaded(0.3 * pattern(n, w, 0.2 * w)));
  if (effects) {
    network.output_effects = backend->uploaded(pattern(4, widths.back(), 3.3));
    std::vector<std::int32_t> index;
    for (int i = 0; i < n; ++i) index.push_back(i % 4);
    network.output_index = backend->upload_indices(index, 4);
  }
  Likelihood likelihood;
  likelihood.family = family;
  likelihood.response = backend->uploaded(RowMatrix((pattern(n, 1, 4.2).array() + 1).matrix()));
  likelihood.size = backend->uploaded(RowMatrix((pattern(n, 1, 2.2).array() + 3).matrix()));
  const Matrix base = backend->uploaded(pattern(n, 1, 0.05));
  const RowMatrix theta = 0.7 * pattern(network.shape.size(), 1, 0.5);
  Matrix gradient = backend->allocate(theta.rows(), 1);
  Matrix eta = backend->allocate(n, 1);
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
TEST(Gradient, OutputEffects) { check_gradient(Family::gaussian, {4, 3}, "abs", false, true); }

TEST(FisherFactors, OneRowIsTheOuterProductOfItsDerivatives) {
  // With one row the Kronecker product over the weight is exact: w (d eta / d theta)(d eta / d theta)'.
  const auto backend = open_cpu_backend();
  Network network;
  network.shape.inputs = 2;
  network.shape.widths = {3, 2};
  network.shape.fixed = 2;
  network.shape.set_activation("leaky_relu");
  network.inputs = backend->uploaded(pattern(1, 2, 0.7));
  network.fixed = backend->uploaded(pattern(1, 2, 1.9));
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
    backend->draw_hidden_units(layer, 0, 1, {5, 0, k, Site::hidden_units, 0}, z, a);
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
  backend->draw_latents(likelihood, backend->uploaded(eta), address, omega, kappa);
  Likelihood head{Family::bernoulli, backend->uploaded(RowMatrix::Zero(10, 1)),
                  backend->uploaded(RowMatrix::Ones(10, 1))};
  Matrix omega_head = backend->allocate(10, 1);
  Matrix kappa_head = backend->allocate(10, 1);
  backend->draw_latents(head, backend->uploaded(RowMatrix(eta.topRows(10))), address, omega_head, kappa_head);
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
    backend->draw_latents(likelihood, backend->uploaded(eta), {}, omega, kappa);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("row 2"), std::string::npos);
  }
}

}  // namespace
}  // namespace bdglm::test
