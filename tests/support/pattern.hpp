// Matrices of wavy numbers for tests: any shape, no symmetry, the same everywhere.
#pragma once

#include <cmath>

#include "base/row_matrix.hpp"

namespace bdglm::test {

inline RowMatrix pattern(Eigen::Index rows, Eigen::Index cols, double phase) {
  RowMatrix m(rows, cols);
  for (Eigen::Index k = 0; k < m.size(); ++k)
    m.data()[k] = std::sin(phase + 1.3 * static_cast<double>(k) + 0.1 * static_cast<double>(k * k % 17));
  return m;
}

}  // namespace bdglm::test
