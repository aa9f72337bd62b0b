// Sparse columns with their zeros, and their moments.
#include "design/sparse_columns.hpp"

#include <cmath>
#include <string>

#include "data/memory.hpp"

namespace bdglm {
namespace {

/// Appends them, or a note of the memory that takes.
void append(SparseRows& sparse, RowMatrix& dense, const std::string& why, std::vector<std::string>& notes) {
  if (sparse.columns == 0) return;
  const std::string what = std::to_string(sparse.columns) + " sparse columns are held whole, for " + why;
  require_memory(sparse.rows(), sparse.columns, what, "keep fewer columns");
  notes.push_back(what + ": " +
                  bytes_text(8 * static_cast<double>(sparse.rows()) * static_cast<double>(sparse.columns)));
  const Eigen::Index before = dense.cols();
  dense.conservativeResize(static_cast<Eigen::Index>(sparse.rows()), before + sparse.cols());
  dense.rightCols(sparse.cols()) = dense_rows(sparse, 0, sparse.rows());
  sparse = {};
}

}  // namespace

void fill_in(Design& design, const std::string& why) {
  for (SideDesign& side : design.sides) append(side.sparse, side.fixed, why, design.notes);
}

void fill_in_ramps(Design& design, const std::string& why) {
  const auto ramps = static_cast<std::size_t>(number_of(design.ramps));
  if (ramps == 0) return;
  require_memory(static_cast<std::size_t>(design.deep.rows()), ramps,
                 std::to_string(ramps) + " ramps between knots are held whole, for " + why, "take fewer knots");
  design.deep = with_ramps(design.deep, design.ramps);
  design.ramps.clear();
}

void fill_in_inputs(Design& design, const std::string& why) {
  fill_in_ramps(design, why);
  append(design.sparse_deep, design.deep, why, design.notes);
}

std::vector<double> standard_deviations(const SparseRows& rows) {
  const auto n = static_cast<double>(rows.rows());
  std::vector<double> sum(rows.columns, 0);
  for (std::size_t k = 0; k < rows.values.size(); ++k) sum[static_cast<std::size_t>(rows.indices[k])] += rows.values[k];
  std::vector<double> squares(rows.columns, 0);
  std::vector<double> zeros(rows.columns, n);
  for (std::size_t k = 0; k < rows.values.size(); ++k) {
    const auto column = static_cast<std::size_t>(rows.indices[k]);
    const double deviation = rows.values[k] - sum[column] / n;
    squares[column] += deviation * deviation;
    zeros[column] -= 1;
  }
  for (std::size_t column = 0; column < rows.columns; ++column) {
    const double mean = sum[column] / n;
    squares[column] = std::sqrt((squares[column] + zeros[column] * mean * mean) / n);
  }
  return squares;
}

std::vector<std::int32_t> levels_told(const SparseRows& indicators, std::size_t first, std::size_t end) {
  std::vector<std::int32_t> codes(indicators.rows(), 0);
  for (std::size_t row = 0; row < indicators.rows(); ++row)
    indicators.for_each(row, [&](std::int32_t column, double /*one*/) {
      const auto at = static_cast<std::size_t>(column);
      if (at >= first && at < end) codes[row] = static_cast<std::int32_t>(at - first);
    });
  return codes;
}

}  // namespace bdglm
