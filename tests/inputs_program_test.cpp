// Input that a family, a link or a prior cannot take: refused with what, where and what to do, and nothing left behind;
// and input that says nothing or says the same twice, which is noted.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/family_program.hpp"

namespace bdglm::test {
namespace {

const std::string kModel = "--formula 'y ~ x' ";
const std::string kTrials = "--formula 'y | trials(n) ~ x' ";
const std::string kCounts = "y,x\n1,2\n3,3\n4,5\n0,1\n2,2\n";

class Inputs : public FamilyProgram {
 protected:
  /// What a short fit of the table says beside its figures.
  std::vector<std::string> notes(const std::string& csv, const std::string& words) const {
    w_.write("t.csv", csv);
    return json("fit --data t.csv --chains 1 --warmup 10 --draws 10 --seed 1 --quiet --overwrite --out a.nc " + words)
        .at("notes");
  }
};

TEST_F(Inputs, ResponsesOutsideTheFamilysRange) {
  for (const char* family : {"gamma", "lognormal", "exponential"})
    for (const char* y : {"0", "-1"})
      fails(
          "y,x\n1,2\n4,5\n" + std::string(y) + ",3\n", kModel + "--family " + family,
          std::string("family ") + family + " needs numbers above 0, but 'y' is " + y + " in row 3 of 'bad.csv': mend");
  for (const char* y : {"0", "1", "-0.5", "1.5"})
    fails("y,x\n.5,2\n" + std::string(y) + ",5\n.4,3\n", kModel + "--family beta",
          std::string("'y' is ") + y + " in row 2 of 'bad.csv': mend the cell, leave such rows out, or fit counts");
  for (const char* family :
       {"negative_binomial", "zero_inflated_poisson", "zero_inflated_negative_binomial", "hurdle_poisson"})
    for (const char* y : {"2.5", "-2"})
      fails("y,x\n1,2\n" + std::string(y) + ",5\n0,3\n", kModel + "--family " + family,
            std::string("family ") + family + " needs counts, but 'y' is " + y + " in row 2 of 'bad.csv'; counts are");
}

TEST_F(Inputs, CellsThatAreNoNumbers) {
  for (const char* y : {"inf", "-Inf", "1e999"})
    fails("y,x\n1,2\n" + std::string(y) + ",5\n0,3\n", kModel + "--family gaussian",
          "inf in row 2 of 'bad.csv'; values");
  fails("y,x\n1,2\n3,inf\n0,3\n", kModel + "--family poisson", "'x' is inf in row 2 of 'bad.csv'; values must be");
  fails("y,x\n1,2\n,5\n0,3\n", kModel + "--family poisson --na error", "1 row has missing values in columns that the");
  fails("y,x\n,2\n,5\n,3\n", kModel + "--family poisson", "column 'y' has only missing values");
}

TEST_F(Inputs, NumbersAndLabelsInOneColumn) {
  const std::string csv = "y,x\n1,2.5\n2,3\n3,foo\n2,2.5\n4,3\n3,foo\n";
  fails(
      csv, kModel + "--family gaussian",
      "column 'x' is numeric but for 'foo' in row 3 of 'bad.csv' (and perhaps more); mend the cell, write NA, or take "
      "the column as labels: factor(x)\n");
  fails(csv, "--formula 'x ~ y' --family categorical", "response 'x' is numeric but for 'foo' in row 3 of 'bad.csv'");
  w_.write("t.csv", csv);
  const auto names = [&](const std::string& words) {
    std::vector<std::string> all;
    const nlohmann::json fit =
        json("fit --data t.csv --chains 1 --warmup 10 --draws 10 --seed 1 --quiet --overwrite --out a.nc " + words);
    for (const auto& p : fit.at("parameters")) all.push_back(p.at("name"));
    return all;
  };
  EXPECT_EQ(names("--family gaussian --formula 'y ~ factor(x)'"),
            (std::vector<std::string>{"b_Intercept", "b_factor(x)3", "b_factor(x)foo", "sigma"}));
  // A table of the numbers alone has the same levels.
  w_.write("numbers.csv", "x\n3\n2.5\n");
  w_.write("labels.csv", "x\n3\n2.5\nfoo\n");
  const std::string numbers = w_.run("predict a.nc --data numbers.csv --out -").out;
  EXPECT_GT(numbers.size(), 60U);
  EXPECT_EQ(w_.run("predict a.nc --data labels.csv --out -").out.rfind(numbers, 0), 0U);
  EXPECT_EQ(names("--family gaussian --formula 'y ~ x' --factor x"),
            (std::vector<std::string>{"b_Intercept", "b_x3", "b_xfoo", "sigma"}));
  EXPECT_EQ(names("--family categorical --formula 'factor(x) ~ 1'"),
            (std::vector<std::string>{"b_3_Intercept", "b_foo_Intercept"}));
}

TEST_F(Inputs, ResidualScalesOfLevelsOfOneRow) {
  const auto table = [](int levels) {
    std::string csv = "y,x,z\n";
    for (int i = 0; i < 30; ++i)
      csv += std::to_string(i * i % 7) + "," + std::to_string(i % 4) + ",l" + std::to_string(i % levels) + "\n";
    return csv;
  };
  const std::string fit = kModel + "--family gaussian --sigma z";
  fails(
      table(30), fit,
      "--sigma gives each level of 'z' a residual scale, and each has one row, which tells next to nothing of it; name "
      "a column of fewer levels, leave --sigma out for one scale of all rows, or state what is known, as a prior of "
      "'sigma'\n");
  EXPECT_EQ(notes(table(30), fit + " --prior 'sigma ~ half_t(4, 2)'"),
            std::vector<std::string>{"`sigma` gives each level of 'z' a residual scale, and 30 of 30 have one row, "
                                     "which tells little of it: theirs rest on the prior"});
  EXPECT_EQ(notes(table(22), fit),
            std::vector<std::string>{"`sigma` gives each level of 'z' a residual scale, and 14 of 22 have one row, "
                                     "which tells little of it: theirs rest on the prior"});
  EXPECT_HAS(w_.run("summary a.nc").out, "note: --sigma gives each level of 'z' a residual scale, and 14 of 22");
  EXPECT_TRUE(notes(table(20), fit).empty());
}

TEST_F(Inputs, ClassesOfMinusOneAndOne) {
  std::string csv = "y,x\n";
  for (int i = 0; i < 30; ++i) csv += std::string(i * i % 7 < 3 ? "-1," : "1,") + std::to_string(i % 4) + "\n";
  const std::string fit = "--formula 'y ~ x' ";
  const std::vector<std::string> told = notes(csv, fit);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_HAS(told[0],
             "the response 'y' is -1 or 1 throughout and is taken as gaussian; if these are classes, write "
             "factor(y) ~ ...");
  EXPECT_TRUE(notes(csv, fit + "--family gaussian").empty());
  EXPECT_TRUE(notes(csv, "--formula 'factor(y) ~ x'").empty());
  fails(csv, fit + "--family bernoulli", "of two levels, as factor(y) has them, but 'y' is -1 in row 1");
}

TEST_F(Inputs, TrialsOfNone) {
  for (const char* family : {"binomial", "binomial --link probit", "beta_binomial"}) {
    const std::string fit = kTrials + "--family " + family;
    fails("y,n,x\n0,0,1\n0,0,2\n0,0,5\n", fit, "every row has weight zero or no trials; nothing is left to fit");
    fails("y,n,x\n1,2,1\n1,0,2\n0,3,5\n", fit, "the successes 'y' are 1 out of 0 trials in row 2 of 'bad.csv'");
    fails("y,n,x\n1,2,1\n0,-1,2\n0,3,5\n", fit, "the trials 'n' are -1 in row 2 of 'bad.csv'");
    // Rows of no trials say nothing: the fit and the scores are those without them.
    std::string all = "y,n,x\n";
    std::string some = all;
    for (int i = 0; i < 40; ++i) {
      const int n = i % 4;
      const std::string row =
          std::to_string(i * 7 % (n + 1)) + "," + std::to_string(n) + "," + std::to_string(std::sin(i)) + "\n";
      all += row;
      if (n > 0) some += row;
    }
    const std::string note = "10 rows have weight zero or no trials and are left out";
    EXPECT_EQ(notes(all, fit), std::vector<std::string>{note});
    const nlohmann::json with = json("evaluate a.nc --data t.csv");
    const nlohmann::json left_out = json("loo a.nc");
    EXPECT_HAS(w_.run("evaluate a.nc --data t.csv").err, "rows of weight zero or without trials, not scored: 10");
    EXPECT_HAS(w_.run("check a.nc --data t.csv").err, "rows of weight zero or without trials left out: 10");
    EXPECT_TRUE(notes(some, fit).empty());
    EXPECT_EQ(with, json("evaluate a.nc --data t.csv")) << family;
    EXPECT_EQ(left_out.at("elpd_loo"), json("loo a.nc").at("elpd_loo")) << family;
  }
}

TEST_F(Inputs, LevelsInOrder) {
  const std::string ordinal = kModel + "--family ordinal ";
  fails("y,x\n1,2\n2,3\n2,4\n1,1\n3,7\n", ordinal, "level '3' of the response 'y' occurs once, in row 5 of 'bad.csv'");
  fails("y,x\na,2\nb,3\nb,4\na,1\nc,7\n", ordinal, "level 'c' of the response 'y' occurs once, in row 5 of 'bad.csv'");
  fails("y,x\n1,2\n1,3\n1,4\n", ordinal, "one level ('1')");
  std::string many = "y,x\n";
  for (int i = 0; i < 130; ++i) many += std::to_string(i % 65) + "," + std::to_string(i % 7) + "\n";
  fails(many, ordinal, "takes up to 64 levels, and the response has 65; merge some of them, or take the response as a");
  fails("y,x\n1,2\n2,3\n2,4\n1,1\n", ordinal + "--link cloglog",
        "has no link 'cloglog'; its links are 'logit', 'probit'");
}

TEST_F(Inputs, LinksAndFormulasThatTheFamilyDoesNotHave) {
  fails(kCounts, kModel + "--family poisson --link probit", "family poisson has no link 'probit'; its link is 'log'");
  fails(kCounts, kModel + "--family gamma --link cloglog", "family gamma has no link 'cloglog'; its link is 'log'");
  fails(kCounts, kModel + "--family gamma --link lgo", "did you mean 'log'?", 2);
  fails("y,x\n1,2\n0,3\n1,1\n", kModel + "--link probitt",
        "--link: 'probitt' is not one of identity, logit, probit, cloglog, log, softmax; did you mean 'probit'?\nRun",
        2);
  for (const char* family : {"poisson", "exponential"})
    fails(
        "y,x\n1,2\n3,3\n4,5\n", kModel + "--formula 'sigma ~ x' --family " + family,
        std::string("formula 'sigma ~ x': family ") + family + " has one linear predictor, that of the first formula");
  fails("y,x\n1,2\n3,3\n4,5\n", kModel + "--formula 'sigma ~ x' --family gamma", "'shape', and no 'sigma'");
  fails(kCounts, kModel + "--formula 'zi ~ x' --family poisson", "formula 'zi ~ x': family poisson has one linear");
  fails(kCounts, kModel + "--formula 'zi ~ x' --family negative_binomial", "'shape', and no 'zi'");
  fails(kCounts, kModel + "--formula 'nu ~ x' --family gaussian", "'sigma', and no 'nu'");
}

TEST_F(Inputs, OptionsAreNamedOnce) {
  for (const std::string option : {"save-effects", "layer-noise"})
    fails(kCounts, kModel + "--" + option + " foo", "bdglm: --" + option + " is ", 2);
}

TEST_F(Inputs, PriorsThatAreNone) {
  const auto refused = [&](const std::string& family, const std::string& prior, const std::string& part, int status) {
    fails(kCounts, kModel + "--family " + family + " --prior '" + prior + "'", part, status);
  };
  refused("negative_binomial", "shape ~ gamma(2, -1)", "prior 'shape ~ gamma(2, -1)': its rate must be positive", 2);
  refused("negative_binomial", "shape ~ half_t(3, -1)", "its scale must be positive", 2);
  refused("negative_binomial", "shape ~ inv_gamma(-1, 1)", "its shape must be positive", 2);
  refused("negative_binomial", "shape ~ exponential(0)", "at zero it is no probability distribution", 2);
  refused("negative_binomial", "shape ~ constant(0)", "its value must be positive; write", 2);
  refused("student_t", "sigma ~ half_t(3, -1)", "its scale must be positive", 2);
  for (const char* nu : {"1", "0.5"})
    refused("student_t", "nu ~ constant(" + std::string(nu) + ")", "or constant(value), a value above 1", 1);
  for (const char* zi : {"1", "1.5"})
    refused("zero_inflated_poisson", "zi ~ constant(" + std::string(zi) + ")", "a value between 0 and 1", 1);
  refused("zero_inflated_poisson", "zi ~ beta(0, 1)", "its a must be positive", 2);
  refused("zero_inflated_poisson", "zi ~ uniform(0, 1)", "of a probability beta(1, 1) is uniform", 2);
  for (const char* flat : {"shape ~ flat()", "b ~ flat()"})
    refused("negative_binomial", flat, "without one the posterior need not exist", 2);
}

TEST_F(Inputs, GroupingsThatAreOne) {
  std::string csv = "y,x,g,copy,h\n";
  for (int i = 0; i < 60; ++i)
    csv += std::to_string(i * i % 5) + "," + std::to_string(std::sin(i)) + ",g" + std::to_string(i % 6) + ",k" +
           std::to_string(i % 6 * 5 % 6) + ",h" + std::to_string(i % 3) + "\n";
  const std::string twice = "two random-effect terms have the coefficient 'Intercept' for 'g'; write one of them once";
  fails(csv, "--formula 'y ~ x + (1 | g) + (1 | g)'", twice);
  fails(csv, "--formula 'y ~ (1 | g) + (x | g)'", twice);
  const auto told = [&](const std::string& formula) {
    return notes(csv, "--family poisson --formula '" + formula + "'");
  };
  const std::string apart = "': only the prior tells their effects of 'Intercept' apart; leave one of them out";
  EXPECT_EQ(told("y ~ x + (1 | g) + (1 | copy)"),
            std::vector<std::string>{"the groups of 'copy' are those of 'g" + apart});
  EXPECT_EQ(told("y ~ x + (1 | g/h)"), std::vector<std::string>{"the groups of 'g:h' are those of 'g" + apart});
  EXPECT_TRUE(told("y ~ x + (1 | h/g)").empty());
  EXPECT_TRUE(told("y ~ x + (1 | g) + (0 + x | copy)").empty());
  EXPECT_TRUE(told("y ~ x + (1 | g) + (1 | h)").empty());
  const std::string fixed =
      "the coefficients tell every group of 'g' apart: only the prior of its standard deviation tells its intercepts "
      "from "
      "them; leave the factor or the random intercept out";
  EXPECT_EQ(told("y ~ x + g + (1 | g)"), std::vector<std::string>{fixed});
  EXPECT_EQ(told("y ~ copy + (x | g)"), std::vector<std::string>{fixed});
  EXPECT_TRUE(told("y ~ x + h + (1 | g)").empty());
  EXPECT_TRUE(told("y ~ g + (0 + x | g)").empty());
}

}  // namespace
}  // namespace bdglm::test
