// Products of sparse rows with vectors and matrices, row by row.
#pragma once

#include "base/sparse_rows.hpp"

namespace bdglm {

/// out (count) += rows [first, first + count) times v.
inline void add_times(const SparseRows& rows, std::size_t first, std::size_t count, const double* v, double* out) {
  const std::int32_t* index = rows.indices.data();
  const double* value = rows.values.data();
  for (std::size_t i = 0; i < count; ++i) {
    // Several sums at a time: one would wait for each of its additions.
    double sums[4] = {};
    std::size_t k = rows.starts[first + i];
    const std::size_t end = rows.starts[first + i + 1];
    for (; k + 4 <= end; k += 4)
      for (std::size_t lane = 0; lane < 4; ++lane) sums[lane] += value[k + lane] * v[index[k + lane]];
    for (; k < end; ++k) sums[0] += value[k] * v[index[k]];
    out[i] += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
}

/// out (columns) += their transpose times v (count).
inline void add_transposed_times(const SparseRows& rows, std::size_t first, std::size_t count, const double* v,
                                 double* out) {
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = rows.starts[first + i]; k < rows.starts[first + i + 1]; ++k)
      out[rows.indices[k]] += rows.values[k] * v[i];
}

/// As the former, of matrices of `width` columns, row by row.
inline void add_times(const SparseRows& rows, std::size_t first, std::size_t count, const double* m, Eigen::Index width,
                      double* out) {
  for (std::size_t i = 0; i < count; ++i)
    rows.for_each(first + i, [&](std::int32_t column, double value) {
      Eigen::Map<Eigen::ArrayXd>(out + static_cast<Eigen::Index>(i) * width, width) +=
          value * Eigen::Map<const Eigen::ArrayXd>(m + column * width, width);
    });
}

inline void add_transposed_times(const SparseRows& rows, std::size_t first, std::size_t count, const double* m,
                                 Eigen::Index width, double* out) {
  for (std::size_t i = 0; i < count; ++i)
    rows.for_each(first + i, [&](std::int32_t column, double value) {
      Eigen::Map<Eigen::ArrayXd>(out + column * width, width) +=
          value * Eigen::Map<const Eigen::ArrayXd>(m + static_cast<Eigen::Index>(i) * width, width);
    });
}

}  // namespace bdglm
