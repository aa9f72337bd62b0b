// A fit file's arrays of a design, read with every value checked.
#pragma once

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "base/sparse_rows.hpp"
#include "bdglm/error.hpp"
#include "data/table.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

// Of sparse columns: how many numbers of each row are not zero, then these numbers' columns and values.
inline constexpr const char* kSparseCounts = "_sparse_counts";
inline constexpr const char* kSparseColumns = "_sparse_columns";
inline constexpr const char* kSparseValues = "_sparse_values";

/// Values of a group's variables, each checked, so that no reader of a damaged file meets what a run cannot have made.
class CheckedReader {
 public:
  /// Of variables with `rows` rows, or with as many as `table_rows` finds.
  CheckedReader(const DrawSource& file, std::string group, Eigen::Index rows = -1)
      : file_(file), group_(std::move(group)), rows_(rows) {}

  /// A row for each row of the design and `width` columns, or as many as there are for -1; all finite.
  RowMatrix values(const std::string& name, Eigen::Index width = 1) const {
    if (!file_.has(group_, name))
      throw DataError("the fit does not hold '" + group_ + "/" + name +
                      "', which it was written with: a copy has lost it; take the fit's own file");
    RowMatrix values = file_.data(group_, name);
    if (rows_ >= 0 && values.rows() != rows_)
      refuse(name, "has " + std::to_string(values.rows()) + " rows, not " + std::to_string(rows_));
    if (width >= 0 && values.cols() != width)
      refuse(name, "has " + std::to_string(values.cols()) + " columns, not " + std::to_string(width));
    for (Eigen::Index i = 0; i < values.rows(); ++i)
      for (Eigen::Index j = 0; j < values.cols(); ++j)
        if (!std::isfinite(values(i, j))) refuse_value(name, values(i, j), i);
    return values;
  }

  /// Whole numbers in [least, end).
  template <class T>
  std::vector<T> whole(const std::string& name, double least, double end, Eigen::Index column = 0,
                       Eigen::Index width = 1) const {
    const RowMatrix all = values(name, width);
    std::vector<T> numbers;
    for (Eigen::Index i = 0; i < all.rows(); ++i) {
      const double x = all(i, column);
      if (x < least || x >= end || x != std::floor(x)) refuse_value(name, x, i);
      numbers.push_back(static_cast<T>(x));
    }
    return numbers;
  }

  /// The table's rows, from 0 and ascending; their number is that of all other variables' rows.
  std::vector<std::size_t> table_rows() {
    constexpr double kMost = 1e15;
    auto rows = whole<std::size_t>("row", 1, kMost);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i > 0 && rows[i] - 1 <= rows[i - 1])
        refuse_value("row", static_cast<double>(rows[i]), static_cast<Eigen::Index>(i));
      --rows[i];
    }
    rows_ = static_cast<Eigen::Index>(rows.size());
    return rows;
  }

  /// Sparse columns, `width` of them.
  SparseRows sparse(const std::string& name, std::size_t width) const {
    SparseRows rows;
    rows.columns = width;
    if (width == 0) return rows;
    const auto counts = whole<std::size_t>(name + kSparseCounts, 0, static_cast<double>(width) + 1);
    for (const std::size_t count : counts) rows.starts.push_back(rows.starts.back() + count);
    if (rows.starts.back() == 0) return rows;
    CheckedReader numbers(file_, group_, static_cast<Eigen::Index>(rows.starts.back()));
    rows.indices = numbers.whole<std::int32_t>(name + kSparseColumns, 0, static_cast<double>(width));
    const RowMatrix values = numbers.values(name + kSparseValues);
    rows.values.assign(values.data(), values.data() + values.size());
    for (std::size_t i = 0; i < rows.rows(); ++i)
      for (std::size_t k = rows.starts[i] + 1; k < rows.starts[i + 1]; ++k)
        if (rows.indices[k] <= rows.indices[k - 1])
          numbers.refuse_value(name + kSparseColumns, rows.indices[k], static_cast<Eigen::Index>(k));
    return rows;
  }

  std::vector<std::string> names(const std::string& name) const {
    if (!file_.has(group_, name)) return {};
    const std::vector<Dimension> dimensions = file_.dimensions(group_, name, 1);
    if (dimensions.size() != 1) refuse(name, "does not have two dimensions");
    return dimensions.front().labels;
  }

  [[noreturn]] void refuse_value(const std::string& name, double value, Eigen::Index row) const {
    refuse(name, "holds " + number_text(value) + " in its row " + std::to_string(row + 1) + ", where none can be");
  }

 private:
  [[noreturn]] void refuse(const std::string& name, const std::string& why) const {
    throw DataError("the fit's variable '" + group_ + "/" + name + "' " + why +
                    "; the file is damaged: take a copy that is not, or fit again");
  }

  const DrawSource& file_;
  std::string group_;
  Eigen::Index rows_;
};

}  // namespace bdglm
