// bdglm update through the program: what it says, refuses, keeps and goes on with.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fitfile/fit_file.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class SequentialProgram : public testing::Test {
 protected:
  SequentialProgram() {
    w.write("first.csv", table(0, 60));
    w.write("more.csv", table(60, 90));
  }

  static std::string table(int from, int to) {
    std::string text = "y,z,x,f,g\n";
    for (int i = from; i < to; ++i)
      text += std::to_string(i * 7 % 5 < 2 ? 1 : 0) + "," + std::to_string(i * i % 11) + "," +
              std::to_string(i % 9 - 4) + "," +
              (i % 3 == 0   ? "a"
               : i % 3 == 1 ? "b"
                            : "c") +
              ",g" + std::to_string(i / 6) + "\n";
    return text;
  }

  void fit(const std::string& formula, const std::string& options = "") const {
    const ProgramResult r =
        w.run("fit --data first.csv --formula '" + formula +
              "' --seed 3 --chains 2 --warmup 60 --draws 100 --quiet --overwrite --out a.nc " + options);
    ASSERT_EQ(r.status, 0) << r.err;
  }
  ProgramResult update(const std::string& options = "", const std::string& data = "more.csv") const {
    return w.run("update a.nc --data " + data + " --seed 4 --chains 2 --warmup 60 --draws 80 --overwrite --out b.nc " +
                 options);
  }
  void refuses(const std::string& table, const std::string& part) const {
    w.write("bad.csv", table);
    const ProgramResult r = update("--quiet", "bad.csv");
    EXPECT_EQ(r.status, 1) << part;
    EXPECT_HAS(r.err, part);
  }

  Workspace w;
};

TEST_F(SequentialProgram, SaysWhatWasTakenOver) {
  fit("z ~ x + f", "--family gaussian");
  const std::string exactly = "updated exactly: the likelihood of 60 earlier rows is kept by its sufficient statistics";
  EXPECT_HAS(update().out, exactly);
  EXPECT_HAS(w.run("summary b.nc").out, exactly);
  const nlohmann::json summary = nlohmann::json::parse(w.run("summary b.nc --json").out);
  EXPECT_HAS(summary.at("notes").at(0).get<std::string>(), exactly);
  EXPECT_EQ(summary.at("rows"), 30);
  fit("y ~ x");
  const std::string roughly =
      "updated approximately: the coefficients have a normal prior with the means and "
      "covariances of 200 draws, which tell of 60 earlier rows";
  EXPECT_HAS(update().out, roughly);
  const nlohmann::json second = nlohmann::json::parse(w.run("summary b.nc --json").out);
  EXPECT_HAS(second.at("notes").at(0).get<std::string>(), roughly);
  EXPECT_HAS(second.at("priors").at(1).get<std::string>(), "b_x ~ normal(");
  // What is updated can be updated, predicted, scored and assessed.
  EXPECT_HAS(w.run("update b.nc --data first.csv --out c.nc --chains 2 --warmup 60 --draws 80").out,
             "which tell of 90 earlier rows");
  EXPECT_EQ(w.run("predict b.nc --data first.csv --out p.csv").status, 0);
  EXPECT_EQ(w.run("evaluate b.nc --data first.csv").status, 0);
  EXPECT_EQ(w.run("loo b.nc").status, 0);
  EXPECT_EQ(w.run("check b.nc").status, 0);
}

TEST_F(SequentialProgram, GoesOnBitForBit) {
  const std::vector<std::pair<std::string, std::string>> models = {
      {"z ~ x + f", "--family gaussian"}, {"z ~ x + f", "--family student_t"}, {"y ~ x + (1 | g)", ""}};
  for (const auto& [formula, family] : models) {
    fit(formula, family);
    ASSERT_EQ(update("--quiet").status, 0);
    ASSERT_EQ(w.run("resume b.nc --draws 120 --quiet").status, 0);
    ASSERT_EQ(w.run("update a.nc --data more.csv --seed 4 --chains 2 --warmup 60 --draws 120 --overwrite --out c.nc "
                    "--quiet")
                  .status,
              0);
    const FitReader b(w.path("b.nc"));
    const FitReader c(w.path("c.nc"));
    for (const std::string& name : b.variables("posterior"))
      EXPECT_TRUE(b.read("posterior", name) == c.read("posterior", name)) << formula << ' ' << family << ": " << name;
  }
}

/// Linear algebra of no columns at all says nothing on standard output.
TEST_F(SequentialProgram, TakesModelsWithoutCoefficients) {
  for (const std::string family : {"gaussian", "student_t"}) {
    fit("z ~ 0 + (1 | g)", "--family " + family);
    const ProgramResult result = update("--quiet --json");
    ASSERT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(nlohmann::json::parse(result.out, nullptr, false).is_object(), true) << result.out.substr(0, 200);
  }
}

TEST_F(SequentialProgram, RefusesRowsThatDoNotFit) {
  fit("y ~ x + f + (1 | g)");
  refuses("y,x,g\n1,2,n1\n0,3,n2\n", "no column 'f'");
  refuses("y,x,f,g\n1,2,d,n1\n0,3,a,n2\n",
          "factor 'f' has the level 'd' in row 1 of 'bad.csv', which the fit has not seen");
  refuses("y,x,f,g\n1,2,a,n1\n0,3,b,g4\n",
          "the fit has seen rows of 'g4', a group of 'g', which row 2 of 'bad.csv' belongs to");
  refuses("y,x,f,g\nNA,2,a,n1\n0,NA,b,g4\n", "every new row has a missing value");
  refuses("y,x,f,g\n2,2,a,n1\n", "row 1 of 'bad.csv'");
  // One row of one new group is enough, and its group counts as seen from then on.
  w.write("one.csv", "y,x,f,g\n1,2,a,n1\n");
  ASSERT_EQ(update("--quiet", "one.csv").status, 0);
  const ProgramResult again = w.run("update b.nc --data first.csv --out c.nc");
  EXPECT_EQ(again.status, 1);
  EXPECT_HAS(again.err, "the fit has seen rows of 'g0'");
}

TEST_F(SequentialProgram, SaysThatGroupsOfTheFirstFitAreDrawnAnew) {
  fit("y ~ x + (1 | g)");
  ASSERT_EQ(update("--quiet").status, 0);
  const std::string seen = ", before it was updated; an update does not take over the effects of groups";
  w.write("old.csv", "y,x,g\n1,2,g14\n0,1,g4\n1,1,other\n");
  w.write("own.csv", "y,x,g\n1,2,g14\n0,1,other\n");
  for (const std::string verb : {"predict b.nc --out p.csv --data ", "evaluate b.nc --data ", "check b.nc --data "}) {
    const ProgramResult r = w.run(verb + "old.csv");
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_HAS(r.err, "note: the fit has seen rows of 'g4', a group of 'g'" + seen +
                          ", and they are drawn as those of new ones\n");
    for (const std::string other : {"own.csv", "old.csv --groups none"})
      EXPECT_EQ(w.run(verb + other).err.find("has seen rows"), std::string::npos) << verb << other;
    const ProgramResult known = w.run(verb + "old.csv --groups known");
    EXPECT_EQ(known.status, 1);
    EXPECT_HAS(known.err, "the fit has seen rows of 'g4', a group of 'g', which row 2 of 'old.csv' belongs to" + seen +
                              ": use --groups new to draw its effects or --groups none");
    EXPECT_HAS(w.run(verb + "own.csv --groups known").err,
               "'g' has the level 'other' in row 2 of 'own.csv', which the fit has not seen");
  }
}

TEST_F(SequentialProgram, AdvisesNoOtherFamily) {
  const auto expect = [&](const std::string& y, const std::string& family, const std::string& part) {
    w.write("bad.csv",
            std::string("y,z,x,f\n1,") + (family == "beta" ? ".5" : "1") + ",3,a\n" + y + "," + y + ",2,b\n");
    for (const std::string verb :
         {"update a.nc --out b.nc --data bad.csv", "evaluate a.nc --data bad.csv", "check a.nc --data bad.csv"}) {
      const ProgramResult r = w.run(verb);
      EXPECT_EQ(r.status, 1) << verb;
      EXPECT_HAS(r.err, "family " + family + " needs ");
      EXPECT_HAS(r.err, part + "\n");
    }
  };
  fit("y ~ x");
  expect("3", "bernoulli", "'y' is 3 in row 2 of 'bad.csv': mend the cell or leave such rows out");
  fit("z ~ x", "--family poisson");
  expect("1.5", "poisson", "whole numbers of 0 or more: mend the cell or leave such rows out");
  w.write("first.csv", "z,x\n.2,1\n.4,2\n.3,1\n.7,4\n.4,3\n");
  for (const std::string family : {"gamma", "lognormal", "beta"}) {
    fit("z ~ x", "--family " + family);
    expect("-1", family, "'z' is -1 in row 2 of 'bad.csv': mend the cell or leave such rows out");
  }
}

TEST_F(SequentialProgram, WarnsOfTheFitsOwnRows) {
  const std::string same = " rows that it had already, value for value: if they are the same observations, they count";
  fit("z ~ x + f", "--family gaussian");
  ProgramResult r = update("--quiet", "first.csv");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_HAS(r.err, "warning: the fit was updated with the 60" + same);
  EXPECT_HAS(w.run("summary b.nc").err, same);
  EXPECT_EQ(update("--quiet").err.find(same), std::string::npos);
  // Of one value that differs they are others.
  std::string text = table(0, 60);
  text.replace(text.find("\n1,1,-3") + 3, 1, "2");
  w.write("other.csv", text);
  EXPECT_EQ(update("--quiet", "other.csv").err.find(same), std::string::npos);
  // A single row may well be as the one before.
  w.write("one.csv", "y,z,x,f\n1,2,1,a\n");
  ASSERT_EQ(update("--quiet", "one.csv").status, 0);
  EXPECT_EQ(w.run("update b.nc --data one.csv --out c.nc --quiet --warmup 60 --draws 80").err.find(same),
            std::string::npos);
}

TEST_F(SequentialProgram, RefusesFitsThatCannotBeUpdated) {
  fit("y ~ deep(x, layers = c(3))");
  EXPECT_HAS(update().err, "the fit has a network");
  ASSERT_EQ(w.run("fit --data first.csv --formula 'y ~ x' --max-time 0.0001 --quiet --overwrite --out a.nc").status,
            130);
  const ProgramResult stopped = update();
  EXPECT_EQ(stopped.status, 1);
  EXPECT_HAS(stopped.err, "bdglm resume it first");
  ASSERT_EQ(w.run("fit --data first.csv --formula 'y ~ x + f' --chains 1 --warmup 20 --draws 30 --quiet --overwrite "
                  "--out a.nc")
                .status,
            0);
  EXPECT_HAS(update().err,
             "the fit has 30 draws, too few for the covariance of 4 coefficients; go on with bdglm resume "
             "to 50 or more");
}

TEST_F(SequentialProgram, WritesAnotherFile) {
  fit("y ~ x");
  const std::string before = slurp(w.path("a.nc"));
  for (const std::string out : {"a.nc", "./a.nc"}) {
    const ProgramResult r = w.run("update a.nc --data more.csv --overwrite --out " + out);
    EXPECT_EQ(r.status, 1);
    EXPECT_HAS(r.err, "'" + out + "' is the fit that is to be updated; name another file as --out");
  }
  EXPECT_EQ(slurp(w.path("a.nc")), before);
  EXPECT_EQ(w.run("update a.nc --data more.csv").status, 2);
  EXPECT_HAS(w.run("update --help").out, "Take the posterior of a fit as the prior of new rows");
}

}  // namespace
}  // namespace bdglm::test
