// Ramps of a design's columns on the CPU: of each number its place between knots, and a table of what its ramps add up
// to at each knot, in place of the ramps.
#pragma once

#include <cstdint>
#include <vector>

#include "base/input_ramps.hpp"
#include "compute/cpu/lanes/lanes.hpp"

namespace bdglm::cpu {

/// Ramps times weights are piecewise linear in the number: from the table's row at the knot below it to the next one's.
class RampRows {
 public:
  RampRows() = default;
  RampRows(const RowMatrix& dense, const std::vector<InputRamps>& ramps);

  Eigen::Index columns() const { return columns_; }

  /// Between the rows of a table for these units.
  static std::size_t stride(int units) {
    return (static_cast<std::size_t>(units) + lanes::kRampUnits - 1) / lanes::kRampUnits * lanes::kRampUnits;
  }

  /// Those of rows from `at` on.
  lanes::RampPlaces from(Eigen::Index at) const {
    const std::size_t first = static_cast<std::size_t>(at) * inputs_.size();
    return {knot_.data() + first, height_.data() + first, inputs_.size()};
  }

  /// The standardised ramps of rows [at, at + count) into columns [column, column + columns()) of `to`.
  void write(Eigen::Index at, Eigen::Index count, Eigen::Index column, RowMatrix& to) const;

  /// The weights' (columns x units) sums at each knot: knots x units, its rows `stride` apart and filled up with zeros.
  template <class Number>
  std::vector<Number> table(const double* weights, std::size_t units, std::size_t stride) const;
  /// Adds to `gradient` (columns x units) that by the weights of a function whose gradient by the table is `by_table`.
  void add_gradient(const double* by_table, std::size_t units, std::size_t stride, double* gradient) const;

 private:
  std::vector<InputRamps> inputs_;
  std::vector<std::int32_t> knot_;  ///< rows x inputs: the table's row of the knot below
  std::vector<double> height_;      ///< rows x inputs: from 0 there to 1 at the next
  Eigen::Index columns_ = 0, knots_ = 0;
};

}  // namespace bdglm::cpu
