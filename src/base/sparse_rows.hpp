// Rows of numbers of which few are not zero.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/row_matrix.hpp"

namespace bdglm {

/// Compressed rows: those of row i are at starts[i] to starts[i + 1] of `indices` (of columns, from 0, ascending) and
/// `values`.
struct SparseRows {
  std::size_t columns = 0;
  std::vector<std::size_t> starts = {0};
  std::vector<std::int32_t> indices;
  std::vector<double> values;

  std::size_t rows() const { return starts.size() - 1; }
  Eigen::Index cols() const { return static_cast<Eigen::Index>(columns); }
  bool operator==(const SparseRows& other) const {
    return columns == other.columns && starts == other.starts && indices == other.indices && values == other.values;
  }

  double at(std::size_t row, std::size_t column) const {
    const auto first = indices.begin() + static_cast<std::ptrdiff_t>(starts[row]);
    const auto last = indices.begin() + static_cast<std::ptrdiff_t>(starts[row + 1]);
    const auto found = std::lower_bound(first, last, static_cast<std::int32_t>(column));
    const bool there = found != last && *found == static_cast<std::int32_t>(column);
    return there ? values[static_cast<std::size_t>(found - indices.begin())] : 0;
  }

  /// Calls f(column, value) with the numbers of a row.
  template <class F>
  void for_each(std::size_t row, F&& f) const {
    for (std::size_t k = starts[row]; k < starts[row + 1]; ++k) f(indices[k], values[k]);
  }

  /// Rows [first, first + count).
  SparseRows range(std::size_t first, std::size_t count) const {
    SparseRows out;
    out.columns = columns;
    const auto from = static_cast<std::ptrdiff_t>(starts[first]);
    const auto to = static_cast<std::ptrdiff_t>(starts[first + count]);
    for (std::size_t i = 0; i < count; ++i) out.starts.push_back(starts[first + i + 1] - starts[first]);
    out.indices.assign(indices.begin() + from, indices.begin() + to);
    out.values.assign(values.begin() + from, values.begin() + to);
    return out;
  }

  /// The rows of these numbers, in their order.
  template <class Numbers>
  SparseRows taken(const Numbers& numbers) const {
    SparseRows out;
    out.columns = columns;
    out.starts.reserve(static_cast<std::size_t>(numbers.size()) + 1);
    for (const auto number : numbers) {
      for_each(static_cast<std::size_t>(number), [&](std::int32_t column, double value) {
        out.indices.push_back(column);
        out.values.push_back(value);
      });
      out.starts.push_back(out.indices.size());
    }
    return out;
  }
};

/// The columns of `left`, then those of `right`, of as many rows.
inline SparseRows joined(const SparseRows& left, const SparseRows& right) {
  SparseRows out;
  out.columns = left.columns + right.columns;
  for (std::size_t row = 0; row < left.rows(); ++row) {
    const auto add = [&](std::size_t before) {
      return [&out, before](std::int32_t column, double value) {
        out.indices.push_back(column + static_cast<std::int32_t>(before));
        out.values.push_back(value);
      };
    };
    left.for_each(row, add(0));
    right.for_each(row, add(left.columns));
    out.starts.push_back(out.indices.size());
  }
  return out;
}

/// All numbers of rows [first, first + count).
inline RowMatrix dense_rows(const SparseRows& rows, std::size_t first, std::size_t count) {
  RowMatrix dense = RowMatrix::Zero(static_cast<Eigen::Index>(count), rows.cols());
  for (std::size_t i = 0; i < count; ++i)
    rows.for_each(first + i,
                  [&](std::int32_t column, double value) { dense(static_cast<Eigen::Index>(i), column) = value; });
  return dense;
}

}  // namespace bdglm
