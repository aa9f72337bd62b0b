// Columns of a design, dense ones and then sparse ones, times arrays of a block of rows, and back.
#pragma once

#include "base/sparse_products.hpp"
#include "compute/cpu/group_sums.hpp"
#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

inline const RampRows& ramps_of(const Matrix& columns) { return static_cast<MatrixStorage*>(columns.storage())->ramps; }

inline bool has_ramps(const Matrix& columns) { return columns.storage() != nullptr && ramps_of(columns).columns() > 0; }

inline const SparseRows& sparse_of(const Matrix& columns) {
  return static_cast<MatrixStorage*>(columns.storage())->sparse;
}

inline bool has_sparse(const Matrix& columns) { return columns.storage() != nullptr && sparse_of(columns).columns > 0; }

/// out (count) += the sparse columns of rows [at, at + count) times v, of which there is one for each.
inline void add_sparse_times(const Matrix& columns, Eigen::Index at, Eigen::Index count, const double* v, double* out) {
  if (!has_sparse(columns)) return;
  const SparseRows& rows = sparse_of(columns);
  const auto first = static_cast<std::size_t>(at);
  const SparseEntry* entries = static_cast<MatrixStorage*>(columns.storage())->entries();
  if (entries == nullptr) return add_times(rows, first, static_cast<std::size_t>(count), v, out);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
    // Several sums at a time: one would wait for each of its additions.
    double sums[4] = {};
    const SparseEntry* entry = entries + rows.starts[first + i];
    const SparseEntry* const end = entries + rows.starts[first + i + 1];
    for (; end - entry >= 4; entry += 4)
      for (std::size_t lane = 0; lane < 4; ++lane)
        sums[lane] += static_cast<double>(entry[lane].value) * v[entry[lane].column];
    for (; entry != end; ++entry) sums[0] += static_cast<double>(entry->value) * v[entry->column];
    out[i] += (sums[0] + sums[1]) + (sums[2] + sums[3]);
  }
}

/// out (sparse columns) += their transpose times v (count).
inline void add_sparse_transposed_times(const Matrix& columns, Eigen::Index at, Eigen::Index count, const double* v,
                                        double* out) {
  if (!has_sparse(columns)) return;
  const SparseRows& rows = sparse_of(columns);
  const auto first = static_cast<std::size_t>(at);
  const SparseEntry* entries = static_cast<MatrixStorage*>(columns.storage())->entries();
  if (entries == nullptr) return add_transposed_times(rows, first, static_cast<std::size_t>(count), v, out);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i)
    for (std::size_t k = rows.starts[first + i]; k < rows.starts[first + i + 1]; ++k)
      out[entries[k].column] += static_cast<double>(entries[k].value) * v[i];
}

/// Of all columns.
inline void add_all_times(const Matrix& columns, Eigen::Index at, Eigen::Index count, const double* v, double* out) {
  const Eigen::Index dense = values(columns).cols();
  if (dense > 0) add_columns_times(columns, at, count, v, out);
  add_sparse_times(columns, at, count, v + dense, out);
}

inline void add_all_transposed_times(const Matrix& columns, Eigen::Index at, Eigen::Index count, const double* v,
                                     double* out) {
  const auto dense = values(columns);
  // BLAS complains of no columns.
  if (dense.cols() > 0)
    Eigen::Map<Eigen::VectorXd>(out, dense.cols()).noalias() +=
        dense.middleRows(at, count).transpose() * Eigen::Map<const Eigen::VectorXd>(v, count);
  add_sparse_transposed_times(columns, at, count, v, out + dense.cols());
}

}  // namespace bdglm::cpu
