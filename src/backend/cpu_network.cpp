// The predictor forward and backward on the CPU, in blocks of rows that stay in cache.
#include <algorithm>
#include <vector>

#include "backend/cpu_group_sums.hpp"
#include "backend/cpu_storage.hpp"
#include "backend/lanes/lanes.hpp"

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

using MatrixMap = Eigen::Map<RowMatrix>;
using ConstMatrixMap = Eigen::Map<const RowMatrix>;
using ConstVectorMap = Eigen::Map<const Eigen::VectorXd>;
using ConstRowVectorMap = Eigen::Map<const Eigen::RowVectorXd>;

/// Views of theta's parts, and scratch for one block of rows.
class BlockPass {
 public:
  BlockPass(const Network& network, const Matrix& theta)
      : network_(network),
        shape_(network.shape),
        theta_(values(theta).data()),
        inputs_(values(network.inputs)),
        fixed_(values(network.fixed)),
        tiles_(network.single_precision && shape_.fixed > 0
                   ? static_cast<MatrixStorage*>(network.fixed.storage())->tiles()
                   : nullptr) {
    pre_.resize(static_cast<std::size_t>(shape_.layers()));
    act_.resize(static_cast<std::size_t>(shape_.layers()));
  }

  ConstMatrixMap weights(int l) const {
    return {theta_ + shape_.weight_offset(l), shape_.input_width(l), shape_.width(l)};
  }
  ConstVectorMap output() const { return {theta_ + shape_.output_offset(), shape_.last_width()}; }

  /// Runs rows [at, at + m) through the layers; `eta` gets their predictor without base.
  template <class Eta>
  void forward(Eigen::Index at, Eigen::Index m, Eta&& eta) {
    at_ = at;
    rows_ = m;
    for (int l = 0; l < shape_.layers(); ++l) {
      RowMatrix& z = pre_[static_cast<std::size_t>(l)];
      z.resize(m, shape_.width(l));
      if (l == 0)
        z.noalias() = inputs_.middleRows(at, m) * weights(0);
      else
        z.noalias() = act_[static_cast<std::size_t>(l - 1)] * weights(l);
      z.rowwise() += ConstRowVectorMap(theta_ + shape_.bias_offset(l), shape_.width(l));
      if (!network_.noise.empty() && !network_.noise[static_cast<std::size_t>(l)].empty())
        z += values(network_.noise[static_cast<std::size_t>(l)]).middleRows(at, m);
      act_[static_cast<std::size_t>(l)] =
          (z.array() < 0).select(shape_.slope_negative * z.array(), shape_.slope_positive * z.array());
    }
    eta.setZero();
    const double* beta = theta_ + shape_.fixed_offset();
    if (tiles_ != nullptr)
      lanes::add_tiles_times(tile(), static_cast<std::size_t>(m), width(), beta, eta.data());
    else if (shape_.fixed > 0 && shape_.fixed <= kNarrow)
      add_rows_times(rows_of(network_.fixed), at, at + m, beta, eta.data());
    else if (shape_.fixed > 0)
      // Row by row: memory sets the pace, and a library's product reads it in pieces.
      for (Eigen::Index i = 0; i < m; ++i) eta[i] += fixed_.row(at + i).dot(ConstRowVectorMap(beta, shape_.fixed));
    if (shape_.layers() > 0) {
      eta.noalias() += act_.back() * output();
      if (!network_.output_effects.empty()) {
        const RowMatrix& own = values(network_.output_effects);
        for (Eigen::Index i = 0; i < m; ++i) eta[i] += act_.back().row(i).dot(own.row(group_of(i)));
      }
    }
  }

  /// Adds the gradient of sum_i score_i eta_i over the block to `gradient` (laid out as theta).
  template <class Score>
  void backward(const Score& score, double* gradient) {
    double* by_beta = gradient + shape_.fixed_offset();
    if (tiles_ != nullptr)
      lanes::add_tiles_transposed_times(tile(), static_cast<std::size_t>(rows_), width(), score.data(), by_beta);
    else if (shape_.fixed > 0)
      Eigen::Map<Eigen::VectorXd>(by_beta, shape_.fixed).noalias() += fixed_.middleRows(at_, rows_).transpose() * score;
    if (shape_.layers() == 0) return;
    Eigen::Map<Eigen::VectorXd>(gradient + shape_.output_offset(), shape_.last_width()).noalias() +=
        act_.back().transpose() * score;
    output_delta(score);
    for (int l = shape_.layers() - 1; l >= 0; --l) {
      MatrixMap g(gradient + shape_.weight_offset(l), shape_.input_width(l), shape_.width(l));
      if (l == 0)
        g.noalias() += inputs_.middleRows(at_, rows_).transpose() * delta_;
      else
        g.noalias() += act_[static_cast<std::size_t>(l - 1)].transpose() * delta_;
      Eigen::Map<Eigen::RowVectorXd>(gradient + shape_.bias_offset(l), shape_.width(l)) += delta_.colwise().sum();
      if (l > 0) step_down(l);
    }
  }

  /// Adds the block's second moments, with rows weighted, to the factors of each layer and of the output.
  template <class Weights>
  void add_moments(const Weights& weight, std::vector<FisherFactors>& factors) {
    const Eigen::Index last = shape_.last_width();
    RowMatrix columns(rows_, last + shape_.fixed);
    columns.leftCols(last) = act_.back();
    if (shape_.fixed > 0) columns.rightCols(shape_.fixed) = fixed_.middleRows(at_, rows_);
    add_moment(columns, weight, factors.back().inputs);
    factors.back().derivatives(0, 0) += weight.sum();
    output_delta(Eigen::VectorXd::Ones(rows_));
    for (int l = shape_.layers() - 1; l >= 0; --l) {
      columns.setOnes(rows_, shape_.input_width(l) + 1);
      if (l == 0)
        columns.leftCols(shape_.inputs) = inputs_.middleRows(at_, rows_);
      else
        columns.leftCols(shape_.input_width(l)) = act_[static_cast<std::size_t>(l - 1)];
      add_moment(columns, weight, factors[static_cast<std::size_t>(l)].inputs);
      add_moment(delta_, weight, factors[static_cast<std::size_t>(l)].derivatives);
      if (l > 0) step_down(l);
    }
  }

  const RowMatrix& pre_activation(int l) const { return pre_[static_cast<std::size_t>(l)]; }
  const RowMatrix& activation(int l) const { return act_[static_cast<std::size_t>(l)]; }

 private:
  template <class Weights>
  static void add_moment(const RowMatrix& x, const Weights& weight, RowMatrix& out) {
    if (out.cols() == out.rows())
      out.noalias() += x.transpose() * weight.asDiagonal() * x;
    else
      out.noalias() += x.array().square().matrix().transpose() * weight;
  }

  std::size_t width() const { return static_cast<std::size_t>(shape_.fixed); }
  const float* tile() const { return tiles_ + at_ * shape_.fixed; }

  Eigen::Index group_of(Eigen::Index row) const {
    return groups(network_.output_index).group[static_cast<std::size_t>(at_ + row)];
  }

  /// delta = derivative of the score-weighted predictor by the last layer's pre-activations.
  template <class Score>
  void output_delta(const Score& score) {
    delta_.noalias() = score * output().transpose();
    if (!network_.output_effects.empty()) {
      const RowMatrix& own = values(network_.output_effects);
      for (Eigen::Index i = 0; i < rows_; ++i) delta_.row(i) += score[i] * own.row(group_of(i));
    }
    apply_slopes(shape_.layers() - 1);
  }

  void step_down(int l) {
    below_.noalias() = delta_ * weights(l).transpose();
    delta_.swap(below_);
    apply_slopes(l - 1);
  }

  void apply_slopes(int l) {
    const RowMatrix& z = pre_[static_cast<std::size_t>(l)];
    delta_ = (z.array() < 0).select(shape_.slope_negative * delta_.array(), shape_.slope_positive * delta_.array());
  }

  const Network& network_;
  const NetworkShape& shape_;
  const double* theta_;
  const RowMatrix& inputs_;
  const RowMatrix& fixed_;
  const float* tiles_;
  std::vector<RowMatrix> pre_, act_;
  RowMatrix delta_, below_;
  Eigen::Index at_ = 0, rows_ = 0;
};

}  // namespace

void forward(const Network& network, const Matrix& theta, const Matrix& base, std::vector<Matrix>& pre_activations,
             std::vector<Matrix>& activations, Matrix& eta) {
  BlockPass pass(network, theta);
  auto out = array(eta);
  Eigen::VectorXd block;
  for (Eigen::Index at = 0; at < eta.size(); at += kBlock) {
    const Eigen::Index m = std::min(kBlock, eta.size() - at);
    block.resize(m);
    pass.forward(at, m, block);
    out.segment(at, m) = array(base).segment(at, m) + block.array();
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

/// Log likelihood of the rows from `at` on at predictor `eta`, and its derivatives.
double score_rows(const Likelihood& likelihood, Eigen::Index at, const Eigen::VectorXd& eta, Eigen::VectorXd& score) {
  const auto response = array(likelihood.response).segment(at, eta.size());
  const auto size = array(likelihood.size).segment(at, eta.size());
  return lanes::log_likelihood(likelihood.family, {.response = response.data(),
                                                   .size = size.data(),
                                                   .eta = eta.data(),
                                                   .count = static_cast<std::size_t>(eta.size()),
                                                   .scores = score.data()});
}

}  // namespace

double gradient(const Network& network, const Matrix& theta, const Matrix& base, const Likelihood& likelihood,
                Matrix& gradient, Matrix& predictor) {
  BlockPass pass(network, theta);
  values(gradient).setZero();
  Eigen::VectorXd block;
  Eigen::VectorXd score;
  double sum = 0;
  for (Eigen::Index at = 0; at < base.size(); at += kBlock) {
    const Eigen::Index m = std::min(kBlock, base.size() - at);
    block.resize(m);
    score.resize(m);
    pass.forward(at, m, block);
    block.array() += array(base).segment(at, m);
    array(predictor).segment(at, m) = block.array();
    sum += score_rows(likelihood, at, block, score);
    pass.backward(score, values(gradient).data());
  }
  return sum;
}

std::vector<FisherFactors> fisher_factors(const Network& network, const Matrix& theta, const Matrix& weights,
                                          Eigen::Index largest) {
  const NetworkShape& shape = network.shape;
  const auto zero = [&](Eigen::Index width) { return RowMatrix(RowMatrix::Zero(width, width > largest ? 1 : width)); };
  std::vector<FisherFactors> factors;
  factors.reserve(static_cast<std::size_t>(shape.layers()) + 1);
  for (int l = 0; l < shape.layers(); ++l) factors.push_back({zero(shape.input_width(l) + 1), zero(shape.width(l))});
  factors.push_back({zero(shape.last_width() + shape.fixed), zero(1)});
  BlockPass pass(network, theta);
  Eigen::VectorXd block;
  for (Eigen::Index at = 0; at < weights.size(); at += kBlock) {
    const Eigen::Index m = std::min(kBlock, weights.size() - at);
    block.resize(m);
    pass.forward(at, m, block);
    block = array(weights).segment(at, m).matrix();
    pass.add_moments(block, factors);
  }
  return factors;
}

}  // namespace bdglm::cpu
