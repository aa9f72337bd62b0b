// What a fit file says to others: names that do not clash, sums that belong to the draws beside them, rows that align.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <cmath>
#include <thread>

#include "fitfile/fit_file.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class Saved : public testing::Test {
 protected:
  /// y, x and a column of 5 levels of the given name.
  void table(const std::string& group) const {
    std::string csv = "y,x," + group + "\n";
    for (int i = 0; i < 40; ++i)
      csv += std::to_string(i * 7 % 3 % 2) + "," + std::to_string(i % 7) + ",level" + std::to_string(i % 5) + "\n";
    w_.write("t.csv", csv);
  }

  Workspace w_;
};

TEST_F(Saved, GroupsMayHaveTheNamesOfTheFilesOwnParts) {
  for (const std::string name :
       {"draw", "chain", "obs", "b", "b_x", "b_Intercept", "coefficient", "sigma", "prediction_row", "prediction",
        "input", "layer", "weight_layer", "weight_scale", "input_relevance", "theta_element", "lp", "r_x"}) {
    table(name);
    for (const std::string& formula :
         {"y ~ x + (1 | " + name + ")", "y ~ deep(x, layers = c(3)) + (1 + x | " + name + ")"}) {
      const ProgramResult fit = w_.run("fit --data t.csv --formula '" + formula +
                                       "' --family gaussian --chains 2 --warmup 10 --draws 7 --quiet --overwrite "
                                       "--out a.nc --save log_likelihood");
      ASSERT_EQ(fit.status, 0) << formula << ": " << fit.err;
      const ProgramResult summary = w_.run("summary a.nc --all");
      EXPECT_EQ(summary.status, 0) << formula << ": " << summary.err;
      EXPECT_HAS(summary.out, "r_" + name + "[level4,Intercept]");
      const FitReader file(w_.path("a.nc"));
      EXPECT_EQ(file.dimensions("posterior", "r_" + name)[0].labels.size(), 5U) << formula;
      const ProgramResult predict = w_.run("predict a.nc --data t.csv --out -");
      EXPECT_EQ(predict.status, 0) << formula << ": " << predict.err;
    }
  }
}

/// Starts a fit that goes on until it is killed, and waits until it has saved draws.
pid_t start(const Workspace& w, const std::string& arguments, const std::string& path) {
  const pid_t child = fork();
  if (child == 0) {
    const std::string command =
        std::string("cd '") + w.path("") + "' && exec '" + BDGLM_PROGRAM + "' " + arguments + " >/dev/null 2>&1";
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int k = 0; k < 600; ++k) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (std::filesystem::exists(path) && FitReader(path).draws() > 0) break;
  }
  return child;
}

TEST_F(Saved, MomentsBelongToTheDrawsBesideThemAfterAKill) {
  table("g");
  const pid_t child = start(w_,
                            "fit --data t.csv --formula 'y ~ x + (1 | g)' --chains 2 --warmup 10 --draws 100000000 "
                            "--save-effects moments --quiet --out a.nc",
                            w_.path("a.nc"));
  const ProgramResult during = w_.run("predict a.nc --data t.csv --out during.csv");
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const ProgramResult after = w_.run("predict a.nc --data t.csv --out after.csv");
  EXPECT_EQ(during.status, 0) << during.err;
  EXPECT_EQ(after.status, 0) << after.err;
  for (const char* name : {"during.csv", "after.csv"}) {
    std::istringstream lines(slurp(w_.path(name)));
    std::string line;
    std::getline(lines, line);
    int rows = 0;
    while (std::getline(lines, line)) {
      ++rows;
      const double mean = std::stod(line);
      EXPECT_TRUE(mean > 0 && mean < 1) << name << ": " << line;
    }
    EXPECT_EQ(rows, 40) << name;
  }
  const FitReader file(w_.path("a.nc"));
  EXPECT_GT(file.draws(), 0U);
  const RowMatrix mean = file.data("effect_moments", "r_g_mean");
  ASSERT_EQ(mean.rows(), 5);
  EXPECT_LT(mean.cwiseAbs().maxCoeff(), 10);
}

TEST_F(Saved, OddLabelsAreWritten) {
  std::string csv = "y,f,g\n";
  for (int i = 0; i < 30; ++i)
    csv += std::to_string(i * 7 % 3 % 2) +
           (i % 3 == 0   ? ",\"a\nb\""
            : i % 3 == 1 ? ",\"a\tb\""
                         : "," + std::string(400, 'q')) +
           ",\"l\n" + std::to_string(i % 4) + "\"\n";
  w_.write("odd.csv", csv);
  const ProgramResult fit =
      w_.run("fit --data odd.csv --formula 'y ~ f + (1 | g)' --chains 1 --warmup 10 --draws 8 --quiet --out a.nc");
  ASSERT_EQ(fit.status, 0) << fit.err;
  const ProgramResult summary = w_.run("summary a.nc --all");
  EXPECT_HAS(summary.out, "r_g[l\\n0,Intercept]");
  EXPECT_HAS(summary.out, "b_fa_b~");
  EXPECT_EQ(w_.run("predict a.nc --data odd.csv --out -").status, 0);
}

TEST_F(Saved, EffectsThatWereNotKeptAreSaid) {
  table("g");
  const std::string fit = "fit --data t.csv --formula 'y ~ x + (1 | g)' --chains 1 --warmup 10 --draws 8 --quiet ";
  ASSERT_EQ(w_.run(fit + "--save-effects moments --out a.nc").status, 0);
  EXPECT_HAS(w_.run("summary a.nc").out, "means and covariances of random effects are kept");
  ASSERT_EQ(w_.run(fit + "--save-effects every=4 --out b.nc").status, 0);
  EXPECT_HAS(w_.run("summary b.nc").out, "of random effects one draw in 4 is kept");
}

TEST_F(Saved, WhatCannotBePrintedIsAFailure) {
  table("g");
  ASSERT_EQ(w_.run("fit --data t.csv --formula 'y ~ x' --chains 1 --warmup 10 --draws 8 --quiet --out a.nc").status, 0);
  for (const std::string words : {"summary a.nc", "summary a.nc --json", "evaluate a.nc --data t.csv", "--help"}) {
    const std::string command =
        std::string("cd '") + w_.path("") + "' && '" + BDGLM_PROGRAM + "' " + words + " >/dev/full 2>/dev/null";
    const int raw = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(raw), 1) << words;
  }
}

/// Signals close together, as from an impatient hand or from timeout(1), stop a run once.
TEST_F(Saved, SignalsCloseTogetherSave) {
  table("g");
  const pid_t child = start(w_,
                            "fit --data t.csv --formula 'y ~ x + (1 | g)' --chains 2 --warmup 10 --draws 100000000 "
                            "--quiet --out a.nc",
                            w_.path("a.nc"));
  const std::size_t before = FitReader(w_.path("a.nc")).draws();
  // Rounds of a quarter of a second are drawn meanwhile, of which a stop gives up the last, at most.
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  kill(child, SIGINT);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  kill(child, SIGINT);
  kill(child, SIGTERM);
  int raw = 0;
  waitpid(child, &raw, 0);
  EXPECT_TRUE(WIFEXITED(raw));
  EXPECT_EQ(WEXITSTATUS(raw), 130);
  EXPECT_GT(FitReader(w_.path("a.nc")).draws(), before);
}

TEST_F(Saved, AHangUpSaves) {
  table("g");
  const pid_t child =
      start(w_, "fit --data t.csv --formula 'y ~ x' --chains 2 --warmup 10 --draws 100000000 --quiet --out a.nc",
            w_.path("a.nc"));
  kill(child, SIGHUP);
  int raw = 0;
  waitpid(child, &raw, 0);
  EXPECT_TRUE(WIFEXITED(raw));
  EXPECT_EQ(WEXITSTATUS(raw), 130);
}

/// OpenBLAS waits for ever for memory that it cannot have.
TEST_F(Saved, LimitedMemoryIsAnErrorNotAWait) {
  table("g");
  for (const int limit : {220000, 300000, 500000}) {
    const std::string command = std::string("cd '") + w_.path("") + "' && ulimit -v " + std::to_string(limit) +
                                " && timeout -s KILL 30 '" + BDGLM_PROGRAM +
                                "' fit --data t.csv --formula 'y ~ deep(x, layers = c(150, 150)) + (1 | g)' --warmup 2 "
                                "--draws 4 --chains 2 --threads 2 --quiet --overwrite --out a.nc >/dev/null 2>&1";
    const int raw = std::system(command.c_str());
    const int status = WEXITSTATUS(raw);
    EXPECT_TRUE(status == 0 || status == 1) << limit << ": " << status;
  }
}

TEST_F(Saved, WeightsCountInTheSavedLogLikelihood) {
  w_.write("w.csv", "s,n,x,v\n7,8,0.3,3\n1,5,-1,3\n5,8,0.1,0.5\n2,4,1,1\n3,3,0.2,0\n");
  ASSERT_EQ(w_.run("fit --data w.csv --formula 's | trials(n) + weights(v) ~ x' --chains 1 --warmup 20 --draws 5 "
                   "--seed 1 --quiet --save log_likelihood --out a.nc")
                .status,
            0);
  const FitReader file(w_.path("a.nc"));
  const RowMatrix saved = file.read("log_likelihood", "y");
  const RowMatrix a = file.read("posterior", "b_Intercept");
  const RowMatrix b = file.read("posterior", "b_x");
  const double s[] = {7, 1, 5, 2}, n[] = {8, 5, 8, 4}, x[] = {0.3, -1, 0.1, 1}, v[] = {3, 3, 0.5, 1};
  ASSERT_EQ(saved.cols(), 4) << "a row of weight zero says nothing";
  EXPECT_EQ(file.data("observed_data", "y").rows(), 4) << "and stands in no group";
  for (Eigen::Index d = 0; d < 5; ++d)
    for (Eigen::Index i = 0; i < 4; ++i) {
      const double p = 1 / (1 + std::exp(-a(d, 0) - b(d, 0) * x[i]));
      const double each = std::lgamma(n[i] + 1) - std::lgamma(s[i] + 1) - std::lgamma(n[i] - s[i] + 1) +
                          s[i] * std::log(p) + (n[i] - s[i]) * std::log1p(-p);
      EXPECT_NEAR(saved(d, i), v[i] * each, 1e-5);
    }
}

}  // namespace
}  // namespace bdglm::test
