// The design of a table whose rows are predicted or scored.
#pragma once

#include <string>
#include <vector>

#include "posterior/predict.hpp"

namespace bdglm {

/// The table's design under the fit's frame; `notes` gets a word on weights that the table does not hold. Throws
/// DataError for columns that are missing or do not fit.
Design prediction_design(const Predictor& predictor, const Table& table, bool with_response,
                         std::vector<std::string>& notes);

/// The levels of a response of classes, "0" and "1" where they have no names; none for other families.
std::vector<std::string> class_names(const Predictor& predictor);

}  // namespace bdglm
