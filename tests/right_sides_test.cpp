// Linear predictors with right sides of their own: parsed, fitted, kept, predicted; and what is refused.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "bdglm/bdglm.hpp"
#include "support/family_program.hpp"
#include "support/problem.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

using Names = std::vector<std::string>;

TEST(RightSides, AreParsedOneByOne) {
  const Formula f = parse_formula(
      {"y | weights(w) ~ . + (1 | g)", "b ~ 0 + deep(x, z, layers = c(3))", "`a c` ~ . + offset(o)", "2 ~ deep() + x"},
      {"y", "w", "x", "z", "g", "o"});
  ASSERT_EQ(f.sides.size(), 4U);
  EXPECT_EQ(f.sides[0].by_dot, (Names{"x", "z", "o"}));
  EXPECT_EQ(f.sides[2].by_dot, (Names{"x", "z", "g"}));
  EXPECT_EQ(f.sides[2].predictor, "a c");
  EXPECT_EQ(f.sides[3].predictor, "2");
  EXPECT_FALSE(f.sides[1].intercept);
  EXPECT_FALSE(f.sides[0].deep);
  EXPECT_TRUE(f.sides[1].deep);
  EXPECT_TRUE(f.sides[3].deep);
  EXPECT_EQ(f.deep->layers, (std::vector<int>{3}));
  EXPECT_EQ(f.side_of("2"), 3U);
  EXPECT_EQ(f.side_of("d"), 0U);
}

/// theta after five sweeps from the warm start, predictor by predictor.
RowMatrix swept(const std::string& formula) {
  ModelOptions options;
  options.priors = {"b ~ normal(0, 1)", "Intercept ~ normal(0, 1)"};
  const Problem p(small_table(40, 3, 4, 3), formula, Family::categorical, options);
  State state = make_state(*p.context);
  const Sweep sweep = make_sweep(*p.context, p.design);
  sweep.begin(warm_start(state, *p.context, {1, 0, 0, Site::warm_start, 0}));
  for (std::uint32_t s = 0; s < 5; ++s)
    for (const Sweep::Entry& entry : sweep.entries)
      entry.update->apply(state, *p.context, {{1, 0, s, Site::latents, 0}, 3});
  return p.backend->download(state.theta);
}

TEST(RightSides, TheSameOneWrittenTwiceIsTheSameModel) {
  const RowMatrix once = swept("y ~ x + (1 + w | g)");
  ASSERT_EQ(once.size(), 4);
  EXPECT_LT((swept("y ~ x + (1 + w | g); 1 ~ x + (1 + w | g)") - once).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_LT((swept("y ~ 1; 1 ~ x + (1 + w | g); 2 ~ x + (1 + w | g)") - once).cwiseAbs().maxCoeff(), 1e-8);
  EXPECT_GT((swept("y ~ x + (1 + w | g); 1 ~ w + (1 + w | g)") - once).cwiseAbs().maxCoeff(), 1e-2);
}

/// 120 rows of three kinds, two numbers and a grouping.
Data table() {
  std::vector<double> x, z, o;
  std::vector<std::string> kind, g;
  for (int i = 0; i < 120; ++i) {
    x.push_back(std::sin(1.3 * i));
    z.push_back(50 + 10 * std::cos(2.1 * i * i));
    o.push_back(0.3 * std::cos(i));
    g.push_back("g" + std::to_string(i % 6));
    kind.emplace_back(x.back() + std::sin(5.0 * i) > 0.7            ? "c"
                      : z.back() + 9 * std::cos(3.0 * (i % 6)) > 50 ? "b"
                                                                    : "a");
  }
  Data data;
  return data.add_text("kind", kind).add_numbers("x", x).add_numbers("z", z).add_numbers("o", o).add_text("g", g);
}

TEST(RightSides, PredictionsAreThoseOfTheDraws) {
  const Data data = table();
  const Posterior fit = bdglm::fit({.formula = "kind ~ x + (1 | g)",
                                    .predictor_formulas = {"c ~ 0 + z + x:z + offset(o) + (0 + x | g)"},
                                    .data = data},
                                   {.chains = 2, .warmup = 200, .draws = 30, .seed = 4});
  EXPECT_EQ(fit.names(), (Names{"b_b_Intercept", "b_b_x", "b_c_z", "b_c_x:z", "sd_g__b_Intercept", "sd_g__c_x"}));
  const Prediction p = fit.predict(data, {.draws = 60});
  ASSERT_EQ(p.levels, (Names{"a", "b", "c"}));
  const auto draws = [&](const std::string& name) { return fit.draws(name); };
  for (const int row : {0, 17, 119}) {
    const double x = std::sin(1.3 * row);
    const double z = 50 + 10 * std::cos(2.1 * row * row);
    const std::string g = "r_g[g" + std::to_string(row % 6) + ",";
    for (std::size_t s = 0; s < 60; ++s) {
      const double b = draws("b_b_Intercept")[s] + draws("b_b_x")[s] * x + draws(g + "b_Intercept]")[s];
      const double c =
          draws("b_c_z")[s] * z + draws("b_c_x:z")[s] * x * z + draws(g + "c_x]")[s] * x + 0.3 * std::cos(row);
      const double sum = 1 + std::exp(b) + std::exp(c);
      const RowPrediction& at = p.rows[static_cast<std::size_t>(row)];
      EXPECT_NEAR(at.expected[1].draws[s], std::exp(b) / sum, 1e-8);
      EXPECT_NEAR(at.expected[2].draws[s], std::exp(c) / sum, 1e-8);
    }
  }
}

class RightSidesProgram : public FamilyProgram {
 protected:
  void SetUp() override {
    std::string csv = "kind,x,z,g\n";
    for (int i = 0; i < 90; ++i)
      csv += std::string(1, "abc"[i * 7 / 3 % 3]) + "," + std::to_string(std::sin(i)) + "," +
             std::to_string(std::cos(2 * i)) + ",g" + std::to_string(i % 6) + "\n";
    w_.write("t.csv", csv);
  }

  void refused(const std::string& formulas, const std::string& word) {
    const ProgramResult r = w_.run("fit --data t.csv --out no.nc --formula " + formulas);
    EXPECT_EQ(r.status, 1) << formulas;
    EXPECT_HAS(r.err, word);
    EXPECT_FALSE(std::filesystem::exists(w_.path("no.nc")));
  }
};

TEST_F(RightSidesProgram, FitsGoOnBitForBitAndTellTheirFormulas) {
  const std::string fit =
      "fit --data t.csv --overwrite --seed 3 --chains 2 --warmup 60 --quiet --formula 'kind ~ x + (1 | g)' --formula "
      "'c ~ deep(x, z, layers = c(3)) + z + (1 | g) + (deep | g)' ";
  ASSERT_EQ(w_.run(fit + "--draws 80 --out whole.nc").status, 0);
  ASSERT_EQ(w_.run(fit + "--draws 31 --out part.nc").status, 0);
  ASSERT_EQ(w_.run("resume part.nc --draws 80 --quiet").status, 0);
  const nlohmann::json whole = json("summary whole.nc");
  EXPECT_EQ(whole.at("parameters"), json("summary part.nc").at("parameters"));
  EXPECT_EQ(whole.at("formula"), "kind ~ x + (1 | g)");
  EXPECT_EQ(whole.at("predictor_formulas").size(), 1U);
  EXPECT_HAS(w_.run("summary whole.nc").out, "\nc ~ deep(x, z");
  std::set<std::string> judged;
  for (const auto& p : whole.at("parameters"))
    if (p.at("judged").get<bool>()) judged.insert(p.at("name").get<std::string>());
  for (const char* name : {"b_b_Intercept", "b_b_x", "sd_g__b_Intercept", "sd_g__c_Intercept"})
    EXPECT_EQ(judged.count(name), 1U) << name;
  for (const char* name : {"b_c_Intercept", "b_c_z", "sd_g__c_unit1"}) EXPECT_EQ(judged.count(name), 0U) << name;
  // The same from a file of options.
  w_.write("c.toml",
           "data = 't.csv'\nformula = ['kind ~ x + (1 | g)', 'c ~ deep(x, z, layers = c(3)) + z + (1 | g) + (deep | "
           "g)']\nseed = 3\nchains = 2\nwarmup = 60\ndraws = 80\nquiet = true\n");
  ASSERT_EQ(w_.run("fit --config c.toml --out config.nc").status, 0);
  EXPECT_EQ(whole.at("parameters"), json("summary config.nc").at("parameters"));
  for (const char* saving : {"moments", "every=4"}) {
    ASSERT_EQ(w_.run(fit + "--draws 200 --out kept.nc --save-effects " + saving).status, 0);
    const nlohmann::json scores = json("evaluate kept.nc --data t.csv");
    EXPECT_GT(scores.at("log_score").get<double>(), -1.2) << saving;
  }
}

TEST_F(RightSidesProgram, PriorsFollowTheirCoefficients) {
  const auto fit = json(
      "fit --data t.csv --formula 'kind ~ x' --formula 'c ~ z + x' --chains 1 --warmup 5 --draws 4 --quiet --out p.nc "
      "--prior 'b_x ~ normal(1, 2)' --prior 'b_c_z ~ normal(3, 4)'");
  const auto priors = fit.at("priors").get<std::vector<std::string>>();
  EXPECT_EQ(priors, (Names{"Intercept[b] ~ normal(0, 5)", "b_b_x ~ normal(1, 2)", "c_Intercept ~ normal(0, 5)",
                           "b_c_z ~ normal(3, 4)", "b_c_x ~ normal(1, 2)"}));
  refused("'kind ~ x' --formula 'c ~ 1' --prior 'b_c_x ~ normal(0, 1)'", "no such parameter");
}

TEST_F(RightSidesProgram, TheOnlyPredictorOfTwoLevelsHasAName) {
  std::string csv = "y,x,z\n";
  for (int i = 0; i < 60; ++i)
    csv += std::string(std::sin(2.0 * i) > 0 ? "no" : "yes") + "," + std::to_string(std::sin(i)) + "," +
           std::to_string(std::cos(i)) + "\n";
  w_.write("two.csv", csv);
  const auto fit = json(
      "fit --data two.csv --family categorical --formula 'y ~ 1' --formula 'yes ~ z' --chains 1 --warmup 20 --draws 20 "
      "--seed 1 --quiet --out two.nc");
  EXPECT_EQ(fit.at("parameters")[1].at("name"), "b_yes_z");
  EXPECT_EQ(fit.at("response_levels"), (Names{"no", "yes"}));
}

TEST_F(RightSidesProgram, PredictorsMayHaveEffectsAlone) {
  for (const char* first : {"kind ~ x", "kind ~ deep(x, z, layers = c(4)) + (deep | g)"}) {
    const ProgramResult r =
        w_.run(std::string("fit --data t.csv --overwrite --chains 1 --warmup 50 --draws 50 --seed 1 --json --out e.nc "
                           "--formula '") +
               first + "' --formula 'c ~ 0 + (1 | g)'");
    ASSERT_EQ(r.status, 0) << r.err;
    // Nothing but the summary, from BLAS neither.
    EXPECT_EQ(nlohmann::json::parse(r.out).at("formula"), first);
  }
}

TEST_F(RightSidesProgram, WhatIsNoPredictorIsRefused) {
  refused("'kind ~ x' --formula 'a ~ z'", "the level 'a', which is the reference");
  refused("'kind ~ x' --formula 'd ~ z'", "'b', 'c', none of which is 'd'");
  refused("'kind ~ x' --formula 'kind ~ z'", "the response 'kind' has its formula already");
  refused("'kind ~ x' --formula 'c ~ z' --formula 'c ~ x'", "'c' has two formulas");
  refused("'kind ~ x' --formula 'c + b ~ z'", "is the name of a linear predictor");
  refused("'kind ~ x' --formula 'c | weights(z) ~ z'", "is the name of a linear predictor");
  refused("'kind ~ x' --formula '~ z'", "'predictor ~ terms'");
  refused("'kind ~ x' --formula 'c ~ kind'", "'kind' stands on the right side too");
  refused("'kind ~ x' --formula 'c ~ 0'", "'c ~ 0' has no terms at all");
  refused("'kind ~ x' --formula 'c ~ deep()'", "is the network of another formula");
  refused("'kind ~ deep(x)' --formula 'c ~ deep(z)'", "share one network, that of 'kind ~ deep(x)'");
  refused("'kind ~ deep(x)' --formula 'c ~ x + (deep | g)'", "needs a deep(...) term");
  refused("'kind ~ factor(g)' --formula 'c ~ relevel(g, \"g2\")'", "is coded in two ways");
  refused("'c ~ x' --formula 'kind ~ z'", "put 'kind ~ z' before 'c ~ x'");
  refused("'kind ~ x' --formula '3+ ~ z'", "stands in backquotes");
  refused("'kind ~ deep(x) + (deep | g)' --formula 'c ~ x + (deep | g)'", "deep() is the network of 'kind ~ deep(x)");
  refused("'kind ~ deep(x)' --formula 'c ~ deep(layers = c(2))'", "is deep(), without options");
  const std::string both = " --formula 'b ~ x' --formula 'c ~ z'";
  refused("'kind ~ deep(x)'" + both, "serves no linear predictor");
  refused("'kind ~ (1 | g)'" + both, "write 'kind ~ 1' for the first formula");
  refused("'relevel(kind, \"b\") ~ x' --formula 'a ~ z + kind'", "'kind' stands on the right side too");
  refused("'x ~ z' --formula 'shape ~ z'", "the linear predictor of the first formula, 'sigma', and no 'shape'");
}

}  // namespace
}  // namespace bdglm::test
