// Products of columns with vectors of the host, for systems too wide for a matrix of their own.
#include <algorithm>
#include <cmath>

#include "base/stop_point.hpp"
#include "compute/cpu/columns.hpp"
#include "sampling/standard.hpp"

namespace bdglm::cpu {
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

void add_noise(const Matrix& precision, const Address& address, Eigen::Index first_row, Matrix& linear) {
  const auto omega = array(precision);
  auto out = array(linear);
  for (Eigen::Index i = 0; i < out.size(); ++i) {
    Stream stream(address, static_cast<std::uint32_t>(first_row + i));
    out[i] += std::sqrt(omega[i]) * draw_normal<double>(stream);
  }
}

}  // namespace bdglm::cpu
