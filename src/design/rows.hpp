// The rows of a whole design: some of them, in another order, or without their columns.
#pragma once

#include <vector>

#include "design/design.hpp"

namespace bdglm {

/// Makes row i of the design what was row `rows[i]`.
void take_rows(Design& design, const std::vector<Eigen::Index>& rows);

/// Takes the rows group by group of the grouping with the most levels, within each in the table's order, so that sums
/// within groups read memory in order; leaves designs that a processor's cache holds as they are.
void order_by_group(Design& design);

/// The rows in the order of the table.
std::vector<Eigen::Index> rows_by_table(const Design& design);

/// Lets go of the values of all columns; what else there is of the rows stays.
void drop_columns(Design& design);

/// Whether two designs have the same rows in the same order, value for value, groups left out.
bool same_rows(const Design& a, const Design& b);

}  // namespace bdglm
