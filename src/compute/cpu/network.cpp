// The predictor forward and backward on the CPU, in blocks of rows that stay in cache.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/stop_point.hpp"
#include "compute/cpu/block_pass.hpp"
#include "compute/cpu/tile_pass.hpp"

namespace bdglm::cpu {

const float* MatrixStorage::tiles() {
  std::call_once(tiles_made_, [this] {
    constexpr auto kTile = static_cast<Eigen::Index>(lanes::kTileRows);
    const Eigen::Index count = (values.rows() + kTile - 1) / kTile;
    tiles_.assign(static_cast<std::size_t>(count * kTile * values.cols()), 0);
    for (Eigen::Index i = 0; i < values.rows(); ++i) {
      float* tile = tiles_.data() + (i / kTile * values.cols()) * kTile + i % kTile;
      for (Eigen::Index j = 0; j < values.cols(); ++j) tile[j * kTile] = static_cast<float>(values(i, j));
    }
  });
  return tiles_.data();
}

namespace {

constexpr Eigen::Index kBlock = kRowBlock;
static_assert(kBlock % lanes::kTileRows == 0);

/// Arrays of the predictors, (predictors * rows) x 1, as predictors x rows.
struct PredictorRows {
  PredictorRows(const Network& network, const Matrix& eta)
      : predictors(network.shape.predictors()), count(eta.size() / predictors) {}

  Eigen::Map<RowMatrix, 0, Eigen::OuterStride<>> of(const Matrix& m, Eigen::Index at, Eigen::Index rows) const {
    return {values(m).data() + at, predictors, rows, Eigen::OuterStride<>(count)};
  }

  Eigen::Index predictors;
  Eigen::Index count;
};

}  // namespace

void forward(const Network& network, const Matrix& theta, const Matrix& base, std::vector<Matrix>& pre_activations,
             std::vector<Matrix>& activations, Matrix& eta) {
  BlockPass pass(network, theta);
  PredictorRows rows(network, eta);
  RowMatrix block;
  for (Eigen::Index at = 0; at < rows.count; at += kBlock) {
    stop_point();
    const Eigen::Index m = std::min(kBlock, rows.count - at);
    pass.forward(at, m, block, BlockPass::Keep::values);
    rows.of(eta, at, m) = rows.of(base, at, m) + block;
    for (int l = 0; l < network.shape.layers(); ++l) {
      const auto k = static_cast<std::size_t>(l);
      if (k < pre_activations.size() && !pre_activations[k].empty())
        values(pre_activations[k]).middleRows(at, m) = pass.pre_activation(l);
      if (k < activations.size() && !activations[k].empty())
        values(activations[k]).middleRows(at, m) = pass.activation(l);
    }
  }
}

namespace {

/// Log likelihood of the rows from `at` on at predictors `eta` (predictors x rows), and its derivatives.
double score_rows(const Likelihood& likelihood, Eigen::Index at, const RowMatrix& eta, RowMatrix& score) {
  const auto rows = static_cast<std::size_t>(eta.cols());
  return lanes::log_likelihood(likelihood.family, {.response = array(likelihood.response).data() + at,
                                                   .size = array(likelihood.size).data() + at,
                                                   .eta = eta.data(),
                                                   .count = rows,
                                                   .predictors = static_cast<int>(eta.rows()),
                                                   .stride = rows,
                                                   .scores = score.data(),
                                                   .score_stride = rows,
                                                   .parameters = likelihood.parameters});
}

/// Of BlockPass or TilePass.
template <class Pass>
double gradient_by(Pass& pass, Eigen::Index block, const Network& network, const Matrix& base,
                   const Likelihood& likelihood, Matrix& gradient, Matrix& eta) {
  values(gradient).setZero();
  const PredictorRows rows(network, base);
  RowMatrix own;
  RowMatrix score;
  double sum = 0;
  for (Eigen::Index at = 0; at < rows.count; at += block) {
    stop_point();
    const Eigen::Index m = std::min(block, rows.count - at);
    score.resize(rows.predictors, m);
    pass.forward(at, m, own);
    own += rows.of(base, at, m);
    rows.of(eta, at, m) = own;
    sum += score_rows(likelihood, at, own, score);
    pass.backward(score, values(gradient).data());
  }
  pass.finish(values(gradient).data());
  return sum;
}

}  // namespace

double gradient(const Network& network, const Matrix& theta, const Matrix& base, const Likelihood& likelihood,
                Matrix& gradient, Matrix& eta) {
  if (network.passes_rough() && !has_sparse(network.inputs)) {
    TilePass pass(network, theta);
    const double sum = gradient_by(pass, pass.block(), network, base, likelihood, gradient, eta);
    // Beyond the range of single precision, as of responses in units that make them huge or tiny.
    if (std::isfinite(sum) && values(gradient).allFinite()) return sum;
  }
  BlockPass pass(network, theta);
  return gradient_by(pass, kBlock, network, base, likelihood, gradient, eta);
}

std::vector<FisherFactors> fisher_factors(const Network& network, const Matrix& theta, const Matrix& weights,
                                          Eigen::Index largest) {
  const NetworkShape& shape = network.shape;
  const auto zero = [&](Eigen::Index width) { return RowMatrix(RowMatrix::Zero(width, width > largest ? 1 : width)); };
  std::vector<FisherFactors> factors;
  factors.reserve(static_cast<std::size_t>(shape.layers()) + static_cast<std::size_t>(shape.predictors()));
  for (int l = 0; l < shape.layers(); ++l) factors.push_back({zero(shape.input_width(l) + 1), zero(shape.width(l))});
  for (const Head& head : shape.heads) factors.push_back({zero(head.size()), zero(1)});
  BlockPass pass(network, theta);
  const PredictorRows rows(network, weights);
  RowMatrix block;
  for (Eigen::Index at = 0; at < rows.count; at += kBlock) {
    stop_point();
    const Eigen::Index m = std::min(kBlock, rows.count - at);
    pass.forward(at, m, block);
    block = rows.of(weights, at, m);
    pass.add_moments(block, factors);
  }
  return factors;
}

}  // namespace bdglm::cpu
