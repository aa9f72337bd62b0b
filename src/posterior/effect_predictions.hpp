// The part of effects that predicts along a variable, and what it shares with comparisons.
#pragma once

#include <string>
#include <vector>

#include "data/table.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// The design of a table without its response; what the user should know goes to `notes`, where there are any.
Design design_of(const Predictor& predictor, const Table& table, std::vector<std::string>* notes = nullptr);

/// Adds a note where the expected response does not depend on the effects' variable, and why.
void note_unread(const Predictor& predictor, Effects& effects);

/// Adds a row for each value of the variable, each level of `by` and each level of the response; `by` holds the values
/// of the column `effects.by`, or nothing.
void predict_along(const Predictor& predictor, const Table& table, const EffectOptions& options,
                   const std::vector<ColumnValue>& by, Effects& effects);

}  // namespace bdglm
