// A computation that failed in one row, whose name is the caller's to say.
#pragma once

#include <Eigen/Core>
#include <string>
#include <utility>

#include "bdglm/error.hpp"

namespace bdglm {

/// Machines count rows as they have them, which need not be as the table has them.
class RowError : public NumericalError {
 public:
  /// The message is `before`, the number of the row, and `after`; `row` counts from zero.
  RowError(Eigen::Index row, std::string before, std::string after)
      : NumericalError(before + std::to_string(row + 1) + after),
        row_(row),
        before_(std::move(before)),
        after_(std::move(after)) {}

  Eigen::Index row() const { return row_; }
  /// The message with another number, counted from zero.
  std::string with_row(std::size_t row) const { return before_ + std::to_string(row + 1) + after_; }

 private:
  Eigen::Index row_;
  std::string before_, after_;
};

}  // namespace bdglm
