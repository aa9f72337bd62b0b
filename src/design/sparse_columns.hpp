// What a design's sparse columns are made into where few numbers at a time will not do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "design/design.hpp"

namespace bdglm {

/// Makes the sparse columns of its right sides dense ones, which keep their places; a note tells of it, and `why`.
/// Throws DataError where these would not fit into memory.
void fill_in(Design& design, const std::string& why);
/// The same of the network's inputs.
void fill_in_inputs(Design& design, const std::string& why);
/// Their ramps alone.
void fill_in_ramps(Design& design, const std::string& why);

/// Of each column, zeros counted.
std::vector<double> standard_deviations(const SparseRows& rows);

/// Of each row, which of the columns [first, end) is not zero, from `first` on.
std::vector<std::int32_t> levels_told(const SparseRows& indicators, std::size_t first, std::size_t end);

}  // namespace bdglm
