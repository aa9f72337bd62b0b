// Sweeps for each kept draw: autocorrelation times by batch means, and a run that decides by them.
#include "run/thinning.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "bdglm/bdglm.hpp"
#include "cli/limits.hpp"
#include "random/stream.hpp"
#include "sampling/standard.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

/// Of chains x_t = rho x_(t-1) + noise about `mean`, whose autocorrelation time is (1 + rho) / (1 - rho).
BatchMeans autoregressive(double rho, double mean, std::int64_t length, std::int64_t sweeps) {
  BatchMeans batches(length);
  for (int chain = 0; chain < 4; ++chain) {
    Stream stream({91, static_cast<std::uint32_t>(chain), 0, Site::simulation, 0}, 0);
    double x = draw_normal<double>(stream) / std::sqrt(1 - rho * rho);
    for (std::int64_t t = 0; t < sweeps; ++t) {
      x = rho * x + draw_normal<double>(stream);
      batches.add(chain, {3.0, mean + x, NAN});
    }
  }
  return batches;
}

TEST(Thinning, BatchMeansGiveAutocorrelationTimes) {
  // The standard error of a variance of 4 x 400 batches is .035 of it; batches of 400 lose rho / (1 - rho^2) / 200 or
  // so.
  EXPECT_NEAR(autoregressive(0.8, 5, 400, 160000).autocorrelation_time(), 9, 1);
  EXPECT_NEAR(autoregressive(0, -2, 400, 160000).autocorrelation_time(), 1, 0.15);
  // Batches of one sweep cannot see it.
  EXPECT_NEAR(autoregressive(0.8, 5, 1, 4000).autocorrelation_time(), 1, 0.01);
  // Too few batches.
  EXPECT_EQ(autoregressive(0.99, 0, 400, 1600).autocorrelation_time(), 1);
}

TEST(Thinning, BatchMeansStandUnfinishedBatchesAndVastNumbers) {
  // Thirteen sweeps beyond the last batch, about a mean far from zero.
  EXPECT_NEAR(autoregressive(0.95, 1000, 25, 513).autocorrelation_time(),
              autoregressive(0.95, 0, 25, 513).autocorrelation_time(), 1e-6);
  EXPECT_GT(autoregressive(0.95, 1000, 25, 513).autocorrelation_time(), 8);
  BatchMeans vast(2);
  for (int k = 0; k < 9; ++k) vast.add(0, {k % 2 == 0 ? 1e200 : -1e300, 1.0 * k});
  BatchMeans again(2);
  again.load(Spec::parse(vast.save().dump()));
  EXPECT_EQ(again.save(), vast.save());
}

TEST(Thinning, BatchMeansAreSavedWhole) {
  const BatchMeans all = autoregressive(0.9, 1, 25, 513);
  BatchMeans again(25);
  again.load(Spec::parse(all.save().dump()));
  EXPECT_EQ(again.autocorrelation_time(), all.autocorrelation_time());
  EXPECT_EQ(again.save(), all.save());
}

/// Counts of which eleven in a thousand are above zero, in twenty groups.
ModelSpec two_kinds_of_zeros(std::size_t copies) {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<std::string> g;
  for (std::size_t i = 0; i < 1000 * copies; ++i) {
    Stream stream({78, 0, 0, Site::simulation, 0}, static_cast<std::uint32_t>(i % 1000));
    x.push_back(draw_normal<double>(stream));
    y.push_back(i % 91 == 0 ? 1 + static_cast<double>(i / 91 % 5) : 0);
    g.push_back("g" + std::to_string(static_cast<int>(20 * stream.uniform53())));
  }
  ModelSpec spec;
  spec.formula = "y ~ x + (1 | g)";
  spec.family = "zero_inflated_poisson";
  spec.data.add_numbers("x", x).add_numbers("y", y).add_text("g", g);
  return spec;
}

RunOptions run_of(int warmup, int draws) {
  RunOptions run;
  run.warmup = warmup;
  run.draws = draws;
  run.seed = 4;
  return run;
}

std::int64_t thin_of(const Posterior& posterior) {
  return Spec::parse(posterior.specification()).at("run").at("thin").get<std::int64_t>();
}

TEST(Thinning, ASmallModelThatMixesBadlyIsSweptTenTimesForADraw) {
  const ModelSpec model = two_kinds_of_zeros(1);
  const Posterior posterior = fit(model, run_of(800, 50));
  EXPECT_EQ(thin_of(posterior), 10);
  std::string notes;
  for (const std::string& note : posterior.notes()) notes += note;
  EXPECT_HAS(notes, "10 sweeps are made for each kept draw");
  // The draws are those of a run that was told so.
  RunOptions told = run_of(800, 50);
  told.thin = 10;
  EXPECT_EQ(fit(model, told).draws("b_x"), posterior.draws("b_x"));
  // What is told counts.
  told.thin = 1;
  EXPECT_EQ(thin_of(fit(model, told)), 1);
}

TEST(Thinning, ModelsThatMixOrThatAreLargeAreSweptOnce) {
  ModelSpec mixes = two_kinds_of_zeros(1);
  mixes.family = "gaussian";
  EXPECT_EQ(thin_of(fit(mixes, run_of(400, 20))), 1);
  EXPECT_EQ(thin_of(fit(two_kinds_of_zeros(14), run_of(200, 10))), 1);
  // A warm-up of a few sweeps tells nothing.
  EXPECT_EQ(thin_of(fit(two_kinds_of_zeros(1), run_of(20, 10))), 1);
}

TEST(Thinning, ARunThatStopsInTheWarmUpDecidesAsOneThatDoesNot) {
  const ModelSpec model = two_kinds_of_zeros(1);
  const std::vector<double> whole = fit(model, run_of(2000, 10)).draws("b_x");
  bool warming = false;
  const Workspace w;
  const std::string path = w.path("a.nc");
  const Posterior stopped = fit_to_file(model, path, run_of(2000, 10), [&](const Progress& progress) {
    warming = warming || (progress.sweeps > 1050 && progress.sweeps < 2000);
    return !warming;
  });
  ASSERT_TRUE(warming) << "the rounds of the run left no place to stop in";
  ASSERT_FALSE(stopped.complete());
  EXPECT_EQ(resume(path).draws("b_x"), whole);
}

TEST(Thinning, IsAWordOrANumber) {
  EXPECT_EQ(cli::parse_thin("auto"), 0);
  EXPECT_EQ(cli::parse_thin("7"), 7);
  for (const char* wrong : {"", "0", "-1", "1.5", "many", "7x", "10000000"})
    EXPECT_THROW(cli::parse_thin(wrong), ModelError) << wrong;
}

}  // namespace
}  // namespace bdglm::test
