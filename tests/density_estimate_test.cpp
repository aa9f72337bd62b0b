// Kernel density estimates beside densities that are known.
#include "report/density_estimate.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "random/stream.hpp"
#include "sampling/standard.hpp"

namespace bdglm::test {
namespace {

constexpr double kRootTwoPi = 2.5066282746310002;

std::vector<double> normal_draws(std::size_t count, bool folded) {
  Stream stream({5, 0, 0, Site::simulation, 0}, 0);
  std::vector<double> draws;
  for (std::size_t i = 0; i < count; ++i) {
    const double x = draw_normal<double>(stream);
    draws.push_back(folded ? std::fabs(x) : x);
  }
  return draws;
}

double largest_error(const DensityEstimate& estimate, double factor) {
  double largest = 0;
  for (std::size_t k = 0; k < estimate.x.size(); ++k)
    largest = std::max(
        largest, std::fabs(estimate.density[k] - factor * std::exp(-0.5 * estimate.x[k] * estimate.x[k]) / kRootTwoPi));
  return largest;
}

// With 20,000 draws the kernel's bias at the mode is .124^2 / 2 x .4 = .003, the standard error there .006.
TEST(DensityEstimate, IsNearTheDensityOfNormalDraws) {
  const DensityEstimate estimate = estimate_density(normal_draws(20000, false), 128);
  ASSERT_EQ(estimate.x.size(), 128U);
  EXPECT_LT(largest_error(estimate, 1), 0.02);
  double mass = 0;
  for (std::size_t k = 1; k < 128; ++k)
    mass += 0.5 * (estimate.density[k] + estimate.density[k - 1]) * (estimate.x[k] - estimate.x[k - 1]);
  EXPECT_NEAR(mass, 0.99, 0.01);
}

TEST(DensityEstimate, LosesNothingAtABound) {
  const std::vector<double> draws = normal_draws(20000, true);
  EXPECT_LT(largest_error(estimate_density(draws, 128, 0), 2), 0.04);
  // Without the bound half of the mass at zero is lost.
  EXPECT_GT(largest_error(estimate_density(draws, 128), 2), 0.2);
  for (const double x : estimate_density(draws, 16, 0, 1).x) EXPECT_TRUE(x >= 0 && x <= 1);
}

TEST(DensityEstimate, IsThereForHeavyTailsAndNotForOneValue) {
  std::vector<double> draws;
  for (int i = 1; i < 2000; ++i) draws.push_back(std::tan(3.1415926 * (i / 2000.0 - 0.5)));
  const DensityEstimate cauchy = estimate_density(draws, 513);
  double highest = 0;
  for (const double d : cauchy.density) highest = std::max(highest, d);
  EXPECT_NEAR(highest, 1 / 3.1415926, 0.06);
  EXPECT_TRUE(estimate_density({2, 2, 2, 2}, 16).x.empty());
  EXPECT_TRUE(estimate_density({1}, 16).x.empty());
  EXPECT_EQ(estimate_density({1, 2, NAN, 3, INFINITY}, 16).x.size(), 16U);
}

}  // namespace
}  // namespace bdglm::test
