// A backend whose matrices are dense.
#pragma once

#include "bdglm/error.hpp"
#include "compute/backend.hpp"

namespace bdglm {

/// Has the columns of dense designs, and throws DeviceError for what sparse ones alone need.
class DenseBackend : public Backend {
 public:
  Matrix upload_columns(const RowMatrix& dense, const std::vector<InputRamps>& ramps,
                        const SparseRows& sparse) const final {
    if (sparse.columns > 0) refuse();
    return uploaded(with_ramps(dense, ramps));
  }
  Eigen::VectorXd weighted_product(const std::vector<Matrix>& /*blocks*/, const Matrix& /*weights*/,
                                   const Eigen::VectorXd& /*v*/) const final {
    refuse();
  }
  Eigen::VectorXd transposed_times(const std::vector<Matrix>& /*blocks*/, const Matrix& /*v*/) const final { refuse(); }
  Eigen::VectorXd weighted_squares(const std::vector<Matrix>& /*blocks*/, const Matrix& /*weights*/) const final {
    refuse();
  }
  RowMatrix moments_of_columns(const Matrix& /*design*/, const std::vector<Eigen::Index>& /*columns*/,
                               const Matrix& /*weights*/) const final {
    refuse();
  }
  void add_noise(const Matrix& /*precision*/, const Address& /*address*/, Matrix& /*linear*/) const final { refuse(); }

 private:
  [[noreturn]] static void refuse() {
    throw DeviceError("sparse matrices, and factors of more than 256 levels in deep(), are held on the CPU alone");
  }
};

}  // namespace bdglm
