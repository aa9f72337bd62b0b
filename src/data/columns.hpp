// What frames and designs share: numeric atoms over a table, labels of groups, levels of factors.
#pragma once

#include <string>
#include <vector>

#include "bdglm/data/expression.hpp"
#include "bdglm/data/table.hpp"

namespace bdglm {

/// A column or arithmetic expression as a number per row; throws DataError with the row where it is
/// not finite or huge (beyond 1e150, whose square leaves the numbers).
class NumericAtom {
 public:
  NumericAtom(const Expression& expression, const Table& table);
  double value(std::size_t row) const;

 private:
  const Expression& expression_;
  const Table& table_;
  const Column* plain_ = nullptr;
};

/// Labels present in the kept rows: sorted for text, first seen for numbers.
std::vector<std::string> factor_levels(const Column& column, const std::vector<char>& keep);

/// "a" or "a:b" labels of one row.
std::string group_label(const Table& table, const std::vector<std::string>& factors, std::size_t row);

/// 1 for the rows without a missing value in any of the named columns.
std::vector<char> complete_rows(const Table& table, const std::vector<std::string>& names);

}  // namespace bdglm
