// The host's dense matrix: row-major doubles.
#pragma once

#include <Eigen/Core>

namespace bdglm {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace bdglm
