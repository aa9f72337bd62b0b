// Columns of a table as the model takes them, and the values that a user may name of one.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bdglm/report.hpp"
#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

/// The table as the model takes its columns: numbers that are names of levels and nothing else (declared factors,
/// factor(), groupings) as factors in the numbers' order; the levels of others in the order that the formula gives
/// them. Labels are those that training has seen besides the rows' own.
Table as_model_takes(const Table& table, const Frame& frame);

/// The levels of columns that are factors in the formula, in their order there; of a column of numbers too that is a
/// number to other terms.
std::map<std::string, std::vector<std::string>> factor_levels(const Frame& frame);

/// The labels' codes in the order of the factor's levels.
std::vector<std::int32_t> ordered_codes(const Column& column);

/// `value` as the column of `as_model_takes` has it: a number, or a level that a row or training has. Throws ModelError
/// where it is none; of numbers too that are no level of a factor, where the formula takes the column for one as well.
ColumnValue value_for(const Column& column, const ColumnValue& value, const Frame& frame);

}  // namespace bdglm
