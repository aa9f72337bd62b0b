// Runs as a user steers them: existing files, warm starts that are stopped, longer runs, other seeds.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <thread>

#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "run/chain_threads.hpp"
#include "run/run.hpp"
#include "support/problem.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

const std::string kContraception = "--data " + std::string(BDGLM_SOURCE_DIR) +
                                   "/data/contraception.csv.gz --formula 'use ~ age + urban + (1 | district)'";
/// A network whose warm start takes seconds.
const std::string kDeep =
    "--data " + std::string(BDGLM_SOURCE_DIR) +
    "/data/contraception.csv.gz --formula 'use ~ deep(age, livch, layers = c(120, 120))' --seed 9 "
    "--chains 2 --warmup 4 --draws 4 --quiet ";

void expect_same_draws(const std::string& a, const std::string& b) {
  const FitReader first(a);
  const FitReader second(b);
  for (const char* group : {"posterior", "sample_stats"})
    for (const std::string& name : first.variables(group))
      EXPECT_TRUE(first.read(group, name) == second.read(group, name)) << name;
}

using std::chrono_literals::operator""ms;

/// Whether a folder has a file whose name contains `part`.
bool holds(const Workspace& w, const std::string& part) {
  const std::filesystem::directory_iterator files(w.path(""));
  return std::any_of(begin(files), end(files),
                     [&](const auto& file) { return file.path().filename().string().find(part) != std::string::npos; });
}

/// Starts the program in the background, with its messages in told.txt, and sends a signal a while after it is `ready`;
/// the exit status, or minus the signal.
int run_and_signal_when(const Workspace& w, const std::string& arguments, const std::function<bool()>& ready,
                        int number) {
  const pid_t child = fork();
  if (child == 0) {
    const std::string command =
        "cd '" + w.path("") + "' && exec '" + BDGLM_PROGRAM + "' " + arguments + " >/dev/null 2>told.txt";
    execl("/bin/sh", "sh", "-c", command.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  for (int k = 0; k < 2000 && !ready(); ++k) std::this_thread::sleep_for(5ms);
  std::this_thread::sleep_for(150ms);
  kill(child, number);
  int raw = 0;
  waitpid(child, &raw, 0);
  return WIFEXITED(raw) ? WEXITSTATUS(raw) : -WTERMSIG(raw);
}

/// Once a file whose name contains `file` is there.
int run_and_signal(const Workspace& w, const std::string& arguments, const std::string& file, int number) {
  return run_and_signal_when(
      w, arguments, [&] { return holds(w, file); }, number);
}

TEST(Runs, FitsWhoseNetworkIsBeingChosenSayThatNothingIsSaved) {
  const Workspace w;
  std::string rows = "y,x\n";
  for (int i = 0; i < 3000; ++i) rows += std::to_string(i % 7) + "," + std::to_string(i) + "\n";
  w.write("t.csv", rows);
  const auto chooses = [&] { return slurp(w.path("told.txt")).find("choosing a network") != std::string::npos; };
  EXPECT_EQ(
      run_and_signal_when(w, "fit --data t.csv --formula 'y ~ deep(x, layers = c(300))' --out a.nc", chooses, SIGTERM),
      -SIGTERM);
  EXPECT_HAS(slurp(w.path("told.txt")), "bdglm: interrupted; the fit had not begun, and nothing of it is saved\n");
  EXPECT_FALSE(holds(w, "a.nc"));
}

TEST(Runs, PredictionsThatAreInterruptedLeaveNothing) {
  const Workspace w;
  std::string rows = "y,x\n";
  for (int i = 0; i < 40; ++i) rows += std::to_string(i % 7) + "," + std::to_string(i % 11) + "\n";
  w.write("few.csv", rows);
  for (int i = 0; i < 300000; ++i) rows += "1," + std::to_string(i % 1000) + "\n";
  w.write("many.csv", rows);
  ASSERT_EQ(w.run("fit --data few.csv --formula 'y ~ x' --warmup 50 --draws 400 --thin 1 --quiet --out a.nc").status,
            0);
  w.write("p.csv", "before");
  const std::string predict = "predict a.nc --data many.csv --threads 1 --out ";
  for (const auto& [file, number] : {std::pair("p.csv", SIGINT), std::pair("p.nc", SIGTERM)}) {
    EXPECT_EQ(run_and_signal(w, predict + file, ".part", number), -number) << file;
    EXPECT_FALSE(holds(w, ".part")) << file;
    EXPECT_EQ(slurp(w.path("told.txt")), "bdglm: interrupted; what was written is removed\n");
  }
  EXPECT_EQ(slurp(w.path("p.csv")), "before");
  EXPECT_FALSE(holds(w, "p.nc"));
}

TEST(Runs, ExistingFitsAreNotReplacedUnasked) {
  const Workspace w;
  const std::string fit = "fit " + kContraception + " --seed 1 --warmup 20 --quiet --out a.nc --draws ";
  ASSERT_EQ(w.run(fit + "20").status, 0);
  const std::string before = slurp(w.path("a.nc"));
  const ProgramResult refused = w.run(fit + "30");
  EXPECT_EQ(refused.status, 1);
  EXPECT_HAS(refused.err, "--overwrite");
  EXPECT_HAS(refused.err, "bdglm resume");
  EXPECT_EQ(slurp(w.path("a.nc")), before);
  EXPECT_EQ(run_and_signal(w, "fit " + kDeep + "--out a.nc --overwrite", "a.nc.part", SIGKILL), -SIGKILL);
  EXPECT_EQ(slurp(w.path("a.nc")), before) << "the old file stays until the new one can be resumed";
  EXPECT_EQ(w.run(fit + "30 --overwrite").status, 0);
  EXPECT_EQ(FitReader(w.path("a.nc")).draws(), 30U);
  EXPECT_FALSE(std::filesystem::exists(w.path("a.nc.part")));
}

TEST(Runs, SayHowTheySample) {
  const Workspace w;
  const ProgramResult mixed = w.run("fit " + kContraception + " --seed 1 --warmup 5 --draws 5 --out a.nc --verbose");
  EXPECT_EQ(mixed.status, 0);
  EXPECT_NE(mixed.err.find("plan: likelihood: Gaussian given"), std::string::npos) << mixed.err;
  EXPECT_NE(mixed.err.find("plan: drawn together: 3 coefficients with district (60 groups x 1), eliminated group by "
                           "group"),
            std::string::npos)
      << mixed.err;
  EXPECT_NE(mixed.err.find("plan: a sweep: latents, coefficients and random effects, "), std::string::npos);
  const ProgramResult linear = w.run("fit --data " + std::string(BDGLM_SOURCE_DIR) +
                                     "/data/contraception.csv.gz --formula 'use ~ age' --seed 1 --warmup 5 --draws 5 "
                                     "--out b.nc --verbose");
  EXPECT_NE(linear.err.find("plan: a sweep: coefficients\n"), std::string::npos) << linear.err;
  for (const std::string options : {"", " --verbose --quiet"})
    EXPECT_EQ(w.run("fit " + kContraception + " --seed 1 --warmup 5 --draws 5 --overwrite --out c.nc" + options)
                  .err.find("plan:"),
              std::string::npos);
}

TEST(Runs, InputsAreNoOutputs) {
  const Workspace w;
  const std::string table = "y,x\n0,1\n1,2\n0,3\n1,1\n0,2\n";
  w.write("d.csv", table);
  const ProgramResult fit = w.run("fit --data d.csv --formula 'y ~ x' --out d.csv --overwrite --quiet --draws 20");
  EXPECT_EQ(fit.status, 1);
  EXPECT_HAS(fit.err, "no fit of bdglm");
  ASSERT_EQ(w.run("fit --data d.csv --formula 'y ~ x' --out f.nc --quiet --warmup 20 --draws 20").status, 0);
  const ProgramResult predicted = w.run("predict f.nc --data d.csv --out d.csv");
  EXPECT_EQ(predicted.status, 1);
  EXPECT_HAS(predicted.err, "is among the data that are read");
  EXPECT_EQ(slurp(w.path("d.csv")), table);
  w.write("commas.csv", "y;x\n0;1,5\n1;2,25\n0;3,0\n1;1,5\n");
  const ProgramResult commas = w.run("fit --data commas.csv --formula 'y ~ x' --out c.nc --quiet");
  EXPECT_EQ(commas.status, 1);
  EXPECT_HAS(commas.err, "decimal commas");
}

TEST(Runs, LinksAreFollowedAndDevicesRefused) {
  const Workspace w;
  const std::string fit = "fit " + kContraception + " --seed 1 --warmup 20 --draws 20 --quiet --out ";
  std::filesystem::create_symlink("real.nc", w.path("link.nc"));
  ASSERT_EQ(w.run(fit + "link.nc").status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(w.path("link.nc")));
  EXPECT_EQ(FitReader(w.path("real.nc")).draws(), 20U);
  EXPECT_EQ(w.run(fit + "/dev/null --overwrite").status, 1);
  EXPECT_HAS(w.run(fit + ".").err, "cannot write '.': it is a folder; name a file in it\n");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(Runs, AWarmStartCanBeStoppedAndResumedBitForBit) {
  const Workspace w;
  ASSERT_EQ(w.run("fit " + kDeep + "--out whole.nc").status, 0);
  EXPECT_EQ(run_and_signal(w, "fit " + kDeep + "--out cut.nc", "cut.nc", SIGTERM), 130);
  EXPECT_EQ(FitReader(w.path("cut.nc")).spec().at("progress").at("phase"), "warm start");
  ASSERT_EQ(w.run("resume cut.nc --quiet").status, 0);
  expect_same_draws(w.path("whole.nc"), w.path("cut.nc"));
  // A kill leaves the file too, which begins again.
  EXPECT_EQ(run_and_signal(w, "fit " + kDeep + "--out killed.nc", "killed.nc", SIGKILL), -SIGKILL);
  ASSERT_EQ(w.run("resume killed.nc --quiet").status, 0);
  expect_same_draws(w.path("whole.nc"), w.path("killed.nc"));
}

TEST(Runs, AFinishedFitCanBeExtended) {
  const Workspace w;
  const std::string fit = "fit " + kContraception + " --seed 1 --chains 2 --warmup 50 --quiet --save-effects every=7 ";
  ASSERT_EQ(w.run(fit + "--draws 90 --out long.nc").status, 0);
  ASSERT_EQ(w.run(fit + "--draws 40 --out short.nc").status, 0);
  EXPECT_EQ(w.run("resume short.nc --draws 39").status, 1);
  ASSERT_EQ(w.run("resume short.nc --draws 90 --quiet").status, 0);
  expect_same_draws(w.path("long.nc"), w.path("short.nc"));
  EXPECT_TRUE(FitReader(w.path("long.nc")).read("thinned_effects", "r_district") ==
              FitReader(w.path("short.nc")).read("thinned_effects", "r_district"));
  EXPECT_EQ(FitReader(w.path("short.nc")).spec().at("run").at("draws"), 90);
  const std::string finished =
      "note: 'short.nc' was finished already, with 90 draws of each chain; bdglm resume "
      "short.nc --draws N goes on to N\n";
  EXPECT_HAS(w.run("resume short.nc").err, finished);
  EXPECT_HAS(w.run("resume short.nc --draws 90").err, finished);
  EXPECT_EQ(w.run("resume short.nc --quiet").err.find("finished"), std::string::npos);
  ASSERT_EQ(w.run("resume short.nc --draws 120 --seed 5 --quiet").status, 0);
  EXPECT_EQ(w.run("resume long.nc --draws 91").err.find("finished"), std::string::npos);
  ASSERT_EQ(w.run("resume long.nc --draws 120 --quiet").status, 0);
  const RowMatrix other = FitReader(w.path("short.nc")).read("posterior", "b_age", 0, 0, 120);
  const RowMatrix same = FitReader(w.path("long.nc")).read("posterior", "b_age", 0, 0, 120);
  EXPECT_TRUE(other.topRows(90) == same.topRows(90));
  EXPECT_FALSE(other.bottomRows(30) == same.bottomRows(30));
}

TEST(Runs, OtherVersionsAreNamed) {
  const Workspace w;
  ASSERT_EQ(w.run("fit " + kContraception + " --seed 1 --warmup 20 --draws 20 --quiet --out a.nc").status, 0);
  std::string bytes = slurp(w.path("a.nc"));
  const std::string here = "\"version\":\"0.";
  const std::size_t at = bytes.find(here);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, here.size(), "\"version\":\"9.");
  w.write("a.nc", bytes);
  const ProgramResult resumed = w.run("resume a.nc --draws 30");
  EXPECT_EQ(resumed.status, 0) << resumed.err;
  EXPECT_HAS(resumed.out, "begun by bdglm 9.");
  EXPECT_HAS(resumed.out, "last bits");
}

/// A failure after the first draws, as a factorisation that fails makes it.
TEST(Runs, AFailedRunGoesOnFromItsLastCommitWithAnotherSeed) {
  const Workspace w;
  FitJob job;
  const Table table = small_table(200);
  job.frame = make_frame({"y ~ x + (1 | g)"}, "", table);
  job.design = make_design(job.frame, table, {});
  job.family = Family::bernoulli;
  job.run.chains = 2;
  job.run.warmup = 50;
  job.run.draws = 4000;
  const std::string path = w.path("a.nc");
  try {
    run_fit(job, path, {[](const Progress& p) {
              if (p.phase == "sampling" && p.sweeps > 100) throw NumericalError("a factor failed");
              return true;
            }});
    FAIL();
  } catch (const NumericalError& error) {
    EXPECT_HAS(std::string(error.what()), "a factor failed; `resume` '" + path + "' with another `seed`");
  }
  EXPECT_FALSE(FitReader(path).spec().at("progress").at("complete").get<bool>());
  ResumeOptions options;
  options.seed = 77;
  EXPECT_TRUE(resume_fit(path, options, {}).complete);
  EXPECT_EQ(FitReader(path).draws(), 4000U);
  EXPECT_EQ(FitReader(path).spec().at("run").at("seed"), 77);
}

TEST(Runs, SweepsBeyondTheirCounterAreRefused) {
  const Workspace w;
  const ProgramResult r =
      w.run("fit " + kContraception + " --chains 1 --draws 100000000 --thin 1000000 --quiet --out a.nc");
  EXPECT_EQ(r.status, 1);
  EXPECT_HAS(r.err, "--thin");
  EXPECT_FALSE(std::filesystem::exists(w.path("a.nc")));
}

TEST(ChainThreads, AThreadThatCannotBeStartedIsAnError) {
  const pid_t child = fork();
  if (child == 0) {
    // Stacks of thousands of threads do not fit into this address space.
    const rlimit small{rlim_t{1} << 32U, rlim_t{1} << 32U};
    setrlimit(RLIMIT_AS, &small);
    int status = 1;
    try {
      for_each_chain(100000, 100000, [](int) { std::this_thread::sleep_for(std::chrono::milliseconds(20)); });
    } catch (const DeviceError& error) {
      status = std::string(error.what()).find("`threads`") != std::string::npos ? 0 : 2;
    }
    _exit(status);
  }
  int raw = 0;
  waitpid(child, &raw, 0);
  EXPECT_TRUE(WIFEXITED(raw));
  EXPECT_EQ(WEXITSTATUS(raw), 0);
}

}  // namespace
}  // namespace bdglm::test
