// Ramps of a number between knots: columns of a design that are piecewise linear in it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "base/row_matrix.hpp"

namespace bdglm {

/// A piecewise linear encoding (Gorishniy, Rubachev, Babenko 2022, NeurIPS 35, eq. 1) beside the number itself: ramp k
/// goes from 0 at knots[k] to 1 at knots[k + 1] and is level elsewhere. Outside all knots the number alone goes on: two
/// knots may be so near to each other that a ramp which went on would run away.
struct InputRamps {
  std::vector<double> knots;  ///< ascending, least and largest value included; in the unit of the input as it enters
  std::vector<double> mean, unit;  ///< that the ramps are standardised by

  std::size_t size() const { return mean.size(); }

  /// Where a number is: `height` of the way from knot `ramp` to the next, at an end where it is outside.
  struct Place {
    std::size_t ramp;
    double height;
  };
  Place place(double x) const {
    const auto above = std::upper_bound(knots.begin() + 1, knots.end() - 1, x);
    const auto ramp = static_cast<std::size_t>(above - knots.begin()) - 1;
    return {ramp, std::clamp((x - knots[ramp]) / (knots[ramp + 1] - knots[ramp]), 0.0, 1.0)};
  }

  /// Writes the standardised ramps at a place.
  void write(const Place& place, double* to) const {
    for (std::size_t k = 0; k < size(); ++k) {
      const double height = k < place.ramp ? 1 : k == place.ramp ? place.height : 0;
      to[k] = (height - mean[k]) / unit[k];
    }
  }
};

inline Eigen::Index number_of(const std::vector<InputRamps>& ramps) {
  std::size_t sum = 0;
  for (const InputRamps& each : ramps) sum += each.size();
  return static_cast<Eigen::Index>(sum);
}

/// The columns `dense`, then the ramps of each; there may be fewer `ramps` than columns.
inline RowMatrix with_ramps(const RowMatrix& dense, const std::vector<InputRamps>& ramps) {
  RowMatrix columns(dense.rows(), dense.cols() + number_of(ramps));
  columns.leftCols(dense.cols()) = dense;
  for (Eigen::Index i = 0; i < dense.rows(); ++i) {
    double* to = columns.row(i).data() + dense.cols();
    for (std::size_t k = 0; k < ramps.size(); ++k) {
      if (ramps[k].size() == 0) continue;
      ramps[k].write(ramps[k].place(dense(i, static_cast<Eigen::Index>(k))), to);
      to += ramps[k].size();
    }
  }
  return columns;
}

}  // namespace bdglm
