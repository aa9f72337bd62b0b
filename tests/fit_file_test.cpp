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
#include "fitfile/fit_file.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

constexpr int kChains = 2;
constexpr std::size_t kLevels = 300;

/// A layout with a scalar, an array, a compressed array and thinned draws.
FitLayout small_layout() {
  Dimension levels{"g", {}, {}};
  for (std::size_t g = 0; g < kLevels; ++g) levels.labels.push_back("level " + std::to_string(g));
  Dimension obs{"obs", {}, {}};
  for (long long i = 1; i <= 50; ++i) obs.numbers.push_back(2 * i);
  DrawVariable thinned{"thinned_effects", "u", {levels}};
  thinned.every = 3;
  return {{{"posterior", "a", {}},
           {"posterior", "r_g", {levels}},
           {"sample_stats", "diverging", {}, DrawVariable::Kind::boolean},
           {"log_likelihood", "y", {obs}, DrawVariable::Kind::compressed},
           thinned},
          {{"observed_data", "y", {obs}, RowMatrix::Constant(50, 1, 7)}, {"effect_moments", "m", {levels}, {}}},
          kChains,
          16,
          {{"formula", "y ~ 1"}, {"seconds", 0}}};
}

double value(int chain, std::size_t draw, std::size_t at) {
  return static_cast<double>(chain) + 10.0 * static_cast<double>(draw) + 0.001 * static_cast<double>(at);
}

void add_draws(FitWriter& writer, std::size_t count) {
  for (int c = 0; c < kChains; ++c) {
    const std::size_t from = writer.draws() - (c == 0 ? 0 : count);
    for (std::size_t d = from; d < from + count; ++d) {
      std::vector<double> values = {value(c, d, 0)};
      for (std::size_t g = 0; g < kLevels; ++g) values.push_back(value(c, d, g));
      values.push_back(d % 2 == 0 ? 1 : 0);
      for (std::size_t i = 0; i < 50; ++i) values.push_back(value(c, d, i));
      for (std::size_t g = 0; g < kLevels && (d + 1) % 3 == 0; ++g) values.push_back(-value(c, d, g));
      writer.add(c, std::move(values));
    }
  }
}

/// States that know how many draws there were.
std::vector<std::vector<double>> states(std::size_t draws) {
  return {std::vector<double>(20, static_cast<double>(draws)), std::vector<double>(25, -static_cast<double>(draws))};
}

void commit(FitWriter& writer) {
  writer.commit({{"sweeps", writer.draws()}, {"complete", false}, {"over", {{"seconds", 5}}}}, states(writer.draws()));
}

/// Everything that the file holds belongs to one commit, whose number of draws is returned.
std::size_t expect_whole(const std::string& path) {
  const FitReader file(path);
  const std::size_t draws = file.draws();
  EXPECT_EQ(file.spec().at("progress").at("sweeps").get<std::size_t>(), draws);
  const RowMatrix a = file.read("posterior", "a");
  const RowMatrix r = file.read("posterior", "r_g");
  const RowMatrix y = file.read("log_likelihood", "y");
  const RowMatrix u = file.read("thinned_effects", "u");
  EXPECT_EQ(static_cast<std::size_t>(a.rows()), kChains * draws);
  EXPECT_EQ(static_cast<std::size_t>(u.rows()), kChains * (draws / 3));
  for (int c = 0; c < kChains; ++c)
    for (std::size_t d = 0; d < draws; ++d) {
      const auto row = static_cast<Eigen::Index>(static_cast<std::size_t>(c) * draws + d);
      EXPECT_EQ(a(row, 0), value(c, d, 0));
      EXPECT_EQ(r(row, kLevels - 1), value(c, d, kLevels - 1));
      EXPECT_FLOAT_EQ(static_cast<float>(y(row, 49)), static_cast<float>(value(c, d, 49)));
    }
  const auto saved = file.states();
  if (!saved.empty()) {
    EXPECT_EQ(saved, states(draws));
  }
  return draws;
}

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

TEST(FitFile, OneProcessWritesAtATime) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  FitWriter writer = FitWriter::create(path, small_layout(), false);
  commit(writer);
  EXPECT_TRUE(FitReader(path).being_written());
  EXPECT_THROW(FitWriter::reopen(path, small_layout().variables), DataError);
  EXPECT_THROW(FitWriter::create(path, small_layout(), true), DataError);
  EXPECT_THROW(FitWriter::create(path, small_layout(), false), DataError);
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

TEST(FitFile, ReadersOfAWrittenFileReadACopy) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  FitWriter writer = FitWriter::create(path, small_layout(), false);
  add_draws(writer, 3);
  commit(writer);
  const FitReader reader(path);
  const auto start = std::chrono::steady_clock::now();
  for (int k = 0; k < 20; ++k) {
    add_draws(writer, 100);
    commit(writer);
  }
  EXPECT_LT(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), kPatience)
      << "the writer waits for the reader";
  EXPECT_EQ(reader.draws(), 3U);
  EXPECT_EQ(reader.read("posterior", "r_g")(2, 5), value(0, 2, 5));
  EXPECT_EQ(reader.states(), states(3));
  EXPECT_EQ(expect_whole(path), 2003U);
  for (const auto& entry : std::filesystem::directory_iterator(w.path(""))) EXPECT_EQ(entry.path().filename(), "a.nc");
}

TEST(FitFile, ACopyMadeWhileTheFileWasWrittenIsRefused) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  FitWriter writer = FitWriter::create(path, small_layout(), false);
  add_draws(writer, 3);
  commit(writer);
  const std::string before = slurp(path);
  add_draws(writer, 2000);
  commit(writer);
  std::string torn = slurp(path);
  std::size_t refused = 0;
  for (const std::size_t cut : {std::size_t{4096}, std::size_t{16384}, std::size_t{32768}, before.size()}) {
    w.write("torn.nc", before.substr(0, std::min(cut, before.size())) + torn.substr(std::min(cut, before.size())));
    try {
      expect_whole(w.path("torn.nc"));
    } catch (const DataError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0U);
}

TEST(FitFile, AFileThatIsMovedEndsTheRun) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  FitWriter writer = FitWriter::create(path, small_layout(), false);
  add_draws(writer, 3);
  commit(writer);
  std::filesystem::rename(path, w.path("b.nc"));
  add_draws(writer, 3);
  try {
    commit(writer);
    ADD_FAILURE() << "the file has gone";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("moved or removed"), std::string::npos) << error.what();
  }
  EXPECT_EQ(expect_whole(w.path("b.nc")), 3U);
  w.write("a.nc", "another");
  EXPECT_THROW(commit(writer), DataError);
  EXPECT_EQ(slurp(path), "another");
}

TEST(FitFile, AReaderThatCameFirstIsNotWrittenUnder) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  {
    FitWriter writer = FitWriter::create(path, small_layout(), false);
    commit(writer);
  }
  const FitReader reader(path);
  EXPECT_THROW(FitWriter::reopen(path, small_layout().variables), DataError);
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
