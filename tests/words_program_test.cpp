// Wrong words on the command line and in configuration files: named, with the right ones, and status 2.
#include <gtest/gtest.h>

#include "support/program.hpp"

namespace bdglm::test {
namespace {

const std::string kFit =
    "fit --data " + std::string(BDGLM_SOURCE_DIR) + "/data/contraception.csv.gz --formula 'use ~ age' --out a.nc ";

class Words : public testing::Test {
 protected:
  /// The run ends with status 2, prints nothing as result, and its message has all of `parts`.
  void wrong(const std::string& arguments, const std::vector<std::string>& parts) const {
    const ProgramResult r = w.run(arguments);
    EXPECT_EQ(r.status, 2) << arguments;
    EXPECT_EQ(r.out, "") << arguments;
    for (const std::string& part : parts)
      EXPECT_NE(r.err.find(part), std::string::npos) << arguments << "\nlacks " << part << " in\n" << r.err;
  }
  void wrong_config(const std::string& text, const std::vector<std::string>& parts) const {
    w.write("c.toml", text);
    wrong(kFit + "--config c.toml", parts);
  }

  Workspace w;
};

TEST_F(Words, Verbs) {
  wrong("reprot x", {"unknown verb 'reprot'", "did you mean 'report'?",
                     "fit, summary, predict, evaluate, effects, importance, report, loo, compare, check, resume"});
  wrong("sumary a.nc", {"did you mean 'summary'?"});
  wrong("help fti", {"unknown verb 'fti'", "did you mean 'fit'?"});
  wrong("fti --help", {"unknown verb 'fti'"});
  wrong("--data t.csv fit", {"--data stands before the verb"});
  wrong("", {"Usage", "summary"});
  for (const char* help : {"help fit", "fit -h", "fit --help"}) {
    const ProgramResult r = w.run(help);
    EXPECT_EQ(r.status, 0);
    EXPECT_NE(r.out.find("--formula"), std::string::npos);
  }
  EXPECT_NE(w.run("help").out.find("summary"), std::string::npos);
}

TEST_F(Words, Options) {
  wrong("fit --draw 100", {"unknown option --draw;", "did you mean --draws?", "bdglm fit --help"});
  wrong("fit --draw=100", {"unknown option --draw;"});
  wrong("fit --knots=8", {"unknown option --knots; the network's options stand in the formula, as 'y ~ deep(x"});
  wrong("resume a.nc --thread 2", {"did you mean --threads?"});
  wrong("fit", {"--data (or --matrix), --formula and --out",
                "bdglm fit --data table.csv --formula 'y ~ x + (1 | g)' --out fit.nc"});
  wrong("fit --data t.csv --out a.nc", {"needs --formula;"});
  wrong("predict", {"a fit file, --data (or --matrix) and --out"});
  wrong("summary a.nc b.nc", {"unexpected argument 'b.nc'"});
  wrong("fit --data t.csv --formula y '~' x --out a.nc", {"unexpected argument '~'", "quotes"});
  wrong("fit 'y ~ x' --data t.csv --out a.nc", {"the formula has an option of its own: --formula 'y ~ x'"});
  wrong("fit --draws 3 --draws 4", {"--draws is given 2 times"});
}

TEST_F(Words, Values) {
  wrong(kFit + "--draws ten", {"--draws", "'ten' is not a whole number from 1 to 100000000"});
  wrong(kFit + "--draws 2.5", {"'2.5' is not a whole number"});
  wrong(kFit + "--chains 0", {"--chains: '0' is not a whole number from 1 to 4096"});
  wrong(kFit + "--seed -4", {"--seed: '-4' is not a whole number of 0 or more"});
  wrong(kFit + "--draws", {"--draws needs a value: a whole number from 1"});
  wrong(kFit + "--device gpu", {"'gpu' is not one of auto, cpu, cuda; did you mean 'cuda'?"});
  wrong(kFit + "--device GPU", {"did you mean 'cuda'?"});
  wrong(kFit + "--device cpi", {"did you mean 'cpu'?"});
  wrong(kFit + "--family gausian",
        {"'gausian' is not one of gaussian, student_t, bernoulli", "did you mean 'gaussian'?"});
  wrong(kFit + "--na drop", {"'drop' is not one of omit, error, impute"});
  wrong(kFit + "--save everything", {"'everything' is not one of log_likelihood, posterior_predictive"});
  wrong("predict a.nc --data t.csv --out p.csv --groups knwon", {"'knwon' is not one of known, new, none"});
  wrong("predict a.nc --data t.csv --out p.csv --interval 2", {"'2' is not a number from 0.01 to 0.9999"});
}

TEST_F(Words, ConfigurationFiles) {
  wrong_config("# mine\ndraws = 40\ndrawz = 40\n", {"'c.toml' line 3", "unknown key 'drawz'", "did you mean 'draws'?"});
  wrong_config("\nwarmup = \"ten\"\n", {"line 2: warmup = \"ten\", where a whole number from 0"});
  wrong_config("draws = 1.5", {"line 1: draws = 1.5, where a whole number"});
  wrong_config("draws = [1, 2]", {"draws = [1, 2]", "one value"});
  wrong_config("\nformula = [\"y ~ x\", 3]", {"line 2: the list 'formula' holds 3 without quotes"});
  wrong_config("formula = [3, \"y ~ x\"]", {"line 1: the list 'formula' holds y ~ x in quotes"});
  wrong_config("quiet = 1", {"quiet = 1, where true or false"});
  wrong_config("device = \"gpu\"", {"line 1: device = \"gpu\", where one of auto, cpu, cuda"});
  wrong_config("device = cpu", {"line 1", "\"cpu\""});
  wrong_config("chains = 2\n[run]\ndraws = 3", {"line 3: 'draws' stands in the section [run]", "[fit]"});
  wrong_config("[updat]\ndraws = 3", {"line 2: 'draws' stands in the section [updat]", "did you mean 'update'?"});
  wrong_config("[update.fit]\ndraws = 3", {"stands in the section [update.fit]"});
  wrong_config("draws = 4\ndraws = 5", {"'c.toml' line 2", "redefine", "draws"});
  wrong_config("draws 40", {"'c.toml' line 1", "expected '='", "draws = 2000"});
  wrong_config("prior = [\"b ~ normal(0, 1)\"\n\n", {"'c.toml' line", "array"});
  wrong_config("sigma = \"a\n", {"'c.toml' line 1", "string"});
  wrong_config("\x89PNG\r\n", {"'c.toml' line 1", "utf-8"});
  wrong(kFit + "--config missing.toml", {"cannot open the configuration file 'missing.toml'"});
  wrong(kFit + "--config .", {"cannot open the configuration file '.'"});
}

TEST_F(Words, WhatTomlAllows) {
  w.write("c.toml",
          "# options of a fit\n"
          "warmup = 2_0 # a comment\n"
          "\"layer-noise\" = 0.0\n"
          "[fit]\n"
          "quiet = true\n"
          "json = false\n"
          "sigma = \"\"\n"
          "prior = [\n  'b ~ normal(0, 1)', # comma, inside\n  \"Intercept ~ normal(0, 2)\",\n]\n");
  const ProgramResult fit = w.run(kFit + "--config c.toml --draws 20 --chains=1");
  ASSERT_EQ(fit.status, 0) << fit.err;
  EXPECT_EQ(fit.out, "");
  const std::string json = w.run("summary a.nc --json").out;
  for (const char* part : {"\"warmup\": 20", "\"draws\": 20", "b_age ~ normal(0, 1)", "Intercept ~ normal(0, 2)"})
    EXPECT_NE(json.find(part), std::string::npos) << part << json;
}

TEST_F(Words, OneFileServesSeveralVerbs) {
  w.write("c.toml", "chains = 1\nwarmup = 20\n[fit]\ndraws = 80\n[update]\ndraws = 30\n[predict]\nplugin = true\n");
  w.write("t.csv", "y,x\n1,2\n0,3\n1,1\n0,4\n1,3\n");
  w.write("more.csv", "y,x\n1,1\n0,2\n");
  const ProgramResult fit =
      w.run("fit --data t.csv --formula 'y ~ x' --family gaussian --out a.nc --seed 1 --quiet --config c.toml");
  ASSERT_EQ(fit.status, 0) << fit.err;
  EXPECT_NE(w.run("summary a.nc").out.find("1 chain of 80 draws after 20 warm-up"), std::string::npos);
  const ProgramResult update = w.run("update a.nc --data more.csv --out b.nc --seed 1 --quiet --config c.toml");
  ASSERT_EQ(update.status, 0) << update.err;
  EXPECT_NE(w.run("summary b.nc").out.find("1 chain of 30 draws after 20 warm-up"), std::string::npos);
}

}  // namespace
}  // namespace bdglm::test
