// What frames and designs share: numeric atoms over a table, which atoms are factors, complete rows.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"
#include "design/expression.hpp"

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

/// Whether a number is finite and its square one too.
inline bool is_usable(double x) { return std::fabs(x) < 1e150; }

/// Throws DataError that `what`, a column of the matrix `block` if that is not empty, is x in that row, where a finite
/// number is needed.
[[noreturn]] void refuse_number(const std::string& what, double x, const Table& table, std::size_t row,
                                const std::string& block = "");

/// True for factor(), relevel(), and the name of a column of text or of one that the frame takes as a factor.
bool is_factor_atom(const Expression& atom, const Frame& frame, const Table& table);

/// What each column the model uses was taken for.
std::vector<std::pair<std::string, std::string>> describe_columns(const Frame& frame, const Formula& formula);

/// The columns that a fit reads: those of the formula, and of the residual scales' groups unless `sigma` is empty.
std::vector<std::string> columns_used(const Formula& formula, const std::string& sigma, bool with_response = true);

/// 1 for the rows without a missing value in any of the named columns; of matrices those count that vary in the frame,
/// if one is given.
std::vector<char> complete_rows(const Table& table, const std::vector<std::string>& names,
                                const Frame* frame = nullptr);

}  // namespace bdglm
