// Scores by chain: means of densities, variances between chains, and what overflows.
#include <gtest/gtest.h>

#include <cmath>

#include "posterior/chain_scores.hpp"

namespace bdglm::test {
namespace {

TEST(ChainScores, AreMeansOfDensities) {
  const Eigen::ArrayXd densities = (Eigen::ArrayXd(6) << 1, 3, 2, 2, 5, 7).finished();
  const LogMeans means(densities.log(), {{0, 2}, {2, 2}, {4, 2}});
  EXPECT_NEAR(std::exp(means.of_all()), 20 / 6.0, 1e-12);
  const double alone[] = {2, 2, 6};
  const double without[] = {4, 4, 2};
  for (int c = 0; c < 3; ++c) {
    EXPECT_NEAR(std::exp(means.alone()[c]), alone[c], 1e-12);
    EXPECT_NEAR(std::exp(means.without()[c]), without[c], 1e-12);
  }
}

TEST(ChainScores, OfChainsThatAreNothingBesideAnother) {
  const LogMeans means((Eigen::ArrayXd(3) << 0, -2000, -3000).finished(), {{0, 1}, {1, 1}, {2, 1}});
  EXPECT_NEAR(means.without()[0], -2000 - std::log(2), 1e-12);
  EXPECT_NEAR(means.without()[1], -std::log(2), 1e-12);
  const LogMeans never(Eigen::ArrayXd::Constant(2, -INFINITY), {{0, 1}, {1, 1}});
  EXPECT_EQ(never.of_all(), -INFINITY);
  EXPECT_EQ(never.without()[0], -INFINITY);
}

TEST(ChainScores, AChainThatExplodedHidesNothing) {
  const auto share = [](const std::vector<double>& first, const std::vector<double>& second) {
    ExpectationSums sums(1, 2);
    for (const double x : first) sums.add(0, Eigen::ArrayXd::Constant(1, x));
    for (const double x : second) sums.add(1, Eigen::ArrayXd::Constant(1, x));
    return sums.share_between();
  };
  EXPECT_NEAR(share({1e9, 1e9 + 2}, {1e9 + 4, 1e9 + 6}), 0.8, 1e-9);
  EXPECT_NEAR(share({1, 3}, {3, 1}), 0, 1e-12);
  for (const double beyond : {double{INFINITY}, 1e200}) {
    EXPECT_TRUE(std::isnan(share({1, 2}, {beyond, 3})));
    EXPECT_TRUE(std::isnan(share({beyond, 2}, {1, 3})));
  }
  EXPECT_TRUE(std::isnan(share({5, 5}, {5, 5})));
  // Rows of no finite variance are left out of the mean.
  ChainScoreMeans means;
  const Eigen::ArrayXd score = Eigen::ArrayXd::Constant(2, -1);
  means.add({score, score, 0.5}, 1);
  means.add({score, score, std::nan("")}, 3);
  EXPECT_EQ(means.result().share_between, 0.5);
  EXPECT_EQ(means.result().log_score_alone, (std::vector<double>{-1, -1}));
}

}  // namespace
}  // namespace bdglm::test
