// The lanes' sums over rows and within groups of rows, for resident data.
#pragma once

#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

using lanes::add_group_cross_products;
using lanes::add_group_products;
using lanes::add_group_sums;
using lanes::GroupBlocks;
using lanes::RowsView;

inline RowsView rows_of(const Matrix& m) { return {values(m).data(), m.cols()}; }

inline lanes::GroupedRows grouped(const IndexStorage& index) { return {index.start.data(), index.order.data()}; }

/// Widths with loops of their own, for which a library's calls cost more than the work.
constexpr Eigen::Index kNarrow = 8;

}  // namespace bdglm::cpu
