// What a design's sparse columns are made into where few numbers at a time will not do.
#pragma once

#include <vector>

#include "design/design.hpp"

namespace bdglm {

/// Makes the sparse columns dense ones, which keep their places. Throws DataError where these would not fit into
/// memory.
void fill_in(SideDesign& side);
/// The same of the network's inputs.
void fill_in_inputs(Design& design);

/// Of each column, zeros counted.
std::vector<double> standard_deviations(const SparseRows& rows);

}  // namespace bdglm
