// What the summary tells of the data, of convergence, and of fits that have no draws yet.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

#define EXPECT_LACKS(text, part) EXPECT_EQ((text).find(part), std::string::npos) << (text)

/// 120 rows of a response (two labels), numbers x and z, a group of six; z is missing in every tenth row.
std::string table() {
  std::string text = "y,x,z,g,w\n";
  for (int i = 0; i < 120; ++i)
    text += std::string((i * 7 % 5 < 2) != (i % 6 < 2) ? "no" : "yes") + "," + std::to_string(i % 9) + "," +
            (i % 10 == 0 ? "NA" : std::to_string(i * i % 13)) + ",g" + std::to_string(i % 6) + "," +
            std::to_string(i % 4) + "\n";
  return text;
}

class Summary : public testing::Test {
 protected:
  Summary() { w.write("t.csv", table()); }
  ProgramResult fit(const std::string& formula, const std::string& options = "--warmup 50 --draws 50") const {
    ProgramResult r = w.run("fit --data t.csv --formula '" + formula + "' --overwrite --out a.nc --seed 3 " + options);
    EXPECT_EQ(r.status, 0) << r.err;
    return r;
  }
  nlohmann::json json(const std::string& options = "") const {
    return nlohmann::json::parse(w.run("summary a.nc --json" + options).out);
  }

  Workspace w;
};

TEST_F(Summary, TellsHowTheDataWereUnderstood) {
  const ProgramResult r = fit("y ~ x + z + (1 | g)", "--warmup 50 --draws 50 --json --quiet");
  const auto from_fit = nlohmann::json::parse(r.out);
  for (const auto& j : {from_fit, json()}) {
    EXPECT_EQ(j.at("rows"), 108);
    EXPECT_EQ(j.at("table_rows"), 120);
    EXPECT_EQ(j.at("rows_dropped"), 12);
    EXPECT_EQ(j.at("groups").at("g"), 6);
    EXPECT_EQ(j.at("link"), "logit");
    EXPECT_EQ(j.at("response"), "P(y = yes); y: no = 0, yes = 1");
    EXPECT_TRUE(j.at("columns").is_object());
    EXPECT_FALSE(j.at("notes").empty());
  }
  const std::string text = w.run("summary a.nc").out;
  EXPECT_HAS(text, "family bernoulli (logit), P(y = yes); y: no = 0, yes = 1\n");
  EXPECT_HAS(text, "108 of 120 rows used, 12 dropped for missing values; g: 6 levels\n");
  EXPECT_LACKS(text, "r_g[");
  EXPECT_HAS(w.run("summary a.nc --all").out, "r_g[g0,Intercept]");
}

TEST_F(Summary, TellsZeroWeightsAndOtherResponses) {
  fit("x | weights(w) ~ z");
  std::string text = w.run("summary a.nc").out;
  EXPECT_HAS(text, "family gaussian (identity)\n");
  EXPECT_HAS(text, "dropped for missing values or zero weight\n");
  EXPECT_HAS(text, "note: ");
  w.write("t.csv", "y,n,x\n1,2,1\n0,3,2\n2,2,3\n1,4,5\n");
  fit("y | trials(n) ~ x");
  EXPECT_HAS(w.run("summary a.nc").out, "family binomial (logit), P(success), y successes out of n\n4 rows\n");
  w.write("t.csv", "y,x\n1,2\n0,3\n1,2\n1,4\n");
  fit("y ~ x");
  EXPECT_HAS(w.run("summary a.nc").out, "family bernoulli (logit), P(y = 1)\n4 rows\n");
}

TEST_F(Summary, JudgesPredictionsAndNotTheNetworksScales) {
  const ProgramResult r = fit("y ~ deep(x, layers = c(3)) + z", "--warmup 20 --draws 20 --chains 4");
  EXPECT_HAS(r.out, "\nnetwork of layers c(3), activation mixed\n");
  EXPECT_HAS(r.out, "shares its meaning with the network");
  const auto parameters = json().at("parameters");
  for (const auto& p : parameters) {
    const auto name = p.at("name").get<std::string>();
    const bool judged = name == "b_z" || name.rfind("prediction", 0) == 0;
    EXPECT_EQ(p.at("judged"), judged) << name;
  }
  EXPECT_HAS(r.err, "effective draws");
  for (const char* name : {"weight_scale", "input_relevance", "b_Intercept"}) EXPECT_LACKS(r.err, name);
  EXPECT_HAS(r.err, "--draws ");
}

TEST_F(Summary, FewDrawsAndOneChainSayThatDiagnosticsCannotBeHad) {
  ProgramResult r = fit("y ~ x", "--warmup 20 --draws 2 --chains 4 --quiet");
  EXPECT_HAS(r.err, "2 draws a chain: too few for R-hat and effective draws");
  const auto parameters = json().at("parameters");
  for (const auto& p : parameters)
    for (const char* key : {"rhat", "ess_bulk", "ess_tail", "mcse"}) EXPECT_TRUE(p.at(key).is_null()) << key;
  r = fit("y ~ x", "--warmup 100 --draws 400 --chains 1 --quiet");
  EXPECT_HAS(r.err, "one chain: R-hat between chains cannot be had");
  EXPECT_HAS(r.err, "--chains 4");
  r = fit("y ~ x", "--warmup 200 --draws 400 --chains 4 --quiet");
  EXPECT_EQ(r.err, "");
}

TEST_F(Summary, ProgressIsToldByPhase) {
  const ProgramResult r = fit("y ~ x");
  EXPECT_HAS(r.err, "warm-up: sweep ");
  EXPECT_HAS(r.err, "sampling: sweep 100 of 100");
  EXPECT_EQ(fit("y ~ x", "--warmup 200 --draws 400 --quiet").err, "");
}

TEST_F(Summary, AFitWithoutDrawsSaysWhereItStands) {
  const pid_t child = fork();
  if (child == 0) {
    const std::string command = std::string("cd '") + w.path("") + "' && exec '" + BDGLM_PROGRAM +
                                "' fit --data t.csv --formula 'y ~ x + (1 | g)' --out a.nc --warmup 100000000 "
                                "--chains 2 --quiet >/dev/null 2>&1";
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int k = 0; k < 2000 && !std::filesystem::exists(w.path("a.nc")); ++k)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  kill(child, SIGTERM);
  int raw = 0;
  waitpid(child, &raw, 0);
  const ProgramResult r = w.run("summary a.nc");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_HAS(r.out, "family bernoulli (logit)");
  EXPECT_HAS(r.out, "no draws yet: stopped ");
  EXPECT_HAS(r.out, "2 chains before the first draw on cpu, ");
  EXPECT_HAS(r.out, "continue with: bdglm resume a.nc");
  EXPECT_EQ(r.err, "");
  const auto j = json();
  EXPECT_TRUE(j.at("parameters").empty());
  EXPECT_EQ(j.at("complete"), false);
  EXPECT_TRUE(j.at("progress").contains("sweeps"));
}

}  // namespace
}  // namespace bdglm::test
