// Scores of predictions against observed responses: proper scores, errors, calibration, coverage.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bdglm/report.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// `design` must hold the response. Throws DataError where it does not fit the family, or where a weight is negative.
Evaluation evaluate_design(const Predictor& predictor, const Design& design);

void to_json(nlohmann::json& json, const Evaluation& evaluation);

}  // namespace bdglm
