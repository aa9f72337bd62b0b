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

TEST(Progress, QuietPrintsNone) { EXPECT_EQ(printed({{"warm-up", 1, 20, 0}, {"saved", 20, 20, 1}}, true), ""); }

}  // namespace
}  // namespace bdglm::test
