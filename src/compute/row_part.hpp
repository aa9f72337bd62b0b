// The rows that a backend has, of all those of a fit (docs/architecture.md, "Rows in parts").
#pragma once

#include <Eigen/Core>
#include <cstddef>
#include <functional>

namespace bdglm {

/// Adds up arrays over all parts of the rows.
using AllReduce = std::function<void(double* values, std::size_t count)>;

struct RowPart {
  Eigen::Index first = 0;  ///< the number of its first row among all rows
  /// Leaves the same bits in every part; all call it in the same order. Where it is empty this part has all rows.
  AllReduce all_reduce;

  bool whole() const { return !all_reduce; }

  void add_up(double* values, std::size_t count) const {
    if (!whole() && count > 0) all_reduce(values, count);
  }
  /// The same for a dense host array.
  template <class Derived>
  void add_up(Eigen::PlainObjectBase<Derived>& values) const {
    add_up(values.data(), static_cast<std::size_t>(values.size()));
  }
  double sum(double own) const {
    add_up(&own, 1);
    return own;
  }
  /// Rows of all parts, of which this one has `own`.
  Eigen::Index count(Eigen::Index own) const { return static_cast<Eigen::Index>(sum(static_cast<double>(own))); }
};

}  // namespace bdglm
