// Gaussian conditionals on the CPU: weighted Gram matrices and regressions whose columns share one factor.
#include "compute/cpu/gaussian.hpp"

#include <Eigen/Cholesky>

#include "base/stop_point.hpp"
#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

RowMatrix weighted_gram(const std::vector<Matrix>& blocks, const Matrix& weights) {
  Eigen::Index width = 0;
  for (const Matrix& block : blocks) width += block.cols();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(width, width);
  RowMatrix scaled(kRowBlock, width);
  const auto w = array(weights);
  for (Eigen::Index at = 0; at < blocks.front().rows(); at += kRowBlock) {
    stop_point();
    const Eigen::Index m = std::min(kRowBlock, blocks.front().rows() - at);
    Eigen::Index column = 0;
    for (const Matrix& block : blocks) {
      if (weights.empty())
        scaled.block(0, column, m, block.cols()) = values(block).middleRows(at, m);
      else
        scaled.block(0, column, m, block.cols()) =
            values(block).middleRows(at, m).array().colwise() * w.segment(at, m).sqrt();
      column += block.cols();
    }
    // BLAS complains of no columns.
    if (column > 0) gram.selfadjointView<Eigen::Lower>().rankUpdate(scaled.topRows(m).transpose());
  }
  return Eigen::MatrixXd(gram.selfadjointView<Eigen::Lower>());
}

void draw_regression(const Matrix& inputs, const Matrix& targets, double variance,
                     const Eigen::VectorXd& prior_precision, const Address& address, const RowPart& part,
                     Matrix& weights) {
  const auto x = values(inputs);
  const auto y = values(targets);
  const Eigen::Index d = x.cols();
  RowMatrix precision = RowMatrix::Zero(d + 1, d + 1);
  precision.topLeftCorner(d, d).selfadjointView<Eigen::Lower>().rankUpdate(x.transpose());
  stop_point();
  precision.row(d).head(d) = x.colwise().sum();
  precision(d, d) = static_cast<double>(x.rows());
  precision /= variance;
  part.add_up(precision);
  precision.diagonal() += prior_precision;
  factor(precision, "a layer's weights");
  RowMatrix solution(d + 1, y.cols());
  solution.topRows(d).noalias() = x.transpose() * y / variance;
  stop_point();
  solution.row(d) = y.colwise().sum() / variance;
  part.add_up(solution);
  const auto lower = precision.triangularView<Eigen::Lower>();
  lower.solveInPlace(solution);
  Eigen::VectorXd noise(d + 1);
  for (Eigen::Index k = 0; k < y.cols(); ++k) {
    draw_normals(address, static_cast<std::uint32_t>(k), noise);
    solution.col(k) += noise;
  }
  precision.transpose().triangularView<Eigen::Upper>().solveInPlace(solution);
  values(weights) = solution;
}

}  // namespace bdglm::cpu
