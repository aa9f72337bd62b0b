// Fit files: what is written is read back, and a kill, a cut journal or a full disk leaves the last commit.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <thread>

#include "bdglm/error.hpp"
#include "fitfile/file_transaction.hpp"
#include "support/fit_files.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

TEST(FitFile, ReadsBackWhatWasWrittenAndGoesOn) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  {
    FitWriter writer = FitWriter::create(path, small_layout(), false);
    EXPECT_EQ(FitReader(path).draws(), 0U);
    EXPECT_TRUE(FitReader(path).states().empty());
    for (const std::size_t count : {1, 0, 5, 300}) {
      add_draws(writer, count);
      commit(writer);
      expect_whole(path);
    }
  }
  FitWriter writer = FitWriter::reopen(path, small_layout().variables);
  EXPECT_EQ(writer.draws(), 306U);
  add_draws(writer, 4);
  writer.put({"effect_moments", "m", {small_layout().variables[1].dimensions[0]}, RowMatrix::Constant(kLevels, 1, 3)});
  commit(writer);
  EXPECT_EQ(expect_whole(path), 310U);
  const FitReader file(path);
  EXPECT_EQ(file.spec().at("seconds"), 5);
  EXPECT_EQ(file.data("effect_moments", "m")(kLevels - 1, 0), 3);
  EXPECT_EQ(file.data("observed_data", "y")(49, 0), 7);
  EXPECT_EQ(file.dimensions("log_likelihood", "y")[0].labels[1], "4");
  EXPECT_EQ(file.read("thinned_effects", "u")(1, 2), -value(0, 5, 2));
  EXPECT_FALSE(std::filesystem::exists(journal_path(path)));
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

TEST(FitFile, DrawsAreWrittenOnce) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  FitWriter writer = FitWriter::create(path, small_layout(), false);
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  for (int k = 0; k < 20; ++k) {
    add_draws(writer, 200);
    commit(writer);
  }
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  const auto size = static_cast<double>(std::filesystem::file_size(path));
  const double written = 512.0 * static_cast<double>(after.ru_oublock - before.ru_oublock);
  // A file that were copied at each of twenty commits would cost ten of itself.
  if (written > 0) {
    EXPECT_LT(written, 2 * size);
  }
}

TEST(FitFile, WithoutAStateNothingStays) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  { const FitWriter writer = FitWriter::create(path, small_layout(), false); }
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    FitWriter writer = FitWriter::create(path, small_layout(), false);
    commit(writer);
  }
  const std::string old = slurp(path);
  { const FitWriter writer = FitWriter::create(path, small_layout(), true); }
  EXPECT_EQ(slurp(path), old);
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

/// Kills a process that commits without end, again and again, at random times: what it leaves is a commit, and it goes
/// on from there.
TEST(FitFile, KillsAtAnyInstantLeaveTheLastCommit) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  {
    FitWriter writer = FitWriter::create(path, small_layout(), false);
    commit(writer);
  }
  std::size_t reached = 0;
  unsigned random = 12345;
  for (int kill_number = 0; kill_number < 60; ++kill_number) {
    const pid_t child = fork();
    if (child == 0) {
      FitWriter writer = FitWriter::reopen(path, small_layout().variables);
      while (true) {
        add_draws(writer, 1 + writer.draws() % 4);
        commit(writer);
      }
    }
    random = random * 1664525U + 1013904223U;
    std::this_thread::sleep_for(std::chrono::microseconds(2000 + random % 80000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const std::size_t draws = expect_whole(path);
    EXPECT_GE(draws, reached);
    reached = draws;
    if (HasFailure()) break;
  }
  EXPECT_GT(reached, 20U);
}

TEST(FitFile, AFullDiskIsAnErrorAndLeavesTheLastCommit) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    FitWriter writer = FitWriter::create(path, small_layout(), false);
    add_draws(writer, 10);
    commit(writer);
    const rlim_t limit = std::filesystem::file_size(path) + 100000;
    const rlimit small{limit, limit};
    setrlimit(RLIMIT_FSIZE, &small);
    bool failed = false;
    for (int k = 0; k < 100 && !failed; ++k) {
      try {
        add_draws(writer, 10);
        commit(writer);
      } catch (const DataError& error) {
        failed = std::strstr(error.what(), "`resume`") != nullptr;
      }
    }
    // HDF5's own end of the process must be clean too.
    std::exit(failed ? 0 : 3);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_GE(expect_whole(path), 10U);
}

}  // namespace
}  // namespace bdglm::test
