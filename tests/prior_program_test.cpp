// Priors through the program: statements that a summary prints are read again, longer runs go on bit for bit, refusals.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fitfile/fit_file.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class PriorStatements : public testing::Test {
 protected:
  PriorStatements() {
    std::string text = "y,x,z,g\n";
    for (int i = 0; i < 90; ++i)
      text += std::to_string(i * 7 % 5 < 2 ? 1 : 0) + "," + std::to_string(i % 9 - 4) + "," +
              std::to_string(i * i % 13) + ",g" + std::to_string(i % 6) + "\n";
    w.write("t.csv", text);
  }
  ProgramResult fit(const std::string& out, const std::string& priors, const std::string& options) const {
    return w.run("fit --data t.csv --formula 'y ~ x + z + (1 + x | g)' --seed 3 --chains 2 --warmup 40 --quiet --out " +
                 out + " " + priors + options);
  }
  nlohmann::json summary(const std::string& file) const {
    return nlohmann::json::parse(w.run("summary " + file + " --json").out);
  }
  void expect_same(const std::string& a, const std::string& b) const {
    const FitReader first(w.path(a));
    const FitReader second(w.path(b));
    EXPECT_EQ(first.variables("posterior"), second.variables("posterior"));
    for (const std::string& name : first.variables("posterior"))
      EXPECT_TRUE(first.read("posterior", name) == second.read("posterior", name)) << name;
  }

  Workspace w;
};

const std::string kShrunk =
    "--prior 'b ~ horseshoe(scale = 0.5)' --prior 'sd ~ exponential(2)' --prior 'cor ~ lkj(2)' ";
const std::string kHeavy =
    "--prior 'Intercept ~ student_t(3, 0.5, 2)' --prior 'b_x ~ laplace(0.25, 1.5)' --prior 'sd_g ~ normal(0, 1.5)' ";

TEST_F(PriorStatements, ASummarysAreReadAgain) {
  for (const std::string& priors : {kShrunk, kHeavy}) {
    ASSERT_EQ(fit("a.nc", priors, "--draws 30 --overwrite").status, 0);
    const nlohmann::json first = summary("a.nc");
    std::string again;
    for (const std::string statement : first.at("priors")) again += "--prior '" + statement + "' ";
    ASSERT_EQ(fit("b.nc", again, "--draws 30 --overwrite").status, 0);
    EXPECT_EQ(first.at("priors"), summary("b.nc").at("priors"));
    expect_same("a.nc", "b.nc");
  }
  EXPECT_EQ(summary("a.nc").at("priors"),
            (std::vector<std::string>{"Intercept ~ student_t(3, 0.5, 2)", "b_x ~ laplace(0.25, 1.5)",
                                      "b_z ~ normal(0, 2.5)", "sd_g ~ half_normal(1.5)", "cor_g ~ lkj(1)"}));
}

TEST_F(PriorStatements, AFitGoesOnBitForBit) {
  for (const std::string& priors : {kShrunk, kHeavy}) {
    ASSERT_EQ(fit("long.nc", priors, "--draws 50 --overwrite").status, 0);
    ASSERT_EQ(fit("short.nc", priors, "--draws 20 --overwrite").status, 0);
    ASSERT_EQ(w.run("resume short.nc --draws 50 --quiet").status, 0);
    expect_same("long.nc", "short.nc");
  }
}

TEST_F(PriorStatements, AHorseshoesGlobalScaleIsRecorded) {
  ASSERT_EQ(fit("a.nc", kShrunk, "--draws 30").status, 0);
  const std::vector<std::string> names = FitReader(w.path("a.nc")).variables("posterior");
  EXPECT_EQ(std::count(names.begin(), names.end(), "hs_global"), 1);
}

TEST_F(PriorStatements, WhatIsRefusedSaysWhy) {
  const auto refusal = [&](const std::string& statement) {
    const ProgramResult r = fit("r.nc", "--prior '" + statement + "' ", "--draws 10");
    EXPECT_NE(r.status, 0) << statement;
    return r.err;
  };
  for (const char* improper : {"b ~ flat()", "b_x ~ flat", "sd ~ improper()"}) {
    EXPECT_HAS(refusal(improper), "must be a probability distribution");
    EXPECT_HAS(refusal(improper), "normal(0, 1000)");
  }
  EXPECT_HAS(refusal("sd ~ uniform(0, 100)"), "holds a posterior back at its bounds");
  EXPECT_HAS(refusal("sd ~ half_t(0, 1)"), "its df must be positive; at zero");
  EXPECT_HAS(refusal("Intercept ~ horseshoe(1)"), "an intercept takes normal(mean, sd), student_t");
  EXPECT_HAS(refusal("b ~ half_t(2, 1)"), "coefficients take normal(mean, sd), student_t");
  EXPECT_HAS(refusal("sd ~ normal(1, 1)"), "standard deviations are positive");
  EXPECT_HAS(refusal("sd ~ lkj(1)"), "it takes half_t(df, scale)");
  EXPECT_HAS(refusal("cor ~ normal(0, 1)"), "correlations take lkj(eta)");
  EXPECT_HAS(refusal("cor_h ~ lkj(1)"), "did you mean 'cor_g'");
  EXPECT_HAS(refusal("b ~ student_t(3, 0)"), "student_t(df, mean, scale)");
  EXPECT_HAS(refusal("b ~ horseshoe(slab = 1)"), "horseshoe(scale)");
  EXPECT_HAS(refusal("b ~ lapace(0, 1)"), "did you mean 'laplace'? Write, for example, 'b ~ ");
  EXPECT_HAS(refusal("b ~ laplace"), "'name ~ distribution(a, b)'; write, for example, 'b ~ ");
  for (const char* beyond : {"1e400", "1e-400"})
    for (const std::string before : {"b ~ normal(0, ", "b ~ normal(-", "sd ~ half_t(scale = "})
      EXPECT_HAS(refusal(before + beyond + (before == "b ~ normal(-" ? ", 1)" : ")")),
                 std::string("the number ") + beyond + " is out of the range of numbers, about 1e-308 to 1e308");
  EXPECT_HAS(refusal("q ~ normal(0, 1)"),
             "no such parameter; names are b, b_NAME, Intercept, sd, sd_GROUP, cor, cor_GROUP\n");
  const ProgramResult bare =
      w.run("fit --data t.csv --formula 'y ~ 1' --family poisson --out r.nc --prior 'sd ~ half_t(3, 1)'");
  EXPECT_HAS(bare.err, "prior of 'sd': the model has no such parameter; names are Intercept\n");
  EXPECT_HAS(fit("r.nc", "--prior 'b_x ~ horseshoe(1)' --prior 'b_z ~ horseshoe(2)' ", "--draws 10").err,
             "share a global scale");
}

}  // namespace
}  // namespace bdglm::test
