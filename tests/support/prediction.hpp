// A small fit by the program, and what is predicted and scored from it.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "fitfile/fit_file.hpp"
#include "posterior/evaluate.hpp"
#include "support/program.hpp"

namespace bdglm::test {

class Prediction : public testing::Test {
 protected:
  void fit(const std::string& table, const std::string& options) {
    w_.write("t.csv", table);
    const ProgramResult r = w_.run("fit --data t.csv --out f.nc --seed 4 --chains 2 --warmup 100 --quiet " + options);
    ASSERT_EQ(r.status, 0) << r.err;
  }

  std::vector<RowPrediction> rows(const Table& table, const PredictorOptions& options) const {
    const FitReader file(w_.path("f.nc"));
    const Predictor predictor(file, options);
    DesignOptions design;
    design.with_response = false;
    std::vector<RowPrediction> all;
    predict_rows(predictor, make_design(predictor.frame(), table, design), {0.9, {0, 3}},
                 [&](Eigen::Index first, const std::vector<RowPrediction>& block) {
                   EXPECT_EQ(first, static_cast<Eigen::Index>(all.size()));
                   all.insert(all.end(), block.begin(), block.end());
                 });
    return all;
  }

  /// Predictors of all rows at all draws.
  RowMatrix eta(const Table& table, GroupMode mode, std::vector<DrawPlace>* places = nullptr) const {
    const FitReader file(w_.path("f.nc"));
    const Predictor predictor(file, {mode, 2});
    DesignOptions design;
    design.with_response = false;
    RowMatrix all;
    predictor.predict(make_design(predictor.frame(), table, design),
                      [&](const RowPredictors& block) { all = block.eta; });
    if (places != nullptr) *places = predictor.draws();
    return all;
  }

  Evaluation scores(const std::string& table) const {
    w_.write("scored.csv", table);
    const FitReader file(w_.path("f.nc"));
    const Predictor predictor(file, {});
    return evaluate_design(predictor, make_design(predictor.frame(), read_table(w_.path("scored.csv")), {}));
  }

  Workspace w_;
};

/// Rows of two predictors, ten groups, a response by `response(i, x, group)`.
inline std::string grouped_table(int rows, const std::function<std::string(int, double, int)>& response) {
  std::string text = "y,x,g\n";
  for (int i = 0; i < rows; ++i) {
    const double x = std::sin(1.7 * i);
    text += response(i, x, i % 10) + "," + std::to_string(x) + ",g" + std::to_string(i % 10) + "\n";
  }
  return text;
}

inline std::string count_response(int i, double x, int group) {
  return std::to_string((i * 7 + group) % 5 < 2 + 2 * x ? 1 : 0);
}

}  // namespace bdglm::test
