// Knots that nobody asked for: when short fits are made, what they decide, and what ends them.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "api/network_choice.hpp"
#include "bdglm/bdglm.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

RunOptions short_run() {
  RunOptions run;
  run.chains = 1;
  run.warmup = run.draws = 10;
  run.seed = 4;
  run.threads = 2;
  return run;
}

/// Rows with a mean of this x, and noise of a standard deviation of 0.7 times `noise`.
ModelSpec model_of_mean(int rows, const std::function<double(double)>& mean, double noise) {
  ModelSpec model;
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < rows; ++i) {
    x.push_back(std::sin(1.7 * i));
    y.push_back(mean(x.back()) + noise * std::cos(2.3 * i * i));
  }
  model.data.add_numbers("x", x).add_numbers("y", y);
  model.family = "gaussian";
  return model;
}

TEST(UnaskedKnots, AreTakenWhereTheyPredictBetter) {
  RunOptions run = short_run();
  run.warmup = run.draws = 100;
  const auto job_of = [&](ModelSpec model, const std::string& formula) {
    model.formula = formula;
    return make_chosen_job(model, run, {});
  };
  const ModelSpec jagged = model_of_mean(
      2100, [](double x) { return std::fmod(std::fabs(8 * x), 1.0); }, 0.05);
  const FitJob bends = job_of(jagged, "y ~ deep(x, layers = c(3))");
  EXPECT_EQ(bends.frame.formula().deep->knots, 12) << bends.design.notes.back();
  EXPECT_FALSE(bends.frame.deep_ramps.empty());
  EXPECT_HAS(bends.design.notes.back(),
             "network c(3) mixed with 12 knots, chosen by the log score a row of 420 held-out rows");
  const ModelSpec smooth = model_of_mean(
      2100, [](double x) { return x; }, 0.5);
  const FitJob straight = job_of(smooth, "y ~ deep(x, layers = c(3))");
  EXPECT_EQ(straight.frame.formula().deep->knots, 0) << straight.design.notes.back();
  EXPECT_TRUE(straight.frame.deep_ramps.empty());
  EXPECT_EQ(straight.frame.formulas.front(), "y ~ deep(x, layers = c(3), knots = 0)");
  EXPECT_HAS(straight.design.notes.back(), "c(3) mixed with 12 knots -");
  // Nothing is tried that is stated, or that few rows would not have.
  for (const auto& [formula, rows] :
       {std::pair{"y ~ deep(x, layers = c(3), knots = 12)", 2100},
        std::pair{"y ~ deep(x, layers = c(3), knots = 0)", 2100}, std::pair{"y ~ deep(x, layers = c(3))", 2000}}) {
    const FitJob job = job_of(model_of_mean(
                                  rows, [](double x) { return x; }, 0.5),
                              formula);
    EXPECT_TRUE(job.design.notes.empty()) << job.design.notes.back();
    EXPECT_EQ(job.frame.formulas.front(), formula);
  }
}

TEST(UnaskedKnots, NeitherEndAFitNorTakeAllItsTime) {
  ModelSpec model = model_of_mean(
      2100, [](double x) { return std::fmod(std::fabs(8 * x), 1.0); }, 0.05);
  RunOptions run = short_run();
  run.max_seconds = 1e-6;
  run.warmup = run.draws = 100000;
  model.formula = "y ~ deep(x, layers = c(300))";
  const FitJob late = make_chosen_job(model, run, {});
  EXPECT_HAS(late.design.notes.back(), "c(300) mixed without knots: ");
  EXPECT_HAS(late.design.notes.back(), "they take more than a quarter of the run's time");
  EXPECT_EQ(late.frame.formula().deep->knots, 0);
  run = short_run();
  // Rows of one value but for one, which short fits do not have on some seeds.
  std::vector<double> seldom(2100, 0);
  seldom[7] = 1;
  model.data.add_numbers("seldom", seldom);
  model.formula = "y ~ deep(x, layers = c(3)) + seldom";
  int refused = 0;
  for (run.seed = 1; *run.seed <= 20 && refused == 0; ++*run.seed) {
    const FitJob job = make_chosen_job(model, run, {});
    if (job.design.notes.back().find("cannot be made (column 'seldom' is constant") == std::string::npos) continue;
    ++refused;
    EXPECT_EQ(job.frame.formula().deep->knots, 0);
  }
  EXPECT_EQ(refused, 1);
  // Of rare levels no row is held out.
  ModelSpec rare = model_of_mean(
      2100, [](double x) { return x; }, 1);
  std::vector<std::string> level;
  for (int i = 0; i < 2100; ++i) level.push_back("l" + std::to_string(i % 175));
  rare.data.add_text("level", level);
  rare.formula = "level ~ deep(x, layers = c(2))";
  rare.family = "categorical";
  EXPECT_HAS(make_chosen_job(rare, short_run(), {}).design.notes.back(), "too few rows of each level");
}

TEST(UnaskedKnots, TrialsHaveTheKnotsThatAllRowsGive) {
  ModelSpec model = model_of_mean(
      2100, [](double x) { return x; }, 1);
  for (const bool layers : {true, false}) {
    model.formula =
        layers ? "y ~ deep(x, layers = c(2), activation = auto)" : "y ~ deep(x, layers = c(2), knots = auto)";
    const std::vector<std::string> notes = make_chosen_job(model, short_run(), {}).design.notes;
    ASSERT_FALSE(notes.empty());
    EXPECT_HAS(notes.back(), " with 12 knots ");
    EXPECT_EQ(notes.back().find("c(2) mixed with 4 knots ") == std::string::npos, layers) << notes.back();
  }
}

}  // namespace
}  // namespace bdglm::test
