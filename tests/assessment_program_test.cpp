// bdglm loo, compare and check as a user meets them: what they print, and what they refuse.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class AssessmentProgram : public testing::Test {
 protected:
  void SetUp() override {
    std::string text = "y,x,z,g,n,w,h\n";
    for (int i = 0; i < 60; ++i) {
      const double x = std::sin(1.7 * i);
      text += std::to_string((i * 7 + i / 10) % 5) + "," + std::to_string(x) + "," +
              (i == 16 ? "NA" : std::to_string(i % 9)) + ",g" + std::to_string(i % 6) + "," +
              std::to_string(6 + i % 2) + "," + (i == 3 ? "2.5" : "1") + "," + std::to_string(1 + i % 2) + "\n";
    }
    w_.write("t.csv", text);
  }
  void fit(const std::string& name, const std::string& formula, const std::string& family,
           const std::string& options = "") const {
    const ProgramResult r = w_.run("fit --data t.csv --formula '" + formula + "' --family " + family + " --out " +
                                   name + " --seed 2 --chains 2 --warmup 100 --draws 100 --quiet " + options);
    ASSERT_EQ(r.status, 0) << r.err;
  }
  void refuses(const std::string& arguments, const std::string& part, int status = 1) const {
    const ProgramResult r = w_.run(arguments);
    EXPECT_EQ(r.status, status) << arguments << r.out;
    EXPECT_HAS(r.err, part);
  }
  nlohmann::json json(const std::string& arguments) const {
    const ProgramResult r = w_.run(arguments + " --json");
    EXPECT_EQ(r.status, 0) << r.err;
    return nlohmann::json::parse(r.out);
  }

  Workspace w_;
};

TEST_F(AssessmentProgram, LooAndCompareOfTwoFits) {
  fit("a.nc", "y ~ x", "poisson");
  fit("b.nc", "y ~ x + (1 | g)", "poisson", "--save log_likelihood");
  const nlohmann::json a = json("loo a.nc");
  EXPECT_EQ(a.at("rows"), 60);
  EXPECT_EQ(a.at("draws"), 200);
  EXPECT_EQ(a.at("by_row").at("row").at(59), 60);
  double sum = 0;
  for (const auto& term : a.at("by_row").at("elpd_loo")) sum += term.get<double>();
  EXPECT_NEAR(sum, a.at("elpd_loo").get<double>(), 1e-9);
  EXPECT_NEAR(a.at("looic").get<double>(), -2 * sum, 1e-9);
  const ProgramResult text = w_.run("loo a.nc");
  EXPECT_EQ(text.status, 0);
  EXPECT_HAS(text.out, "elpd_loo");
  EXPECT_HAS(text.out, "Pareto k   good (to 0.57): ");

  const nlohmann::json both = json("compare b.nc a.nc");
  ASSERT_EQ(both.at("models").size(), 2U);
  const nlohmann::json& first = both.at("models").at(0);
  const nlohmann::json& second = both.at("models").at(1);
  EXPECT_EQ(first.at("elpd_diff"), 0);
  EXPECT_EQ(first.at("dse"), 0);
  EXPECT_NEAR(second.at("elpd_diff").get<double>(),
              first.at("elpd_loo").get<double>() - second.at("elpd_loo").get<double>(), 1e-9);
  EXPECT_GE(second.at("elpd_diff").get<double>(), 0);
  EXPECT_GT(second.at("dse").get<double>(), 0);
  EXPECT_NEAR(first.at("weight").get<double>() + second.at("weight").get<double>(), 1, 1e-12);
  const bool a_first = first.at("name") == "a.nc";
  EXPECT_EQ((a_first ? first : second).at("elpd_loo"), a.at("elpd_loo"));
  EXPECT_EQ((a_first ? second : first).at("name"), "b.nc");
  EXPECT_HAS(w_.run("compare b.nc a.nc").out, "elpd_diff");
}

TEST_F(AssessmentProgram, FitsOfOtherResponsesAreNotCompared) {
  fit("a.nc", "y ~ x", "poisson");
  refuses("compare a.nc", "bdglm loo a.nc", 2);
  refuses("compare", "bdglm compare a.nc b.nc", 2);
  refuses("compare a.nc none.nc", "no file 'none.nc'");
  refuses("compare a.nc ./a.nc", "'a.nc' and './a.nc' are one fit; name others to compare it with\nRun", 2);
  refuses("loo t.csv", "'t.csv'");
  fit("fewer.nc", "y ~ z", "poisson");
  refuses("compare a.nc fewer.nc",
          "'a.nc' has 60 rows, 'fewer.nc' has 59 rows; row 17 of the table is in 'a.nc' alone");
  fit("other.nc", "I(y + 1) ~ x", "poisson");
  refuses("compare a.nc other.nc", "the response of row 1 is 0 in 'a.nc', but 1 in 'other.nc'");
  fit("density.nc", "y ~ x", "gaussian");
  refuses("compare a.nc density.nc", "a probability");
  fit("weighted.nc", "y | weights(h) ~ x", "poisson");
  refuses("compare a.nc weighted.nc", "the frequency of row 2 is 1 in 'a.nc', but 2 in 'weighted.nc'");
  fit("n.nc", "y | trials(n) ~ x", "binomial");
  fit("m.nc", "y | trials(I(n + 1)) ~ x", "binomial");
  refuses("compare n.nc m.nc", "the number of trials of row 1 is 6 in 'n.nc', but 7 in 'm.nc'");
}

TEST_F(AssessmentProgram, FewDrawsDoNotJudgeRows) {
  ASSERT_EQ(w_.run("fit --data t.csv --formula 'y ~ x' --family poisson --seed 2 --chains 2 --warmup 50 --draws 4 "
                   "--quiet --out a.nc")
                .status,
            0);
  const ProgramResult r = w_.run("loo a.nc");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_HAS(r.out, "Pareto k   cannot be judged: 8 draws are too few\n");
  EXPECT_EQ(r.out.find("good (to"), std::string::npos) << r.out;
}

TEST_F(AssessmentProgram, WhatAFitKeepsTooLittleForIsSaid) {
  fit("moments.nc", "y ~ x + (1 | g)", "poisson", "--save-effects moments");
  refuses("loo moments.nc", "fit again with --save log_likelihood or with --save-effects all");
  fit("saved.nc", "y ~ x + (1 | g)", "poisson", "--save-effects moments --save log_likelihood");
  EXPECT_EQ(json("loo saved.nc").at("rows"), 60);
  EXPECT_EQ(w_.run("check moments.nc").status, 0);
  fit("none.nc", "y ~ x + (1 | g)", "poisson", "--save-effects none");
  refuses("check none.nc", "--groups none");
  EXPECT_EQ(w_.run("check none.nc --groups none").status, 0);
  fit("thin.nc", "y ~ x + (1 | g)", "poisson", "--save-effects every=4");
  EXPECT_EQ(json("loo thin.nc").at("draws"), 50);
  fit("noise.nc", "y ~ deep(x, layers = c(3))", "gaussian", "--layer-noise 0.1");
  refuses("loo noise.nc", "noise of its hidden units");
  fit("weights.nc", "y | weights(w) ~ x", "poisson");
  refuses("check weights.nc", "the weight of row 4 is 2.5");
}

TEST_F(AssessmentProgram, CheckOfOwnAndOfOtherRows) {
  fit("a.nc", "y ~ x + (1 | g)", "poisson");
  const nlohmann::json own = json("check a.nc");
  EXPECT_EQ(own.at("rows"), 60);
  std::vector<std::string> names;
  for (const nlohmann::json& check : own.at("checks")) names.push_back(check.at("statistic"));
  EXPECT_EQ(names, (std::vector<std::string>{"mean", "sd", "min", "max", "zeros", "dispersion", "sd_of_means[g]"}));
  EXPECT_EQ(json("check a.nc --data t.csv"), own);
  EXPECT_EQ(w_.run("check --data t.csv a.nc").out, w_.run("check a.nc").out);
  // Rows far from what was fitted.
  std::string zeros = "y,x,g\n";
  for (int i = 0; i < 40; ++i) zeros += "0,0.1,new\n";
  w_.write("zeros.csv", zeros);
  const ProgramResult r = w_.run("check a.nc --data zeros.csv");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_HAS(r.out, "zeros: the data have more zeros than the model makes");
  refuses("check a.nc --data zeros.csv --groups known", "has the level 'new'");
  w_.write("without.csv", "x,g\n1,g1\n");
  refuses("check a.nc --data without.csv", "'y'");
  refuses("check a.nc --groups all", "one of known, new, none", 2);
  refuses("check", "bdglm check fit.nc", 2);
}

}  // namespace
}  // namespace bdglm::test
