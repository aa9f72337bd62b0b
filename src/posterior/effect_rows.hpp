// The tables that effects are predicted for: sampled rows, typical rows, a column at a value.
#pragma once

#include <string>
#include <vector>

#include "bdglm/report.hpp"
#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

/// The table, or `most` of its rows spread evenly where it has more.
Table spread_rows(const Table& table, std::size_t most);

/// These rows of the table, in this order.
Table rows_of(const Table& table, const std::vector<std::size_t>& rows);

/// The table with the values that `names`, columns and whole matrices, have in these rows in its own rows' place.
Table with_values_of(const Table& table, const std::vector<std::string>& names, const std::vector<std::size_t>& rows);

/// The table with `column` in place of the one of its name.
Table with_column(const Table& table, const Column& column);

/// `rows` equal rows: numbers at their means, or at the commoner of two values, trials at the nearest whole number;
/// others at their commonest levels.
Table typical_rows(const Table& table, std::size_t rows, const Frame& frame);

/// Whether the column counts trials, whole numbers, or is part of what does.
bool counts_trials(const Frame& frame, const std::string& column);

/// Mean and standard deviation (of the rows themselves) of the numbers that are there, the least and the greatest.
/// Throws DataError where there are none.
struct Spread {
  double mean = 0, sd = 0, least = 0, greatest = 0;
};
Spread spread_of(const Column& column);

/// The values that occur: numbers ascending, levels in the order of the factor.
std::vector<ColumnValue> values_of(const Column& column);

/// The column of one row for each value.
Column at_values(const Column& column, const std::vector<ColumnValue>& values);

/// For each row the place of its value among `values`, or -1.
std::vector<int> places(const Column& column, const std::vector<ColumnValue>& values);

}  // namespace bdglm
