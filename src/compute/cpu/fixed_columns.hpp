// The linear part of predictors over a block of rows: columns times coefficients, and back.
#pragma once

#include <vector>

#include "compute/cpu/group_sums.hpp"
#include "compute/cpu/lanes/lanes.hpp"
#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

/// Views of theta's coefficients and of the columns, as 24-bit tiles where the network says that these do.
class FixedColumns {
 public:
  FixedColumns(const Network& network, const double* theta) : network_(network), theta_(theta) {
    for (int c = 0; c < network.shape.predictors(); ++c) {
      const bool wide = network.shape.head(c).fixed == 0 || !network.single_precision;
      tiles_.push_back(wide ? nullptr : static_cast<MatrixStorage*>(columns(c).storage())->tiles());
    }
  }

  const Matrix& columns(int c) const { return network_.fixed[static_cast<std::size_t>(c)]; }

  /// eta += the columns of predictor c in rows [at, at + rows) times their coefficients.
  void add(int c, Eigen::Index at, Eigen::Index rows, double* eta) const {
    const int width = network_.shape.head(c).fixed;
    const double* beta = theta_ + network_.shape.fixed_offset(c);
    if (width == 0) return;
    if (const float* own = tile(c, at); own != nullptr)
      lanes::add_tiles_times(own, static_cast<std::size_t>(rows), static_cast<std::size_t>(width), beta, eta);
    else
      add_columns_times(columns(c), at, rows, beta, eta);
  }

  /// Adds the gradient of the sum of score_i eta_i by those coefficients to `gradient` (laid out as theta).
  void add_gradient(int c, Eigen::Index at, Eigen::Index rows, const double* score, double* gradient) const {
    const int width = network_.shape.head(c).fixed;
    double* out = gradient + network_.shape.fixed_offset(c);
    if (width == 0) return;
    if (const float* own = tile(c, at); own != nullptr)
      lanes::add_tiles_transposed_times(own, static_cast<std::size_t>(rows), static_cast<std::size_t>(width), score,
                                        out);
    else
      Eigen::Map<Eigen::VectorXd>(out, width).noalias() +=
          values(columns(c)).middleRows(at, rows).transpose() * Eigen::Map<const Eigen::VectorXd>(score, rows);
  }

 private:
  const float* tile(int c, Eigen::Index at) const {
    const float* tiles = tiles_[static_cast<std::size_t>(c)];
    return tiles == nullptr ? nullptr : tiles + at * network_.shape.head(c).fixed;
  }

  const Network& network_;
  const double* theta_;
  std::vector<const float*> tiles_;  ///< of each predictor, or null
};

}  // namespace bdglm::cpu
