// From a design back to columns of its table, as far as the design tells them.
#pragma once

#include <string>
#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

struct DesignTable {
  Table table;  ///< a row for each of the design's; factors and groupings as text with their levels in order
  /// Columns that the formula reads within expressions, products or sums alone, and that the design has not kept.
  std::vector<std::string> lost;
};

/// Trials, weights and offsets too, but no response. What random effects alone read is lost with groups only.
DesignTable table_of(const Design& design, const Frame& frame, bool with_groups);

/// The columns of the table, at the design's rows, that `table_of` cannot tell from its matrices: those that the
/// formula reads within `log(x)`, `I(x^2)`, a product or a sum alone.
std::vector<Column> untold_columns(const Design& design, const Frame& frame, const Table& table);

/// The levels that the frame has of a factor; throws DataError where the column is none.
const std::vector<std::string>& levels_of_factor(const Frame& frame, const std::string& column);

}  // namespace bdglm
