// bdglm report as a user meets it: its data are those of the other verbs, its page needs nothing, what it refuses.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

double total(const nlohmann::json& numbers) {
  double sum = 0;
  for (const nlohmann::json& number : numbers) sum += number.get<double>();
  return sum;
}

class ReportProgram : public testing::Test {
 protected:
  void SetUp() override {
    w_.write("t.csv", table(0, 120));
    w_.write("new.csv", table(120, 160));
    fit("f.nc", "y ~ age + size + urban + (1 | g)", "bernoulli");
  }
  static std::string table(int from, int to) {
    std::string text = "y,n,age,size,urban,g\n";
    for (int i = from; i < to; ++i) {
      const double age = 20 + 10 * std::sin(1.7 * i);
      text += std::to_string((i * 7) % 5 < age / 8 ? 1 : 0) + "," + std::to_string(i % 4) + "," + std::to_string(age) +
              "," + std::to_string(std::cos(0.7 * i)) + "," + (i % 3 == 0 ? "N" : "Y") + ",g" + std::to_string(i % 6) +
              "\n";
    }
    return text;
  }
  void fit(const std::string& out, const std::string& formula, const std::string& family) const {
    const ProgramResult r = w_.run("fit --data t.csv --formula '" + formula + "' --family " + family + " --out " + out +
                                   " --seed 2 --chains 2 --warmup 200 --draws 200 --thin 1 --quiet --overwrite");
    ASSERT_EQ(r.status, 0) << r.err;
  }
  nlohmann::json json(const std::string& arguments) const {
    const ProgramResult r = w_.run(arguments);
    EXPECT_EQ(r.status, 0) << arguments << r.err;
    return nlohmann::json::parse(r.out);
  }
  void refuses(const std::string& arguments, const std::string& part, int status) const {
    const ProgramResult r = w_.run("report " + arguments);
    EXPECT_EQ(r.status, status) << arguments << r.out;
    EXPECT_HAS(r.err, part);
  }

  Workspace w_;
};

TEST_F(ReportProgram, SaysWhatTheOtherVerbsSay) {
  const nlohmann::json report = json("report f.nc --json --out -");
  const nlohmann::json summary = json("summary f.nc --json").at("parameters");
  ASSERT_EQ(report.at("parameters").size(), summary.size());
  for (std::size_t k = 0; k < summary.size(); ++k)
    for (const char* part : {"name", "mean", "sd", "rhat", "ess_bulk"})
      EXPECT_EQ(report.at("parameters").at(k).at(part), summary.at(k).at(part));
  EXPECT_EQ(report.at("checks").at("statistics"), json("check f.nc --json").at("checks"));
  EXPECT_EQ(report.at("loo").at("elpd_loo").at("value"), json("loo f.nc --json").at("elpd_loo"));
  const nlohmann::json scores = json("evaluate f.nc --data t.csv --json");
  for (const char* part : {"log_score", "log_score_plugin", "accuracy", "ece"})
    EXPECT_EQ(report.at("scores").at(part), scores.at(part));
  EXPECT_FALSE(report.at("scores").at("held_out").get<bool>());
  // Curves are the predictions of bdglm effects.
  const nlohmann::json along = json("effects f.nc --of age --points 60 --json").at("effects");
  const nlohmann::json& curve = report.at("curves").at(0);
  EXPECT_EQ(curve.at("of"), "age");
  EXPECT_EQ(curve.at("response"), "P(y = 1)");
  ASSERT_EQ(curve.at("x").size(), along.size());
  for (std::size_t k = 0; k < along.size(); ++k) {
    EXPECT_DOUBLE_EQ(curve.at("mean").at(k), along.at(k).at("mean"));
    EXPECT_DOUBLE_EQ(curve.at("plugin").at(k), along.at(k).at("plugin"));
    EXPECT_DOUBLE_EQ(curve.at("high").at(k), along.at(k).at("high"));
  }
  EXPECT_EQ(curve.at("draws").size(), 30U);
}

TEST_F(ReportProgram, CountsEveryRowAndEveryDraw) {
  const nlohmann::json report = json("report f.nc --json --out -");
  const nlohmann::json& bars = report.at("checks").at("bars");
  EXPECT_EQ(bars.at("labels"), nlohmann::json({"0", "1"}));
  EXPECT_EQ(bars.at("observed").at(0).get<double>() + bars.at("observed").at(1).get<double>(), 120);
  EXPECT_NEAR(bars.at("mean").at(0).get<double>() + bars.at("mean").at(1).get<double>(), 120, 1e-9);
  double rows = 0;
  for (const nlohmann::json& bin : report.at("calibration").at(0).at("bins")) rows += bin.at("rows").get<double>();
  EXPECT_EQ(rows, 120);
  for (const nlohmann::json& chains : report.at("chains")) {
    ASSERT_EQ(chains.at("traces").size(), 2U);
    EXPECT_EQ(chains.at("traces").at(0).size(), 200U);
    for (const nlohmann::json& ranks : chains.at("ranks")) EXPECT_EQ(total(ranks), 200);
  }
  EXPECT_EQ(report.at("effects").at(0).at("levels").size(), 6U);
  for (const nlohmann::json& density : report.at("densities")) {
    double mass = 0;
    for (std::size_t k = 1; k < density.at("x").size(); ++k)
      mass += 0.5 * (density.at("posterior").at(k).get<double>() + density.at("posterior").at(k - 1).get<double>()) *
              (density.at("x").at(k).get<double>() - density.at("x").at(k - 1).get<double>());
    EXPECT_NEAR(mass, 0.99, 0.02) << density.at("name");
  }
  // The prior of b_age is normal(0, s).
  const nlohmann::json& age = report.at("densities").at(1);
  EXPECT_EQ(age.at("name"), "b_age");
  const std::string prior = report.at("parameters").at(1).at("prior");
  const double sd = std::stod(prior.substr(prior.find(',') + 1));
  const double x = age.at("x").at(0);
  EXPECT_NEAR(age.at("prior").at(0), std::exp(-0.5 * x * x / (sd * sd)) / (2.5066282746310002 * sd), 1e-4 / sd);
  EXPECT_EQ(report.at("parameters").at(0).at("prior").get<std::string>().find("normal"), 0U);
  // Two numbers among the predictors, of two classes.
  EXPECT_EQ(report.at("boundary").at("mean").size(), report.at("boundary").at("y").at("values").size());
  EXPECT_TRUE(report.at("left_out").empty()) << report.at("left_out");
}

TEST_F(ReportProgram, HasTheMembersThatTheDocsName) {
  const std::string docs = slurp(BDGLM_SOURCE_DIR "/docs/report.md");
  const nlohmann::json report = json("report f.nc --json --out -");
  for (const auto& member : report.items()) {
    EXPECT_NE(docs.find("`" + member.key() + "`"), std::string::npos) << member.key();
    const nlohmann::json& of =
        member.value().is_array() && !member.value().empty() ? member.value()[0] : member.value();
    if (!of.is_object() || member.key() == "parameters" || member.key() == "scores") continue;
    for (const auto& part : of.items())
      if (part.key() != "name" && part.key() != "kind") {
        EXPECT_NE(docs.find("`" + part.key() + "`"), std::string::npos) << member.key() << ": " << part.key();
      }
  }
}

TEST_F(ReportProgram, ScoresHeldOutRows) {
  const nlohmann::json report = json("report f.nc --data new.csv --json --out -");
  const nlohmann::json scores = json("evaluate f.nc --data new.csv --json");
  EXPECT_TRUE(report.at("scores").at("held_out").get<bool>());
  EXPECT_EQ(report.at("scores").at("rows"), 40);
  EXPECT_EQ(report.at("scores").at("log_score"), scores.at("log_score"));
  EXPECT_FALSE(report.contains("loo"));
  EXPECT_FALSE(scores.contains("training_rows_given"));
  // The rows of the fit are not held out, whoever calls them so.
  const nlohmann::json same = json("report f.nc --data t.csv --json --out -");
  EXPECT_FALSE(same.at("scores").at("held_out").get<bool>());
  EXPECT_TRUE(same.at("scores").at("training_rows_given").get<bool>());
  EXPECT_TRUE(same.contains("loo"));
  ASSERT_EQ(w_.run("report f.nc --data t.csv --out page.html").status, 0);
  EXPECT_HAS(slurp(w_.path("page.html")), "The table that was given holds just these rows, value for value.");
  EXPECT_HAS(slurp(w_.path("page.html")), "they are not held out");
  // A page is replaced, another fit is not.
  const std::string page = slurp(w_.path("page.html"));
  EXPECT_EQ(w_.run("report f.nc --out page.html").status, 0);
  EXPECT_NE(slurp(w_.path("page.html")), page);
  std::filesystem::copy_file(w_.path("f.nc"), w_.path("copy.nc"));
  refuses("f.nc --out copy.nc", "'copy.nc' is there already and", 1);
  const std::string table = slurp(w_.path("t.csv"));
  refuses("f.nc --out t.csv", "'t.csv' is there already and no report", 1);
  EXPECT_EQ(slurp(w_.path("t.csv")), table);
  // A fit named after the table.
  EXPECT_EQ(json("report --json --out - --data new.csv f.nc"), report);
}

TEST_F(ReportProgram, IsTheSameWhateverTheThreads) {
  const ProgramResult one = w_.run("report f.nc --threads 1 --out -");
  const ProgramResult two = w_.run("report f.nc --threads 2 --out -");
  EXPECT_EQ(one.status, 0) << one.err;
  EXPECT_EQ(one.out, two.out);
  EXPECT_EQ(one.out.rfind("<!DOCTYPE html>", 0), 0U);
  for (const char* address : {"http:", "https:", "src=", "@import"})
    EXPECT_EQ(one.out.find(address), std::string::npos) << address;
  EXPECT_HAS(one.out, "y ~ age + size + urban + (1 | g)");
}

TEST_F(ReportProgram, HasOtherFamiliesAndSaysWhatItCannotShow) {
  fit("counts.nc", "n ~ log(age) + size", "poisson");
  const nlohmann::json counts = json("report counts.nc --json --out -");
  EXPECT_EQ(counts.at("checks").at("bars").at("kind"), "counts");
  EXPECT_NEAR(total(counts.at("pit").at("shares")), 1, 1e-9);
  EXPECT_TRUE(counts.at("left_out").empty());
  ASSERT_EQ(counts.at("curves").size(), 2U);
  EXPECT_EQ(counts.at("curves").at(1).at("of"), "age");
  EXPECT_NEAR(counts.at("curves").at(1).at("x").at(0).get<double>(), 10, 0.1);
  fit("levels.nc", "factor(n) ~ age", "categorical");
  const nlohmann::json levels = json("report levels.nc --json --out -");
  EXPECT_EQ(levels.at("calibration").size(), 4U);
  EXPECT_EQ(levels.at("curves").size(), 4U);
  fit("normal.nc", "size ~ deep(age, layers = c(4))", "gaussian");
  const nlohmann::json normal = json("report normal.nc --json --out -");
  EXPECT_EQ(normal.at("checks").at("bars").at("kind"), "numbers");
  EXPECT_TRUE(normal.at("curves").at(0).at("network").get<bool>());
  EXPECT_EQ(normal.at("relevance").at(0).at("name"), "age");
  fit("inputs.nc", "size ~ deep(factor(n), log(age), layers = c(2))", "gaussian");
  const nlohmann::json inputs = json("report inputs.nc --json --out -").at("curves");
  ASSERT_EQ(inputs.size(), 2U);
  for (const nlohmann::json& curve : inputs) EXPECT_TRUE(curve.at("network").get<bool>());
  for (const char* file : {"counts.nc", "levels.nc", "normal.nc"})
    EXPECT_EQ(w_.run(std::string("report --out page.html ") + file).status, 0) << file;
}

TEST_F(ReportProgram, DrawsPriorsBesidePosteriors) {
  const auto priors = [&](const std::string& file) {
    std::set<std::string> names;
    const nlohmann::json report = json("report " + file + " --json --out -");
    for (const nlohmann::json& density : report.at("densities"))
      if (density.contains("prior")) names.insert(density.at("name").get<std::string>());
    return names;
  };
  fit("slopes.nc", "size ~ age + (1 + age | g)", "gaussian");
  const std::set<std::string> slopes = priors("slopes.nc");
  for (const char* name : {"b_age", "sigma", "sd_g__Intercept", "sd_g__age", "cor_g__Intercept__age"})
    EXPECT_EQ(slopes.count(name), 1U) << name;
  EXPECT_EQ(slopes.count("b_Intercept"), 0U);
  fit("alone.nc", "factor(n) ~ 1", "categorical");
  for (const char* name : {"b_1_Intercept", "b_2_Intercept"}) EXPECT_EQ(priors("alone.nc").count(name), 1U) << name;
  fit("age.nc", "factor(n) ~ age", "categorical");
  std::string told;
  const nlohmann::json with_age = json("report age.nc --json --out -");
  for (const nlohmann::json& p : with_age.at("parameters"))
    if (p.at("name") == "b_1_Intercept") told = p.at("prior").get<std::string>();
  EXPECT_HAS(told, ", at the predictors' means");
}

/// Rows that stand for many show what as many rows show, in any order.
TEST_F(ReportProgram, CountsObservationsAndTiesAsOne) {
  std::string few = "y,x,w\n0,0,90\n1,0,10\n0,1,10\n1,1,90\n";
  std::string many = "y,x\n";
  std::string mixed = "y,x\n";
  for (int x = 0; x < 2; ++x)
    for (int y = 0; y < 2; ++y)
      for (int k = 0; k < (x == y ? 90 : 10); ++k) many += std::to_string(y) + "," + std::to_string(x) + "\n";
  for (int k = 0; k < 90; ++k)
    for (int x = 0; x < 2; ++x)
      for (int y = 0; y < 2; ++y)
        if (k < (x == y ? 90 : 10)) mixed += std::to_string(y) + "," + std::to_string(x) + "\n";
  w_.write("few.csv", few);
  w_.write("many.csv", many);
  w_.write("mixed.csv", mixed);
  std::vector<nlohmann::json> reports;
  for (const std::string name : {"few", "many", "mixed"}) {
    const std::string weights = name == "few" ? "y | weights(w) ~ x" : "y ~ x";
    const ProgramResult r = w_.run("fit --data " + name + ".csv --formula '" + weights + "' --family bernoulli --out " +
                                   name + ".nc --seed 2 --chains 2 --warmup 300 --draws 500 --quiet");
    ASSERT_EQ(r.status, 0) << r.err;
    reports.push_back(json("report " + name + ".nc --json --out -"));
  }
  for (const nlohmann::json& report : reports) {
    const nlohmann::json& bins = report.at("calibration").at(0).at("bins");
    ASSERT_EQ(bins.size(), 2U);
    for (const int b : {0, 1}) {
      EXPECT_EQ(bins.at(b).at("rows"), 100);
      EXPECT_NEAR(bins.at(b).at("observed").get<double>(), b == 0 ? 0.1 : 0.9, 1e-12);
      EXPECT_NEAR(bins.at(b).at("probability").get<double>(), b == 0 ? 0.1 : 0.9, 0.03);
      EXPECT_NEAR(bins.at(b).at("high").get<double>() - bins.at(b).at("probability").get<double>(), 0.059, 0.01);
    }
    const nlohmann::json& bars = report.at("checks").at("bars");
    EXPECT_EQ(bars.at("observed"), nlohmann::json({100.0, 100.0}));
    // The sd of new data sets' ones is near sqrt(2 x 2 x 100 x .09) = 6, with that of the probabilities.
    EXPECT_NEAR(bars.at("high").at(1).get<double>() - bars.at("low").at(1).get<double>(), 4 * 6, 6);
  }
}

TEST_F(ReportProgram, HasTrialsScalesAndImpossibleRows) {
  std::string text = "s,t,x,z,f\n";
  for (int i = 0; i < 90; ++i)
    text += std::to_string(i % 3) + "," + std::to_string(3 + i % 4) + "," + std::to_string(std::sin(0.9 * i)) + "," +
            std::to_string(std::cos(1.3 * i) + (i % 2 == 0 ? 1.5 : -1.5)) + "," + (i % 3 == 0 ? "a" : "b") + "\n";
  w_.write("t.csv", text);
  fit("trials.nc", "s | trials(t) ~ x", "binomial");
  EXPECT_EQ(json("report trials.nc --json --out -").at("curves").at(0).at("of"), "x");
  fit("inverse.nc", "x ~ z + I(1 / z)", "gaussian");
  EXPECT_EQ(w_.run("report inverse.nc --out a.html").status, 0);
  const ProgramResult r = w_.run(
      "fit --data t.csv --formula 'x ~ z' --sigma f --out sigma.nc --seed 2 --chains 2 "
      "--warmup 100 --draws 100 --quiet");
  ASSERT_EQ(r.status, 0) << r.err;
  EXPECT_EQ(json("report sigma.nc --json --out -").at("curves").at(0).at("of"), "z");
}

TEST_F(ReportProgram, RefusesWhatCannotBe) {
  refuses("f.nc --out f.nc", "is the fit itself", 1);
  refuses("f.nc --data new.csv --out new.csv", "is among the data that are read", 1);
  refuses("f.nc", "bdglm report fit.nc --out report.html", 2);
  refuses("none.nc --out a.html", "none.nc", 1);
  refuses("f.nc --out no/such/folder/a.html", "no/such/folder", 1);
  w_.write("other.csv", "y,age,g\n1,2,g1\n");
  refuses("f.nc --data other.csv --out a.html", "size", 1);
  EXPECT_FALSE(std::filesystem::exists(w_.path("a.html")));
}

}  // namespace
}  // namespace bdglm::test
