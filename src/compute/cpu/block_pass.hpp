// A block of rows on its way through the network: forward, backward, and the moments of its Fisher information.
#pragma once

#include <vector>

#include "compute/cpu/fixed_columns.hpp"
#include "compute/cpu/group_sums.hpp"
#include "compute/cpu/lanes/lanes.hpp"
#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

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
        outputs_(RowMatrix::Zero(shape_.predictors(), shape_.last_width())),
        fixed_(network, theta_) {
    pre_.resize(static_cast<std::size_t>(shape_.layers()));
    act_.resize(static_cast<std::size_t>(shape_.layers()));
    for (int c = 0; c < shape_.predictors(); ++c) {
      const int units = shape_.head(c).units;
      if (units > 0) outputs_.row(c) = ConstRowVectorMap(theta_ + shape_.output_offset(c), units);
    }
    if (!has_ramps()) return;
    stride_ = RampRows::stride(shape_.width(0));
    at_knots_ = ramps().table<double>(weights(0).data() + dense() * shape_.width(0),
                                      static_cast<std::size_t>(shape_.width(0)), stride_);
    by_knots_.resize(at_knots_.size());
  }

  ConstMatrixMap weights(int l) const {
    return {theta_ + shape_.weight_offset(l), shape_.input_width(l), shape_.width(l)};
  }

  /// What is kept of the layers' pre-activations.
  enum class Keep { values, slopes };

  /// Runs rows [at, at + m) through the layers; `eta` (predictors x m) gets their predictors without base. What follows
  /// backwards reads the slopes.
  void forward(Eigen::Index at, Eigen::Index m, RowMatrix& eta, Keep keep = Keep::slopes) {
    at_ = at;
    rows_ = m;
    for (int l = 0; l < shape_.layers(); ++l) {
      RowMatrix& z = pre_[static_cast<std::size_t>(l)];
      z.resize(m, shape_.width(l));
      if (l == 0)
        add_inputs(z);
      else
        z.noalias() = act_[static_cast<std::size_t>(l - 1)] * weights(l);
      RowMatrix& a = act_[static_cast<std::size_t>(l)];
      a.resize(m, shape_.width(l));
      const bool noisy = !network_.noise.empty() && !network_.noise[static_cast<std::size_t>(l)].empty();
      const double* noise =
          noisy ? values(network_.noise[static_cast<std::size_t>(l)]).data() + at * shape_.width(l) : nullptr;
      lanes::activate(z.data(), static_cast<std::size_t>(m), static_cast<std::size_t>(shape_.width(l)),
                      theta_ + shape_.bias_offset(l), noise, shape_.activation, keep == Keep::slopes, a.data());
    }
    eta.setZero(shape_.predictors(), m);
    for (int c = 0; c < shape_.predictors(); ++c) fixed_.add(c, at_, rows_, eta.row(c).data());
    if (shape_.layers() == 0) return;
    add_outputs(eta);
    for (int c = 0; c < shape_.predictors(); ++c) {
      const OutputEffects* effects = network_.effects_of(c);
      if (effects == nullptr) continue;
      const auto own = values(effects->weights);
      for (Eigen::Index i = 0; i < m; ++i) eta(c, i) += act_.back().row(i).dot(own.row(group_of(*effects, i)));
    }
  }

  /// Adds the gradient of the sum of score(c, i) eta_ic over the block to `gradient` (laid out as theta); that by
  /// weights of ramps follows at `finish`.
  void backward(const RowMatrix& score, double* gradient) {
    for (int c = 0; c < shape_.predictors(); ++c) fixed_.add_gradient(c, at_, rows_, score.row(c).data(), gradient);
    if (shape_.layers() == 0) return;
    by_outputs(score);
    for (int c = 0; c < shape_.predictors(); ++c)
      if (shape_.head(c).units > 0)
        Eigen::Map<Eigen::RowVectorXd>(gradient + shape_.output_offset(c), shape_.head(c).units) += by_outputs_.row(c);
    output_delta(score);
    for (int l = shape_.layers() - 1; l >= 0; --l) {
      MatrixMap g(gradient + shape_.weight_offset(l), shape_.input_width(l), shape_.width(l));
      if (l == 0)
        add_input_gradient(g);
      else
        g.noalias() += act_[static_cast<std::size_t>(l - 1)].transpose() * delta_;
      lanes::add_column_sums(delta_.data(), static_cast<std::size_t>(rows_), static_cast<std::size_t>(shape_.width(l)),
                             gradient + shape_.bias_offset(l));
      if (l > 0) step_down(l);
    }
  }

  void finish(double* gradient) const {
    if (has_ramps())
      ramps().add_gradient(by_knots_.data(), static_cast<std::size_t>(shape_.width(0)), stride_,
                           gradient + shape_.weight_offset(0) + dense() * shape_.width(0));
  }

  /// Adds the block's second moments to the factors of each layer and of each head; rows are weighted by predictor
  /// (predictors x m).
  void add_moments(const RowMatrix& weight, std::vector<FisherFactors>& factors) {
    RowMatrix columns;
    for (int c = 0; c < shape_.predictors(); ++c) {
      const Head& head = shape_.head(c);
      FisherFactors& own = factors[static_cast<std::size_t>(shape_.layers()) + static_cast<std::size_t>(c)];
      const bool sparse = head.fixed > 0 && has_sparse(fixed_.columns(c));
      const Eigen::Index dense = sparse ? head.size() - sparse_of(fixed_.columns(c)).cols() : head.size();
      columns.resize(rows_, dense);
      if (head.units > 0) columns.leftCols(head.units) = act_.back();
      if (head.fixed > 0) columns.rightCols(dense - head.units) = values(fixed_.columns(c)).middleRows(at_, rows_);
      add_moment(columns, weight.row(c).transpose(), sparse ? &sparse_of(fixed_.columns(c)) : nullptr, own.inputs);
      own.derivatives(0, 0) += weight.row(c).sum();
    }
    const Eigen::VectorXd total = weight.colwise().sum();
    for (int l = 0; l < shape_.layers(); ++l) {
      if (l == 0 && has_sparse(network_.inputs)) {
        add_sparse_input_moments(total, factors.front().inputs);
        continue;
      }
      columns.setOnes(rows_, shape_.input_width(l) + 1);
      if (l == 0)
        write_inputs(columns);
      else
        columns.leftCols(shape_.input_width(l)) = act_[static_cast<std::size_t>(l - 1)];
      add_moment(columns, total, nullptr, factors[static_cast<std::size_t>(l)].inputs);
    }
    for (int c = 0; c < shape_.predictors() && shape_.layers() > 0; ++c) {
      RowMatrix one = RowMatrix::Zero(shape_.predictors(), rows_);
      one.row(c).setOnes();
      output_delta(one);
      for (int l = shape_.layers() - 1; l >= 0; --l) {
        add_moment(delta_, weight.row(c).transpose(), nullptr, factors[static_cast<std::size_t>(l)].derivatives);
        if (l > 0) step_down(l);
      }
    }
  }

  /// As the last forward pass kept them.
  const RowMatrix& pre_activation(int l) const { return pre_[static_cast<std::size_t>(l)]; }
  const RowMatrix& activation(int l) const { return act_[static_cast<std::size_t>(l)]; }

 private:
  bool has_ramps() const { return shape_.layers() > 0 && cpu::has_ramps(network_.inputs); }
  const RampRows& ramps() const { return ramps_of(network_.inputs); }
  Eigen::Index dense() const { return inputs_.cols(); }
  /// Columns of the inputs that are not sparse.
  Eigen::Index whole() const { return dense() + (has_ramps() ? ramps().columns() : 0); }

  /// Into the first columns of `to`.
  void write_inputs(RowMatrix& to) const {
    to.leftCols(dense()) = inputs_.middleRows(at_, rows_);
    if (has_ramps()) ramps().write(at_, rows_, dense(), to);
  }

  /// Of the columns x and then those of these rows of `sparse`, if any.
  void add_moment(const RowMatrix& x, const Eigen::VectorXd& weight, const SparseRows* sparse, RowMatrix& out) const {
    if (out.cols() != out.rows()) {
      out.topRows(x.cols()).noalias() += x.array().square().matrix().transpose() * weight;
      if (sparse != nullptr) add_squares(*sparse, weight, out.data() + x.cols());
      return;
    }
    if (sparse == nullptr) {
      out.noalias() += x.transpose() * weight.asDiagonal() * x;
      return;
    }
    RowMatrix all(rows_, out.cols());
    all << x, dense_rows(*sparse, static_cast<std::size_t>(at_), static_cast<std::size_t>(rows_));
    out.noalias() += all.transpose() * weight.asDiagonal() * all;
  }

  void add_squares(const SparseRows& sparse, const Eigen::VectorXd& weight, double* out) const {
    for (Eigen::Index i = 0; i < rows_; ++i)
      sparse.for_each(static_cast<std::size_t>(at_ + i),
                      [&](std::int32_t column, double value) { out[column] += weight[i] * value * value; });
  }

  /// Of the first layer's inputs, of which some are sparse, and its bias.
  void add_sparse_input_moments(const Eigen::VectorXd& weight, RowMatrix& out) const {
    const SparseRows& sparse = sparse_of(network_.inputs);
    RowMatrix inputs(rows_, whole());
    write_inputs(inputs);
    if (out.cols() != out.rows()) {
      out.topRows(whole()).noalias() += inputs.array().square().matrix().transpose() * weight;
      add_squares(sparse, weight, out.data() + whole());
      out(out.rows() - 1, 0) += weight.sum();
      return;
    }
    RowMatrix all(rows_, out.cols());
    all << inputs, dense_rows(sparse, static_cast<std::size_t>(at_), static_cast<std::size_t>(rows_)),
        RowMatrix::Ones(rows_, 1);
    out.noalias() += all.transpose() * weight.asDiagonal() * all;
  }

  /// z = inputs times the first layer's weights.
  void add_inputs(RowMatrix& z) const {
    z.noalias() = inputs_.middleRows(at_, rows_) * weights(0).topRows(dense());
    if (has_ramps())
      lanes::add_ramps(ramps().from(at_), static_cast<std::size_t>(rows_), at_knots_.data(), stride_,
                       static_cast<std::size_t>(z.cols()), z.data());
    if (has_sparse(network_.inputs))
      add_times(sparse_of(network_.inputs), static_cast<std::size_t>(at_), static_cast<std::size_t>(rows_),
                weights(0).data() + whole() * z.cols(), z.cols(), z.data());
  }

  void add_input_gradient(MatrixMap& g) {
    g.topRows(dense()).noalias() += inputs_.middleRows(at_, rows_).transpose() * delta_;
    if (has_ramps())
      lanes::add_ramp_gradient(ramps().from(at_), static_cast<std::size_t>(rows_), delta_.data(),
                               static_cast<std::size_t>(delta_.cols()), stride_, by_knots_.data());
    if (has_sparse(network_.inputs))
      add_transposed_times(sparse_of(network_.inputs), static_cast<std::size_t>(at_), static_cast<std::size_t>(rows_),
                           delta_.data(), delta_.cols(), g.data() + whole() * delta_.cols());
  }

  // A product with one row is told to be one: a library's general product is slower.

  void add_outputs(RowMatrix& eta) const {
    if (shape_.predictors() == 1)
      eta.row(0).transpose().noalias() += act_.back() * outputs_.row(0).transpose();
    else
      eta.noalias() += outputs_ * act_.back().transpose();
  }

  void by_outputs(const RowMatrix& score) {
    by_outputs_.resize(shape_.predictors(), shape_.last_width());
    if (shape_.predictors() == 1)
      by_outputs_.row(0).transpose().noalias() = act_.back().transpose() * score.row(0).transpose();
    else
      by_outputs_.noalias() = score * act_.back();
  }

  Eigen::Index group_of(const OutputEffects& effects, Eigen::Index row) const {
    return groups(effects.index).group[static_cast<std::size_t>(at_ + row)];
  }

  /// delta = derivative of the score-weighted predictors by the last layer's pre-activations.
  void output_delta(const RowMatrix& score) {
    if (shape_.predictors() == 1 && network_.effects_of(0) == nullptr) {
      delta_.resize(rows_, shape_.last_width());
      lanes::outer_with_slopes(score.data(), static_cast<std::size_t>(rows_), outputs_.data(),
                               static_cast<std::size_t>(shape_.last_width()), pre_.back().data(), delta_.data());
      return;
    }
    delta_.noalias() = score.transpose() * outputs_;
    for (int c = 0; c < shape_.predictors(); ++c) {
      const OutputEffects* effects = network_.effects_of(c);
      if (effects == nullptr) continue;
      const auto own = values(effects->weights);
      for (Eigen::Index i = 0; i < rows_; ++i) delta_.row(i) += score(c, i) * own.row(group_of(*effects, i));
    }
    apply_slopes(shape_.layers() - 1);
  }

  void step_down(int l) {
    below_.noalias() = delta_ * weights(l).transpose();
    delta_.swap(below_);
    apply_slopes(l - 1);
  }

  void apply_slopes(int l) {
    const RowMatrix& slopes = pre_[static_cast<std::size_t>(l)];
    lanes::apply_slopes(slopes.data(), static_cast<std::size_t>(slopes.size()), delta_.data());
  }

  const Network& network_;
  const NetworkShape& shape_;
  const double* theta_;
  MatrixMap inputs_;
  RowMatrix outputs_;  ///< predictors x last width, zero where a head has no units
  FixedColumns fixed_;
  std::vector<RowMatrix> pre_, act_;  ///< pre-activations, or their slopes, and activations
  RowMatrix delta_, below_, by_outputs_;
  std::vector<double> at_knots_;  ///< what the ramps' weights add up to
  std::vector<double> by_knots_;  ///< gradient by it
  std::size_t stride_ = 0;        ///< of both
  Eigen::Index at_ = 0, rows_ = 0;
};

}  // namespace bdglm::cpu
