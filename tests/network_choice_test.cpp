// Networks that are left to the program: what is tried, what is taken, and what ends the search.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "api/network_choice.hpp"
#include "api/network_trials.hpp"
#include "bdglm/bdglm.hpp"
#include "support/message.hpp"
#include "support/problem.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

/// y = sin 3x and a little noise, or noise alone.
ModelSpec model_of(const std::string& formula, double signal) {
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 60; ++i) {
    x.push_back(std::sin(1.7 * i));
    y.push_back(signal * std::sin(3 * x.back()) + 0.3 * std::cos(2.3 * i * i));
  }
  ModelSpec model;
  model.formula = formula;
  model.data.add_numbers("x", x).add_numbers("y", y);
  model.family = "gaussian";
  return model;
}

RunOptions short_run() {
  RunOptions run;
  run.chains = 1;
  run.warmup = run.draws = 10;
  run.seed = 4;
  run.threads = 2;
  return run;
}

DeepTerm chosen(const std::string& formula, double signal, std::string& note, const RunOptions& run = short_run()) {
  const FitJob job = make_chosen_job(model_of(formula, signal), run, {});
  note = job.design.notes.empty() ? "" : job.design.notes.back();
  return *job.frame.formula().deep;
}

TEST(NetworkChoice, FormulasTakeWhatWasChosen) {
  EXPECT_EQ(with_network({"y ~ z + deep(x, layers = auto, knots = auto, activation=\"auto\")", "s ~ deep()"}, {3, 2},
                         "tanh", 4),
            (std::vector<std::string>{"y ~ z + deep(x, layers = c(3, 2), knots = 4, activation=tanh)", "s ~ deep()"}));
  EXPECT_EQ(with_network({"y ~ deep(auto, layers = 4)"}, {3}, "tanh", 0),
            (std::vector<std::string>{"y ~ deep(auto, layers = 4, knots = 0)"}));
  EXPECT_EQ(with_network({"y ~ deep(log(x), `a)b`) + (deep | g)", "sigma ~ deep()"}, {3}, "tanh", 9),
            (std::vector<std::string>{"y ~ deep(log(x), `a)b`, knots = 9) + (deep | g)", "sigma ~ deep()"}));
  EXPECT_EQ(with_network({"y ~ deep(x, knots = 3, layers = auto )"}, {3}, "tanh", 9),
            (std::vector<std::string>{"y ~ deep(x, knots = 3, layers = c(3) )"}));
}

TEST(NetworkChoice, TheSmallestWithinAnErrorOfTheBestIsTaken) {
  EXPECT_EQ(smallest_within_error({{-1, -2, -3}}, 3), 0U);
  EXPECT_EQ(smallest_within_error({{-1, -2, -3}, {-1, -2, -3}}, 3), 0U);
  // Differences 1, 1, 1 are certain, 3, -1, 1 are not: their sum is 3, its error 3.46.
  EXPECT_EQ(smallest_within_error({{-2, -3, -4}, {-1, -2, -3}}, 3), 1U);
  EXPECT_EQ(smallest_within_error({{-4, -1, -4}, {-1, -2, -3}}, 3), 0U);
  EXPECT_EQ(smallest_within_error({{-2.001, -3.001, -4.001}, {-2, -3, -4}}, 3), 0U);
  EXPECT_EQ(smallest_within_error({{-2.003, -3.003, -4.003}, {-2, -3, -4}}, 3), 1U);
  EXPECT_EQ(smallest_within_error({{-9, -9, -9}, {-4, -1, -4}, {-1, -2, -3}, {-1, -2, -3.1}}, 3), 1U);
}

TEST(Network, ThatStatesNoActivationIsMixedAndReluWithLayerNoiseOrOfAnEarlierFit) {
  const auto activation = [](const Frame& frame) { return frame.formula().deep->activation; };
  ModelSpec model = model_of("y ~ deep(x, layers = c(4))", 1);
  const Frame frame = make_job(model, short_run()).frame;
  EXPECT_EQ(activation(frame), "mixed");
  nlohmann::json json = frame;
  EXPECT_EQ(activation(json.get<Frame>()), "mixed");
  json.erase("activation");
  EXPECT_EQ(activation(json.get<Frame>()), "relu");
  model.layer_noise = "0.1";
  json = make_job(model, short_run()).frame;
  EXPECT_EQ(activation(json.get<Frame>()), "relu");
  model = model_of("y ~ deep(x, layers = c(4), activation = tanh)", 1);
  json = make_job(model, short_run()).frame;
  json.erase("activation");
  EXPECT_EQ(activation(json.get<Frame>()), "tanh");
}

TEST(Network, ThatOneFormulaLeavesOpenIsThatOfTheOther) {
  const auto activation = [](const std::vector<std::string>& formulas) {
    return parse_formula(formulas, {}).deep->activation;
  };
  EXPECT_EQ(activation({"y ~ deep(x)", "sigma ~ deep(x, activation = tanh)"}), "tanh");
  EXPECT_EQ(activation({"y ~ deep(x, activation = tanh)", "sigma ~ deep(x)"}), "tanh");
  EXPECT_HAS(message([&] {
               activation({"y ~ deep(x, activation = relu)", "sigma ~ deep(x, activation = tanh)"});
             }),
             "the predictors share one network");
}

TEST(NetworkChoice, AllLayersAreTriedAndTold) {
  std::string note;
  const DeepTerm deep = chosen("y ~ deep(x, layers = auto)", 0, note);
  EXPECT_EQ(deep.activation, "mixed");
  EXPECT_HAS(note, "chosen by the log score a row of 36 held-out rows in short fits: ");
  for (const char* tried : {"c(50) mixed", "c(16) mixed", "c(32, 32) mixed", "c(100) mixed", "c(64, 64) mixed"})
    EXPECT_HAS(note, tried);
  EXPECT_EQ(note.find("tanh"), std::string::npos) << note;
}

TEST(NetworkChoice, ASmoothMeanHasSmoothUnits) {
  std::string note;
  RunOptions run = short_run();
  run.warmup = 100;
  const DeepTerm deep = chosen("y ~ deep(x, layers = c(8), activation = auto)", 3, note, run);
  EXPECT_EQ(deep.layers, std::vector<int>{8});
  EXPECT_NE(deep.activation, "relu") << note;
  std::string again;
  chosen("y ~ deep(x, layers = c(8), activation = auto)", 3, again, run);
  EXPECT_EQ(note, again);
}

TEST(NetworkChoice, LayerNoiseHasTheActivationsThatItGoesWith) {
  ModelSpec model = model_of("y ~ deep(x, layers = c(4), activation = auto)", 1);
  model.layer_noise = "0.1";
  const std::string note = make_chosen_job(model, short_run(), {}).design.notes.back();
  for (const char* tried : {"c(4) relu -", "c(4) leaky_relu -", "c(4) abs -"}) EXPECT_HAS(note, tried);
  EXPECT_EQ(note.find("not fitted"), std::string::npos) << note;
}

TEST(NetworkChoice, KnotsAreTriedAndTold) {
  std::string note;
  const DeepTerm deep = chosen("y ~ deep(x, layers = c(8), knots = auto)", 0, note);
  EXPECT_FALSE(deep.to_choose());
  for (const char* tried : {"short fits: c(8) mixed ", "c(8) mixed with 4 knots ", "c(8) mixed with 16 knots "})
    EXPECT_HAS(note, tried);
  EXPECT_TRUE(deep.knots == 0 || note.find("knots, chosen") != std::string::npos) << note;
}

TEST(NetworkChoice, KnotsAreNotTriedWhereThereIsNothingToBend) {
  ModelSpec model;
  model.formula = "y ~ deep(x, layers = c(3), knots = auto)";
  model.family = "gaussian";
  std::vector<double> x;
  std::vector<double> y;
  for (int i = 0; i < 60; ++i) {
    x.push_back(i % 3);
    y.push_back(std::sin(i));
  }
  model.data.add_numbers("x", x).add_numbers("y", y);
  const std::string note = make_chosen_job(model, short_run(), {}).design.notes.back();
  EXPECT_HAS(note, "with 4 knots");
  EXPECT_EQ(note.find("with 16 knots"), std::string::npos) << note;
}

TEST(NetworkChoice, TooFewRowsAreRefused) {
  ModelSpec model;
  model.formula = "y ~ deep(x, layers = auto)";
  model.family = "gaussian";
  model.data.add_numbers("x", {1, 2, 3, 4, 5}).add_numbers("y", {1, 3, 2, 5, 4});
  try {
    make_chosen_job(model, short_run(), {});
    ADD_FAILURE();
  } catch (const DataError& error) {
    EXPECT_HAS(std::string(error.what()), "5 rows are too few; state what deep() leaves to the program");
  }
}

TEST(NetworkChoice, NoMoreIsTriedThanThereIsTimeFor) {
  RunOptions run = short_run();
  run.max_seconds = 1e-6;
  std::string note;
  const DeepTerm deep = chosen("y ~ deep(x, layers = auto, activation = auto)", 1, note, run);
  EXPECT_EQ(deep.layers, std::vector<int>{50});
  EXPECT_EQ(note.substr(0, note.find(';')).find(", c("), std::string::npos) << note;
  EXPECT_HAS(note, "; not tried for want of time: c(50) relu, c(50) tanh, c(16) mixed, ");
}

TEST(NetworkChoice, RareLevelsAreFittedAndRowsOfNoWeightAreNot) {
  std::vector<double> level;
  std::vector<double> weight;
  for (int i = 0; i < 20000; ++i) {
    level.push_back(i < 5 ? 2 : i % 100 == 7 ? 1 : 0);
    weight.push_back(i >= 5 && i % 4 == 1 ? 0 : 1);
  }
  Table table;
  table.add(numbers("y", level));
  table.add(numbers("w", weight));
  table.add(numbers("x", weight));
  const Frame frame = make_frame({"y | weights(w) ~ 1"}, "", table, {}, true);
  const Design design = make_design(frame, table, {});
  for (const std::uint64_t seed : {1, 2, 3}) {
    const std::vector<Split> splits = make_splits(design, Family::categorical, seed);
    ASSERT_EQ(splits.size(), 1U);
    std::vector<int> trained(3, 0);
    std::vector<int> held(3, 0);
    for (std::size_t i = 0; i < level.size(); ++i) {
      const auto at = static_cast<std::size_t>(level[i]);
      EXPECT_TRUE(weight[i] > 0 || splits[0].train[i] + splits[0].held[i] == 0);
      EXPECT_LE(splits[0].train[i] + splits[0].held[i], 1);
      trained[at] += splits[0].train[i];
      held[at] += splits[0].held[i];
    }
    EXPECT_EQ(trained[2], 5);
    EXPECT_EQ(held[2], 0);
    EXPECT_GE(trained[1], 15);
    EXPECT_NEAR(trained[0] + trained[1], 5000, 15);
    EXPECT_EQ(held[0] + held[1], 2000);
  }
}

TEST(NetworkChoice, AStopEndsIt) {
  const auto never = [](const Progress&) { return true; };
  int asked = 0;
  const auto later = [&](const Progress& p) {
    EXPECT_EQ(p.phase, "choosing a network");
    return ++asked < 3;
  };
  const ModelSpec model = model_of("y ~ deep(x, layers = auto)", 1);
  EXPECT_THROW(make_chosen_job(model, short_run(), {later, {}}), Stopped);
  EXPECT_THROW(make_chosen_job(model, short_run(), {never, [] { return true; }}), Stopped);
}

TEST(NetworkChoice, WhatIsWrongIsSaidAsWithoutIt) {
  ModelSpec model = model_of("y ~ deep(x, layers = auto)", 1);
  model.priors = {"b_z ~ normal(0, 1)"};
  EXPECT_THROW(make_chosen_job(model, short_run(), {}), ModelError);
  model.priors = {"weight_scale2 ~ half_t(3, 1)"};
  try {
    make_chosen_job(model, short_run(), {});
    ADD_FAILURE();
  } catch (const ModelError& error) {
    EXPECT_HAS(std::string(error.what()), "it is not known which layer that is");
  }
  model.priors.clear();
  model.formula = "y ~ deep(x, layers = automatic)";
  try {
    make_chosen_job(model, short_run(), {});
    ADD_FAILURE();
  } catch (const ModelError& error) {
    EXPECT_HAS(std::string(error.what()), "layers = auto");
  }
}

}  // namespace
}  // namespace bdglm::test
