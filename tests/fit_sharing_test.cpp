// Fit files that several processes use: one writes, others read copies, and files that move or were torn are refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "bdglm/error.hpp"
#include "fitfile/locked_file.hpp"
#include "support/fit_files.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

TEST(FitSharing, OneProcessWritesAtATime) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  FitWriter writer = FitWriter::create(path, small_layout(), false);
  commit(writer);
  EXPECT_TRUE(FitReader(path).being_written());
  EXPECT_THROW(FitWriter::reopen(path, small_layout().variables), DataError);
  EXPECT_THROW(FitWriter::create(path, small_layout(), true), DataError);
  EXPECT_THROW(FitWriter::create(path, small_layout(), false), DataError);
}

TEST(FitSharing, ReadersOfAWrittenFileReadACopy) {
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

TEST(FitSharing, ACopyMadeWhileTheFileWasWrittenIsRefused) {
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

TEST(FitSharing, AFileThatIsMovedEndsTheRun) {
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

TEST(FitSharing, AReaderThatCameFirstIsNotWrittenUnder) {
  const Workspace w;
  const std::string path = w.path("a.nc");
  {
    FitWriter writer = FitWriter::create(path, small_layout(), false);
    commit(writer);
  }
  const FitReader reader(path);
  EXPECT_THROW(FitWriter::reopen(path, small_layout().variables), DataError);
}

}  // namespace
}  // namespace bdglm::test
