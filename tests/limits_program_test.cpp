// Runs that end early: by effective draws, by time.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "cli/limits.hpp"
#include "fitfile/fit_file.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

const std::string kContraception =
    "--data " + std::string(BDGLM_SOURCE_DIR) +
    "/data/contraception.csv.gz --formula 'use ~ age + urban + (1 | district)' --seed 1 ";

TEST(Limits, TimesAndEffectiveDrawsAreRead) {
  EXPECT_EQ(cli::parse_time("90"), 90);
  EXPECT_EQ(cli::parse_time("90s"), 90);
  EXPECT_EQ(cli::parse_time("1.5h"), 5400);
  EXPECT_EQ(cli::parse_time("1h30m"), 5400);
  EXPECT_EQ(cli::parse_time("2d"), 172800);
  EXPECT_EQ(cli::parse_time("1:30:00"), 5400);
  EXPECT_EQ(cli::parse_time("2:30"), 150);
  for (const char* wrong :
       {"", "h", "2x", "-3s", "0", "1:", ":30", "1:2h", "inf", "2h 30", "1:75:00", "1:2:3:4", "2:60"})
    EXPECT_THROW(cli::parse_time(wrong), ModelError) << wrong;
  EXPECT_EQ(cli::parse_until("ess=400"), 400);
  for (const char* wrong : {"", "400", "ess=", "ess=-1", "ess=4x", "rhat=1.01", "ess=0"})
    EXPECT_THROW(cli::parse_until(wrong), ModelError) << wrong;
}

TEST(Limits, ARunEndsOnceEffectiveDrawsSuffice) {
  const Workspace w;
  const ProgramResult run = w.run("fit " + kContraception + "--warmup 200 --thin 2 --until ess=150 --json --out a.nc");
  ASSERT_EQ(run.status, 0) << run.err;
  const auto summary = nlohmann::json::parse(run.out);
  const int draws = summary.at("draws");
  EXPECT_GE(draws, 50);
  EXPECT_LT(draws, 5000);
  for (const auto& p : summary.at("parameters")) EXPECT_GE(p.at("ess_bulk").get<double>(), 150) << p.at("name");
  // It is complete, and the same draws as any other run's first ones.
  EXPECT_TRUE(FitReader(w.path("a.nc")).spec().at("progress").at("complete").get<bool>());
  ASSERT_EQ(
      w.run("fit " + kContraception + "--warmup 200 --thin 2 --draws " + std::to_string(draws) + " --quiet --out b.nc")
          .status,
      0);
  EXPECT_EQ(FitReader(w.path("a.nc")).read("posterior", "b_age"), FitReader(w.path("b.nc")).read("posterior", "b_age"));
  // More draws are more draws.
  ASSERT_EQ(w.run("resume a.nc --quiet --draws " + std::to_string(draws + 10)).status, 0);
  EXPECT_EQ(FitReader(w.path("a.nc")).draws(), static_cast<std::size_t>(draws + 10));
}

TEST(Limits, WhereTheMostDrawsDoNotSufficeItIsSaid) {
  const Workspace w;
  const ProgramResult run = w.run("fit " + kContraception + "--warmup 100 --draws 60 --until ess=100000 --out a.nc");
  ASSERT_EQ(run.status, 0) << run.err;
  EXPECT_NE((run.out + run.err).find("the most that were allowed, have"), std::string::npos) << run.out << run.err;
}

TEST(Limits, ARunStopsInTimeAndGoesOn) {
  const Workspace w;
  const std::string fit = "fit " + kContraception + "--warmup 50 --draws 100000 --thin 3 --out a.nc ";
  const ProgramResult run = w.run(fit + "--max-time 3s");
  EXPECT_EQ(run.status, 0) << run.err;
  EXPECT_NE(run.err.find("stopped at --max-time with "), std::string::npos) << run.err;
  EXPECT_NE(run.out.find("b_age"), std::string::npos);
  const std::size_t draws = FitReader(w.path("a.nc")).draws();
  EXPECT_GT(draws, 3U);
  const ProgramResult more = w.run("resume a.nc --max-time 1s --quiet");
  EXPECT_EQ(more.status, 0) << more.err;
  EXPECT_GT(FitReader(w.path("a.nc")).draws(), draws);
  for (const auto& [words, part] :
       {std::pair("--max-time soon", "1:30:00 (hours), 2:30 (minutes) or a number of seconds, and above 0, not 'soon'"),
        std::pair("--max-time 0", "a number of seconds, and above 0, not '0'"),
        std::pair("--until ess=0", "it is ess=N, with a number N above 0, ")}) {
    const ProgramResult wrong = w.run(fit + "--overwrite " + words);
    EXPECT_EQ(wrong.status, 2);
    EXPECT_NE(wrong.err.find(part), std::string::npos) << wrong.err;
  }
}

}  // namespace
}  // namespace bdglm::test
