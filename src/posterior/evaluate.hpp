// Scores of predictions against observed responses: proper scores, errors, calibration, coverage.
#pragma once

#include <Eigen/Core>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "bdglm/report.hpp"
#include "posterior/chain_scores.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// What one row adds to the scores.
struct RowScore {
  double log_score = 0, log_score_plugin = 0;
  double low = 0, high = 0;              ///< probability of less than the response, and of at most it
  Eigen::ArrayXd expected;               ///< one number, or the levels' probabilities
  std::optional<RowChainScores> chains;  ///< where there are several whose draws are their own
};

/// Of each row of positive weight; `design` must hold the response. Throws as `evaluate_design` does.
std::vector<RowScore> score_rows(const Predictor& predictor, const Design& design);

/// Of rows that are scored already.
Evaluation evaluate_scores(const Predictor& predictor, const Design& design, const std::vector<RowScore>& scores);

/// `design` must hold the response. Throws DataError where it does not fit the family, or where a weight is negative.
Evaluation evaluate_design(const Predictor& predictor, const Design& design);

void to_json(nlohmann::json& json, const Evaluation& evaluation);

}  // namespace bdglm
