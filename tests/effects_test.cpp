// Marginal effects against closed forms at the posterior's draws.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "bdglm/bdglm.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

constexpr int kRows = 120;

double x_of(int i) { return std::sin(1.7 * i); }
const char* level_of(int i) { return i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c"; }

/// A number x, a factor f, an indicator z, a group g; the response is `response(i)`.
Data table(const std::function<double(int)>& response) {
  std::vector<double> y, x, z;
  std::vector<std::string> f, g;
  for (int i = 0; i < kRows; ++i) {
    y.push_back(response(i));
    x.push_back(x_of(i));
    z.push_back(i % 4 == 0 ? 1 : 0);
    f.emplace_back(level_of(i));
    g.push_back("g" + std::to_string(i % 6));
  }
  Data data;
  data.add_numbers("y", y).add_numbers("x", x).add_numbers("z", z).add_text("f", f).add_text("g", g);
  return data;
}

double gaussian(int i) { return 2 * x_of(i) + (i % 3 == 1 ? 1 : 0) + 0.3 * std::cos(5.1 * i) + (i % 6) * 0.1; }
double coin(int i) { return std::cos(3.3 * i) < x_of(i) ? 1 : 0; }

Posterior fitted(const std::string& formula, const Data& data, const std::string& family, std::size_t draws = 100) {
  RunOptions run;
  run.chains = 2;
  run.warmup = 100;
  run.draws = draws;
  run.seed = 5;
  return fit({.formula = formula, .data = data, .family = family}, run);
}

double plogis(double eta) { return 1 / (1 + std::exp(-eta)); }

/// Mean, sd and type 7 quantiles.
void expect_summary(const Effects::Row& row, std::vector<double> draws, double interval, double tolerance = 1e-10) {
  const auto n = static_cast<double>(draws.size());
  const double mean = std::accumulate(draws.begin(), draws.end(), 0.0) / n;
  double squares = 0;
  for (const double d : draws) squares += (d - mean) * (d - mean);
  std::sort(draws.begin(), draws.end());
  const auto quantile = [&](double p) {
    const auto low = static_cast<std::size_t>(p * (n - 1));
    const double next = draws[std::min(low + 1, draws.size() - 1)];
    return draws[low] + (p * (n - 1) - static_cast<double>(low)) * (next - draws[low]);
  };
  EXPECT_NEAR(row.mean, mean, tolerance);
  EXPECT_NEAR(row.sd, std::sqrt(squares / (n - 1)), tolerance);
  EXPECT_NEAR(row.low, quantile(0.5 * (1 - interval)), tolerance);
  EXPECT_NEAR(row.high, quantile(0.5 * (1 + interval)), tolerance);
}

TEST(Effects, OfALinearModelAreItsCoefficients) {
  const Data data = table(gaussian);
  const Posterior posterior = fitted("y ~ x + f + (1 | g)", data, "gaussian");
  const Effects slope = posterior.effects(data, "x", {.kind = EffectKind::slopes, .interval = 0.8});
  ASSERT_EQ(slope.rows.size(), 1U);
  EXPECT_EQ(slope.averaged, kRows);
  EXPECT_EQ(slope.draws, 200U);
  expect_summary(slope.rows[0], posterior.draws("b_x"), 0.8);

  const Effects levels = posterior.effects(data, "f", {.kind = EffectKind::comparisons});
  ASSERT_EQ(levels.rows.size(), 2U);
  EXPECT_EQ(levels.rows[1].from, ColumnValue("a"));
  EXPECT_EQ(levels.rows[1].to, ColumnValue("c"));
  expect_summary(levels.rows[0], posterior.draws("b_fb"), 0.95);
  expect_summary(levels.rows[1], posterior.draws("b_fc"), 0.95);

  std::vector<double> tripled = posterior.draws("b_x");
  for (double& b : tripled) b *= -3;
  const Effects given = posterior.effects(data, "x", {.kind = EffectKind::comparisons, .values = {2.0, "-1"}});
  ASSERT_EQ(given.rows.size(), 1U);
  expect_summary(given.rows[0], tripled, 0.95);
}

TEST(Effects, OfALogisticModelAreAverageDifferencesOfProbabilities) {
  const Data data = table(coin);
  const Posterior posterior = fitted("y ~ x * z + (1 | g)", data, "bernoulli", 800);
  const std::vector<double> b0 = posterior.draws("b_Intercept"), bx = posterior.draws("b_x"),
                            bz = posterior.draws("b_z"), bxz = posterior.draws("b_x:z");
  // A thousand of the 1,600 draws, spread evenly.
  std::vector<std::size_t> kept;
  for (std::size_t k = 0; k < 1000; ++k) kept.push_back((2 * k + 1) * 1600 / 2000);
  const Effects effects =
      posterior.effects(data, "z", {.kind = EffectKind::comparisons, .by = "f", .values = {0.0, 1.0}});
  ASSERT_EQ(effects.rows.size(), 3U);
  EXPECT_EQ(effects.draws, 1000U);
  for (const Effects::Row& row : effects.rows) {
    std::vector<double> expected;
    for (const std::size_t s : kept) {
      double sum = 0, count = 0;
      for (int i = 0; i < kRows; ++i) {
        if (row.by != ColumnValue(level_of(i))) continue;
        sum += plogis(b0[s] + bz[s] + (bx[s] + bxz[s]) * x_of(i)) - plogis(b0[s] + bx[s] * x_of(i));
        ++count;
      }
      expected.push_back(sum / count);
    }
    expect_summary(row, expected, 0.95);
  }
}

TEST(Effects, PredictionsHoldOtherColumnsAtTypicalValues) {
  const Data data = table(coin);
  const Posterior posterior = fitted("y ~ x + z + f", data, "bernoulli");
  const Effects effects = posterior.effects(data, "x", {.by = "f", .points = 3});
  ASSERT_EQ(effects.rows.size(), 9U);
  const std::vector<double> b0 = posterior.draws("b_Intercept"), bx = posterior.draws("b_x"),
                            bf = posterior.draws("b_fc");
  std::vector<double> expected;
  double x = -2;  // the greatest
  for (int i = 0; i < kRows; ++i) x = std::max(x, x_of(i));
  // z is 0 in most rows, and no mean of two values.
  for (std::size_t s = 0; s < b0.size(); ++s) expected.push_back(plogis(b0[s] + bx[s] * x + bf[s]));
  const Effects::Row& last = effects.rows.back();
  EXPECT_EQ(last.value, ColumnValue(x));
  EXPECT_EQ(last.by, ColumnValue("c"));
  expect_summary(last, expected, 0.95);
  const auto mean = [](const std::vector<double>& draws) {
    return std::accumulate(draws.begin(), draws.end(), 0.0) / static_cast<double>(draws.size());
  };
  ASSERT_TRUE(last.plugin.has_value());
  EXPECT_NEAR(*last.plugin, plogis(mean(b0) + mean(bx) * x + mean(bf)), 1e-10);
}

TEST(Effects, GroupsAreLeftOutUnlessAskedFor) {
  const Data data = table(gaussian);
  const Posterior posterior = fitted("y ~ x + (1 | g)", data, "gaussian");
  const EffectOptions zero{.values = {0.0}};
  EffectOptions known = zero;
  known.groups = GroupMode::known;
  expect_summary(posterior.effects(data, "x", zero).rows.at(0), posterior.draws("b_Intercept"), 0.95);
  // The commonest group is the first of six equal ones.
  std::vector<double> with_group = posterior.draws("b_Intercept");
  const std::vector<double> effect = posterior.draws("r_g[g0,Intercept]");
  for (std::size_t s = 0; s < effect.size(); ++s) with_group[s] += effect[s];
  expect_summary(posterior.effects(data, "x", known).rows.at(0), with_group, 0.95);
}

TEST(Effects, NumbersThatAreNamesOfLevelsAreLevels) {
  Data data;
  std::vector<double> y, code, group;
  for (int i = 0; i < kRows; ++i) {
    y.push_back(gaussian(i));
    code.push_back(10.0 * (i % 3));
    group.push_back(i % 20 + 1);
  }
  data.add_numbers("y", y).add_numbers("code", code).add_numbers("group", group);
  RunOptions run;
  run.chains = 2;
  run.warmup = run.draws = 50;
  run.seed = 1;
  const Posterior posterior =
      fit({.formula = "y ~ code + (1 | group)", .data = data, .family = "gaussian", .factors = {"code"}}, run);
  const Effects effects =
      posterior.effects(data, "code", {.kind = EffectKind::comparisons, .groups = GroupMode::known});
  ASSERT_EQ(effects.rows.size(), 2U);
  EXPECT_EQ(effects.rows[1].to, ColumnValue("20"));
  expect_summary(effects.rows[1], posterior.draws("b_code20"), 0.95);
  EXPECT_EQ(posterior.effects(data, "group", {.by = "code", .groups = GroupMode::known}).rows.size(), 60U);
}

TEST(Effects, OfTheFitsOwnRowsWhateverTheirCoding) {
  Data data = table(gaussian);
  std::vector<double> n;
  std::vector<std::string> h;
  for (int i = 0; i < kRows; ++i) {
    n.push_back(i % 5 + 1);
    h.push_back(i % 2 == 0 ? "u:v" : "w");
  }
  data.add_numbers("n", n).add_text("h", h);
  const Posterior posterior = fitted(
      "y ~ 0 + relevel(f, \"b\") * x + deep(z, h, layers = c(2)) + offset(n) + (1 + x | g/h)", data, "gaussian", 20);
  for (const GroupMode groups : {GroupMode::none, GroupMode::known})
    for (const char* variable : {"x", "f", "z", "h", "n"}) {
      // In another level of h a row's g:h would be a group that the fit has not seen.
      if (std::string(variable) == "h" && groups == GroupMode::known) continue;
      const EffectOptions options{.kind = EffectKind::comparisons, .by = "g", .values = {}, .groups = groups};
      const Effects own = posterior.effects(variable, options), given = posterior.effects(data, variable, options);
      // relevel() orders the levels of the fit's own rows.
      if (std::string(variable) == "f") {
        EXPECT_EQ(own.rows.at(0).from, ColumnValue("b"));
        continue;
      }
      ASSERT_EQ(own.rows.size(), given.rows.size());
      for (std::size_t i = 0; i < own.rows.size(); ++i) {
        EXPECT_NEAR(own.rows[i].mean, given.rows[i].mean, 1e-9) << variable;
        EXPECT_NEAR(own.rows[i].high, given.rows[i].high, 1e-9) << variable;
      }
    }
}

/// Columns that stand within expressions and products alone, or are numbers to one term and levels to another.
TEST(Effects, OfTheFitsOwnRowsWithinExpressions) {
  Data data;
  std::vector<double> y, x, e, k, s;
  std::vector<std::string> f, h, g;
  for (int i = 0; i < kRows; ++i) {
    y.push_back(i % 4);
    x.push_back(1 + i % 7);
    e.push_back(0.5 + i % 3);
    k.push_back(i % 4 + 2);
    s.push_back(1 + i % 5);
    f.push_back(i % 3 == 0 ? "b" : "a");
    h.push_back(i % 2 == 0 ? "u" : "v");
    g.push_back("g" + std::to_string(i % 6));
  }
  data.add_numbers("y", y).add_numbers("x", x).add_numbers("e", e).add_numbers("k", k).add_numbers("s", s);
  data.add_text("f", f).add_text("h", h).add_text("g", g);
  const Posterior posterior = fitted(
      "y ~ log(x) + I(x^2) + f:s + factor(k) + log(k) + deep(sqrt(s), factor(h), layers = c(2)) + offset(log(e)) + "
      "(1 + log(s) | g)",
      data, "poisson", 20);
  for (const char* variable : {"x", "e", "k", "s", "f", "h", "g"})
    for (const EffectKind kind : {EffectKind::predictions, EffectKind::comparisons}) {
      // A number that is a factor too has no values between its levels.
      const std::vector<ColumnValue> two = {2.0, 5.0}, none;
      const EffectOptions options{
          .kind = kind, .by = {}, .values = std::string(variable) == "k" ? two : none, .points = 4};
      const Effects own = posterior.effects(variable, options), given = posterior.effects(data, variable, options);
      ASSERT_EQ(own.rows.size(), given.rows.size()) << variable;
      for (std::size_t i = 0; i < own.rows.size(); ++i) {
        EXPECT_EQ(own.rows[i].value.has_value(), kind == EffectKind::predictions);
        EXPECT_NEAR(own.rows[i].mean, given.rows[i].mean, 1e-9 * std::fabs(given.rows[i].mean)) << variable;
      }
      EXPECT_NE(own.rows.front().mean, kind == EffectKind::predictions ? own.rows.back().mean : 0) << variable;
    }
}

TEST(Effects, RowsAreSampledAndIncompleteOnesLeftOut) {
  std::vector<double> y, x, w;
  for (int i = 0; i < 5000; ++i) {
    x.push_back(i % 100);
    y.push_back(i % 7 + 0.1 * (i % 100));
    w.push_back(i == 0 ? NAN : i % 2);
  }
  Data data;
  data.add_numbers("y", y).add_numbers("x", x).add_numbers("w", w);
  const Posterior posterior = fitted("y ~ x + w", data, "gaussian", 20);
  const Effects slope = posterior.effects(data, "x", {.kind = EffectKind::slopes});
  EXPECT_EQ(slope.averaged, 1999U);
  expect_summary(slope.rows.at(0), posterior.draws("b_x"), 0.95, 1e-9);
  bool told = false;
  for (const std::string& note : slope.notes) told = told || note.find("2000 of the 5000 rows") != std::string::npos;
  EXPECT_TRUE(told);
}

TEST(Effects, LevelsOfAResponseSumToNothing) {
  const Data data = table([](int i) { return (i * 7) % 3; });
  const Posterior posterior = fitted("y ~ x", data, "categorical");
  const Effects slope = posterior.effects(data, "x", {.kind = EffectKind::slopes});
  ASSERT_EQ(slope.rows.size(), 3U);
  EXPECT_EQ(slope.rows[2].response, "2");
  EXPECT_NEAR(slope.rows[0].mean + slope.rows[1].mean + slope.rows[2].mean, 0, 1e-9);
  EXPECT_GT(std::fabs(slope.rows[0].mean), 1e-4);
}

TEST(Effects, WrongWordsAreRefused) {
  const Data data = table(gaussian);
  const Posterior posterior = fitted("y ~ x + f + z", data, "gaussian", 20);
  const auto refusal = [&](const std::string& variable, const EffectOptions& options) -> std::string {
    try {
      posterior.effects(data, variable, options);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_HAS(refusal("zz", {}), "no column 'zz'");
  EXPECT_HAS(refusal("f", {.kind = EffectKind::slopes}), "'f' is a factor");
  EXPECT_HAS(refusal("x", {.by = "x"}), "names 'x' itself");
  EXPECT_HAS(refusal("f", {.by = "x"}), "'x' has 120 values");
  EXPECT_HAS(refusal("f", {.values = {"d"}}), "'d' is no level of 'f', which has 'a', 'b', 'c'");
  EXPECT_HAS(refusal("x", {.values = {"one"}}), "'one' is no number");
  EXPECT_HAS(refusal("x", {.kind = EffectKind::comparisons, .values = {1.0}}), "two values");
  EXPECT_HAS(refusal("x", {.points = 0}), "`points` is a number from 1");
  EXPECT_HAS(refusal("x", {.interval = 1}), "`interval` is a probability");
  bool told = false;
  for (const std::string& note : posterior.effects(data, "g").notes)
    told = told || note.find("does not read 'g'") != std::string::npos;
  EXPECT_TRUE(told);
}

}  // namespace
}  // namespace bdglm::test
