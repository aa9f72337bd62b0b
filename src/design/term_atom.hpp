// The atoms of a term made ready to be read row by row, and their product.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "design/blocks.hpp"
#include "design/columns.hpp"

namespace bdglm {

/// One atom of a term: a number, the numbers of a block, or a factor with its coding.
struct TermAtom {
  std::optional<NumericAtom> numeric;
  std::optional<BlockAtom> block;
  const std::vector<std::string>* factor = nullptr;  ///< levels
  std::string prefix;                                ///< of coefficient names; the whole name of a number
  std::vector<std::int32_t> level;                   ///< of each design row
  bool full = false;                                 ///< one column a level, not contrasts

  std::size_t width() const;
  /// Of a sparse matrix, or of a factor with a column a level; `rows` are the design's.
  SparseRows sparse_rows(const std::vector<std::size_t>& rows) const;
  /// What column k is called in a coefficient's name.
  std::string part(std::size_t k) const;
};

/// Adds columns after those that `to` has, if any.
void append(SparseRows& to, SparseRows columns);

/// Writes the product of the atoms at design row i, which is the table's row `row`, to as many columns as the product
/// of their widths, the first atom's running fastest, as in R; these are zero before. Returns how many.
std::size_t write_product(const std::vector<TermAtom>& atoms, std::size_t i, std::size_t row, double* to);

}  // namespace bdglm
