// Posterior predictive checks: statistics of responses beside those of new responses.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "bdglm/report.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// `design` must hold the response. Throws DataError where it does not fit the family, where a weight is negative, or
/// where one that is a frequency is no whole number.
PredictiveChecks check_design(const Predictor& predictor, const Design& design);

void to_json(nlohmann::json& json, const PredictiveChecks& checks);

}  // namespace bdglm
