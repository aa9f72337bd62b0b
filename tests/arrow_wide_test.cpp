// Draws of more coefficients than there are rows, and the density of these, against the dense Gaussian; which models
// are drawn so.
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <limits>

#include "engines/gibbs/arrow_blocks.hpp"
#include "support/dense_arrow.hpp"
#include "support/pattern.hpp"

namespace bdglm::test {
namespace {

/// Columns in two blocks, more than rows, one of which has no weight: the draws' means and variances along directions
/// of the data and of single coefficients, and the marginal, which goes by the columns.
TEST(Arrow, MoreColumnsThanRows) {
  const auto backend = open_cpu_backend();
  constexpr Eigen::Index kRows = 20;
  ArrowSystem system;
  system.dense = {backend->uploaded(pattern(kRows, 260, 0.7)), backend->uploaded(pattern(kRows, 40, 1.3))};
  const Eigen::Index columns = 300;
  system.dense_prior_precision = (2.2 + pattern(columns, 1, 0.4).col(0).array()).matrix();
  system.dense_prior_mean = 0.5 * pattern(columns, 1, 2.1).col(0);
  Eigen::VectorXd omega = (1.5 + pattern(kRows, 1, 1.7).col(0).array()).matrix();
  Eigen::VectorXd linear = 2 * pattern(kRows, 1, 0.9).col(0);
  omega[3] = linear[3] = 0;
  const DenseSystem exact = dense_form(system, *backend, {}, omega, linear);
  const Matrix weights = backend->uploaded(RowMatrix(omega));
  const auto conditional = backend->condition_arrow(system, weights, backend->uploaded(RowMatrix(linear)));
  ASSERT_TRUE(conditional->by_rows());
  EXPECT_NEAR(conditional->log_marginal(), exact.log_marginal, 1e-8 * std::fabs(exact.log_marginal));
  RowMatrix directions = RowMatrix::Zero(kRows + 3, columns);
  directions.topRows(kRows) << backend->download(system.dense[0]), backend->download(system.dense[1]);
  directions(kRows, 0) = directions(kRows + 1, 259) = directions(kRows + 2, 299) = 1;
  constexpr int kDraws = 20000;
  RowMatrix along(kDraws, directions.rows());
  Matrix dense = backend->allocate(columns, 1);
  std::vector<Matrix> none;
  for (int k = 0; k < kDraws; ++k) {
    conditional->draw({3, 0, static_cast<std::uint32_t>(k), Site::arrow_core, 0}, dense, none, none);
    along.row(k) = directions * backend->download(dense).col(0);
  }
  const Eigen::MatrixXd covariance = directions * exact.precision.inverse() * directions.transpose();
  const Eigen::VectorXd expected = directions * exact.mean;
  const Eigen::RowVectorXd mean = along.colwise().mean();
  const Eigen::MatrixXd centered = along.rowwise() - mean;
  const Eigen::MatrixXd sample = centered.transpose() * centered / kDraws;
  for (Eigen::Index i = 0; i < directions.rows(); ++i) {
    EXPECT_LT(std::fabs(mean[i] - expected[i]), 4.5 * std::sqrt(covariance(i, i) / kDraws)) << i;
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double error =
          std::sqrt((covariance(i, i) * covariance(j, j) + covariance(i, j) * covariance(i, j)) / kDraws);
      EXPECT_LT(std::fabs(sample(i, j) - covariance(i, j)), 4.5 * error) << i << ' ' << j;
    }
  }
}

/// The density of the rows at other factors of their precisions and of some priors against that of
/// y ~ N(X m, X D X' + 1 / (f omega)), and the draws there against the scaled system.
TEST(Arrow, DensityOfFewRowsAtScaledPrecisionsAndPriors) {
  const auto backend = open_cpu_backend();
  constexpr Eigen::Index kRows = 7;
  constexpr Eigen::Index kColumns = 270;
  ArrowSystem system;
  const RowMatrix x = pattern(kRows, kColumns, 0.7);
  system.dense = {backend->uploaded(x)};
  system.dense_prior_precision = (2.2 + pattern(kColumns, 1, 0.4).col(0).array()).matrix();
  system.dense_prior_mean = 0.5 * pattern(kColumns, 1, 2.1).col(0);
  const Eigen::VectorXd omega = (1.5 + pattern(kRows, 1, 1.7).col(0).array()).matrix();
  const Eigen::VectorXd y = 2 * pattern(kRows, 1, 0.9).col(0);
  for (Eigen::Index j = 1; j < kColumns; j += 2) system.dense_scaled.push_back(j);
  const auto conditional = backend->condition_arrow(system, backend->uploaded(RowMatrix(omega)),
                                                    backend->uploaded(RowMatrix(omega.cwiseProduct(y))));
  const auto scaled_variance = [&](double prior) {
    Eigen::VectorXd variance = system.dense_prior_precision.cwiseInverse();
    variance(system.dense_scaled) *= prior;
    return variance;
  };
  const auto log_density = [&](double factor, double prior) {
    Eigen::MatrixXd covariance = x * scaled_variance(prior).asDiagonal() * x.transpose();
    covariance.diagonal() += (factor * omega).cwiseInverse();
    const Eigen::LLT<Eigen::MatrixXd> llt(covariance);
    const Eigen::VectorXd rest = y - x * system.dense_prior_mean;
    return -0.5 * rest.dot(llt.solve(rest)) - llt.matrixLLT().diagonal().array().log().sum();
  };
  const double here = conditional->log_density_of_rows();
  for (const double factor : {1e-4, 0.3, 7.0, 1e5}) {
    for (const double prior : {1.0, 1e-3, 40.0}) {
      conditional->scale_rows(factor);
      conditional->scale_prior(prior);
      EXPECT_NEAR(conditional->log_density_of_rows() - here, log_density(factor, prior) - log_density(1, 1), 1e-6)
          << factor << ' ' << prior;
    }
  }
  conditional->scale_rows(0.3);
  conditional->scale_prior(5);
  ArrowSystem other = system;
  other.dense_prior_precision = scaled_variance(5).cwiseInverse();
  const DenseSystem scaled = dense_form(other, *backend, {}, 0.3 * omega, 0.3 * omega.cwiseProduct(y));
  constexpr int kDraws = 4000;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(kRows);
  Eigen::VectorXd squares = sum;
  const Eigen::VectorXd expected = x * scaled.mean;
  const Eigen::VectorXd spread = (x * scaled.precision.inverse() * x.transpose()).diagonal();
  Matrix dense = backend->allocate(kColumns, 1);
  std::vector<Matrix> none;
  for (int k = 0; k < kDraws; ++k) {
    conditional->draw({3, 0, static_cast<std::uint32_t>(k), Site::arrow_core, 0}, dense, none, none);
    const Eigen::VectorXd z = x * backend->download(dense).col(0) - expected;
    sum += z;
    squares += z.cwiseAbs2();
  }
  for (Eigen::Index i = 0; i < kRows; ++i) {
    EXPECT_LT(std::fabs(sum[i] / kDraws), 4.5 * std::sqrt(spread[i] / kDraws)) << i;
    EXPECT_LT(std::fabs(squares[i] / kDraws / spread[i] - 1), 4.5 * std::sqrt(2.0 / kDraws)) << i;
  }
}

/// A prior so wide that rows would be lost beside it: such a system is not drawn by way of the rows, and its draws of
/// the other coefficients are as exact as ever.
TEST(Arrow, VaguePriorsOfFewRowsKeepTheRows) {
  const auto backend = open_cpu_backend();
  constexpr Eigen::Index kRows = 9;
  constexpr Eigen::Index kColumns = 260;
  RowMatrix x = pattern(kRows, kColumns, 0.7);
  x.col(0).setOnes();
  const RowMatrix omega = RowMatrix::Constant(kRows, 1, 100);
  const auto conditional_at = [&](double sd) {
    ArrowSystem system;
    system.dense = {backend->uploaded(x)};
    system.dense_prior_precision = Eigen::VectorXd::Ones(kColumns);
    system.dense_prior_precision[0] = 1 / (sd * sd);
    system.dense_prior_mean = Eigen::VectorXd::Zero(kColumns);
    return backend->condition_arrow(system, backend->uploaded(omega), backend->uploaded(pattern(kRows, 1, 0.9)));
  };
  EXPECT_TRUE(conditional_at(1e4)->by_rows());
  const auto conditional = conditional_at(1e7);
  EXPECT_FALSE(conditional->by_rows());
  const auto within = conditional_at(1e4);
  within->scale_rows(1e4);
  EXPECT_EQ(within->log_density_of_rows(), -std::numeric_limits<double>::infinity());
  // The residual of the rows at the draws has the rows' variance, 1 / 100, or less.
  Matrix dense = backend->allocate(kColumns, 1);
  std::vector<Matrix> none;
  double squares = 0;
  for (std::uint32_t k = 0; k < 200; ++k) {
    conditional->draw({3, 0, k, Site::arrow_core, 0}, dense, none, none);
    const Eigen::VectorXd rest = x * backend->download(dense).col(0) - pattern(kRows, 1, 0.9).col(0) / 100;
    squares += rest.squaredNorm() / kRows / 200;
  }
  EXPECT_LT(squares, 0.012);
}

TEST(Arrow, ModelsThatAreDrawnByRows) {
  Model model;
  model.shape.set_heads(1, 400);
  const auto by_rows = [&](Augmentation augmentation, double most_trials, Eigen::Index rows) {
    model.augmentation = augmentation;
    model.most_trials = most_trials;
    return drawn_without_metric(model, rows);
  };
  EXPECT_TRUE(by_rows(Augmentation::exact, 1, 399));
  EXPECT_TRUE(by_rows(Augmentation::exact, 1e6, 399));
  EXPECT_FALSE(by_rows(Augmentation::exact, 1, 400));
  EXPECT_TRUE(by_rows(Augmentation::polya_gamma, 1, 99));
  EXPECT_FALSE(by_rows(Augmentation::polya_gamma, 1, 101));
  EXPECT_FALSE(by_rows(Augmentation::polya_gamma, 1000, 99));
  EXPECT_FALSE(by_rows(Augmentation::none, 1, 99));
  model.shape.set_heads(2, 400);
  model.shape.heads.back().fixed = 3;
  EXPECT_FALSE(by_rows(Augmentation::polya_gamma, 1, 99));
}

}  // namespace
}  // namespace bdglm::test
