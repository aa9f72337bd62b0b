// Products of columns with vectors of the host, for systems too wide for a matrix of their own.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "base/stop_point.hpp"
#include "compute/cpu/columns.hpp"
#include "sampling/standard.hpp"

namespace bdglm::cpu {

const SparseEntry* MatrixStorage::entries() {
  std::call_once(entries_made_, [this] {
    const auto exact = [](double value) { return static_cast<double>(static_cast<float>(value)) == value; };
    if (!std::all_of(sparse.values.begin(), sparse.values.end(), exact)) return;
    entries_.reserve(sparse.values.size());
    for (std::size_t k = 0; k < sparse.values.size(); ++k)
      entries_.push_back({sparse.indices[k], static_cast<float>(sparse.values[k])});
  });
  return entries_.empty() ? nullptr : entries_.data();
}

namespace {

/// Calls f(first, count) with blocks of rows that stay in cache.
template <class F>
void for_each_block(Eigen::Index rows, F&& f) {
  for (Eigen::Index at = 0; at < rows; at += kRowBlock) {
    stop_point();
    f(at, std::min(kRowBlock, rows - at));
  }
}

Eigen::Index width_of(const std::vector<Matrix>& blocks) {
  Eigen::Index width = 0;
  for (const Matrix& block : blocks) width += block.cols();
  return width;
}

void add_transposed(const std::vector<Matrix>& blocks, Eigen::Index at, Eigen::Index count, const double* v,
                    Eigen::VectorXd& out) {
  Eigen::Index column = 0;
  for (const Matrix& block : blocks) {
    add_all_transposed_times(block, at, count, v, out.data() + column);
    column += block.cols();
  }
}

}  // namespace

Eigen::VectorXd weighted_product(const std::vector<Matrix>& blocks, const Matrix& weights, const Eigen::VectorXd& v) {
  Eigen::VectorXd out = Eigen::VectorXd::Zero(width_of(blocks));
  const auto w = array(weights);
  Eigen::ArrayXd product(kRowBlock);
  for_each_block(w.size(), [&](Eigen::Index at, Eigen::Index count) {
    product.setZero();
    Eigen::Index column = 0;
    for (const Matrix& block : blocks) {
      add_all_times(block, at, count, v.data() + column, product.data());
      column += block.cols();
    }
    product.head(count) *= w.segment(at, count);
    add_transposed(blocks, at, count, product.data(), out);
  });
  return out;
}

Eigen::VectorXd transposed_times(const std::vector<Matrix>& blocks, const Matrix& v) {
  Eigen::VectorXd out = Eigen::VectorXd::Zero(width_of(blocks));
  for_each_block(v.size(), [&](Eigen::Index at, Eigen::Index count) {
    add_transposed(blocks, at, count, array(v).data() + at, out);
  });
  return out;
}

Eigen::VectorXd weighted_squares(const std::vector<Matrix>& blocks, const Matrix& weights) {
  Eigen::VectorXd out = Eigen::VectorXd::Zero(width_of(blocks));
  const auto w = array(weights);
  Eigen::Index column = 0;
  for (const Matrix& block : blocks) {
    const auto dense = values(block);
    for_each_block(w.size(), [&](Eigen::Index at, Eigen::Index count) {
      out.segment(column, dense.cols()).noalias() +=
          dense.middleRows(at, count).array().square().matrix().transpose() * w.segment(at, count).matrix();
    });
    double* sparse = out.data() + column + dense.cols();
    for (Eigen::Index i = 0; has_sparse(block) && i < w.size(); ++i)
      sparse_of(block).for_each(static_cast<std::size_t>(i),
                                [&](std::int32_t k, double value) { sparse[k] += w[i] * value * value; });
    column += block.cols();
  }
  return out;
}

RowMatrix moments_of_columns(const Matrix& design, const std::vector<Eigen::Index>& columns, const Matrix& weights) {
  const auto count = static_cast<Eigen::Index>(columns.size());
  RowMatrix moments = RowMatrix::Zero(count, count);
  const auto dense = values(design);
  const auto w = array(weights);
  std::vector<Eigen::Index> place(static_cast<std::size_t>(design.cols()), -1);
  for (Eigen::Index k = 0; k < count; ++k) place[static_cast<std::size_t>(columns[static_cast<std::size_t>(k)])] = k;
  std::vector<std::pair<Eigen::Index, double>> row;  // those of a row that are not zero, ascending
  for (Eigen::Index i = 0; i < w.size(); ++i) {
    if (i % kRowBlock == 0) stop_point();
    row.clear();
    const auto add = [&](Eigen::Index column, double value) {
      const Eigen::Index k = place[static_cast<std::size_t>(column)];
      if (k >= 0 && value != 0) row.emplace_back(k, value);
    };
    for (Eigen::Index j = 0; j < dense.cols(); ++j) add(j, dense(i, j));
    if (has_sparse(design))
      sparse_of(design).for_each(static_cast<std::size_t>(i),
                                 [&](std::int32_t j, double value) { add(dense.cols() + j, value); });
    for (std::size_t a = 0; a < row.size(); ++a) {
      double* to = moments.row(row[a].first).data();
      const double scaled = w[i] * row[a].second;
      for (std::size_t b = 0; b <= a; ++b) to[row[b].first] += scaled * row[b].second;
    }
  }
  moments.triangularView<Eigen::StrictlyUpper>() = moments.transpose();
  return moments;
}

void add_noise(const Matrix& precision, const Address& address, Eigen::Index first_row, Matrix& linear) {
  const auto omega = array(precision);
  auto out = array(linear);
  for (Eigen::Index i = 0; i < out.size(); ++i) {
    Stream stream(address, static_cast<std::uint32_t>(first_row + i));
    out[i] += std::sqrt(omega[i]) * draw_normal<double>(stream);
  }
}

}  // namespace bdglm::cpu
