// Counts as a user meets them: fits, predictions and scores of poisson responses, and wrong input.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/family_program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class Counts : public FamilyProgram {
 protected:
  void SetUp() override {
    std::string csv = "y,x,e,g\n";
    for (int i = 0; i < 120; ++i) {
      const double x = std::sin(1.3 * i);
      const double e = 1 + i % 3;
      csv += std::to_string(std::lround(e * std::exp(0.4 + 0.8 * x + 0.5 * std::cos(2.0 * (i % 10))) + 0.4 * (i % 2))) +
             "," + std::to_string(x) + "," + std::to_string(e) + ",g" + std::to_string(i % 10) + "\n";
    }
    w_.write("t.csv", csv);
  }
};

TEST_F(Counts, MixedModelsConvergePredictAndScore) {
  const nlohmann::json fit = json(
      "fit --data t.csv --formula 'y ~ x + offset(log(e)) + (1 | g)' --family poisson --seed 1 --quiet --out a.nc");
  for (const auto& p : fit.at("parameters")) {
    EXPECT_LT(p.at("rhat").get<double>(), 1.01) << p.at("name");
    EXPECT_GT(p.at("ess_bulk").get<double>(), 400) << p.at("name");
    if (p.at("name") == "b_x") {
      EXPECT_NEAR(p.at("mean").get<double>(), 0.75, 0.15);
    }
  }
  EXPECT_EQ(fit.at("link"), "log");
  ASSERT_EQ(w_.run("predict a.nc --data t.csv --out p.csv").status, 0);
  std::istringstream lines(slurp(w_.path("p.csv")));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "mean,sd,q2.5,q97.5,pred_q2.5,pred_q97.5");
  const nlohmann::json scores = json("evaluate a.nc --data t.csv");
  EXPECT_GT(scores.at("coverage").at("0.9").get<double>(), 0.85);
  EXPECT_TRUE(std::isfinite(scores.at("log_score").get<double>()));
}

TEST_F(Counts, InterruptedRunsGoOnBitForBit) {
  const std::string fit =
      "fit --data t.csv --formula 'y ~ x + (1 + x | g)' --family poisson --seed 3 --chains 2 --warmup 60 --quiet ";
  ASSERT_EQ(w_.run(fit + "--draws 80 --out whole.nc").status, 0);
  ASSERT_EQ(w_.run(fit + "--draws 30 --out part.nc").status, 0);
  ASSERT_EQ(w_.run("resume part.nc --draws 80 --quiet").status, 0);
  const auto whole = json("summary whole.nc").at("parameters");
  const auto part = json("summary part.nc").at("parameters");
  EXPECT_EQ(whole, part);
}

TEST_F(Counts, DeepModelsRun) {
  const ProgramResult r = w_.run(
      "fit --data t.csv --formula 'y ~ deep(x, e, layers = c(4)) + (1 | g)' --family poisson --seed 1 --chains 2 "
      "--warmup 100 "
      "--draws 50 --quiet --out a.nc --save log_likelihood --save posterior_predictive");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(w_.run("evaluate a.nc --data t.csv").status, 0);
}

TEST_F(Counts, WhatIsNoCountIsRefused) {
  const std::string poisson = "--formula 'y ~ x' --family poisson";
  fails("y,x\n1,2\n-1,3\n2,4\n", poisson, "'y' is -1 in row 2");
  fails("y,x\n1,2\n2.5,3\n2,4\n", poisson, "'y' is 2.5 in row 2");
  fails("y,x\na,2\nb,3\na,4\n", poisson, "family poisson needs numbers, but the response 'y' holds text such as 'a'\n");
  fails("y,x,n\n1,2,3\n2,3,4\n1,5,6\n", "--formula 'y | trials(n) ~ x' --family poisson",
        "trials() goes with family binomial or beta_binomial, not poisson\n");
  fails("y,x\n1,2\n2,3\n1,4\n", "--formula 'y ~ deep(x)' --family poisson --layer-noise learned", "leave it at 0");
  fails("y,x\n1,2\n2,3\n1,4\n", "--formula 'y ~ x' --family poisson --sigma x", "has none");
  fails("y,x\n1,2\n2,3\n1,4\n", "--formula 'y ~ x + offset(log(x - 2))' --family poisson",
        "'log(x - 2)' is -inf in row 1");
  const ProgramResult r = w_.run("fit --data t.csv --formula 'y ~ x' --family poison --out b.nc");
  EXPECT_EQ(r.status, 2);
  EXPECT_HAS(r.err, "poisson");
}

}  // namespace
}  // namespace bdglm::test
