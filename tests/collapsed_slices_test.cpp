// A covariance's marginal with the effects integrated out, and slices under it: against dense sums, quadrature, and
// exact draws of parameters and data.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "bdglm/bdglm.hpp"
#include "engines/gibbs/collapsed_slices.hpp"
#include "sampling/standard.hpp"
#include "support/pattern.hpp"
#include "support/problem.hpp"

namespace bdglm::test {
namespace {

GroupFactors factors_of(Eigen::Index groups, Eigen::Index q, double size) {
  GroupFactors factors;
  factors.precision.resize(groups * q, q);
  factors.linear = pattern(groups * q, 1, 0.4);
  for (Eigen::Index g = 0; g < groups; ++g) {
    const RowMatrix half = pattern(q, q, 0.5 + static_cast<double>(g));
    // Some groups say nothing.
    const bool silent = g % 5 == 4;
    factors.precision.middleRows(g * q, q) = (silent ? 0 : size) * half * half.transpose();
    if (silent) factors.linear.segment(g * q, q).setZero();
  }
  return factors;
}

/// log of the integrals, group by group, with Sigma = P^-1.
double by_groups(const GroupFactors& factors, const Eigen::MatrixXd& precision) {
  const Eigen::Index q = precision.rows();
  double sum = 0;
  for (Eigen::Index g = 0; g < factors.linear.size() / q; ++g) {
    const Eigen::MatrixXd both = factors.precision.middleRows(g * q, q) + precision;
    const Eigen::VectorXd r = factors.linear.segment(g * q, q);
    sum += 0.5 * (r.dot(both.ldlt().solve(r)) - std::log(both.determinant()) + std::log(precision.determinant()));
  }
  return sum;
}

TEST(GroupMarginal, IsTheIntegralOverEveryGroup) {
  for (Eigen::Index q = 1; q <= 4; ++q)
    for (const Eigen::Index groups : {1, 7, 8, 9, 60, 1001})
      // The largest determinants leave the range of numbers when a few are multiplied.
      for (const double size : {1.0, 1e-6, 1e30}) {
        const GroupFactors factors = factors_of(groups, q, size);
        const RowMatrix half = pattern(q, q, 2.2);
        const Eigen::MatrixXd precision = half * half.transpose() + Eigen::MatrixXd::Identity(q, q);
        if (size > 1 && q > 1) continue;  // of a rank below q there, to rounding
        const double exact = by_groups(factors, precision);
        EXPECT_NEAR(GroupMarginal(factors)(precision, 1 / precision.determinant()), exact,
                    1e-10 * (std::abs(exact) + 1))
            << q << ' ' << groups << ' ' << size;
      }
}

TEST(GroupMarginal, IsNoneWhereAPrecisionIsNotPositive) {
  const GroupFactors factors = factors_of(9, 2, 1);
  const Eigen::MatrixXd precision = -100 * Eigen::MatrixXd::Identity(2, 2);
  EXPECT_EQ(GroupMarginal(factors)(precision, 1e-4), -std::numeric_limits<double>::infinity());
}

RandomEffect effect_of(Eigen::Index q, double lkj) {
  RandomEffect effect;
  effect.levels = 12;
  for (Eigen::Index k = 0; k < q; ++k) effect.coefficients.push_back("x" + std::to_string(k));
  effect.sd = {ScalePrior::Kind::half_t, 3, 1};
  effect.lkj = lkj;
  return effect;
}

/// Sigma of one column: the chain's law function against quadrature over log sd.
TEST(CollapsedSlices, OfOneColumnFollowTheDensity) {
  const RandomEffect effect = effect_of(1, 0);
  const GroupFactors factors = factors_of(12, 1, 6);
  const auto mean_of = [&](const GroupFactors& of) {
    const GroupMarginal marginal(of);
    double total = 0;
    double sum = 0;
    for (double t = -9; t < 4; t += 0.002) {
      const Eigen::MatrixXd sigma = Eigen::MatrixXd::Constant(1, 1, std::exp(2 * t));
      const double p = std::exp(effect.log_density(sigma) + 2 * t + marginal(sigma.inverse(), sigma(0, 0)));
      total += p;
      sum += p * std::exp(t);
    }
    return sum / total;
  };
  SliceWidths widths("w", 1.5);
  Eigen::MatrixXd sigma = Eigen::MatrixXd::Ones(1, 1);
  Stream stream({5, 0, 0, Site::collapsed_covariance, 0}, 0);
  constexpr int kBatches = 50;
  constexpr int kDraws = 2000;
  const GroupMarginal marginal(factors);
  double mean = 0;
  double square = 0;
  for (int b = 0; b < kBatches; ++b) {
    double batch = 0;
    for (int s = 0; s < kDraws; ++s) {
      slice_collapsed(effect, marginal, stream, {widths, 0, false}, sigma);
      batch += std::sqrt(sigma(0, 0)) / kDraws;
    }
    mean += batch / kBatches;
    square += batch * batch / kBatches;
  }
  const double error = std::sqrt((square - mean * mean) / (kBatches - 1));
  EXPECT_NEAR(mean, mean_of(factors), 4 * error);
  GroupFactors wrong = factors;
  wrong.linear *= 1.5;
  EXPECT_GT(std::abs(mean - mean_of(wrong)), 6 * error) << "the comparison sees nothing";
}

/// Sigma from its prior, effects and linear terms given it: a move given the linear terms leaves the law of Sigma.
/// `scale` of the linear terms other than one is wrong.
struct Replicates {
  std::vector<double> change;   ///< of log sd_1 + log sd_2 - cor, from before to after
  std::vector<double> product;  ///< log sd_1 before times cor after, less the same of the reverse move
};

Replicates replicates(double lkj, double scale) {
  const RandomEffect effect = effect_of(2, lkj);
  GroupFactors factors = factors_of(12, 2, 4);
  Replicates all;
  for (std::uint32_t i = 0; i < 20000; ++i) {
    Stream stream({9, 0, i, Site::simulation, 0}, 0);
    Eigen::MatrixXd sigma = effect.draw_prior(stream);
    const Eigen::MatrixXd lower = sigma.llt().matrixL();
    for (Eigen::Index g = 0; g < 12; ++g) {
      Eigen::Vector2d u(draw_normal<double>(stream), draw_normal<double>(stream));
      u = lower * u;
      // y ~ N(Z u, I) of four rows has D = Z'Z and the linear term Z'y ~ N(D u, D).
      const Eigen::Matrix2d d = factors.precision.middleRows(2 * g, 2);
      const Eigen::LDLT<Eigen::Matrix2d> factor(d);
      Eigen::Vector2d e(draw_normal<double>(stream), draw_normal<double>(stream));
      e = factor.transpositionsP().transpose() *
          Eigen::Vector2d(factor.matrixL() * factor.vectorD().cwiseMax(0).cwiseSqrt().cwiseProduct(e));
      factors.linear.segment(2 * g, 2) = scale * (d * u + e);
    }
    const auto log_sd = [](const Eigen::MatrixXd& s) { return 0.5 * std::log(s(0, 0)); };
    const auto correlation = [](const Eigen::MatrixXd& s) { return s(0, 1) / std::sqrt(s(0, 0) * s(1, 1)); };
    const auto statistic = [&](const Eigen::MatrixXd& s) {
      return std::tanh(log_sd(s)) + std::tanh(0.5 * std::log(s(1, 1))) - correlation(s);
    };
    SliceWidths widths("w", 1);
    const Eigen::MatrixXd before = sigma;
    slice_collapsed(effect, GroupMarginal(factors), stream, {widths, 0, false}, sigma);
    all.change.push_back(statistic(sigma) - statistic(before));
    all.product.push_back(std::tanh(log_sd(before)) * correlation(sigma) -
                          std::tanh(log_sd(sigma)) * correlation(before));
  }
  return all;
}

/// Standard deviations near zero beside others, and correlations near one, whose covariances are singular to rounding.
TEST(CollapsedSlices, StopShortOfSingularCovariances) {
  for (const char* family : {"bernoulli", "poisson", "gaussian"})
    for (const char* prior : {"sd_g ~ gamma(0.2, 1)", "cor_g ~ lkj(0.3)"}) {
      std::vector<double> y, x;
      std::vector<std::string> g;
      for (int i = 0; i < 48; ++i) {
        y.push_back(i * i % 7 < 3 ? 1 : 0);
        x.push_back(std::sin(i));
        g.push_back("g" + std::to_string(i % 12));
      }
      Data data;
      data.add_numbers("y", y).add_numbers("x", x).add_text("g", g);
      RunOptions run;
      run.warmup = 300;
      run.draws = 1500;
      for (run.seed = 1; *run.seed < 3; ++*run.seed)
        EXPECT_NO_THROW(fit({.formula = "y ~ x + (1 + x | g)", .data = data, .family = family, .priors = {prior}}, run))
            << family << ' ' << prior;
    }
}

/// Whether a chain's covariance moves one by one after the warm-up: its surrogate is accepted less than half the time.
bool moves_one_by_one(const Table& table) {
  const Problem problem(table, "y ~ x + (1 | g)", Family::poisson, {});
  const Context& context = *problem.context;
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, problem.design);
  sweep.begin(warm_start(state, context, {7, 0, 0, Site::warm_start, 0}));
  for (std::uint32_t k = 0; k < 400; ++k) sweep.run(state, context, {{7, 0, k, Site::latents, 0}, 400});
  Archive archive;
  for (const Sweep::Entry& entry : sweep.entries) entry.update->save(archive, context);
  return archive.at("residual_tuning")(0, 6) > 0;
}

/// A Gaussian stands in badly for rows whose groups are near zero or in the thousands, and well for many rows a group.
TEST(CollapsedSlices, GiveWayWhereTheSurrogateIsRarelyAccepted) {
  const auto counts = [](int rows, int groups, auto&& mean) {
    std::vector<double> y, x;
    std::vector<std::string> g;
    for (int i = 0; i < rows; ++i) {
      Stream stream({8, 0, 0, Site::simulation, 0}, static_cast<std::uint32_t>(i));
      const double rate = mean(i % groups);
      y.push_back(std::max(0.0, std::round(rate + std::sqrt(rate) * draw_normal<double>(stream))));
      x.push_back(std::sin(i));
      g.push_back("g" + std::to_string(i % groups));
    }
    Table table;
    table.add(numbers("y", y));
    table.add(numbers("x", x));
    table.add(labels("g", g));
    return table;
  };
  EXPECT_FALSE(moves_one_by_one(counts(2000, 20, [](int g) { return 5 + 0.3 * g; })));
  EXPECT_TRUE(moves_one_by_one(counts(24, 20, [](int g) { return g % 2 == 0 ? 0.02 : 3000.0; })));
}

double z_score(const std::vector<double>& values) {
  double sum = 0;
  double square = 0;
  for (const double v : values) {
    sum += v;
    square += v * v;
  }
  return sum / std::sqrt(square);
}

TEST(CollapsedSlices, LeaveParametersAndDataInvariantAndAreReversible) {
  for (const double lkj : {0.0, 2.0}) {
    const Replicates right = replicates(lkj, 1);
    EXPECT_LT(std::abs(z_score(right.change)), 4) << lkj;
    EXPECT_LT(std::abs(z_score(right.product)), 4) << lkj;
    EXPECT_GT(std::abs(z_score(replicates(lkj, 1.1).change)), 6) << "the comparison sees nothing";
  }
}

}  // namespace
}  // namespace bdglm::test
