// Rows that miss the response and nothing else.
#pragma once

#include <string>
#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

/// The rows of the training table that miss the response alone, without responses. Groups that no row with a response
/// has are new levels. Rows of weight zero or without trials, and rows with a level of a factor (or of the residual
/// scales' groups) that no row with a response has, are left out. `notes` tells of the rows and of the latter.
Design missing_response_design(const Frame& frame, const Table& table, std::vector<std::string>& notes);

}  // namespace bdglm
