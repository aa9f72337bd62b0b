// A network's gradient over a block of rows in single precision, on the lanes' tiles.
#include "compute/cpu/tile_pass.hpp"

#include <algorithm>

#include "compute/cpu/columns.hpp"

namespace bdglm::cpu {
namespace {

constexpr std::size_t kTile = lanes::kTileRows;

/// Bytes of a block's activations and slopes, for which a core's second cache has room.
constexpr std::size_t kBlockBytes = std::size_t{1} << 18;

/// Rows that are summed in single precision.
constexpr Eigen::Index kSummedRows = 4096;

}  // namespace

TilePass::TilePass(const Network& network, const Matrix& theta)
    : shape_(network.shape),
      theta_(values(theta).data()),
      inputs_(static_cast<MatrixStorage*>(network.inputs.storage())->tiles()),
      dense_(static_cast<std::size_t>(values(network.inputs).cols())),
      ramps_(ramps_of(network.inputs)),
      stride_(RampRows::stride(shape_.width(0))),
      fixed_(network, theta_) {
  std::size_t numbers = dense_;
  layers_.resize(static_cast<std::size_t>(shape_.layers()));
  for (int l = 0; l < shape_.layers(); ++l) {
    Layer& layer = layers_[static_cast<std::size_t>(l)];
    layer.inputs = l == 0 ? dense_ : static_cast<std::size_t>(shape_.input_width(l));
    layer.units = static_cast<std::size_t>(shape_.width(l));
    numbers += 2 * layer.units;
    const auto units = static_cast<std::ptrdiff_t>(layer.units);
    const double* own = theta_ + shape_.weight_offset(l);
    layer.weights.resize(static_cast<Eigen::Index>(layer.inputs * layer.units));
    lanes::pack_weights(own, layer.inputs, layer.units, units, 1, layer.weights.data());
    if (l == 0) continue;
    layer.transposed.resize(static_cast<Eigen::Index>(layer.inputs * layer.units));
    lanes::pack_weights(own, layer.units, layer.inputs, 1, units, layer.transposed.data());
  }
  if (ramps_.columns() > 0) {
    const std::size_t units = layers_.front().units;
    at_knots_ = ramps_.table<float>(theta_ + shape_.weight_offset(0) + dense_ * units, units, stride_);
    by_knots_.resize(at_knots_.size());
    by_all_.resize(at_knots_.size());
  }
  const auto predictors = static_cast<std::size_t>(shape_.predictors());
  const auto width = static_cast<std::size_t>(shape_.last_width());
  std::vector<double> output(predictors * width, 0.0);
  for (std::size_t c = 0; c < predictors; ++c) {
    const double* own = theta_ + shape_.output_offset(static_cast<int>(c));
    std::copy(own, own + shape_.head(static_cast<int>(c)).units, output.data() + c * width);
  }
  outputs_.resize(static_cast<Eigen::Index>(output.size()));
  lanes::pack_weights(output.data(), width, predictors, 1, static_cast<std::ptrdiff_t>(width), outputs_.data());
  transposed_.resize(static_cast<Eigen::Index>(output.size()));
  lanes::pack_weights(output.data(), predictors, width, static_cast<std::ptrdiff_t>(width), 1, transposed_.data());
  const std::size_t rows = std::clamp(kBlockBytes / (sizeof(float) * numbers), 4 * kTile, 32 * kTile) / kTile * kTile;
  block_ = static_cast<Eigen::Index>(rows);
  std::size_t widest = 0;
  for (Layer& layer : layers_) {
    layer.values.resize(static_cast<Eigen::Index>(rows * layer.units));
    layer.slopes.resize(static_cast<Eigen::Index>(rows * layer.units));
    widest = std::max(widest, layer.units);
  }
  etas_.resize(static_cast<Eigen::Index>(rows * predictors));
  below_.resize(static_cast<Eigen::Index>(rows * widest));
}

const float* TilePass::inputs_of(std::size_t layer) const {
  return layer == 0 ? inputs_ + static_cast<std::size_t>(at_) * dense_ : layers_[layer - 1].values.data();
}

void TilePass::forward(Eigen::Index at, Eigen::Index m, RowMatrix& eta) {
  at_ = at;
  rows_ = m;
  tiles_ = (static_cast<std::size_t>(m) + kTile - 1) / kTile;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    Layer& layer = layers_[l];
    lanes::multiply_tiles(inputs_of(l), tiles_, layer.inputs, layer.weights.data(),
                          theta_ + shape_.bias_offset(static_cast<int>(l)), layer.units, layer.values.data());
    if (l == 0 && ramps_.columns() > 0)
      lanes::add_ramps_to_tiles(ramps_.from(at_), static_cast<std::size_t>(m), at_knots_.data(), stride_, layer.units,
                                layer.values.data());
    lanes::activate_tiles(tiles_, layer.units, shape_.activation, layer.values.data(), layer.slopes.data());
  }
  const auto predictors = static_cast<std::size_t>(shape_.predictors());
  lanes::multiply_tiles(layers_.back().values.data(), tiles_, layers_.back().units, outputs_.data(), nullptr,
                        predictors, etas_.data());
  eta.resize(shape_.predictors(), m);
  for (std::size_t c = 0; c < predictors; ++c) {
    double* to = eta.row(static_cast<Eigen::Index>(c)).data();
    for (std::size_t i = 0; i < static_cast<std::size_t>(m); ++i)
      to[i] = static_cast<double>(etas_.data()[(i / kTile * predictors + c) * kTile + i % kTile]);
    fixed_.add(static_cast<int>(c), at, m, to);
  }
}

void TilePass::backward(const RowMatrix& score, double* gradient) {
  const auto predictors = static_cast<std::size_t>(shape_.predictors());
  etas_.setZero();
  for (std::size_t c = 0; c < predictors; ++c) {
    const double* own = score.row(static_cast<Eigen::Index>(c)).data();
    fixed_.add_gradient(static_cast<int>(c), at_, rows_, own, gradient);
    for (std::size_t i = 0; i < static_cast<std::size_t>(rows_); ++i)
      etas_.data()[(i / kTile * predictors + c) * kTile + i % kTile] = static_cast<float>(own[i]);
  }
  const Layer& last = layers_.back();
  by_outputs_.assign(last.units * predictors, 0.0);
  lanes::add_tile_products(last.values.data(), last.units, etas_.data(), predictors, tiles_, by_outputs_.data());
  for (std::size_t c = 0; c < predictors; ++c) {
    double* own = gradient + shape_.output_offset(static_cast<int>(c));
    for (int j = 0; j < shape_.head(static_cast<int>(c)).units; ++j)
      own[j] += by_outputs_[static_cast<std::size_t>(j) * predictors + c];
  }
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    if (l + 1 == layers_.size())
      lanes::multiply_tiles(etas_.data(), tiles_, predictors, transposed_.data(), nullptr, layer.units, below_.data());
    else
      lanes::multiply_tiles(layers_[l + 1].slopes.data(), tiles_, layers_[l + 1].units,
                            layers_[l + 1].transposed.data(), nullptr, layer.units, below_.data());
    lanes::multiply_by(below_.data(), tiles_ * kTile * layer.units, layer.slopes.data());
    lanes::add_tile_products(inputs_of(l), layer.inputs, layer.slopes.data(), layer.units, tiles_,
                             gradient + shape_.weight_offset(static_cast<int>(l)));
    lanes::add_tile_sums(layer.slopes.data(), layer.units, tiles_, gradient + shape_.bias_offset(static_cast<int>(l)));
  }
  if (ramps_.columns() == 0) return;
  lanes::add_ramp_gradient_of_tiles(ramps_.from(at_), static_cast<std::size_t>(rows_), layers_.front().slopes.data(),
                                    layers_.front().units, stride_, by_knots_.data());
  summed_ += rows_;
  if (summed_ >= kSummedRows) add_ramp_sums();
}

void TilePass::add_ramp_sums() {
  for (std::size_t k = 0; k < by_knots_.size(); ++k) by_all_[k] += static_cast<double>(by_knots_[k]);
  by_knots_.assign(by_knots_.size(), 0);
  summed_ = 0;
}

void TilePass::finish(double* gradient) {
  if (ramps_.columns() == 0) return;
  add_ramp_sums();
  const std::size_t units = layers_.front().units;
  ramps_.add_gradient(by_all_.data(), units, stride_, gradient + shape_.weight_offset(0) + dense_ * units);
}

}  // namespace bdglm::cpu
