// Columns of a design, dense ones and then sparse ones, times arrays of a block of rows, and back.
#pragma once

#include "compute/cpu/group_sums.hpp"
#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

inline const SparseRows& sparse_of(const Matrix& columns) {
  return static_cast<MatrixStorage*>(columns.storage())->sparse;
}

inline bool has_sparse(const Matrix& columns) { return columns.storage() != nullptr && sparse_of(columns).columns > 0; }

/// out (count) += the sparse columns of rows [at, at + count) times v, of which there is one for each.
inline void add_sparse_times(const Matrix& columns, Eigen::Index at, Eigen::Index count, const double* v, double* out) {
  if (has_sparse(columns))
    add_times(sparse_of(columns), static_cast<std::size_t>(at), static_cast<std::size_t>(count), v, out);
}

/// out (sparse columns) += their transpose times v (count).
inline void add_sparse_transposed_times(const Matrix& columns, Eigen::Index at, Eigen::Index count, const double* v,
                                        double* out) {
  if (has_sparse(columns))
    add_transposed_times(sparse_of(columns), static_cast<std::size_t>(at), static_cast<std::size_t>(count), v, out);
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
  Eigen::Map<Eigen::VectorXd>(out, dense.cols()).noalias() +=
      dense.middleRows(at, count).transpose() * Eigen::Map<const Eigen::VectorXd>(v, count);
  add_sparse_transposed_times(columns, at, count, v, out + dense.cols());
}

}  // namespace bdglm::cpu
