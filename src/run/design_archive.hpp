// A design to the variables of a fit file and back, so that resuming needs no other file.
#pragma once

#include <vector>

#include "design/design.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

std::vector<DataVariable> archive_design(const Design& design, const Frame& frame);
Design restore_design(const DrawSource& file, const Frame& frame);

}  // namespace bdglm
