// What a posterior says of its own fit: log likelihoods saved and computed, and new responses beside closed forms.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "bdglm/bdglm.hpp"
#include "random/stream.hpp"
#include "sampling/standard.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

RunOptions short_run(int draws, std::vector<std::string> save = {}) {
  RunOptions run;
  run.chains = 2;
  run.warmup = 100;
  run.draws = draws;
  run.seed = 3;
  run.device = "cpu";
  run.save = std::move(save);
  return run;
}

Data table(int rows) {
  std::vector<double> x, count, positive, size, weight;
  std::vector<std::string> group, level;
  for (int i = 0; i < rows; ++i) {
    x.push_back(std::sin(1.7 * i));
    count.push_back((i * 7 + i / 10) % 5);
    positive.push_back(0.2 + (i * 11) % 7);
    size.push_back(5 + i % 3);
    weight.push_back(1 + i % 4);
    group.push_back("g" + std::to_string(i % 8));
    level.push_back(std::string(1, static_cast<char>('a' + (i * 5 + i / 7) % 3)));
  }
  Data data;
  data.add_numbers("x", x).add_numbers("count", count).add_numbers("positive", positive);
  data.add_numbers("size", size).add_numbers("w", weight).add_text("g", group).add_text("level", level);
  return data;
}

const PredictiveCheck& named(const PredictiveChecks& checks, const std::string& name) {
  const auto found = std::find_if(checks.checks.begin(), checks.checks.end(),
                                  [&](const PredictiveCheck& check) { return check.statistic == name; });
  if (found == checks.checks.end()) throw std::out_of_range("no check " + name);
  return *found;
}

TEST(Assessment, ALogLikelihoodIsTheSameSavedAndComputed) {
  struct Case {
    std::string formula, family;
  };
  for (const Case& c : {Case{"count | weights(w) ~ x + (1 + x | g)", "poisson"},
                        Case{"positive | weights(w) ~ x + (1 | g)", "gaussian"},
                        Case{"count | trials(size) ~ x", "binomial"}, Case{"level ~ x + (1 | g)", "categorical"},
                        Case{"positive ~ x", "gamma"}, Case{"positive ~ deep(x, layers = c(3))", "lognormal"}}) {
    ModelSpec model;
    model.formula = c.formula;
    model.family = c.family;
    model.data = table(60);
    const LeaveOneOut computed = fit(model, short_run(100)).loo(2);
    const LeaveOneOut saved = fit(model, short_run(100, {"log_likelihood"})).loo(1);
    ASSERT_EQ(computed.rows.size(), 60U) << c.formula;
    EXPECT_EQ(computed.relative_efficiency, saved.relative_efficiency);
    // Saved in single precision.
    for (std::size_t i = 0; i < 60; ++i) {
      EXPECT_NEAR(computed.rows[i].elpd_waic, saved.rows[i].elpd_waic, 3e-5) << c.formula << ' ' << i;
      if (computed.rows[i].pareto_k < 0.7) {
        EXPECT_NEAR(computed.rows[i].elpd_loo, saved.rows[i].elpd_loo, 3e-5) << c.formula << ' ' << i;
      }
    }
  }
}

TEST(Assessment, LeaveOneOutIsThatOfFitsWithoutTheRow) {
  // One row at a time is left out for real; the first lies far from the rest.
  std::vector<double> y = {4.0};
  for (int i = 1; i < 12; ++i) y.push_back(std::sin(5.0 * i));
  const auto fitted = [&](std::size_t without) {
    std::vector<double> kept;
    for (std::size_t i = 0; i < y.size(); ++i)
      if (i != without) kept.push_back(y[i]);
    ModelSpec model;
    model.formula = "y ~ 1";
    model.family = "gaussian";
    model.data.add_numbers("y", kept);
    model.priors = {"Intercept ~ normal(0, 2)", "sigma ~ half_t(3, 2)"};
    return fit(model, short_run(4000));
  };
  const LeaveOneOut loo = fitted(y.size()).loo();
  EXPECT_EQ(loo.draws, 8000U);
  double refitted = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    Data left_out;
    left_out.add_numbers("y", {y[i]});
    const double score = fitted(i).evaluate(left_out).log_score;
    EXPECT_NEAR(loo.rows[i].elpd_loo, score, i == 0 ? 0.5 : 0.05) << i;
    refitted += score;
  }
  EXPECT_NEAR(loo.elpd_loo.value, refitted, 0.5);
  EXPECT_GT(loo.elpd_loo.value + loo.p_loo.value, refitted + 1);  // of rows that are not left out
}

/// Exponential responses whose rate is one to a thousandth, by quantiles in an order that depends on `which`.
std::vector<double> unit_exponentials(std::uint32_t which, int rows) {
  std::vector<double> y;
  Stream stream({17, 0, 0, Site::simulation, 0}, which);
  for (int i = 0; i < rows; ++i) y.push_back(-std::log(stream.uniform53()));
  return y;
}

PredictiveChecks check_of_known(const std::string& formula, const std::string& family, const Data& data) {
  ModelSpec model;
  model.formula = formula;
  model.family = family;
  model.data = data;
  model.priors = {"Intercept ~ normal(0, 0.001)"};
  return fit(model, short_run(2000)).check(GroupMode::known, 2);
}

/// P(a sum of `count` unit exponentials >= x): that of fewer than `count` points by the time x.
double sum_exceeds(int count, double x) {
  double term = std::exp(-x);
  double sum = term;
  for (int k = 1; k < count; ++k) sum += term *= x / k;
  return sum;
}

TEST(Check, ValuesOfPAreThoseOfAKnownModelAndSpreadEvenly) {
  constexpr int kRows = 15;
  std::vector<double> p;
  for (std::uint32_t which = 0; which < 16; ++which) {
    const std::vector<double> y = unit_exponentials(which, kRows);
    Data data;
    data.add_numbers("y", y);
    const PredictiveChecks checks = check_of_known("y ~ 1", "exponential", data);
    EXPECT_EQ(checks.draws, 4000U);
    double total = 0;
    for (const double value : y) total += value;
    const double most = *std::max_element(y.begin(), y.end());
    const double least = *std::min_element(y.begin(), y.end());
    // Four standard errors of 4,000 draws.
    EXPECT_NEAR(named(checks, "mean").p_value, sum_exceeds(kRows, total), 0.032) << which;
    EXPECT_NEAR(named(checks, "max").p_value, 1 - std::pow(1 - std::exp(-most), kRows), 0.032) << which;
    EXPECT_NEAR(named(checks, "min").p_value, std::exp(-kRows * least), 0.032) << which;
    EXPECT_NEAR(named(checks, "mean").observed, total / kRows, 1e-12);
    EXPECT_NEAR(named(checks, "mean").mean, 1, 0.02);
    EXPECT_NEAR(named(checks, "min").q97_5, -std::log(0.025) / kRows, 0.03);
    for (const char* statistic : {"mean", "max", "min"}) p.push_back(named(checks, statistic).p_value);
  }
  // Kolmogorov's distance from the uniform distribution; the statistics of one set hang together, the sets do not.
  std::sort(p.begin(), p.end());
  double distance = 0;
  for (std::size_t i = 0; i < p.size(); ++i)
    distance = std::max(distance, std::fabs(p[i] - (static_cast<double>(i) + 0.5) / static_cast<double>(p.size())));
  EXPECT_LT(distance, 0.25);
}

TEST(Check, AFrequencyStandsForThatManyNewResponses) {
  const std::vector<double> y = unit_exponentials(2, 10);
  double total = 0;
  for (const double value : y) total += value;
  Data data;
  data.add_numbers("y", y).add_numbers("w", std::vector<double>(10, 4));
  const PredictiveChecks checks = check_of_known("y | weights(w) ~ 1", "exponential", data);
  const double right = sum_exceeds(40, 4 * total);
  const double wrong = sum_exceeds(10, total);
  ASSERT_GT(std::fabs(right - wrong), 0.1);
  EXPECT_NEAR(named(checks, "mean").p_value, right, 0.032);
  EXPECT_EQ(checks.rows, 10);
}

TEST(Check, TiesCountOnBothSides) {
  // 14 of 20 at one half: P(T >= 14) and P(T <= 14) overlap in P(T = 14).
  std::vector<double> y(20, 0);
  std::fill(y.begin(), y.begin() + 14, 1);
  Data data;
  data.add_numbers("y", y);
  const PredictiveCheck mean = named(check_of_known("y ~ 1", "bernoulli", data), "mean");
  EXPECT_NEAR(mean.p_value, 0.05766, 0.015);
  EXPECT_NEAR(mean.p_value + mean.p_at_most, 1 + 0.03696, 0.012);
  EXPECT_EQ(mean.finding, "");
  // A share of zeros that no draw is below is no finding where every draw has it.
  std::vector<double> counts;
  for (int i = 0; i < 60; ++i) counts.push_back(i % 3);
  Data zeros;
  zeros.add_numbers("y", counts);
  const PredictiveCheck least = named(check_of_known("y ~ 1", "poisson", zeros), "min");
  EXPECT_EQ(least.p_value, 1);
  EXPECT_EQ(least.p_at_most, 1);
  EXPECT_EQ(least.finding, "");
}

TEST(Check, ExcessZerosAreFoundAndOrdinaryCountsAreNot) {
  for (const bool inflated : {true, false}) {
    std::vector<double> y;
    Stream stream({23, 0, 0, Site::simulation, 0}, 0);
    for (int i = 0; i < 300; ++i) {
      const double limit = std::exp(-3.0);
      double product = stream.uniform53();
      double count = 0;
      for (; product > limit; ++count) product *= stream.uniform53();
      y.push_back(inflated && stream.uniform53() < 0.3 ? 0 : count);
    }
    ModelSpec model;
    model.formula = "y ~ 1";
    model.family = "poisson";
    model.data.add_numbers("y", y);
    const PredictiveChecks checks = fit(model, short_run(500)).check();
    const PredictiveCheck& zeros = named(checks, "zeros");
    const auto observed = static_cast<double>(std::count(y.begin(), y.end(), 0.0)) / 300;
    EXPECT_NEAR(zeros.observed, observed, 1e-14);
    if (inflated) {
      EXPECT_EQ(zeros.finding, "the data have more zeros than the model makes");
      EXPECT_LT(zeros.p_value, 0.01);
      EXPECT_HAS(named(checks, "dispersion").finding, "larger");
      EXPECT_NEAR(named(checks, "dispersion").mean, 1, 0.05);
    } else {
      for (const PredictiveCheck& check : checks.checks) EXPECT_EQ(check.finding, "") << check.statistic;
    }
  }
}

TEST(Check, MeansOfGroupsLieFurtherApartThanWithoutEffects) {
  std::vector<double> y;
  std::vector<std::string> g;
  for (int i = 0; i < 200; ++i) {
    y.push_back(i % 10 + std::sin(3.1 * i));
    g.push_back("g" + std::to_string(i % 10));
  }
  ModelSpec model;
  model.formula = "y ~ 1 + (1 | g)";
  model.family = "gaussian";
  model.data.add_numbers("y", y).add_text("g", g);
  const Posterior posterior = fit(model, short_run(200));
  const PredictiveCheck with = named(posterior.check(), "sd_of_means[g]");
  EXPECT_NEAR(with.observed, 3.03, 0.1);
  EXPECT_NEAR(with.mean, with.observed, 0.1);
  EXPECT_EQ(with.finding, "");
  const PredictiveCheck without = named(posterior.check(GroupMode::none), "sd_of_means[g]");
  EXPECT_EQ(without.finding, "the means of 'g' lie further apart in the data than the model makes");
  // The fit's own rows are those of its table, and threads change nothing.
  const PredictiveChecks own = posterior.check(GroupMode::known, 1);
  const PredictiveChecks given = posterior.check(model.data, GroupMode::known, 3);
  ASSERT_EQ(own.checks.size(), given.checks.size());
  for (std::size_t k = 0; k < own.checks.size(); ++k) {
    EXPECT_EQ(own.checks[k].mean, given.checks[k].mean);
    EXPECT_EQ(own.checks[k].p_value, given.checks[k].p_value);
  }
}

TEST(Check, SharesOfLevels) {
  ModelSpec model;
  model.formula = "level ~ 1";
  model.data = table(90);
  const PredictiveChecks checks = fit(model, short_run(300)).check();
  ASSERT_EQ(checks.checks.size(), 3U);
  double sum = 0;
  for (const PredictiveCheck& check : checks.checks) {
    EXPECT_NEAR(check.mean, check.observed, 0.03) << check.statistic;
    EXPECT_NEAR(check.p_value, 0.5, 0.2) << check.statistic;
    sum += check.observed;
  }
  EXPECT_NEAR(sum, 1, 1e-12);
  EXPECT_EQ(checks.checks[1].statistic, "share[b]");
}

}  // namespace
}  // namespace bdglm::test
