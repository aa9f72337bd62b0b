// Responses of several levels as a user meets them: fits, predictions and scores, and wrong input.
#include <gtest/gtest.h>
#include <netcdf.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "support/family_program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

/// Cells of a CSV without quotes, line by line.
std::vector<std::vector<std::string>> cells(const std::string& text) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.emplace_back();
    std::istringstream words(line);
    for (std::string word; std::getline(words, word, ',');) lines.back().push_back(word);
  }
  return lines;
}

/// The attribute of the observed response that says what its values stand for.
std::vector<std::string> saved_levels(const std::string& path) {
  int file = -1;
  int group = -1;
  int variable = -1;
  std::size_t count = 0;
  if (nc_open(path.c_str(), NC_NOWRITE, &file) != NC_NOERR) return {};
  std::vector<std::string> levels;
  if (nc_inq_grp_ncid(file, "observed_data", &group) == NC_NOERR && nc_inq_varid(group, "y", &variable) == NC_NOERR &&
      nc_inq_attlen(group, variable, "levels", &count) == NC_NOERR) {
    std::vector<char*> text(count);
    if (nc_get_att_string(group, variable, "levels", text.data()) == NC_NOERR) {
      levels.assign(text.begin(), text.end());
      nc_free_string(count, text.data());
    }
  }
  nc_close(file);
  return levels;
}

class ResponseLevels : public FamilyProgram {
 protected:
  void SetUp() override {
    const char* const labels[] = {"oak", "ash", "yew"};
    std::string csv = "tree,x,z,g,code\n";
    for (int i = 0; i < 150; ++i) {
      const double x = std::sin(1.3 * i);
      const double z = std::cos(2.1 * i * i);
      const int k = std::fabs(x + 0.6 * std::sin(5.0 * i)) > 0.9 ? 2 : (z + 0.7 * std::cos(3.0 * (i % 7)) > 0 ? 1 : 0);
      csv += std::string(labels[k]) + "," + std::to_string(x) + "," + std::to_string(z) + ",g" + std::to_string(i % 7) +
             "," + std::to_string(10 - 3 * k) + "\n";
    }
    w_.write("t.csv", csv);
  }
};

TEST_F(ResponseLevels, MixedModelsConvergePredictAndScore) {
  const nlohmann::json fit = json(
      "fit --data t.csv --formula 'tree ~ x + z + (1 + x | g)' --seed 1 --quiet --out a.nc --prior 'b ~ normal(0, 3)' "
      "--prior 'b_oak_x ~ normal(0, 1)'");
  EXPECT_EQ(fit.at("family"), "categorical");
  EXPECT_EQ(fit.at("link"), "softmax");
  EXPECT_EQ(fit.at("response"), "log odds of each level against tree = ash");
  std::set<std::string> names;
  for (const auto& p : fit.at("parameters")) {
    names.insert(p.at("name").get<std::string>());
    EXPECT_LT(p.at("rhat").get<double>(), 1.011) << p.at("name");
    EXPECT_GT(p.at("ess_bulk").get<double>(), 400) << p.at("name");
  }
  for (const char* name : {"b_oak_Intercept", "b_oak_x", "b_oak_z", "b_yew_Intercept", "b_yew_x", "b_yew_z",
                           "sd_g__oak_Intercept", "sd_g__oak_x", "sd_g__yew_Intercept", "sd_g__yew_x",
                           "cor_g__oak_Intercept__oak_x", "cor_g__yew_Intercept__yew_x"})
    EXPECT_EQ(names.count(name), 1U) << name;
  EXPECT_EQ(names.size(), 12U);
  const auto priors = fit.at("priors").get<std::vector<std::string>>();
  for (const char* prior : {"oak_Intercept ~ normal(0, 5)", "b_oak_x ~ normal(0, 1)", "b_yew_x ~ normal(0, 3)"})
    EXPECT_EQ(std::count(priors.begin(), priors.end(), prior), 1) << prior;

  // Known levels, a new one, and a row that cannot be predicted.
  w_.write("new.csv", "x,z,g\n0.1,0.2,g0\n-1,0.7,other\nNA,1,g1\n");
  ASSERT_EQ(w_.run("predict a.nc --data new.csv --out p.csv --plugin --draws 2").status, 0);
  const auto table = cells(slurp(w_.path("p.csv")));
  ASSERT_EQ(table.size(), 4U);
  const std::vector<std::string> header = {
      "class",       "p_ash",        "p_oak",         "p_yew",         "p_ash_sd", "p_ash_q2.5",
      "p_ash_q97.5", "p_ash_plugin", "p_ash_draw[1]", "p_ash_draw[2]", "p_oak_sd", "p_oak_q2.5",
      "p_oak_q97.5", "p_oak_plugin", "p_oak_draw[1]", "p_oak_draw[2]", "p_yew_sd", "p_yew_q2.5",
      "p_yew_q97.5", "p_yew_plugin", "p_yew_draw[1]", "p_yew_draw[2]"};
  EXPECT_EQ(table[0], header);
  for (const std::size_t row : {1U, 2U}) {
    const auto value = [&](std::size_t column) { return std::stod(table[row][column]); };
    EXPECT_NEAR(value(1) + value(2) + value(3), 1, 1e-8);
    EXPECT_NEAR(value(8) + value(14) + value(20), 1, 1e-8);
    std::size_t best = 1;
    for (const std::size_t k : {2U, 3U})
      if (value(k) > value(best)) best = k;
    EXPECT_EQ("p_" + table[row][0], header[best]);
    EXPECT_LT(value(5), value(1));
    EXPECT_GT(value(6), value(1));
  }
  EXPECT_EQ(table[3][0], "NA");
  ASSERT_EQ(w_.run("predict a.nc --data new.csv --out p.nc --draws 5").status, 0);

  const nlohmann::json scores = json("evaluate a.nc --data t.csv");
  EXPECT_GT(scores.at("accuracy").get<double>(), 0.6);
  EXPECT_GT(scores.at("log_score").get<double>(), -1.0);
  EXPECT_LT(scores.at("brier").get<double>(), 0.6);
  EXPECT_EQ(scores.at("ece_by_level").size(), 3U);
  EXPECT_FALSE(scores.contains("rmse"));
  EXPECT_HAS(w_.run("evaluate a.nc --data t.csv").out, "of yew");
  w_.write("strange.csv", "tree,x,z,g\noak,1,1,g1\nelm,1,1,g1\n");
  const ProgramResult strange = w_.run("evaluate a.nc --data strange.csv");
  EXPECT_EQ(strange.status, 1);
  EXPECT_HAS(strange.err, "has the level 'elm' in row 2");
}

TEST_F(ResponseLevels, NumbersAreLevelsWhereTheFamilyAsksForThem) {
  const nlohmann::json fit = json(
      "fit --data t.csv --formula 'code ~ x' --family categorical --seed 1 --chains 2 --draws 300 --quiet --out a.nc");
  std::set<std::string> names;
  for (const auto& p : fit.at("parameters")) names.insert(p.at("name").get<std::string>());
  // Sorted as numbers: 4 is the reference.
  EXPECT_EQ(names, (std::set<std::string>{"b_7_Intercept", "b_7_x", "b_10_Intercept", "b_10_x"}));
  EXPECT_EQ(saved_levels(w_.path("a.nc")), (std::vector<std::string>{"4", "7", "10"}));
}

TEST_F(ResponseLevels, TwoLevelsAreABernoulliResponse) {
  std::string csv = "y,x\n";
  for (int i = 0; i < 60; ++i)
    csv += std::string(std::sin(2.0 * i) + std::cos(0.7 * i) > 0 ? "yes" : "no") + "," +
           std::to_string(std::cos(0.7 * i)) + "\n";
  w_.write("two.csv", csv);
  const auto fit = [&](const std::string& family) {
    return json("fit --data two.csv --formula 'y ~ x' --seed 1 --draws 4000 --quiet --out " + family + ".nc --family " +
                family)
        .at("parameters");
  };
  const nlohmann::json logit = fit("bernoulli");
  const nlohmann::json softmax = fit("categorical");
  ASSERT_EQ(softmax.at(1).at("name"), "b_yes_x");
  for (const std::size_t k : {0U, 1U}) {
    const double error = std::hypot(logit[k].at("mcse").get<double>(), softmax[k].at("mcse").get<double>());
    EXPECT_NEAR(logit[k].at("mean").get<double>(), softmax[k].at("mean").get<double>(), 4 * error);
    EXPECT_NEAR(logit[k].at("sd").get<double>() / softmax[k].at("sd").get<double>(), 1, 0.06);
  }
}

TEST_F(ResponseLevels, InterruptedRunsGoOnBitForBit) {
  for (const char* formula : {"tree ~ x + (1 + x | g)", "tree ~ x", "tree ~ deep(x, z, layers = c(3)) + (deep | g)"}) {
    const std::string fit =
        std::string("fit --data t.csv --overwrite --seed 3 --chains 2 --warmup 60 --quiet --formula '") + formula +
        "' ";
    ASSERT_EQ(w_.run(fit + "--draws 80 --out whole.nc").status, 0);
    ASSERT_EQ(w_.run(fit + "--draws 31 --out part.nc").status, 0);
    ASSERT_EQ(w_.run("resume part.nc --draws 80 --quiet").status, 0);
    EXPECT_EQ(json("summary whole.nc").at("parameters"), json("summary part.nc").at("parameters")) << formula;
  }
}

TEST_F(ResponseLevels, DeepModelsShareTheNetwork) {
  const ProgramResult r = w_.run(
      "fit --data t.csv --formula 'tree ~ deep(x, z, layers = c(6)) + x + (1 | g)' --seed 1 --chains 2 --warmup 300 "
      "--draws 200 --quiet --out a.nc --save log_likelihood --save posterior_predictive");
  EXPECT_EQ(r.status, 0) << r.err;
  const nlohmann::json scores = json("evaluate a.nc --data t.csv");
  EXPECT_GT(scores.at("accuracy").get<double>(), 0.7);
  const auto parameters = json("summary a.nc").at("parameters");
  for (const auto& p : parameters) {
    const std::string name = p.at("name");
    const bool shared =
        name.rfind("b_", 0) == 0 || name.rfind("weight_scale", 0) == 0 || name.rfind("input_rel", 0) == 0;
    EXPECT_EQ(p.at("judged").get<bool>(), !shared) << name;
  }
}

TEST_F(ResponseLevels, EffectsKeptAsMomentsPredict) {
  const std::string fit =
      "fit --data t.csv --formula 'tree ~ x + (1 | g)' --seed 1 --chains 2 --draws 400 --quiet --overwrite ";
  ASSERT_EQ(w_.run(fit + "--out all.nc").status, 0);
  ASSERT_EQ(w_.run(fit + "--out moments.nc --save-effects moments").status, 0);
  ASSERT_EQ(w_.run(fit + "--out some.nc --save-effects every=2").status, 0);
  const double all = json("evaluate all.nc --data t.csv").at("log_score");
  for (const char* file : {"moments.nc", "some.nc"})
    EXPECT_NEAR(json(std::string("evaluate ") + file + " --data t.csv").at("log_score").get<double>(), all, 0.02)
        << file;
}

TEST_F(ResponseLevels, PriorsAreNamedAsTheSummaryPrintsThem) {
  // A level "b" and a column named as a level's coefficient.
  std::string csv = "y,z,a_z\n";
  for (int i = 0; i < 60; ++i)
    csv += std::string(1, "0ab"[i * 7 / 3 % 3]) + "," + std::to_string(std::sin(i)) + "," +
           std::to_string(std::cos(2 * i)) + "\n";
  w_.write("names.csv", csv);
  const auto priors = [&](const std::string& prior) {
    const auto fit = json(
        "fit --data names.csv --formula 'y ~ z + a_z' --chains 1 --warmup 5 --draws 4 --quiet --overwrite --out n.nc "
        "--prior '" +
        prior + "'");
    return fit.at("priors").get<std::vector<std::string>>();
  };
  const auto count = [](const std::vector<std::string>& all, const std::string& ending) {
    return std::count_if(all.begin(), all.end(),
                         [&](const std::string& s) { return s.find(ending) != std::string::npos; });
  };
  EXPECT_EQ(count(priors("b_a_z ~ normal(7, 0.01)"), "normal(7, 0.01)"), 1);
  EXPECT_EQ(count(priors("b_z ~ normal(7, 0.01)"), "normal(7, 0.01)"), 2);
  EXPECT_EQ(count(priors("b_Intercept ~ normal(7, 0.01)"), "normal(7, 0.01)"), 2);
  EXPECT_EQ(count(priors("Intercept[b] ~ normal(7, 0.01)"), "Intercept[b] ~ normal(7, 0.01)"), 1);
  EXPECT_EQ(count(priors("b[a_a_z] ~ normal(7, 0.01)"), "b_a_a_z ~ normal(7, 0.01)"), 1);
  const ProgramResult r = w_.run("fit --data names.csv --formula 'y ~ z' --out m.nc --prior 'b_c_z ~ normal(0, 1)'");
  EXPECT_EQ(r.status, 1);
  EXPECT_HAS(r.err, "LEVEL_Intercept");
}

TEST_F(ResponseLevels, SmallWeightsCountAsRowsAndCoresMayBeEmpty) {
  std::string csv = "y,x,w,g\n";
  for (int i = 0; i < 60; ++i)
    csv += std::string(1, "abc"[i * 7 / 3 % 3]) + "," + std::to_string(std::sin(i)) + ",0.001,g" +
           std::to_string(i % 6) + "\n";
  w_.write("w.csv", csv);
  const std::string fit =
      "fit --data w.csv --chains 1 --warmup 20 --draws 20 --quiet --overwrite --out w.nc --formula ";
  EXPECT_EQ(w_.run(fit + "'y | weights(w) ~ x'").status, 0);
  const ProgramResult r = w_.run(fit + "'y ~ 0 + (1 | g)'");
  EXPECT_EQ(r.status, 0);
  EXPECT_EQ(r.err.find("illegal value"), std::string::npos) << r.err.substr(0, 200);
  EXPECT_EQ(r.out.find("illegal value"), std::string::npos);
}

TEST_F(ResponseLevels, NamesOfColumnsAndVariablesStayApart) {
  std::string csv = "y,u,x\n";
  const char* const u[] = {"a", "a_sd", "b"};
  const char* const y[] = {"0", "a/b", "a|b"};
  for (int i = 0; i < 60; ++i)
    csv += std::string(y[i * 7 / 3 % 3]) + "," + u[i % 3] + "," + std::to_string(std::sin(i)) + "\n";
  w_.write("n.csv", csv);
  fails(csv, "--formula 'y ~ x'", "two coefficients would be named");
  const std::string fit = "fit --data n.csv --chains 1 --warmup 20 --draws 20 --quiet --out n.nc --formula 'u ~ x'";
  ASSERT_EQ(w_.run(fit).status, 0);
  const ProgramResult r = w_.run("predict n.nc --data n.csv --out p.csv");
  EXPECT_EQ(r.status, 1);
  EXPECT_HAS(r.err, "would be named 'p_a_sd'");
  EXPECT_EQ(w_.run("predict n.nc --data n.csv --out p.nc").status, 0);
}

TEST_F(ResponseLevels, WhatIsNoSetOfLevelsIsRefused) {
  const std::string categorical = "--formula 'y ~ x' --family categorical";
  fails("y,x\na,2\na,3\na,4\n", categorical, "one level ('a')");
  fails("y,x\na,2\nb,3\nc,4\n", categorical, "a level of its own in each of 3 rows");
  fails("y,x\na,2\nb,3\nb,4\na,1\nc,7\n", categorical, "level 'c' of the response 'y' occurs once, in row 5");
  fails("y,x\n1.5,2\n2.5,3\n1.5,4\n", "--formula 'log(y) ~ x' --family categorical", "labels are needed");
  fails("y,x,n\n1,2,3\n2,3,4\n1,5,6\n", "--formula 'y | trials(n) ~ x' --family categorical",
        "trials() goes with family binomial");
  fails("y,x\na,2\nb,3\na,4\nb,5\nc,6\nc,0\n", "--formula 'y ~ deep(x)' --layer-noise learned", "leave it at 0");
  fails("y,x\na,2\nb,3\na,4\nb,5\nc,6\nc,0\n", "--formula 'y ~ x' --family bernoulli",
        "needs a response of two levels, but it has 3; family categorical takes any number of them, ordinal those that "
        "are in order\n");
  const ProgramResult r = w_.run("fit --data t.csv --formula 'tree ~ x' --family categorial --out b.nc");
  EXPECT_EQ(r.status, 2);
  EXPECT_HAS(r.err, "did you mean 'categorical'?");
}

}  // namespace
}  // namespace bdglm::test
