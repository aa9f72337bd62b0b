// Importances of variables against sums by hand at the posterior's draws, and against what independent columns must
// have.
#include "posterior/importance.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "bdglm/bdglm.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

constexpr std::uint64_t kSeed = 5;

Posterior fitted(const std::string& formula, const Data& data, const std::string& family) {
  RunOptions run;
  run.chains = 2;
  run.warmup = 100;
  run.draws = 100;
  run.seed = kSeed;
  return fit({.formula = formula, .data = data, .family = family}, run);
}

/// Columns x and z that have nothing to do with each other, a column `none` that the response knows nothing of, groups.
struct Columns {
  std::vector<double> y, x, z, none, coin;
  std::vector<std::string> g;

  explicit Columns(int rows) {
    const Address address{11, 0, 0, Site::simulation, 0};
    for (int i = 0; i < rows; ++i) {
      Stream stream(address, static_cast<std::uint32_t>(i));
      x.push_back(stream.uniform53() - 0.5);
      z.push_back(2 * stream.uniform53());
      none.push_back(stream.uniform53());
      y.push_back(3 * x.back() + z.back() + 0.05 * (stream.uniform53() - 0.5));
      coin.push_back(stream.uniform53() < 1 / (1 + std::exp(-4 * x.back() * z.back())) ? 1 : 0);
      g.push_back("g" + std::to_string(i % 5));
    }
  }
  Data data() const {
    Data data;
    data.add_numbers("y", y).add_numbers("x", x).add_numbers("z", z).add_numbers("none", none);
    data.add_numbers("coin", coin).add_text("g", g);
    return data;
  }
};

TEST(Importance, RowsExchangeTheirValuesInOneCycle) {
  const std::vector<std::size_t> other = exchanged_rows(97, kSeed, 0);
  std::set<std::size_t> seen;
  for (std::size_t at = 0; seen.insert(at).second;) at = other.at(at);
  EXPECT_EQ(seen.size(), 97U);
  EXPECT_NE(other, exchanged_rows(97, kSeed + 1, 0));
  EXPECT_NE(other, exchanged_rows(97, kSeed, 1));
}

TEST(Importance, OfIndependentColumnsIsTheirShareOfTheVariance) {
  const Columns columns(2000);
  const Importances told = fitted("y ~ x + z + none", columns.data(), "gaussian").importance();
  EXPECT_EQ(told.averaged, 2000U);
  EXPECT_EQ(told.draws, 200U);
  ASSERT_EQ(told.rows.size(), 3U);
  // Variances 9 / 12 and 4 / 12, those of 2,000 rows within .02 of them.
  EXPECT_EQ(told.rows[0].variable, "x");
  EXPECT_NEAR(told.rows[0].mean, 9.0 / 13, 0.04 * 9 / 13);
  EXPECT_EQ(told.rows[1].variable, "z");
  EXPECT_NEAR(told.rows[1].mean, 4.0 / 13, 0.04 * 4 / 13);
  EXPECT_EQ(told.rows[2].variable, "none");
  EXPECT_LT(told.rows[2].high, 1e-4);
  EXPECT_NEAR(told.deviation, std::sqrt(13.0 / 12), 0.03);
}

TEST(Importance, IsTheMeanSquareOfTheChangesByHand) {
  const Columns columns(150);
  const Posterior posterior = fitted("coin ~ x * z + (1 | g)", columns.data(), "bernoulli");
  const Importances told = posterior.importance({.interval = 0.8});
  ASSERT_EQ(told.rows.size(), 2U);
  const std::vector<double> b0 = posterior.draws("b_Intercept"), bx = posterior.draws("b_x"),
                            bz = posterior.draws("b_z"), bxz = posterior.draws("b_x:z");
  constexpr std::uint32_t kExchanges = 20;
  for (const Importances::Row& row : told.rows) {
    std::vector<double> shares;
    for (std::size_t s = 0; s < b0.size(); ++s) {
      const auto expected = [&](double x, double z) {
        return 1 / (1 + std::exp(-(b0[s] + bx[s] * x + bz[s] * z + bxz[s] * x * z)));
      };
      double sum = 0, squares = 0, changes = 0;
      for (std::uint32_t k = 0; k < kExchanges; ++k) {
        const std::vector<std::size_t> other = exchanged_rows(150, kSeed, k);
        for (std::size_t i = 0; i < 150; ++i) {
          const double own = expected(columns.x[i], columns.z[i]);
          const double moved = row.variable == "x" ? expected(columns.x[other[i]], columns.z[i])
                                                   : expected(columns.x[i], columns.z[other[i]]);
          if (k == 0) sum += own;
          if (k == 0) squares += own * own;
          changes += (moved - own) * (moved - own) / (150.0 * kExchanges);
        }
      }
      shares.push_back(0.5 * changes / ((squares - sum * sum / 150) / 149));
    }
    double mean = 0;
    for (const double share : shares) mean += share / static_cast<double>(shares.size());
    EXPECT_NEAR(row.mean, mean, 1e-10) << row.variable;
    std::sort(shares.begin(), shares.end());
    EXPECT_GE(row.low, shares[19] - 1e-10);
    EXPECT_LE(row.low, shares[20] + 1e-10);
  }
}

TEST(Importance, CountsGroupsWhereTheyAreAskedFor) {
  Columns columns(200);
  for (std::size_t i = 0; i < 200; ++i) columns.y[i] += static_cast<double>(i % 5);
  const Posterior posterior = fitted("y ~ x + (1 | g)", columns.data(), "gaussian");
  EXPECT_EQ(posterior.importance().rows.size(), 1U);
  const Importances known = posterior.importance({.groups = GroupMode::known});
  ASSERT_EQ(known.rows.size(), 2U);
  EXPECT_EQ(known.rows[0].variable, "g");
  EXPECT_NEAR(known.rows[0].mean, 2 / 2.75, 0.15);
  const Posterior groups = fitted("y ~ (1 | g)", columns.data(), "gaussian");
  try {
    groups.importance();
    ADD_FAILURE();
  } catch (const ModelError& error) {
    EXPECT_HAS(std::string(error.what()), "reads no column besides those of random effects; ask for `groups` known");
  }
}

TEST(Importance, ExchangesNestedGroupsTogether) {
  Columns columns(200);
  std::vector<std::string> h;
  for (std::size_t i = 0; i < 200; ++i) h.push_back(columns.g[i] + (i % 2 == 0 ? "a" : "b"));
  Data data = columns.data();
  data.add_text("h", h);
  const Posterior posterior = fitted("y ~ x + (1 | g/h)", data, "gaussian");
  for (const GroupMode mode : {GroupMode::known, GroupMode::fresh}) {
    const Importances told = posterior.importance({.groups = mode});
    ASSERT_EQ(told.rows.size(), 2U);
    EXPECT_EQ(told.rows[1].variable, "g:h");
    EXPECT_TRUE(told.notes.empty());
  }
}

TEST(Importance, OfAVariableWhoseExchangeHasNoValueIsToldToBeNone) {
  const Columns columns(120);
  Data data;
  std::vector<double> above = columns.z;
  for (double& value : above) value += 0.1;
  data.add_numbers("y", columns.y).add_numbers("x", columns.x).add_numbers("z", columns.z).add_numbers("above", above);
  const Importances told = fitted("y ~ x + log(above - z + x + 0.5)", data, "gaussian").importance();
  ASSERT_EQ(told.rows.size(), 1U);
  EXPECT_EQ(told.rows[0].variable, "x");
  ASSERT_EQ(told.notes.size(), 2U);
  EXPECT_HAS(told.notes[0], "no share of 'above': with its values in other rows ");
}

TEST(Importance, IsRefusedWhereNothingVariesAndNotToldOfWhatTheMeanDoesNotRead) {
  Columns columns(120);
  const Posterior posterior = fitted("y ~ x + z", columns.data(), "gaussian");
  Data same;
  same.add_numbers("x", {0.3, 0.3, 0.3}).add_numbers("z", {0.7, 0.7, 0.7});
  try {
    posterior.importance(same);
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_HAS(std::string(error.what()), "the expected response is the same in all 3 rows");
  }
  RunOptions run;
  run.chains = 1;
  run.warmup = run.draws = 100;
  run.seed = kSeed;
  const ModelSpec model{
      .formula = "y ~ x", .predictor_formulas = {"sigma ~ z"}, .data = columns.data(), .family = "gaussian"};
  const Importances told = fit(model, run).importance();
  ASSERT_EQ(told.rows.size(), 1U);
  EXPECT_EQ(told.notes.back(), "the expected response does not depend on 'z'");
}

TEST(Importance, OfHugeExpectedResponsesIsFinite) {
  const Columns columns(120);
  Data data;
  std::vector<double> count, far;
  for (const double x : columns.x) {
    count.push_back(std::floor(std::exp(2 * x + 1)));
    far.push_back(x < 0 ? x : 300);
  }
  data.add_numbers("y", count).add_numbers("x", columns.x).add_numbers("z", columns.z);
  const Posterior posterior = fitted("y ~ x + z", data, "poisson");
  Data rows;
  rows.add_numbers("x", far).add_numbers("z", columns.z);
  for (const Importances::Row& row : posterior.importance(rows).rows)
    EXPECT_TRUE(std::isfinite(row.mean) && std::isfinite(row.high)) << row.variable;
}

TEST(Importance, TakesOneColumnOfASparseMatrixFromOtherRows) {
  const Columns columns(120);
  std::vector<std::int64_t> starts = {0};
  std::vector<std::int32_t> indices;
  std::vector<double> values;
  for (const double x : columns.x) {
    for (const int k : {0, 1, 2}) {
      indices.push_back(k);
      values.push_back(k == 1 ? x : 1 + 0.1 * k);
    }
    starts.push_back(static_cast<std::int64_t>(indices.size()));
  }
  Data data;
  data.add_numbers("y", columns.y).add_numbers("z", columns.z).add_sparse_matrix("m", 400, starts, indices, values);
  const Posterior posterior = fitted("y ~ z + m2", data, "gaussian");
  const Importances own = posterior.importance(), given = posterior.importance(data);
  ASSERT_EQ(given.rows.size(), 2U);
  EXPECT_EQ(given.rows[0].variable, "m2");
  EXPECT_GT(given.rows[0].low, 0.5);
  EXPECT_NEAR(given.rows[0].mean, own.rows[0].mean, 1e-9);
}

TEST(Importance, TakesAMatrixAsOneVariableAndCompleteRowsAlone) {
  const Columns columns(120);
  std::vector<double> x = columns.x;
  x[7] = std::nan("");
  Data data;
  data.add_numbers("y", columns.y).add_numbers("x", x);
  std::vector<double> both;
  for (std::size_t i = 0; i < 120; ++i) {
    both.push_back(columns.z[i]);
    both.push_back(columns.none[i]);
  }
  data.add_matrix("m", 2, both);
  const Posterior posterior = fitted("y ~ x + m", data, "gaussian");
  const Importances told = posterior.importance(data);
  EXPECT_EQ(told.averaged, 119U);
  ASSERT_EQ(told.rows.size(), 2U);
  EXPECT_EQ(told.rows[1].variable, "m");
  EXPECT_GT(told.rows[1].low, 0.1);
}

TEST(Importance, OfManyLevelsIsOfAllTheirProbabilities) {
  Columns columns(300);
  for (std::size_t i = 0; i < 300; ++i) columns.y[i] = columns.x[i] < -0.2 ? 0 : columns.x[i] < 0.2 ? 1 : 2;
  const Importances told = fitted("y ~ x + none", columns.data(), "categorical").importance();
  ASSERT_EQ(told.rows.size(), 2U);
  EXPECT_EQ(told.rows[0].variable, "x");
  EXPECT_NEAR(told.rows[0].mean, 1, 0.15);
  EXPECT_LT(told.rows[1].mean, 0.1);
}

}  // namespace
}  // namespace bdglm::test
