// A matrix of which the numbers that are not zero are held, row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace bdglm {

/// Compressed rows: those of row i are at starts[i] to starts[i + 1] of `indices` (of columns, from 0, ascending) and
/// `values`.
struct SparseBlock {
  std::size_t columns = 0;
  std::vector<std::size_t> starts = {0};
  std::vector<std::int32_t> indices;
  std::vector<double> values;

  std::size_t rows() const { return starts.size() - 1; }
};

}  // namespace bdglm
