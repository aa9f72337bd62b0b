// bdglm effects as a user meets it: its table, its JSON, what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class EffectsProgram : public testing::Test {
 protected:
  void SetUp() override {
    std::string text = "y,age,urban,g\n";
    for (int i = 0; i < 80; ++i) {
      const double age = 20 + 10 * std::sin(1.7 * i);
      text += std::to_string((i * 7) % 5 < age / 8 ? 1 : 0) + "," + std::to_string(age) + "," +
              (i % 3 == 0 ? "N" : "Y") + ",g" + std::to_string(i % 6) + "\n";
    }
    w_.write("t.csv", text);
    const ProgramResult r = w_.run(
        "fit --data t.csv --formula 'y ~ age + urban + (1 | g)' --family bernoulli --out f.nc --seed 2 --chains 2 "
        "--warmup 100 --draws 100 --quiet");
    ASSERT_EQ(r.status, 0) << r.err;
  }
  void refuses(const std::string& arguments, const std::string& part, int status) const {
    const ProgramResult r = w_.run("effects f.nc " + arguments);
    EXPECT_EQ(r.status, status) << arguments << r.out;
    EXPECT_HAS(r.err, part);
  }
  nlohmann::json json(const std::string& arguments) const {
    const ProgramResult r = w_.run("effects f.nc --data t.csv --json " + arguments);
    EXPECT_EQ(r.status, 0) << r.err;
    return nlohmann::json::parse(r.out);
  }

  Workspace w_;
};

TEST_F(EffectsProgram, FactorsAreThoseOfTheFormulaWhereverRowsComeFrom) {
  std::string text = "y,k,f\n";
  const char* levels[] = {"hi", "lo", "mid"};
  for (int i = 0; i < 90; ++i)
    text += std::to_string(std::sin(1.1 * i)) + "," + std::to_string(2 + i % 4) + "," + levels[i % 3] + "\n";
  w_.write("l.csv", text);
  const ProgramResult r = w_.run(
      "fit --data l.csv --formula 'y ~ factor(k) + relevel(f, \"mid\")' --out l.nc --seed 2 "
      "--chains 2 --warmup 100 --draws 100 --quiet");
  ASSERT_EQ(r.status, 0) << r.err;
  for (const char* of : {"k", "f"}) {
    const std::string asked = std::string("effects l.nc --kind comparisons --json --of ") + of;
    const ProgramResult own = w_.run(asked);
    const ProgramResult given = w_.run(asked + " --data l.csv");
    ASSERT_EQ(own.status, 0) << own.err;
    ASSERT_EQ(given.status, 0) << given.err;
    EXPECT_EQ(own.out, given.out);
  }
  EXPECT_EQ(nlohmann::json::parse(w_.run("effects l.nc --kind comparisons --json --of f --data l.csv").out)
                .at("effects")
                .at(0)
                .at("from"),
            "mid");
}

TEST_F(EffectsProgram, NumbersOfANetworkComeBackAsTheyWere) {
  const ProgramResult r = w_.run(
      "fit --data t.csv --formula 'y ~ deep(age, layers = c(4))' --family bernoulli --out n.nc "
      "--seed 2 --chains 2 --warmup 50 --draws 50 --quiet");
  ASSERT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(w_.run("effects n.nc --of age --points 5 --json").out,
            w_.run("effects n.nc --of age --points 5 --json --data t.csv").out);
}

TEST_F(EffectsProgram, PrintsATableAndJsonOfTheSameNumbers) {
  const ProgramResult text = w_.run("effects f.nc --data t.csv --of age --by urban --points 4 --interval 0.8");
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_EQ(text.out.rfind("at 200 draws\n", 0), 0U) << text.out;
  EXPECT_HAS(w_.run("effects f.nc --of age --points 2").out,
             "other columns at their means or commonest levels: urban = Y; at 200 draws\n");
  EXPECT_EQ(json("--of urban --groups known").at("held").size(), 2U);
  EXPECT_HAS(text.out, "age     urban         mean          sd         10%         90%     plug-in\n");
  const nlohmann::json predictions = json("--of age --by urban --points 4 --interval 0.8");
  ASSERT_EQ(predictions.at("effects").size(), 8U);
  const nlohmann::json& first = predictions.at("effects").at(0);
  EXPECT_EQ(first.at("by"), "N");
  char line[80];
  std::snprintf(line, sizeof line, "%11.5g %11.5g %11.5g %11.5g %11.5g", first.at("mean").get<double>(),
                first.at("sd").get<double>(), first.at("low").get<double>(), first.at("high").get<double>(),
                first.at("plugin").get<double>());
  EXPECT_HAS(text.out, std::string(line));

  const nlohmann::json compared = json("--of age --kind comparisons --values=-20,30,40");
  EXPECT_EQ(compared.at("rows"), 80);
  ASSERT_EQ(compared.at("effects").size(), 2U);
  EXPECT_EQ(compared.at("effects").at(1).at("from"), -20);
  EXPECT_EQ(compared.at("effects").at(1).at("to"), 40);
  const ProgramResult between = w_.run("effects --data t.csv f.nc --of urban --kind comparisons --by g");
  EXPECT_EQ(between.status, 0) << between.err;
  EXPECT_HAS(between.out, "averages over 80 rows, at 200 draws\n");
  EXPECT_HAS(between.out, "urban from  to  g ");
  EXPECT_HAS(between.out, "\nN           Y   g5");
  EXPECT_HAS(w_.run("effects f.nc --data t.csv --of age --kind slopes").out, "\nage       ");
}

TEST_F(EffectsProgram, TheFitsOwnRowsAreTheTables) {
  for (const char* asked : {"--of age --kind slopes --by urban --groups known", "--of urban --kind comparisons",
                            "--of age --points 3 --by g"}) {
    const nlohmann::json own = nlohmann::json::parse(w_.run(std::string("effects f.nc --json ") + asked).out);
    const nlohmann::json table = json(asked);
    ASSERT_EQ(own.at("effects").size(), table.at("effects").size());
    for (std::size_t i = 0; i < table.at("effects").size(); ++i)
      for (const char* name : {"mean", "sd", "low", "high"})
        EXPECT_NEAR(own["effects"][i][name].get<double>(), table["effects"][i][name].get<double>(), 1e-9) << asked;
  }
  ASSERT_EQ(w_.run("fit --data t.csv --formula 'y ~ log(age) + urban' --family bernoulli --out log.nc --seed 2 "
                   "--chains 2 --warmup 50 --draws 50 --quiet")
                .status,
            0);
  for (const char* asked : {"--of urban --kind comparisons", "--of age --kind slopes", "--of age --points 3"}) {
    const ProgramResult own = w_.run(std::string("effects log.nc --json ") + asked);
    ASSERT_EQ(own.status, 0) << own.err;
    EXPECT_EQ(own.out, w_.run(std::string("effects log.nc --data t.csv --json ") + asked).out);
  }
}

TEST_F(EffectsProgram, GroupingsTrialsAndWeightsAreWhatTheyAre) {
  const ProgramResult g = w_.run("effects f.nc --of g --json");
  ASSERT_EQ(g.status, 0) << g.err;
  EXPECT_EQ(g.out, w_.run("effects f.nc --of g --groups known --json").out);
  EXPECT_HAS(g.err,
             "random effects alone read 'g': they are taken in, and drawn anew for groups that the fit has not seen");
  const nlohmann::json levels = nlohmann::json::parse(g.out).at("effects");
  ASSERT_EQ(levels.size(), 6U);
  EXPECT_NE(levels.at(0).at("mean"), levels.at(1).at("mean"));
  EXPECT_HAS(w_.run("effects f.nc --of age --points 2 --by g").err, "lines of its levels are alike; --groups known");
  for (const char* kind : {"predictions", "comparisons"})
    refuses(std::string("--of g --groups none --kind ") + kind,
            "--groups none leaves random effects out, and these alone read 'g', so that nothing would be left", 1);

  // The commonest h is in no row with most of g.
  std::string nested = "y,g,h\n";
  for (int i = 0; i < 60; ++i)
    nested += std::to_string(std::sin(i)) + ",g" + std::to_string(i % 6) + ",h" + std::to_string(i % 2) + "\n";
  w_.write("nested.csv", nested);
  ASSERT_EQ(
      w_.run("fit --data nested.csv --formula 'y ~ 1 + (1 | g/h)' --out nested.nc --seed 2 --chains 1 --warmup 50 "
             "--draws 50 --quiet")
          .status,
      0);
  const ProgramResult all = w_.run("effects nested.nc --of g --json");
  ASSERT_EQ(all.status, 0) << all.err;
  EXPECT_EQ(nlohmann::json::parse(all.out).at("effects").size(), 6U);

  std::string text = "y,n,w,age\n";
  for (int i = 0; i < 60; ++i)
    text += std::to_string(i % 3) + "," + std::to_string(3 + i % 4) + "," + std::to_string(1 + i % 2) + "," +
            std::to_string(i % 9) + "\n";
  w_.write("n.csv", text);
  const std::string rest = " --seed 2 --chains 1 --warmup 50 --draws 50 --quiet --overwrite --out n.nc";
  ASSERT_EQ(w_.run("fit --data n.csv --formula 'y | trials(n) ~ age'" + rest).status, 0);
  const ProgramResult n = w_.run("effects n.nc --of n --json");
  EXPECT_EQ(n.err.find("does not read"), std::string::npos) << n.err;
  const nlohmann::json along = nlohmann::json::parse(n.out).at("effects");
  ASSERT_EQ(along.size(), 4U);
  for (int k = 0; k < 4; ++k) EXPECT_EQ(along.at(static_cast<std::size_t>(k)).at("value"), 3 + k);
  const ProgramResult report = w_.run("report n.nc --json --out -");
  ASSERT_EQ(report.status, 0) << report.err;
  EXPECT_HAS(report.out, "\"of\": \"n\"");
  ASSERT_EQ(w_.run("fit --data n.csv --formula 'age | weights(w) ~ y'" + rest).status, 0);
  EXPECT_HAS(w_.run("effects n.nc --of w").err,
             "'w' is in the weights of rows alone; the expected response is the same");
  EXPECT_HAS(w_.run("effects n.nc --data n.csv --of age").err, "'age' is the response");
  EXPECT_HAS(w_.run("effects n.nc --data n.csv --of n").err, "the model does not read 'n'");
}

TEST_F(EffectsProgram, ValuesAreLevelsThatTrainingHasSeen) {
  // Of the levels of urban and g these rows have one.
  w_.write("few.csv", "age,urban,g\n20,N,g1\n30,N,g1\n");
  const auto along = [&](const std::string& arguments) {
    const ProgramResult r = w_.run("effects f.nc --data few.csv --json " + arguments);
    EXPECT_EQ(r.status, 0) << r.err;
    return nlohmann::json::parse(r.out).at("effects");
  };
  EXPECT_EQ(along("--of urban").size(), 1U);
  ASSERT_EQ(along("--of urban --values Y,N").size(), 2U);
  EXPECT_NE(along("--of urban --values Y,N").at(0).at("mean"), along("--of urban --values N").at(0).at("mean"));
  EXPECT_EQ(along("--of urban --kind comparisons --values N,Y").at(0).at("to"), "Y");
  const nlohmann::json groups = along("--of g --groups known --values g5,g1");
  EXPECT_NE(groups.at(0).at("mean"), groups.at(1).at("mean"));
  refuses("--data few.csv --of g --values g9", "'g9' is no level of 'g', which has 'g0', 'g1'", 1);
  std::string text = "y,x,f\n";
  for (int i = 0; i < 90; ++i)
    text += std::to_string(std::sin(i)) + "," + std::to_string(i % 7) + ",level" + std::to_string(i % 30) + "\n";
  w_.write("many.csv", text);
  ASSERT_EQ(w_.run("fit --data many.csv --formula 'y ~ x + (1 | f)' --out m.nc --seed 2 --chains 1 --warmup 50 "
                   "--draws 50 --quiet")
                .status,
            0);
  EXPECT_HAS(w_.run("effects m.nc --of f --values lvel17").err,
             "'lvel17' is no level of 'f', of whose 30 levels these are nearest: 'level17'");
  EXPECT_HAS(w_.run("effects m.nc --of f --values zzz").err, "and 20 more");
}

TEST_F(EffectsProgram, NumbersThatAreFactorsTooGoFromLevelToLevel) {
  std::string text = "y,k\n";
  for (int i = 0; i < 80; ++i)
    text += std::to_string(std::sin(1.1 * i) + i % 4) + "," + std::to_string(1 << (i % 4)) + "\n";
  w_.write("k.csv", text);
  ASSERT_EQ(w_.run("fit --data k.csv --formula 'y ~ log(k) + factor(k, levels = c(2, 1, 4, 8))' --out k.nc --seed 2 "
                   "--chains 1 --warmup 50 --draws 50 --quiet")
                .status,
            0);
  const ProgramResult compared = w_.run("effects k.nc --of k --kind comparisons --json");
  ASSERT_EQ(compared.status, 0) << compared.err;
  const nlohmann::json rows = nlohmann::json::parse(compared.out).at("effects");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows.at(0).at("from"), 2);
  EXPECT_EQ(rows.at(0).at("to"), 1);
  EXPECT_EQ(rows.at(2).at("to"), 8);
  const ProgramResult along = w_.run("effects k.nc --of k --json");
  ASSERT_EQ(along.status, 0) << along.err;
  EXPECT_EQ(nlohmann::json::parse(along.out).at("effects").size(), 4U);
  EXPECT_HAS(w_.run("effects k.nc --of k --kind comparisons --values 1,3").err,
             "'3' is no level of 'k', which has '2'");
  const ProgramResult report = w_.run("report k.nc --json --out -");
  ASSERT_EQ(report.status, 0) << report.err;
  EXPECT_EQ(nlohmann::json::parse(report.out).at("curves").at(0).at("x").size(), 4U);
  EXPECT_HAS(w_.run("effects k.nc --of k --kind slopes").err, "between levels there is no slope");
}

TEST_F(EffectsProgram, ColumnsInLogarithmsStayWhereTheseAre) {
  // Half a standard deviation below the mean is below zero, and so is a thousandth of one below the least value.
  std::string text = "y,d\n";
  double mean = 0;
  double greatest = 0;
  for (int i = 0; i < 60; ++i) {
    const double d = std::exp(3 * std::sin(7.0 * i));
    mean += 1 / d / 60;
    greatest = std::max(greatest, d);
    text += std::to_string(2 * std::log(d) + 0.1 * std::cos(5.0 * i)) + "," + std::to_string(d) + "\n";
  }
  w_.write("d.csv", text);
  ASSERT_EQ(
      w_.run("fit --data d.csv --formula 'y ~ log(d)' --out d.nc --seed 2 --chains 1 --warmup 100 --draws 100 --quiet")
          .status,
      0);
  const ProgramResult slopes = w_.run("effects d.nc --of d --kind slopes --json");
  ASSERT_EQ(slopes.status, 0) << slopes.err;
  const double slope = nlohmann::json::parse(slopes.out).at("effects").at(0).at("mean").get<double>();
  EXPECT_NEAR(slope, 2 * mean, 0.05 * mean);
  const ProgramResult compared = w_.run("effects d.nc --of d --kind comparisons --json");
  ASSERT_EQ(compared.status, 0) << compared.err;
  const nlohmann::json row = nlohmann::json::parse(compared.out).at("effects").at(0);
  EXPECT_GT(row.at("from").get<double>(), 0);
  EXPECT_LE(row.at("to").get<double>(), greatest);
}

TEST_F(EffectsProgram, RefusesInWords) {
  refuses("--of ag", "no column 'ag' in the fit's own rows; the nearest names are 'age', 'g'", 1);
  refuses("--data t.csv", "--of", 2);
  refuses("--data t.csv --of age --kind slope", "'slope' is not one of predictions, comparisons, slopes", 2);
  refuses("--data t.csv --of aeg", "no column 'aeg' in 't.csv'; the nearest names are 'age', 'g'", 1);
  refuses("--data t.csv --of urban --kind slopes", "'urban' is a factor", 1);
  refuses("--data t.csv --of urban --values X", "--values: 'X' is no level of 'urban', which has 'N', 'Y'", 1);
  refuses("--data t.csv --of urban --by age", "--by takes a factor", 1);
  w_.write("n.csv", "age,urban,g\n20,N,g1\n30,Y,g9\n");
  refuses("--data n.csv --of age --kind slopes --groups known", "g9", 1);
  const ProgramResult fresh = w_.run("effects f.nc --data n.csv --of age --kind slopes --groups new");
  EXPECT_EQ(fresh.status, 0) << fresh.err;
}

}  // namespace
}  // namespace bdglm::test
