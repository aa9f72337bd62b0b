// Diagnostics from one shared order of the draws, against their definitions worked out plainly.
#include "diagnostics/diagnostics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

namespace bdglm::test {
namespace {

/// Rank-normalised split R-hat as Vehtari et al. (2021) define it, ranks counted one by one.
double plain_rhat(const ChainDraws& draws) {
  const Eigen::Index half = draws.rows() / 2;
  ChainDraws split(half, 2 * draws.cols());
  split << draws.topRows(half), draws.bottomRows(half);
  std::vector<double> sorted(split.data(), split.data() + split.size());
  std::sort(sorted.begin(), sorted.end());
  const double median = sorted_quantile(sorted, 0.5);
  const auto of = [&](const ChainDraws& x) {
    ChainDraws z(x.rows(), x.cols());
    for (Eigen::Index i = 0; i < x.size(); ++i) {
      const double below = static_cast<double>((x.array() < x.data()[i]).count());
      const double equal = static_cast<double>((x.array() == x.data()[i]).count());
      const double rank = below + 0.5 * (equal + 1);
      z.data()[i] = normal_quantile((rank - 0.375) / (static_cast<double>(x.size()) + 0.25));
    }
    const auto n = static_cast<double>(z.rows());
    const Eigen::RowVectorXd mean = z.colwise().mean();
    const double within = ((z.rowwise() - mean).colwise().squaredNorm() / (n - 1)).mean();
    const double between = n * (mean.array() - mean.mean()).square().sum() / static_cast<double>(z.cols() - 1);
    return std::sqrt((between / within + n - 1) / n);
  };
  return std::max(of(split), of((split.array() - median).abs().matrix()));
}

ChainDraws chains(Eigen::Index rows, Eigen::Index columns, bool ties) {
  std::mt19937 generator(7);
  std::normal_distribution<double> normal;
  ChainDraws draws(rows, columns);
  for (Eigen::Index c = 0; c < columns; ++c) {
    double x = 0;
    for (Eigen::Index i = 0; i < rows; ++i) {
      x = 0.8 * x + normal(generator) + 0.1 * static_cast<double>(c);
      draws(i, c) = ties ? std::round(2 * x) : x;
    }
  }
  return draws;
}

TEST(Diagnostics, RhatIsItsDefinition) {
  for (const bool ties : {false, true})
    for (const Eigen::Index rows : {5, 40, 121}) {
      const ChainDraws draws = chains(rows, 3, ties);
      EXPECT_NEAR(split_rhat(draws), plain_rhat(draws), 1e-12) << rows << (ties ? " with ties" : "");
      EXPECT_EQ(summarise("x", draws).rhat, split_rhat(draws));
    }
}

TEST(Diagnostics, SummaryIsThatOfTheParts) {
  const ChainDraws draws = chains(101, 4, false);
  const ParameterSummary s = summarise("x", draws);
  std::vector<double> sorted(draws.data(), draws.data() + draws.size());
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(s.q2_5, sorted_quantile(sorted, 0.025));
  EXPECT_EQ(s.q50, sorted_quantile(sorted, 0.5));
  EXPECT_EQ(s.q97_5, sorted_quantile(sorted, 0.975));
  EXPECT_EQ(s.ess_bulk, bulk_ess(draws));
  EXPECT_EQ(s.ess_tail, tail_ess(draws));
  EXPECT_NEAR(s.mcse, s.sd / std::sqrt(mean_ess(draws)), 1e-15);
}

TEST(Diagnostics, FewOrBrokenDrawsHaveNone) {
  EXPECT_TRUE(std::isnan(split_rhat(chains(3, 4, false))));
  EXPECT_TRUE(std::isnan(bulk_ess(chains(3, 4, false))));
  ChainDraws broken = chains(50, 2, false);
  broken(3, 1) = NAN;
  const ParameterSummary s = summarise("x", broken);
  EXPECT_TRUE(std::isnan(s.rhat));
  EXPECT_TRUE(std::isnan(s.ess_bulk));
  EXPECT_TRUE(std::isnan(s.q50));
}

}  // namespace
}  // namespace bdglm::test
