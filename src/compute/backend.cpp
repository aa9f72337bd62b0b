// What a backend without sparse columns does where they are asked for.
#include "compute/backend.hpp"

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {
namespace {

[[noreturn]] void refuse_sparse() {
  throw DeviceError("sparse matrices are held on the CPU alone; use " + setting("device") + " cpu");
}

}  // namespace

Matrix Backend::upload_columns(const RowMatrix& dense, const SparseRows& sparse) const {
  if (sparse.columns > 0) refuse_sparse();
  return uploaded(dense);
}

Eigen::VectorXd Backend::weighted_product(const std::vector<Matrix>& /*blocks*/, const Matrix& /*weights*/,
                                          const Eigen::VectorXd& /*v*/) const {
  refuse_sparse();
}

Eigen::VectorXd Backend::transposed_times(const std::vector<Matrix>& /*blocks*/, const Matrix& /*v*/) const {
  refuse_sparse();
}

Eigen::VectorXd Backend::weighted_squares(const std::vector<Matrix>& /*blocks*/, const Matrix& /*weights*/) const {
  refuse_sparse();
}

RowMatrix Backend::moments_of_columns(const Matrix& /*design*/, const std::vector<Eigen::Index>& /*columns*/,
                                      const Matrix& /*weights*/) const {
  refuse_sparse();
}

void Backend::add_noise(const Matrix& /*precision*/, const Address& /*address*/, Matrix& /*linear*/) const {
  refuse_sparse();
}

}  // namespace bdglm
