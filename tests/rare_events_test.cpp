// Rare events and zeros at default settings: chains agree and have effective draws where latent variables or ridges
// would hold them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "bdglm/bdglm.hpp"
#include "family/response.hpp"
#include "support/problem.hpp"

namespace bdglm::test {
namespace {

/// Columns x and z of normal numbers, and g of `groups` levels.
struct Rows {
  std::vector<double> x, z, noise;
  std::vector<std::string> g;

  Rows(int n, int groups) {
    for (int i = 0; i < n; ++i) {
      Stream stream({77, 0, 0, Site::simulation, 0}, static_cast<std::uint32_t>(i));
      x.push_back(draw_normal<double>(stream));
      z.push_back(draw_normal<double>(stream));
      noise.push_back(stream.uniform53());
      g.push_back("g" + std::to_string(static_cast<int>(groups * stream.uniform53())));
    }
  }
  Data with(const std::vector<double>& y) const {
    Data data;
    return data.add_numbers("y", y).add_numbers("x", x).add_numbers("z", z).add_text("g", g);
  }
};

/// R-hat of at most 1.01 and 400 effective draws of every parameter.
void expect_good(const Data& data, const std::string& formula, const std::string& family) {
  ModelSpec spec;
  spec.formula = formula;
  spec.family = family;
  spec.data = data;
  RunOptions run;
  run.seed = 3;
  for (const ParameterSummary& p : fit(spec, run).summary()) {
    EXPECT_LE(p.rhat, 1.01) << formula << ", " << family << ": " << p.name;
    EXPECT_GE(p.ess_bulk, 400) << formula << ", " << family << ": " << p.name;
  }
}

/// The rows of the most `count` scores are successes.
std::vector<double> successes(const Rows& rows, std::size_t count) {
  std::vector<double> score;
  for (std::size_t i = 0; i < rows.x.size(); ++i) score.push_back(rows.x[i] - std::log(-std::log(rows.noise[i])));
  std::vector<double> sorted = score;
  std::sort(sorted.rbegin(), sorted.rend());
  std::vector<double> y;
  for (const double s : score) y.push_back(s >= sorted[count - 1] ? 1 : 0);
  return y;
}

TEST(RareEvents, FiveSuccessesInAThousandRows) {
  const Rows rows(1000, 20);
  const Data data = rows.with(successes(rows, 5));
  expect_good(data, "y ~ x + z", "bernoulli");
  expect_good(data, "y ~ x + z + (1 | g)", "bernoulli");
}

TEST(RareEvents, CountsWithNinetyNinePercentZeros) {
  const Rows rows(3000, 20);
  std::vector<double> y;
  for (std::size_t i = 0; i < rows.x.size(); ++i) {
    const double mean = std::exp(-5 + 0.5 * rows.x[i]);
    y.push_back(rows.noise[i] < 0.3 * mean ? 3 : rows.noise[i] < mean ? 1 : 0);
  }
  EXPECT_LT(std::accumulate(y.begin(), y.end(), 0.0), 60);
  const Data data = rows.with(y);
  for (const char* family : {"poisson", "negative_binomial", "zero_inflated_poisson"})
    expect_good(data, "y ~ x", family);
  expect_good(data, "y ~ x + (1 | g)", "poisson");
}

/// Zeros of two kinds, a slope and deviations of groups: a thousand rows hardly tell them apart.
TEST(RareEvents, ZerosOfTwoKindsInAMixedModel) {
  const Rows rows(1000, 20);
  std::vector<double> y;
  for (std::size_t i = 0; i < rows.x.size(); ++i)
    y.push_back(rows.noise[i] < 0.011 ? 1 + std::floor(rows.noise[i] * 400) : 0);
  expect_good(rows.with(y), "y ~ x + (1 | g)", "zero_inflated_poisson");
}

TEST(RareEvents, AGroupWithoutASuccess) {
  const Rows rows(400, 12);
  std::vector<double> y;
  for (std::size_t i = 0; i < rows.x.size(); ++i)
    y.push_back(rows.g[i] != "g3" && rows.noise[i] < 1 / (1 + std::exp(0.5 - 0.7 * rows.x[i])) ? 1 : 0);
  expect_good(rows.with(y), "y ~ x + (1 + x | g)", "bernoulli");
}

TEST(RareEvents, SeparatedRows) {
  const Rows rows(60, 3);
  std::vector<double> y;
  for (const double x : rows.x) y.push_back(x > 0.1 ? 1 : 0);
  expect_good(rows.with(y), "y ~ x", "bernoulli");
}

TEST(RareEvents, LatentVariablesStayWhereTheyMix) {
  // Half successes: curvature and expected precision are the same; one in a hundred: p (1 - p) over tanh(eta/2)/(2
  // eta).
  EXPECT_NEAR(augmented_information(Family::bernoulli, 500, 1000), 1, 1e-6);
  const double eta = std::log(10.5 / 990.5);
  const double rate = 10.5 / 1001;
  EXPECT_NEAR(augmented_information(Family::bernoulli, 10, 1000), rate * (1 - rate) / (std::tanh(eta / 2) / (2 * eta)),
              1e-12);
  EXPECT_NEAR(augmented_information(Family::binomial, 990, 1000), augmented_information(Family::binomial, 10, 1000),
              1e-9);
  EXPECT_EQ(augmented_information(Family::poisson, 10, 1000), 1);
  const auto augmentation = [](int ones) {
    Table table = small_table(200);
    std::vector<double> y(200, 0);
    std::fill(y.begin(), y.begin() + ones, 1.0);
    table.add(numbers("rare", y));
    return Problem(table, "rare ~ x + (1 | g)", Family::bernoulli, ModelOptions{}).model.augmentation;
  };
  EXPECT_EQ(augmentation(100), Augmentation::polya_gamma);
  EXPECT_EQ(augmentation(3), Augmentation::none);
  EXPECT_EQ(augmentation(197), Augmentation::none);
}

}  // namespace
}  // namespace bdglm::test
