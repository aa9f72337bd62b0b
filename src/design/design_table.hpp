// From a design back to columns of its table, as far as the design tells them.
#pragma once

#include <string>
#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

struct DesignTable {
  Table table;  ///< a row for each of the design's; factors and groupings as text with their levels in order
  /// Columns that the formula reads and that stand in the design within expressions, products or sums alone.
  std::vector<std::string> lost;
};

/// Trials, weights and offsets too, but no response. What random effects alone read is lost with groups only.
DesignTable table_of(const Design& design, const Frame& frame, bool with_groups);

}  // namespace bdglm
