// Draws of more coefficients than there are rows against the dense Gaussian, and whole chains of such models.
#include <gtest/gtest.h>

#include <Eigen/LU>

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

/// The density of the rows at another factor of their precisions against that of y ~ N(X m, X D X' + 1 / (f omega)),
/// and the draws there, whose mean solves the scaled system.
TEST(Arrow, DensityOfFewRowsAtScaledPrecisions) {
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
  const auto conditional = backend->condition_arrow(system, backend->uploaded(RowMatrix(omega)),
                                                    backend->uploaded(RowMatrix(omega.cwiseProduct(y))));
  const Eigen::VectorXd variance = system.dense_prior_precision.cwiseInverse();
  const auto log_density = [&](double factor) {
    Eigen::MatrixXd covariance = x * variance.asDiagonal() * x.transpose();
    covariance.diagonal() += (factor * omega).cwiseInverse();
    const Eigen::LLT<Eigen::MatrixXd> llt(covariance);
    const Eigen::VectorXd rest = y - x * system.dense_prior_mean;
    return -0.5 * rest.dot(llt.solve(rest)) - llt.matrixLLT().diagonal().array().log().sum();
  };
  const double here = conditional->log_density_of_rows();
  for (const double factor : {1e-4, 0.3, 7.0, 1e5}) {
    conditional->scale_rows(factor);
    EXPECT_NEAR(conditional->log_density_of_rows() - here, log_density(factor) - log_density(1), 1e-7) << factor;
  }
  conditional->scale_rows(0.3);
  const DenseSystem scaled = dense_form(system, *backend, {}, 0.3 * omega, 0.3 * omega.cwiseProduct(y));
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

}  // namespace
}  // namespace bdglm::test
