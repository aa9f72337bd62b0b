// Lines of progress off a terminal: steps and sweeps by their names, and a rate that starts anew in each phase.
#include <gtest/gtest.h>

#include "cli/console.hpp"

namespace bdglm::test {
namespace {

std::string printed(const std::vector<Progress>& reports, bool quiet = false) {
  testing::internal::CaptureStderr();
  {
    cli::ProgressPrinter printer(quiet);
    for (const Progress& report : reports) printer(report);
  }
  return testing::internal::GetCapturedStderr();
}

TEST(Progress, RatesArePhaseByPhase) {
  EXPECT_EQ(printed({{"warm start", 0, 600, 0},
                     {"warm start", 50, 600, 5},
                     {"warm start", 120, 600, 12},
                     {"warm-up", 1, 2000, 40},
                     {"warm-up", 501, 2000, 50},
                     {"warm-up", 1001, 2000, 60},
                     {"sampling", 1101, 2000, 65},
                     {"sampling", 2000, 2000, 110}}),
            "warm start: step 0 of 600, 0s gone\n"
            "warm start: step 120 of 600, 12s gone, 10 steps/s, 48s left\n"
            "warm-up: sweep 1 of 2000, 40s gone\n"
            "warm-up: sweep 501 of 2000, 50s gone, 50 sweeps/s, 30s left\n"
            "warm-up: sweep 1001 of 2000, 1m00s gone, 50 sweeps/s, 20s left\n"
            "sampling: sweep 1101 of 2000, 1m05s gone, 20 sweeps/s, 45s left\n"
            "sampling: sweep 2000 of 2000, 1m50s gone, 20 sweeps/s, 0s left\n");
}

TEST(Progress, SlowSweepsAndAResumedFit) {
  // A resumed fit starts in the middle: what ran before is not counted in the rate.
  EXPECT_EQ(printed({{"sampling", 1500, 2000, 1000}, {"sampling", 1502, 2000, 1016}}),
            "sampling: sweep 1500 of 2000, 16m40s gone\n"
            "sampling: sweep 1502 of 2000, 16m56s gone, 8.0 s a sweep, 1h06m left\n");
}

TEST(Progress, TellsOfDivergencesAndLeastEffectiveDraws) {
  int asked = 0;
  const auto report = [&](double sweeps, double seconds, std::int64_t divergences, double least) {
    Progress progress{"sampling", static_cast<std::int64_t>(sweeps), 4000, seconds};
    progress.divergences = divergences;
    progress.least_effective_draws = [&asked, least]() -> std::optional<double> {
      ++asked;
      return least > 0 ? std::optional<double>(least) : std::nullopt;
    };
    return progress;
  };
  Progress warm_up = report(500, 10, 0, 9);
  warm_up.phase = "warm-up";
  EXPECT_EQ(printed({warm_up, report(1001, 20, 0, 0), report(1003, 21, 1, 0), report(2000, 30, 1, 0),
                     report(3000, 40, 3, 312.4), report(3500, 45, 4, 400)}),
            "warm-up: sweep 500 of 4000, 10s gone\n"
            "sampling: sweep 1001 of 4000, 20s gone, 50 sweeps/s, 1m00s left\n"
            "sampling: sweep 2000 of 4000, 30s gone, 75 sweeps/s, 27s left, 1 divergence\n"
            "sampling: sweep 3000 of 4000, 40s gone, 83 sweeps/s, 12s left, 3 divergences, least ess 312\n");
  // Not in the warm-up, nor for a report that is not printed.
  EXPECT_EQ(asked, 3);
}

TEST(Progress, QuietPrintsNone) { EXPECT_EQ(printed({{"warm-up", 1, 20, 0}, {"saved", 20, 20, 1}}, true), ""); }

}  // namespace
}  // namespace bdglm::test
