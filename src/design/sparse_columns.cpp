// Sparse columns with their zeros, and their moments.
#include "design/sparse_columns.hpp"

#include <cmath>
#include <string>

#include "data/memory.hpp"

namespace bdglm {
namespace {

void append(SparseRows& sparse, RowMatrix& dense) {
  if (sparse.columns == 0) return;
  require_memory(sparse.rows(), sparse.columns,
                 "a sparse matrix has " + std::to_string(sparse.rows()) + " rows and " +
                     std::to_string(sparse.columns) + " columns that vary, which this model holds whole",
                 "keep fewer columns, or take a model of one of the families gaussian, bernoulli, binomial and "
                 "categorical, without layer noise, that updates no other");
  const Eigen::Index before = dense.cols();
  dense.conservativeResize(static_cast<Eigen::Index>(sparse.rows()), before + sparse.cols());
  dense.rightCols(sparse.cols()) = dense_rows(sparse, 0, sparse.rows());
  sparse = {};
}

}  // namespace

void fill_in(SideDesign& side) { append(side.sparse, side.fixed); }

void fill_in_inputs(Design& design) { append(design.sparse_deep, design.deep); }

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

}  // namespace bdglm
