// A design to the variables of a fit file and back, so that resuming needs no other file.
#pragma once

#include <vector>

#include "design/design.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

/// The rows of the fit, and those that miss the response, of which there may be none.
std::vector<DataVariable> archive_design(const Design& design, const Design& missing, const Frame& frame);
Design restore_design(const DrawSource& file, const Frame& frame);
Design restore_missing(const DrawSource& file, const Frame& frame);

}  // namespace bdglm
