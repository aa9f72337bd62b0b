// Leave-one-out, WAIC and stacking from arrays: closed forms, ArviZ's numbers, a search over a grid.
#include "diagnostics/leave_one_out.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "diagnostics/stacking.hpp"

namespace bdglm::test {
namespace {

/// The fractional parts of multiples of the golden ratio, which fill (0, 1) evenly.
double even(Eigen::Index s) {
  const double x = (static_cast<double>(s) + 0.5) * 0.6180339887498949;
  return x - std::floor(x);
}

/// Log likelihoods whose importance ratios are u^-c: a Pareto tail of shape c, and the mean 1 / (1 - c).
Eigen::ArrayXd pareto_row(double c, Eigen::Index draws) {
  Eigen::ArrayXd values(draws);
  for (Eigen::Index s = 0; s < draws; ++s) values[s] = c * std::log(even(s));
  return values;
}

constexpr double kShapes[] = {0.1, 0.3, 0.5, 0.7, 0.9, 1.2};

TEST(LeaveOneOut, IsArviZsOfAFixedMatrix) {
  // az.psislw and az.waic of ArviZ 0.23.4 on this matrix of 6 x 1,000.
  struct Reference {
    double efficiency;
    double k[6], elpd[6];
  };
  const Reference references[] = {
      {1.0,
       {0.1053428083751, 0.276472808666, 0.4479371417121, 0.6197512758811, 0.791858048639, 1.050382050495},
       {-0.1051769106479, -0.3540886317946, -0.6736301142912, -1.095427554696, -1.657173802151, -2.819889423821}},
      {0.4,
       {0.1043940747467, 0.2862388319332, 0.4683352774522, 0.6505547019012, 0.8327782793321, 1.105936600981},
       {-0.1051671403196, -0.3539829162663, -0.6735456163128, -1.096499804558, -1.662431988705, -2.83910091346}}};
  double elpd_waic = 0;
  double p_waic = 0;
  for (const Reference& reference : references) {
    for (int i = 0; i < 6; ++i) {
      const RowAccuracy row = row_accuracy(pareto_row(kShapes[i], 1000), reference.efficiency);
      EXPECT_NEAR(row.pareto_k, reference.k[i], 1e-11) << i;
      EXPECT_NEAR(row.elpd_loo, reference.elpd[i], 1e-11) << i;
      elpd_waic += row.elpd_waic() / 2;
      p_waic += row.p_waic / 2;
    }
  }
  EXPECT_NEAR(elpd_waic, -5.753643207010386, 1e-11);
  EXPECT_NEAR(p_waic, 3.0297462729467823, 1e-11);
  EXPECT_NEAR(pareto_k_threshold(1000), 2.0 / 3, 1e-15);
  EXPECT_EQ(pareto_k_threshold(4000), 0.7);
}

TEST(LeaveOneOut, KIsTheShapeOfTheTailAndTheDensityThatOfTheMean) {
  for (const double c : {0.1, 0.3, 0.5}) {
    const RowAccuracy row = row_accuracy(pareto_row(c, 200000), 1);
    EXPECT_NEAR(row.pareto_k, c, 0.01) << c;
    EXPECT_NEAR(row.elpd_loo, std::log(1 - c), 0.003) << c;
    EXPECT_NEAR(row.lpd, -std::log(1 + c), 1e-4) << c;
    EXPECT_NEAR(row.p_waic, c * c, 1e-3) << c;
  }
}

TEST(LeaveOneOut, ParetoFitFindsShapeAndScale) {
  for (const double shape : {-0.3, 0.2, 0.8}) {
    Eigen::ArrayXd x(20000);
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const double tail = 1 - (static_cast<double>(i) + 0.5) / static_cast<double>(x.size());
      x[i] = 2.5 * (std::pow(tail, -shape) - 1) / shape;
    }
    const ParetoFit fit = fit_pareto(x);
    EXPECT_NEAR(fit.shape, shape, 0.01);
    EXPECT_NEAR(fit.scale, 2.5, 0.03);
  }
}

TEST(LeaveOneOut, DrawsWithoutATailHaveNoK) {
  const RowAccuracy constant = row_accuracy(Eigen::ArrayXd::Constant(400, -1.25), 1);
  EXPECT_TRUE(std::isinf(constant.pareto_k));
  EXPECT_NEAR(constant.elpd_loo, -1.25, 1e-12);
  EXPECT_NEAR(constant.lpd, -1.25, 1e-12);
  EXPECT_EQ(constant.p_waic, 0);
  const RowAccuracy few = row_accuracy(pareto_row(0.5, 8), 1);
  EXPECT_TRUE(std::isinf(few.pareto_k));
  EXPECT_TRUE(std::isfinite(few.elpd_loo));
}

TEST(LeaveOneOut, WaicOfTwoValues) {
  Eigen::ArrayXd values(100);
  for (Eigen::Index s = 0; s < 100; ++s) values[s] = -3 + (s % 2 == 0 ? 0.7 : -0.7);
  const RowAccuracy row = row_accuracy(values, 1);
  EXPECT_NEAR(row.p_waic, 0.49, 1e-14);
  EXPECT_NEAR(row.elpd_waic(), -3 + std::log(std::cosh(0.7)) - 0.49, 1e-14);
}

TEST(LeaveOneOut, IsExactInTheConjugateNormalModel) {
  // y ~ N(mu, 1), mu ~ N(0, 4): the density of a row given the others is normal, and known.
  const double y[] = {0.3, -1.1, 0.8, 2.4, 0.1, -0.4, 1.3, 0.6, -0.2, 0.9};
  constexpr int kRows = 10;
  constexpr Eigen::Index kDraws = 40000;
  const auto posterior = [&](int without) {
    double precision = 0.25;
    double sum = 0;
    for (int i = 0; i < kRows; ++i) {
      if (i == without) continue;
      precision += 1;
      sum += y[i];
    }
    return std::pair(sum / precision, 1 / precision);
  };
  const auto log_normal = [](double x, double mean, double variance) {
    return -0.5 * std::log(2 * M_PI * variance) - 0.5 * (x - mean) * (x - mean) / variance;
  };
  std::mt19937 generator(11);
  std::normal_distribution<double> normal(posterior(-1).first, std::sqrt(posterior(-1).second));
  Eigen::ArrayXd mu(kDraws);
  for (double& value : mu) value = normal(generator);
  double exact = 0;
  double estimated = 0;
  double within = 0;
  for (int i = 0; i < kRows; ++i) {
    const auto [mean, variance] = posterior(i);
    const double truth = log_normal(y[i], mean, variance + 1);
    Eigen::ArrayXd values(kDraws);
    for (Eigen::Index s = 0; s < kDraws; ++s) values[s] = log_normal(y[i], mu[s], 1);
    const RowAccuracy row = row_accuracy(values, 1);
    EXPECT_LT(row.pareto_k, 0.4);
    EXPECT_NEAR(row.elpd_loo, truth, 0.006) << i;
    exact += truth;
    estimated += row.elpd_loo;
    within += row.lpd;
  }
  EXPECT_NEAR(estimated, exact, 0.015);
  // Of rows that are not left out the same draws tell another story.
  EXPECT_GT(within, exact + 0.5);
}

double attained(const Eigen::MatrixXd& elpd, const Eigen::VectorXd& w) {
  return (elpd.array().exp().matrix() * w).array().log().mean();
}

Eigen::MatrixXd elpds(Eigen::Index rows) {
  Eigen::MatrixXd elpd(rows, 3);
  for (Eigen::Index i = 0; i < rows; ++i)
    for (Eigen::Index k = 0; k < 3; ++k)
      elpd(i, k) = -1 - 0.03 * static_cast<double>(k) + 0.8 * std::sin(1.3 * static_cast<double>(i * (k + 2) + k));
  return elpd;
}

TEST(Stacking, NoWeightsOfAGridAreBetter) {
  const Eigen::MatrixXd elpd = elpds(150);
  const Eigen::VectorXd w = stacking_weights(elpd);
  EXPECT_NEAR(w.sum(), 1, 1e-14);
  EXPECT_GE(w.minCoeff(), 0);
  const double best = attained(elpd, w);
  double grid = -1e300;
  Eigen::Vector3d at;
  for (int a = 0; a <= 200; ++a) {
    for (int b = 0; a + b <= 200; ++b) {
      const Eigen::Vector3d candidate(a / 200.0, b / 200.0, (200 - a - b) / 200.0);
      if (attained(elpd, candidate) <= grid) continue;
      grid = attained(elpd, candidate);
      at = candidate;
    }
  }
  EXPECT_GE(best, grid);
  EXPECT_LT(best - grid, 1e-4);
  EXPECT_LT((w - at).cwiseAbs().maxCoeff(), 0.006);
  // All three have a share here, at equal slopes.
  EXPECT_GT(w.minCoeff(), 0.05);
  const Eigen::MatrixXd density = elpd.array().exp();
  const Eigen::VectorXd slope = density.transpose() * (density * w).cwiseInverse() / 150;
  EXPECT_LT((slope.array() - 1).abs().maxCoeff(), 1e-10);
}

TEST(Stacking, ClosedForms) {
  // Two models, right in 30 and in 10 of 40 rows, with densities 0.8 and 0.2: w 0.6 + 0.2 = 3/4.
  Eigen::MatrixXd two(40, 2);
  for (Eigen::Index i = 0; i < 40; ++i)
    two.row(i) =
        i < 30 ? Eigen::RowVector2d(std::log(0.8), std::log(0.2)) : Eigen::RowVector2d(std::log(0.2), std::log(0.8));
  EXPECT_NEAR(stacking_weights(two)[0], 0.55 / 0.6, 1e-9);
  // A model that is worse in every row has none, one that stands there twice shares evenly.
  Eigen::MatrixXd three(40, 3);
  three << two.col(0), two.col(0), two.col(0).array() - 0.3;
  const Eigen::VectorXd w = stacking_weights(three);
  EXPECT_NEAR(w[0], 0.5, 1e-9);
  EXPECT_NEAR(w[2], 0, 1e-12);
  // Densities of which one is no number beside the other.
  Eigen::MatrixXd far = two;
  far.col(1).array() -= 5000;
  EXPECT_NEAR(stacking_weights(far)[0], 1, 1e-12);
  EXPECT_EQ(stacking_weights(two.leftCols(1))[0], 1);
}

}  // namespace
}  // namespace bdglm::test
