// Sparse columns against the same columns held densely: predictors, gradients, Fisher factors, products; and draws of
// their coefficients against the dense Gaussian.
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "bdglm/error.hpp"
#include "engines/gibbs/conjugate_gradients.hpp"
#include "support/message.hpp"
#include "support/pattern.hpp"
#include "support/problem.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

constexpr Eigen::Index kRows = 300;

RowMatrix joined_densely(const RowMatrix& dense, const SparseRows& sparse) {
  RowMatrix all(dense.rows(), dense.cols() + sparse.cols());
  all << dense, dense_rows(sparse, 0, sparse.rows());
  return all;
}

/// A network whose inputs and fixed columns are each some dense and many sparse ones; held as they are, or densely.
Network network_of(const Backend& backend, bool sparse, std::vector<int> widths, int predictors, bool single) {
  const SparseRows words = sparse_words(kRows);
  const auto held = [&](const RowMatrix& dense) {
    return sparse ? backend.upload_columns(dense, {}, words) : backend.uploaded(joined_densely(dense, words));
  };
  Network network;
  network.shape.inputs = widths.empty() ? 0 : 3 + static_cast<int>(words.columns);
  network.shape.widths = widths;
  network.shape.set_heads(predictors, 2 + static_cast<int>(words.columns));
  network.shape.activation = activation_named("tanh");
  if (!widths.empty()) network.inputs = held(pattern(kRows, 3, 0.7));
  network.fixed.assign(static_cast<std::size_t>(predictors), held(pattern(kRows, 2, 1.9)));
  network.single_precision = network.rough_layers = single;
  return network;
}

void expect_near(const RowMatrix& a, const RowMatrix& b, double tolerance, const std::string& what) {
  ASSERT_EQ(a.rows(), b.rows()) << what;
  ASSERT_EQ(a.cols(), b.cols()) << what;
  EXPECT_LT((a - b).cwiseAbs().maxCoeff(), tolerance * (1 + b.cwiseAbs().maxCoeff())) << what;
}

TEST(SparseColumns, PredictorsGradientsAndFisherFactors) {
  const auto backend = open_cpu_backend();
  for (const auto& widths : std::vector<std::vector<int>>{{}, {4}, {5, 3}})
    for (const int predictors : {1, 2})
      for (const bool single : {false, true}) {
        const std::string what = std::to_string(widths.size()) + " layers, " + std::to_string(predictors) +
                                 " predictors" + (single ? ", single" : "");
        const Network sparse = network_of(*backend, true, widths, predictors, single);
        const Network dense = network_of(*backend, false, widths, predictors, single);
        const Matrix theta = backend->uploaded(0.1 * pattern(sparse.shape.size(), 1, 0.5));
        const Matrix base = backend->uploaded(0.3 * pattern(predictors * kRows, 1, 1.1));
        RowMatrix y(kRows, 1);
        for (Eigen::Index i = 0; i < kRows; ++i) y(i, 0) = static_cast<double>(i % 2);
        const Likelihood likelihood{predictors == 1 ? Family::bernoulli : Family::categorical, backend->uploaded(y),
                                    backend->uploaded(RowMatrix::Ones(kRows, 1))};
        Matrix eta[2];
        Matrix gradient[2];
        double value[2];
        std::vector<Matrix> none;
        for (const int k : {0, 1}) {
          const Network& network = k == 0 ? sparse : dense;
          eta[k] = backend->allocate(predictors * kRows, 1);
          gradient[k] = backend->allocate(network.shape.size(), 1);
          value[k] = backend->gradient(network, theta, base, likelihood, gradient[k], eta[k]);
        }
        const double tolerance = single ? 1e-5 : 1e-12;
        EXPECT_NEAR(value[0], value[1], tolerance * std::fabs(value[1])) << what;
        expect_near(backend->download(gradient[0]), backend->download(gradient[1]), tolerance, what);
        for (const int k : {0, 1}) backend->forward(k == 0 ? sparse : dense, theta, base, none, none, eta[k]);
        expect_near(backend->download(eta[0]), backend->download(eta[1]), single ? 1e-6 : 1e-12, what);
        const Matrix weights = backend->uploaded((1.5 + pattern(predictors * kRows, 1, 0.3).array()).matrix());
        for (const Eigen::Index largest : {10, 1000}) {
          const auto own = backend->fisher_factors(sparse, theta, weights, largest);
          const auto expected = backend->fisher_factors(dense, theta, weights, largest);
          ASSERT_EQ(own.size(), expected.size());
          for (std::size_t l = 0; l < own.size(); ++l) {
            expect_near(own[l].inputs, expected[l].inputs, 1e-6, what);
            expect_near(own[l].derivatives, expected[l].derivatives, 1e-6, what);
          }
        }
      }
}

/// Of counts, which are floats, and of numbers that are not.
TEST(SparseColumns, Products) {
  const auto backend = open_cpu_backend();
  const Eigen::VectorXd w = (1.5 + pattern(kRows, 1, 0.3).col(0).array()).matrix();
  const Matrix weights = backend->uploaded(RowMatrix(w));
  const RowMatrix units = pattern(kRows, 3, 0.4);
  const RowMatrix few = pattern(kRows, 2, 1.9);
  for (const double unit : {0.5, 0.3}) {
    const SparseRows words = sparse_words(kRows, unit);
    const Matrix design = backend->upload_columns(few, {}, words);
    const std::vector<Matrix> blocks = {backend->uploaded(units), design};
    RowMatrix x(kRows, 5 + words.cols());
    x << units, joined_densely(few, words);
    const Eigen::VectorXd v = pattern(x.cols(), 1, 2.2).col(0);
    expect_near(RowMatrix(backend->weighted_product(blocks, weights, v)),
                RowMatrix(x.transpose() * w.cwiseProduct(x * v)), 1e-12, "weighted product");
    expect_near(RowMatrix(backend->transposed_times(blocks, weights)), RowMatrix(x.transpose() * w), 1e-12,
                "transposed");
    expect_near(RowMatrix(backend->weighted_squares(blocks, weights)), RowMatrix(x.cwiseAbs2().transpose() * w), 1e-12,
                "squares");
    const std::vector<Eigen::Index> some = {0, 1, 5, 77, 78, 261};
    const RowMatrix chosen = x.rightCols(2 + words.cols())(Eigen::all, some);
    expect_near(backend->moments_of_columns(design, some, weights),
                RowMatrix(chosen.transpose() * w.asDiagonal() * chosen), 1e-12, "moments");
  }
  Matrix noise = backend->allocate(kRows, 1);
  backend->add_noise(weights, {1, 0, 0, Site::sparse_coefficients, 0}, noise);
  const Eigen::VectorXd standard = backend->download(noise).col(0).cwiseQuotient(w.cwiseSqrt());
  EXPECT_NEAR(standard.mean(), 0, 4 / std::sqrt(kRows));
  EXPECT_NEAR(standard.squaredNorm() / kRows, 1, 4 * std::sqrt(2.0 / kRows));
}

TEST(ConjugateGradients, SolveOrSayWhy) {
  Eigen::MatrixXd a = pattern(40, 40, 0.7);
  a = a * a.transpose() + 0.1 * Eigen::MatrixXd::Identity(40, 40);
  const Eigen::VectorXd b = pattern(40, 1, 1.3).col(0);
  const auto product = [&](const Eigen::VectorXd& v) -> Eigen::VectorXd { return a * v; };
  const auto same = [](const Eigen::VectorXd& r) { return r; };
  const Eigen::VectorXd exact = a.lu().solve(b);
  Eigen::VectorXd x;
  // The error in A's norm is that asked for, not the residual's.
  for (const double tolerance : {1e-1, 1e-3, 1e-6}) {
    EXPECT_GT(conjugate_gradients(product, same, b, tolerance, x), 4);
    EXPECT_LT(std::sqrt((x - exact).dot(a * (x - exact))), tolerance);
  }
  EXPECT_EQ(conjugate_gradients(product, same, Eigen::VectorXd::Zero(40), 1e-3, x), 0);
  EXPECT_EQ(x, Eigen::VectorXd::Zero(40));
  a(0, 0) = -1000;
  EXPECT_HAS(message([&] { conjugate_gradients(product, same, b, 1e-10, x); }), "conjugate gradients");
}

/// Of two equal columns the rows tell the sum alone: their difference is drawn from its prior, anew each time, though
/// the prior is so wide that the system hardly sees it.
TEST(SparseColumns, WhatRowsDoNotTellIsDrawnFromThePrior) {
  constexpr std::size_t kColumns = 700;
  SparseRows words;
  words.columns = kColumns;
  constexpr int kMany = 1500;
  for (std::size_t i = 0; i < kMany; ++i) {
    for (std::size_t k = 0; k < kColumns; ++k) {
      const std::size_t own = k + 1 == kColumns ? k - 1 : k;  // the last is as the one before
      if ((13 * i + own * own + own / 3) % (own + 3 < kColumns ? 29 : 61) != 0) continue;
      words.indices.push_back(static_cast<std::int32_t>(k));
      words.values.push_back(1);
    }
    words.starts.push_back(words.indices.size());
  }
  Table table = small_table(kMany);
  add_sparse_matrix(table, "words", words, "");
  for (const double sd : {1.0, 1e4}) {
    ModelOptions options;
    options.priors = {"b ~ normal(0, " + std::to_string(sd) + ")"};
    const Problem problem(table, "y ~ words", Family::gaussian, options);
    const Context& context = *problem.context;
    ASSERT_GT(problem.model.sparse.front(), 512);
    State state = make_state(context);
    state.sigma2[0] = 0.3;
    refresh(state, context);
    const auto latents = make_latents_update(0);
    const auto update = make_sparse_update(0);
    constexpr int kDraws = 400;
    Eigen::VectorXd difference(kDraws);
    for (int k = 0; k < kDraws; ++k) {
      const SweepPosition at{{5, 0, static_cast<std::uint32_t>(k), Site::latents, 0}, 0};
      latents->apply(state, context, at);
      update->apply(state, context, at);
      const RowMatrix theta = context.backend.download(state.theta);
      difference[k] = (theta(theta.rows() - 1, 0) - theta(theta.rows() - 2, 0)) / (sd * std::sqrt(2));
    }
    EXPECT_NEAR(difference.mean(), 0, 4 / std::sqrt(kDraws)) << sd;
    EXPECT_NEAR(difference.squaredNorm() / kDraws, 1, 4 * std::sqrt(2.0 / kDraws)) << sd;
    const double lagged = difference.head(kDraws - 1).dot(difference.tail(kDraws - 1)) / kDraws;
    EXPECT_NEAR(lagged, 0, 4 / std::sqrt(kDraws)) << sd;
  }
}

/// Sigma held: beta | y is Gaussian, and draws are independent. Means and variances along rows, along single
/// coefficients and along the intercept.
TEST(SparseColumns, DrawsOfCoefficientsAgainstTheDenseGaussian) {
  Table table = small_table(400);
  add_sparse_matrix(table, "words", sparse_words(table.rows()), "");
  ModelOptions options;
  options.priors = {"b ~ normal(0.3, 0.8)", "Intercept ~ normal(0.5, 2)"};
  const Problem problem(table, "y | weights(v) ~ x + words + offset(o)", Family::gaussian, options);
  const Context& context = *problem.context;
  ASSERT_EQ(problem.model.sparse.front(), static_cast<int>(problem.design.sides[0].sparse.columns));
  State state = make_state(context);
  state.sigma2[0] = 0.4;
  refresh(state, context);
  const SideDesign& side = problem.design.sides[0];
  const RowMatrix x = joined_densely(side.fixed, side.sparse);
  const Eigen::VectorXd omega = problem.design.weights / state.sigma2[0];
  Eigen::MatrixXd precision = x.transpose() * omega.asDiagonal() * x;
  precision.diagonal() += problem.model.fixed_prior_precision;
  const Eigen::MatrixXd covariance = precision.inverse();
  const Eigen::VectorXd mean =
      covariance * (x.transpose() * omega.cwiseProduct(problem.design.response - side.offset) +
                    problem.model.fixed_prior_precision.cwiseProduct(problem.model.fixed_prior_mean));
  constexpr Eigen::Index kSome = 20;
  RowMatrix directions = RowMatrix::Zero(kSome + 3, x.cols());
  directions.topRows(kSome) = x.topRows(kSome);
  directions(kSome, 0) = directions(kSome + 1, 2) = directions(kSome + 2, x.cols() - 1) = 1;
  const auto latents = make_latents_update(0);
  const auto update = make_sparse_update(0);
  constexpr int kDraws = 8000;
  RowMatrix along(kDraws, directions.rows());
  for (int k = 0; k < kDraws; ++k) {
    const SweepPosition at{{5, 0, static_cast<std::uint32_t>(k), Site::latents, 0}, 0};
    latents->apply(state, context, at);
    update->apply(state, context, at);
    along.row(k) = directions * context.backend.download(state.theta).col(0);
  }
  const Eigen::MatrixXd expected = directions * covariance * directions.transpose();
  const Eigen::VectorXd center = directions * mean;
  const Eigen::RowVectorXd found = along.colwise().mean();
  const Eigen::MatrixXd centered = along.rowwise() - found;
  const Eigen::MatrixXd sample = centered.transpose() * centered / kDraws;
  for (Eigen::Index i = 0; i < directions.rows(); ++i) {
    EXPECT_LT(std::fabs(found[i] - center[i]), 4.5 * std::sqrt(expected(i, i) / kDraws)) << i;
    for (Eigen::Index j = 0; j <= i; ++j) {
      const double error = std::sqrt((expected(i, i) * expected(j, j) + expected(i, j) * expected(i, j)) / kDraws);
      EXPECT_LT(std::fabs(sample(i, j) - expected(i, j)), 4.5 * error) << i << ' ' << j;
    }
  }
}

}  // namespace
}  // namespace bdglm::test
