// Marginal effects: expected responses along a variable, average comparisons and slopes.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "posterior/predict.hpp"

namespace bdglm {

/// Effects of a variable on the expected response of the table's rows, as `Posterior::effects` promises; the
/// predictor's groups and threads hold, not those of `options`.
Effects effects_of(const Predictor& predictor, const Table& table, const std::string& variable,
                   const EffectOptions& options);

/// Whether random effects read the column and nothing else does: a grouping, or what has a slope in groups only.
bool read_by_groups_alone(const Frame& frame, const std::string& column);

void to_json(nlohmann::json& json, const Effects& effects);

}  // namespace bdglm
