// Arrow systems against the dense Gaussian: draws, marginals, whitened coordinates, acceptance by groups.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <limits>

#include "support/dense_arrow.hpp"
#include "support/pattern.hpp"
#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

/// The chain given the core: placed again under the same precisions it stands where it did, and of one term the factors
/// of each group are the dense Gaussian's blocks.
void check_given_core(const Backend& backend, const ArrowSystem& system, ArrowConditional& conditional,
                      const DenseSystem& exact, const ArrowCoordinates& xi, ArrowEffects& theta) {
  const RowMatrix placed = backend.download(theta.chain.front());
  backend.copy(backend.uploaded(RowMatrix::Zero(placed.rows(), placed.cols())), theta.chain.front());
  conditional.place_chain(xi, theta);
  EXPECT_LT((backend.download(theta.chain.front()) - placed).norm(), 1e-10);
  if (system.chain.size() > 1) return;
  const GroupFactors factors = conditional.groups_given(theta);
  const Eigen::Index q = placed.cols();
  Eigen::Index core = theta.dense.size();
  Eigen::VectorXd value = backend.download(theta.dense).col(0);
  for (const Matrix& u : theta.crossed) {
    core += u.size();
    value.conservativeResize(core);
    value.tail(u.size()) = backend.download(u).reshaped<Eigen::RowMajor>();
  }
  const Eigen::VectorXd rhs = exact.precision * exact.mean;
  for (Eigen::Index g = 0; g < placed.rows(); ++g) {
    const Eigen::Index at = core + g * q;
    EXPECT_LT((factors.precision.middleRows(g * q, q) + system.chain.front().prior_precision -
               exact.precision.block(at, at, q, q))
                  .norm(),
              1e-10);
    EXPECT_LT(
        (factors.linear.segment(g * q, q) - rhs.segment(at, q) + exact.precision.block(at, 0, q, core) * value).norm(),
        1e-9);
  }
}

/// Whitened coordinates against the dense Gaussian: squares of xi are the precision's quadratic form about the mean,
/// whitening undoes placing, and pulls are derivatives.
void check_coordinates(const Backend& backend, const ArrowSystem& system, ArrowConditional& conditional,
                       const DenseSystem& exact, const std::vector<std::vector<std::int32_t>>& index) {
  ArrowEffects theta;
  Eigen::Index core = system.dense_prior_precision.size();
  theta.dense = backend.allocate(core, 1);
  for (const ArrowTerm& g : system.crossed) {
    theta.crossed.push_back(backend.allocate(g.term.index.groups(), g.term.z.cols()));
    core += theta.crossed.back().size();
  }
  for (const ArrowTerm& g : system.chain)
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
  check_given_core(backend, system, conditional, exact, xi, theta);
  conditional.place(xi, theta);
  // v' D (theta(xi) - theta(0)) is linear in xi.
  const Matrix v = backend.uploaded(pattern(static_cast<Eigen::Index>(index[0].size()), 1, 3.3));
  Matrix eta = backend.allocate(v.rows(), 1);
  Eigen::Index column = 0;
  for (const Matrix& block : system.dense) {
    const RowMatrix part = backend.download(block) * away.segment(column, block.cols());
    backend.axpy(1, backend.uploaded(part), eta);
    column += block.cols();
  }
  std::vector<ArrowTerm> terms = system.crossed;
  terms.insert(terms.end(), system.chain.begin(), system.chain.end());
  for (const ArrowTerm& g : terms) {
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
    return ArrowTerm{{backend->uploaded(pattern(n, q, phase)), backend->upload_indices(rows, levels)},
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
  for (const ArrowTerm& g : system.crossed)
    crossed.push_back(backend->allocate(g.term.index.groups(), g.term.z.cols()));
  for (const ArrowTerm& g : system.chain) chain.push_back(backend->allocate(g.term.index.groups(), g.term.z.cols()));
  const Matrix w = backend->uploaded(omega);
  const Matrix l = backend->uploaded(linear);
  const auto conditional = backend->condition_arrow(system, w, l);
  const double here = conditional->log_marginal();
  const auto precision_of = [&](std::size_t t) {
    return t < crossed.size() ? system.crossed[t].prior_precision : system.chain[t - crossed.size()].prior_precision;
  };
  for (std::size_t t = 0; t < crossed.size() + chain.size(); ++t) {
    ArrowSystem other = system;
    ArrowTerm& term = t < crossed.size() ? other.crossed[t] : other.chain[t - crossed.size()];
    const RowMatrix precision = term.prior_precision;
    term.prior_precision *= 2.5;
    if (columns != 3) {
      EXPECT_EQ(conditional->light(t), columns < 3);
    }
    conditional->set_prior_precision(t, term.prior_precision);
    EXPECT_NEAR(conditional->log_marginal() - here,
                dense_form(other, *backend, index, omega, linear).log_marginal - exact.log_marginal, 1e-10);
    // A trial that has no density leaves nothing behind; nor do trials of several terms, whatever their order.
    conditional->set_prior_precision(t, -1e6 * precision);
    EXPECT_EQ(conditional->log_marginal(), -std::numeric_limits<double>::infinity());
    for (const std::size_t s : {t, std::size_t{0}, crossed.size() + chain.size() - 1}) {
      conditional->set_prior_precision(s, 3 * precision_of(s));
      EXPECT_TRUE(std::isfinite(conditional->log_marginal()));
      conditional->set_prior_precision(s, precision_of(s));
      EXPECT_NEAR(conditional->log_marginal(), here, 1e-11);
    }
  }
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

}  // namespace
}  // namespace bdglm::test
