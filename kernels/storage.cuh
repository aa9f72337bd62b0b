// What the CUDA backend keeps behind the opaque handles, and sums within groups of rows.
#pragma once

#include <numeric>

#include "compute/backend.hpp"
#include "kernels/device.cuh"

namespace bdglm::cuda {

struct MatrixStorage final : Matrix::Storage {
  explicit MatrixStorage(std::size_t count) : values(count) {}
  DeviceArray<double> values;
  /// A copy in single precision, made at first use; of designs, whose values do not change.
  DeviceArray<float> rounded;
  std::once_flag rounded_once;
};

inline double* values(const Matrix& m) {
  return m.storage() == nullptr ? nullptr : static_cast<MatrixStorage*>(m.storage())->values.data() + m.offset();
}
/// A whole matrix in single precision, its rows `rounded_stride` apart: tensor cores read rows that begin at multiples
/// of 16 bytes.
const float* rounded(Queue& queue, const Matrix& design);
inline std::size_t rounded_stride(const Matrix& design) {
  return (static_cast<std::size_t>(design.cols()) + 7) / 8 * 8;
}
inline std::size_t count_of(const Matrix& m) { return static_cast<std::size_t>(m.size()); }
inline std::size_t rows_of(const Matrix& m) { return static_cast<std::size_t>(m.rows()); }
inline std::size_t cols_of(const Matrix& m) { return static_cast<std::size_t>(m.cols()); }
/// Linear predictors in `eta`.
inline int predictors_in(const Likelihood& likelihood, const Matrix& eta) {
  return likelihood.response.empty() ? 1 : static_cast<int>(eta.size() / likelihood.response.size());
}

/// Row-to-group map, the rows sorted by group, and the tree along which a group's rows are summed: segments of up to
/// kSegment rows, then segments of segments, until each group has one. The tree depends on the map alone, so sums are
/// the same in every run, and neither few groups nor many leave the device idle.
struct IndexStorage final : Indices::Storage {
  static constexpr std::size_t kSegment = 32;

  std::vector<std::int32_t> host;
  DeviceArray<std::int32_t> group;
  DeviceArray<std::int32_t> order;
  /// Of each level: where its segments begin among the rows in order, or among the segments below.
  std::vector<DeviceArray<std::int32_t>> begin;
  std::size_t groups = 0;
  /// Of a map to pairs: each pair's group, and the other map's group.
  DeviceArray<std::int32_t> first;
  DeviceArray<std::int32_t> second;

  std::mutex mutex;
  std::map<const IndexStorage*, std::shared_ptr<IndexStorage>> joined;    ///< pairs (group, other's group)
  std::map<const IndexStorage*, std::shared_ptr<IndexStorage>> composed;  ///< other's group of the group
};

inline IndexStorage& groups(const Indices& index) { return *static_cast<IndexStorage*>(index.storage()); }

std::shared_ptr<IndexStorage> make_index(Queue& queue, const std::vector<std::int32_t>& index, std::size_t groups);
/// The map of rows to the pairs of a's and b's groups that occur, in order.
IndexStorage& joined(Queue& queue, IndexStorage& a, IndexStorage& b);
/// The map of a's rows to b's groups of a's groups.
IndexStorage& composed(Queue& queue, IndexStorage& a, IndexStorage& b);

/// store(group, column, sum over the group's rows of value(row, column)) for every group and column; both are device
/// functions.
template <class Value, class Store>
void group_sums(Queue& queue, const IndexStorage& index, std::size_t cols, Value value, Store store) {
  const std::size_t levels = index.begin.size();
  const double* below = nullptr;
  for (std::size_t level = 0; level < levels; ++level) {
    const std::size_t segments = index.begin[level].size() - 1;
    const std::int32_t* begin = index.begin[level].data();
    const std::int32_t* order = index.order.data();
    const bool last = level + 1 == levels;
    double* out =
        last ? nullptr
             : queue.scratch(level % 2 == 0 ? Scratch::partial_sums : Scratch::other_partial_sums, segments * cols);
    for_each(queue, segments * cols, [=] __device__(std::size_t t) {
      const std::size_t segment = t / cols;
      const std::size_t column = t % cols;
      double sum = 0;
      for (std::int32_t r = begin[segment]; r < begin[segment + 1]; ++r)
        sum += level == 0 ? value(static_cast<std::size_t>(order[r]), column)
                          : below[static_cast<std::size_t>(r) * cols + column];
      if (last)
        store(segment, column, sum);
      else
        out[t] = sum;
    });
    below = out;
  }
}

}  // namespace bdglm::cuda
