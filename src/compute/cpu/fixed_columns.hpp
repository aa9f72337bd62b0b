// The linear part of predictors over a block of rows: columns times coefficients, and back.
#pragma once

#include <vector>

#include "compute/cpu/columns.hpp"
#include "compute/cpu/lanes/lanes.hpp"
#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

/// Views of theta's coefficients and of the columns, as 24-bit tiles where the network says that these do.
class FixedColumns {
 public:
  FixedColumns(const Network& network, const double* theta) : network_(network), theta_(theta) {
    for (int c = 0; c < network.shape.predictors(); ++c) {
      const bool wide = network.shape.head(c).fixed == 0 || !network.single_precision || values(columns(c)).cols() == 0;
      tiles_.push_back(wide ? nullptr : static_cast<MatrixStorage*>(columns(c).storage())->tiles());
    }
  }

  const Matrix& columns(int c) const { return network_.fixed[static_cast<std::size_t>(c)]; }

  /// eta += the columns of predictor c in rows [at, at + rows) times their coefficients.
  void add(int c, Eigen::Index at, Eigen::Index rows, double* eta) const {
    if (network_.shape.head(c).fixed == 0) return;
    const double* beta = theta_ + network_.shape.fixed_offset(c);
    const float* own = tile(c, at);
    if (own == nullptr) return add_all_times(columns(c), at, rows, beta, eta);
    const Eigen::Index dense = dense_width(c);
    lanes::add_tiles_times(own, static_cast<std::size_t>(rows), static_cast<std::size_t>(dense), beta, eta);
    add_sparse_times(columns(c), at, rows, beta + dense, eta);
  }

  /// Adds the gradient of the sum of score_i eta_i by those coefficients to `gradient` (laid out as theta).
  void add_gradient(int c, Eigen::Index at, Eigen::Index rows, const double* score, double* gradient) const {
    if (network_.shape.head(c).fixed == 0) return;
    double* out = gradient + network_.shape.fixed_offset(c);
    const float* own = tile(c, at);
    if (own == nullptr) return add_all_transposed_times(columns(c), at, rows, score, out);
    const Eigen::Index dense = dense_width(c);
    lanes::add_tiles_transposed_times(own, static_cast<std::size_t>(rows), static_cast<std::size_t>(dense), score, out);
    add_sparse_transposed_times(columns(c), at, rows, score, out + dense);
  }

 private:
  Eigen::Index dense_width(int c) const { return values(columns(c)).cols(); }
  const float* tile(int c, Eigen::Index at) const {
    const float* tiles = tiles_[static_cast<std::size_t>(c)];
    return tiles == nullptr ? nullptr : tiles + at * dense_width(c);
  }

  const Network& network_;
  const double* theta_;
  std::vector<const float*> tiles_;  ///< of each predictor, or null
};

}  // namespace bdglm::cpu
