// The lanes' sums over rows and within groups of rows, for resident data.
#pragma once

#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

using lanes::add_group_cross_products;
using lanes::add_group_products;
using lanes::add_group_sums;
using lanes::GroupBlocks;
using lanes::RowsView;

inline RowsView rows_of(const Matrix& m) { return {values(m).data(), values(m).cols()}; }

inline lanes::GroupedRows grouped(const IndexStorage& index) { return {index.start.data(), index.order.data()}; }

/// Widths with loops of their own, for which a library's calls cost more than the work.
constexpr Eigen::Index kNarrow = 8;

/// out_i += x_i' b for rows [first, first + count) of x; out counts from `first`.
inline void add_columns_times(const Matrix& x, Eigen::Index first, Eigen::Index count, const double* b, double* out) {
  const auto columns = values(x);
  if (columns.cols() <= kNarrow) return lanes::add_rows_times(rows_of(x), first, first + count, b, out);
  // Row by row: memory sets the pace, and a library's product reads it in pieces.
  const Eigen::Map<const Eigen::RowVectorXd> coefficients(b, columns.cols());
  for (Eigen::Index i = 0; i < count; ++i) out[i] += columns.row(first + i).dot(coefficients);
}

}  // namespace bdglm::cpu
