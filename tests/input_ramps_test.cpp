// Ramps of the network's inputs: their shape, what a frame and a design make of them, fits that have them.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "api/network_trials.hpp"
#include "bdglm/bdglm.hpp"
#include "design/input_ramps.hpp"
#include "design/input_scaling.hpp"
#include "design/sparse_columns.hpp"
#include "run/job.hpp"
#include "support/message.hpp"
#include "support/problem.hpp"

namespace bdglm::test {
namespace {

using Names = std::vector<std::string>;

std::vector<double> standardised(const InputRamps& ramps, double x) {
  std::vector<double> at(ramps.size());
  ramps.write(ramps.place(x), at.data());
  return at;
}

/// Heights between 0 and 1, by hand.
std::vector<double> heights(const InputRamps& ramps, double x) {
  std::vector<double> at = standardised(ramps, x);
  for (std::size_t k = 0; k < at.size(); ++k) at[k] = at[k] * ramps.unit[k] + ramps.mean[k];
  return at;
}

void expect_near(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) EXPECT_NEAR(a[k], b[k], 1e-12) << k;
}

TEST(InputRamps, RiseBetweenQuantilesAndAreLevelOutside) {
  const InputRamps ramps = make_ramps({8, 0, 4, 2, 6}, 3);
  EXPECT_EQ(ramps.knots, (std::vector<double>{0, 2, 4, 6, 8}));
  expect_near(heights(ramps, 3), {1, 0.5, 0, 0});
  expect_near(heights(ramps, 4), {1, 1, 0, 0});
  expect_near(heights(ramps, -2), {0, 0, 0, 0});
  expect_near(heights(ramps, 11), {1, 1, 1, 1});
  // Their rises make up the number itself, inside.
  for (const double x : {0.0, 0.7, 5.9, 8.0}) {
    double sum = ramps.knots.front();
    const std::vector<double> at = heights(ramps, x);
    for (std::size_t k = 0; k < at.size(); ++k) sum += at[k] * (ramps.knots[k + 1] - ramps.knots[k]);
    EXPECT_NEAR(sum, x, 1e-12);
  }
}

TEST(InputRamps, HaveMeanZeroAndTogetherTheVarianceOfAnInput) {
  const std::vector<double> values = {0.3, -1.2, 2.5, 0.9, -0.4, 1.1, 0.05, -2.2};
  const InputRamps ramps = make_ramps(values, 3);
  ASSERT_EQ(ramps.size(), 4U);
  for (std::size_t k = 0; k < ramps.size(); ++k) {
    double sum = 0;
    double squares = 0;
    for (const double x : values) {
      const double z = standardised(ramps, x)[k];
      sum += z;
      squares += z * z;
    }
    EXPECT_NEAR(sum, 0, 1e-12);
    EXPECT_NEAR(squares, 7.0 / 4, 1e-11);
  }
}

TEST(InputRamps, KnotsThatFallTogetherAreOneAndNoneIsAtAnEnd) {
  EXPECT_EQ(make_ramps({0, 1, 0, 1, 1}, 16).size(), 0U);
  EXPECT_EQ(make_ramps({2, 2, 2}, 16).size(), 0U);
  EXPECT_EQ(make_ramps({1, 2, 3, 4, 5, 6, 7, 1e9}, 3).knots, (std::vector<double>{1, 3, 5, 6, 1e9}));
  EXPECT_EQ(make_ramps({0, 0, 0, 1, 1, 1, 2, 2, 2}, 1).knots, (std::vector<double>{0, 1, 2}));
  const InputRamps few = make_ramps({0, 0, 0, 0, 1, 1, 1, 1, 5, 5, 5, 5}, 11);
  for (std::size_t k = 0; k + 1 < few.knots.size(); ++k) EXPECT_LT(few.knots[k], few.knots[k + 1]);
  for (const double unit : few.unit) EXPECT_GT(unit, 0);
}

TEST(InputRamps, AFrameGivesThemToNumbersAlone) {
  const Table table = small_table(40);
  const Frame frame = make_frame({"y ~ deep(x, g, w, layers = c(3), knots = 3)"}, "", table);
  ASSERT_EQ(frame.deep_ramps.size(), frame.deep_names.size());
  for (std::size_t k = 0; k < frame.deep_names.size(); ++k)
    EXPECT_EQ(frame.deep_ramps[k].size(), frame.deep_names[k] == "x" || frame.deep_names[k] == "w" ? 4U : 0U);
  const InputGroups groups = input_groups(frame);
  EXPECT_EQ(groups.names.front(), "x");
  EXPECT_EQ(groups.names[groups.names.size() - 2], "x (knots)");
  EXPECT_EQ(groups.names.back(), "w (knots)");
  EXPECT_EQ(groups.columns(), static_cast<int>(frame.deep_names.size()) + 8);
  const Design design = make_design(frame, table, {});
  const RowMatrix inputs = with_ramps(design.deep, design.ramps).middleRows(5, 20);
  ASSERT_EQ(inputs.cols(), groups.columns());
  for (Eigen::Index i = 0; i < 20; ++i) {
    const Eigen::Index dense = design.deep.cols();
    EXPECT_EQ(inputs.row(i).head(dense), design.deep.row(5 + i));
    const std::vector<double> first = standardised(frame.deep_ramps.front(), design.deep(5 + i, 0));
    const std::vector<double> last = standardised(frame.deep_ramps.back(), design.deep(5 + i, dense - 1));
    for (Eigen::Index k = 0; k < 4; ++k) {
      EXPECT_EQ(inputs(i, dense + k), first[static_cast<std::size_t>(k)]);
      EXPECT_EQ(inputs(i, dense + 4 + k), last[static_cast<std::size_t>(k)]);
    }
  }
  nlohmann::json json = frame;
  const Frame again = json.get<Frame>();
  ASSERT_EQ(again.deep_ramps.size(), frame.deep_ramps.size());
  EXPECT_EQ(again.deep_ramps[0].knots, frame.deep_ramps[0].knots);
  EXPECT_EQ(again.deep_ramps[0].unit, frame.deep_ramps[0].unit);
  nlohmann::json damaged = json;
  damaged["ramps"][0]["mean"].push_back(0);
  EXPECT_NE(message([&] { damaged.get<Frame>(); }).find("damaged"), std::string::npos);
  damaged = json;
  damaged["deep_names"].erase(1);
  EXPECT_NE(message([&] { damaged.get<Frame>(); }).find("damaged"), std::string::npos);
  json.erase("ramps");  // as fits of before have it
  EXPECT_TRUE(json.get<Frame>().deep_ramps.empty());
}

TEST(InputRamps, ModelsHaveOneRelevanceForAllRampsOfAnInput) {
  ModelOptions options;
  options.horseshoe = true;
  const Problem problem(small_table(40), "y ~ deep(x, w, layers = c(3), knots = 2)", Family::gaussian, options);
  EXPECT_EQ(problem.model.inputs.names, (Names{"x", "w", "x (knots)", "w (knots)"}));
  EXPECT_EQ(problem.model.shape.inputs, 8);
  State state = make_state(*problem.context);
  ASSERT_EQ(state.relevance.size(), 4);
  state.relevance << 2, 3, 5, 7;
  const Eigen::VectorXd precision = problem.context->theta_prior_precision(state);
  const double tau2 = state.weight_variance[0];
  const std::vector<double> of_column = {2, 3, 5, 5, 5, 7, 7, 7};
  for (int j = 0; j < 8; ++j)
    for (int k = 0; k < 3; ++k)
      EXPECT_NEAR(precision[3 * j + k], 1 / (tau2 * of_column[static_cast<std::size_t>(j)]), 1e-12);
}

TEST(InputRamps, WrongNumbersOfKnotsAreRefusedWhereTheyStand) {
  const Table table = small_table(40);
  for (const char* knots : {"-1", "2.5", "x", "2000", "c(3)"}) {
    const std::string formula = std::string("y ~ deep(x, knots = ") + knots + ")";
    const std::string said = message([&] { make_frame({formula}, "", table); });
    EXPECT_NE(said.find("whole number from 0 to 1024; auto tries some"), std::string::npos) << said;
  }
  const std::string said = message([&] { make_frame({"y ~ deep(x, bins = 3)"}, "", table); });
  EXPECT_NE(said.find("options layers, activation and knots, not 'bins'"), std::string::npos) << said;
  EXPECT_TRUE(make_frame({"y ~ deep(x, knots = 0)"}, "", table).deep_ramps.empty());
}

TEST(InputRamps, UnaskedTheyFollowTheRows) {
  EXPECT_EQ(usual_knots(2047, 1), 0);
  EXPECT_EQ(usual_knots(2048, 1), 12);
  EXPECT_EQ(usual_knots(2559, 40), 0);
  EXPECT_EQ(usual_knots(2560, 40), 12);
  EXPECT_EQ(usual_knots(100000, 64), 8);
  EXPECT_EQ(usual_knots(100000, 65), 0);
  EXPECT_EQ(usual_knots(8000, 4), 20);
  EXPECT_EQ(usual_knots(1000000, 2), 32);
  EXPECT_EQ(usual_knots(0, 0), 0);
  Table table = small_table(2200);
  const auto knots = [&](const std::string& options) {
    const Frame frame = make_frame({"y ~ deep(x, w, g, layers = c(3)" + options + ")"}, "", table);
    return frame.deep_ramps.empty() ? 0 : static_cast<int>(frame.deep_ramps.front().size()) - 1;
  };
  EXPECT_EQ(knots(""), 13);
  EXPECT_EQ(knots(", knots = 0"), 0);
  EXPECT_EQ(knots(", knots = 3"), 3);
}

TEST(InputRamps, RowsThatSayNothingMakeNoKnotsAndNoScales) {
  std::vector<double> x, y, weight, trials;
  for (int i = 0; i < 40; ++i) {
    x.push_back(i % 4 == 0 ? 1000 : std::sin(i));
    y.push_back(i % 3);
    weight.push_back(i % 4 == 0 ? 0 : 2);
    trials.push_back(i % 4 == 0 ? 0 : 5);
  }
  Table table;
  for (const auto& [name, values] : {std::pair{"x", x}, {"y", y}, {"w", weight}, {"n", trials}})
    table.add(numbers(name, values));
  for (const std::string response : {"y | weights(w)", "y | trials(n)"}) {
    const Frame frame = make_frame({response + " ~ deep(x, layers = c(2), knots = 3)"}, "", table);
    EXPECT_LT(frame.deep_sd.front(), 1);
    EXPECT_LT(frame.deep_ramps.front().knots.back() * frame.deep_sd.front() + frame.deep_mean.front(), 1);
  }
}

TEST(InputRamps, HeldWholeTheyStandBeforeSparseColumns) {
  constexpr std::size_t kLevels = 300;
  Table table = small_table(2 * kLevels);
  std::vector<std::string> level;
  for (std::size_t i = 0; i < 2 * kLevels; ++i) level.push_back("l" + std::to_string(i * 7 % kLevels));
  table.add(labels("many", level));
  const Frame frame = make_frame({"y ~ deep(many, x, layers = c(2), knots = 3)"}, "", table);
  const Design design = make_design(frame, table, {});
  ASSERT_EQ(design.sparse_deep.columns, kLevels);
  Design whole = design;
  fill_in_inputs(whole, "a test");
  EXPECT_TRUE(whole.ramps.empty());
  ASSERT_EQ(whole.deep.cols(), input_groups(frame).columns());
  EXPECT_EQ(whole.deep.leftCols(5), with_ramps(design.deep, design.ramps));
  EXPECT_EQ(whole.deep.rightCols(kLevels), dense_rows(design.sparse_deep, 0, design.sparse_deep.rows()));
}

TEST(InputRamps, AFitThatHasLostThemIsRefused) {
  ModelSpec model;
  model.formula = "y ~ deep(x, layers = c(3), knots = 2)";
  std::vector<double> x, y;
  for (int i = 0; i < 30; ++i) {
    x.push_back(i);
    y.push_back(std::sin(i));
  }
  model.data.add_numbers("x", x).add_numbers("y", y);
  RunOptions run;
  run.chains = 1;
  run.warmup = run.draws = 5;
  const std::shared_ptr<MemoryDraws> draws = run_in_memory(make_job(model, run), {});
  EXPECT_EQ(message([&] { Posterior(draws).predict(model.data); }), "no error");
  draws->commit({{"over", {{"frame", {{"ramps", nlohmann::json::array()}}}}}}, draws->states());
  const std::string said = message([&] { Posterior(draws).predict(model.data); });
  EXPECT_NE(said.find("of a network of 18 parameters, its formula and columns make one of 9"), std::string::npos)
      << said;
}

TEST(InputRamps, ColumnsAreDescribedWithTheirKnots) {
  const Frame frame = make_frame({"y ~ deep(x, knots = 3)"}, "", small_table(40));
  for (const auto& [name, role] : frame.columns)
    EXPECT_TRUE(name != "x" || role == "network input (standardised, 3 knots)") << role;
}

}  // namespace
}  // namespace bdglm::test
