// Where a chain starts: Newton's mode for linear predictors (newton_start), early-stopped AdamW for a network.
#include <algorithm>
#include <cmath>

#include "bdglm/error.hpp"
#include "engines/gibbs/arrow_blocks.hpp"
#include "engines/gibbs/newton_start.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

/// Full-batch AdamW (Loshchilov and Hutter 2019) on a random tenfold split; the weights with the best
/// held-out log likelihood stay. Where the network serves a scale of the response beside its mean, the mean comes
/// first: a scale that learns at once explains what the mean has not yet learned as noise, whose rows then no longer
/// teach it (Seitzer et al. 2022).
class AdamW final : public WarmStart {
 public:
  AdamW(State& state, const Context& context, const Address& address)
      : state_(state), context_(context), address_(address) {
    const std::vector<int>& scales = context.model.output_scales;
    // The mean's predictors are the first.
    stages_ = scales.front() >= 0 && *std::max_element(scales.begin(), scales.end()) > scales.front() ? 2 : 1;
    initialise();
    choose_moving();
    split();
    gradient_ = context.backend.allocate(state.theta.rows(), 1);
    first_ = Eigen::ArrayXd::Zero(state.theta.rows());
    second_ = first_;
    theta_ = context.backend.download(state.theta);
    best_ = theta_;
  }

  int steps() const override { return stages_ * kSteps; }
  int done() const override { return stage_ * kSteps + done_; }

  bool step() override {
    const Backend& backend = context_.backend;
    Network network = context_.network(state_);
    network.rough_layers = context_.network_moves.rough;
    const int t = ++done_;
    backend.gradient(network, state_.theta, state_.base, train_, gradient_, state_.scratch);
    const Eigen::ArrayXd g = -backend.download(gradient_).array() / train_rows_ * units_;
    if (!g.isFinite().all()) {
      // No step leads out of where the likelihood has no slope: the best weights so far stay.
      return next_stage();
    }
    first_ = 0.9 * first_ + 0.1 * g;
    second_ = 0.999 * second_ + 0.001 * g.square();
    const double rate = 0.01 * std::min(1.0, t / 20.0);
    const Eigen::ArrayXd move = first_ / (1 - std::pow(0.9, t)) / ((second_ / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
    theta_.array() -= rate * (move * units_ + 0.001 * theta_.array()) * moving_;
    backend.upload(theta_, state_.theta);
    std::vector<Matrix> none;
    backend.forward(network, state_.theta, state_.base, none, none, state_.eta);
    const double value = backend.log_likelihood(held_out_, state_.eta);
    ++since_best_;
    if (value > best_value_) {
      best_value_ = value;
      best_ = theta_;
      since_best_ = 0;
    }
    if (done_ < kSteps && since_best_ < kPatience) return true;
    return next_stage();
  }

  const MoveMetric& metric() const override { return metric_; }

  void save(Archive& archive) const override {
    archive["warm_theta"] = theta_;
    archive["warm_best"] = best_;
    archive["warm_first"] = first_.matrix();
    archive["warm_second"] = second_.matrix();
    archive["warm_done"] = (RowMatrix(4, 1) << done_, since_best_, best_value_, stage_).finished();
  }

  void load(const Archive& archive) override {
    theta_ = archive.at("warm_theta");
    best_ = archive.at("warm_best");
    first_ = archive.at("warm_first").array();
    second_ = archive.at("warm_second").array();
    const RowMatrix& counts = archive.at("warm_done");
    const auto whole = [&](Eigen::Index k, int most) {
      const double value = k < counts.size() ? counts(k) : 0;  // an earlier version had one stage
      return value >= 0 && value <= most ? static_cast<int>(value) : 0;
    };
    done_ = whole(0, kSteps);
    since_best_ = whole(1, kSteps);
    best_value_ = counts(2);
    stage_ = whole(3, stages_ - 1);
    choose_moving();
    context_.backend.upload(theta_, state_.theta);
  }

 private:
  static constexpr int kSteps = 600;
  static constexpr int kPatience = 60;

  /// Whether a predictor's output weights wait for the second stage.
  bool is_later(int c) const { return stages_ > 1 && context_.model.is_parameter(static_cast<std::size_t>(c)); }

  /// Goes on from the best weights of this stage; false where it was the last.
  bool next_stage() {
    if (stage_ + 1 == stages_) {
      finish();
      return false;
    }
    ++stage_;
    done_ = since_best_ = 0;
    theta_ = best_;
    context_.backend.upload(theta_, state_.theta);
    first_.setZero();
    second_.setZero();
    choose_moving();
    return true;
  }

  /// All weights, but for those of scales in the first of two stages.
  void choose_moving() {
    const NetworkShape& shape = context_.model.shape;
    moving_.setOnes(shape.size());
    for (int c = 0; c < shape.predictors(); ++c)
      if (stage_ + 1 < stages_ && is_later(c)) moving_.segment(shape.output_offset(c), shape.head(c).units).setZero();
  }

  void finish() {
    context_.backend.upload(best_, state_.theta);
    refresh(state_, context_);
    start_scales();
    metric_.average(state_, context_, 1);
    spread_start(state_, context_, address_);
  }

  /// Weights from N(0, 2 / inputs that act), the response's mean as intercept.
  void initialise() {
    const NetworkShape& shape = context_.model.shape;
    Matrix normal = context_.backend.allocate(shape.size(), 1);
    context_.backend.draw_normal(address_.at(Site::initial_state), normal);
    RowMatrix theta = context_.backend.download(normal);
    units_.setOnes(shape.size());
    for (int l = 0; l < shape.layers(); ++l) {
      theta.block(shape.weight_offset(l), 0, shape.input_width(l) * shape.width(l), 1) *=
          std::sqrt(2.0 / (l == 0 ? context_.model.inputs.all_active() : shape.input_width(l)));
      theta.block(shape.bias_offset(l), 0, shape.width(l), 1) *= 0.1;
    }
    const Eigen::VectorXd mean = context_.theta_prior_mean(state_);
    for (int c = 0; c < shape.predictors(); ++c) {
      const Head& head = shape.head(c);
      const double unit = context_.model.spread[c];
      if (head.units > 0)
        theta.middleRows(shape.output_offset(c), head.units) *= is_later(c) ? 0.0 : 0.5 * unit / std::sqrt(head.units);
      units_.segment(shape.head_offset(c), head.size()).setConstant(unit);
      theta.middleRows(shape.fixed_offset(c), head.fixed) = mean.segment(shape.fixed_offset(c), head.fixed);
    }
    context_.backend.upload(theta, state_.theta);
    for (std::size_t l = 0; l < state_.noise.size(); ++l) context_.backend.axpy(-1, state_.noise[l], state_.noise[l]);
    refresh(state_, context_);
  }

  void split() {
    const RowMatrix size = context_.backend.download(state_.likelihood.size);
    const RowMatrix response = context_.backend.download(state_.likelihood.response);
    RowMatrix train = size;
    RowMatrix held = size;
    RowMatrix train_response = response;
    RowMatrix held_response = response;
    const bool frequencies = describe(context_.model.family).weight != WeightKind::precision;
    for (Eigen::Index i = 0; i < size.rows(); ++i) {
      Stream stream(address_.at(Site::warm_start), static_cast<std::uint32_t>(context_.backend.first_row() + i));
      const bool out = stream.uniform53() < 0.1;
      // A row is left out by weight: it stands for none, or has next to no precision.
      (out ? train : held)(i, 0) *= frequencies ? 0.0 : 1e-12;
      // Where the response counts with the weight, it is none.
      double& gone = (out ? train_response : held_response)(i, 0);
      if (frequencies) gone = sampler_response(context_.model.family, gone, 0);
      train_rows_ += out ? 0.0 : 1.0;
    }
    train_rows_ = std::max(context_.backend.sum_of_parts(train_rows_), 1.0);
    train_ = {context_.model.family, context_.backend.uploaded(train_response), context_.backend.uploaded(train)};
    held_out_ = {context_.model.family, context_.backend.uploaded(held_response), context_.backend.uploaded(held)};
    train_.parameters = held_out_.parameters = state_.likelihood.parameters;
  }

  /// Residual variances and weight scales at their estimates under the weights found.
  void start_scales() {
    const NetworkShape& shape = context_.model.shape;
    const Backend& backend = context_.backend;
    if (context_.model.has_sigma()) {
      const Eigen::VectorXd squares =
          backend.grouped_squares(state_.likelihood.response, state_.eta, context_.data.size, context_.data.sigma);
      for (Eigen::Index g = 0; g < squares.size(); ++g)
        state_.sigma2[g] = std::max(squares[g] / std::max(context_.data.sigma_rows[g], 1.0), 1e-6 * state_.sigma2[g]);
    }
    const Eigen::VectorXd theta = backend.download(state_.theta);
    for (int l = 0; l < shape.layers(); ++l) {
      const int count = shape.input_width(l) * shape.width(l);
      state_.weight_variance[static_cast<std::size_t>(l)] =
          theta.segment(shape.weight_offset(l), count).squaredNorm() / count;
    }
    std::vector<double> found(state_.weight_variance.size(), 0.0);
    std::vector<double> count = found;
    for (int c = 0; c < shape.predictors(); ++c) {
      const int units = shape.head(c).units;
      if (units == 0) continue;
      context_.model.output_variance(c, found) += theta.segment(shape.output_offset(c), units).squaredNorm();
      context_.model.output_variance(c, count) += units;
    }
    for (auto l = static_cast<std::size_t>(shape.layers()); l < found.size(); ++l)
      state_.weight_variance[l] = std::max(found[l] / count[l], 1e-4 * state_.weight_variance[l]);
    refresh(state_, context_);
  }

  State& state_;
  const Context& context_;
  Address address_;
  Likelihood train_, held_out_;
  Eigen::ArrayXd units_;   ///< of each parameter
  Eigen::ArrayXd moving_;  ///< one or zero
  double train_rows_ = 0;
  Matrix gradient_;
  Eigen::ArrayXd first_, second_;  ///< moments of the gradient
  RowMatrix theta_, best_;
  double best_value_ = -INFINITY;
  int stages_ = 1;
  int stage_ = 0;
  int done_ = 0;  ///< in the stage
  int since_best_ = 0;
  MoveMetric metric_;
};

/// A model of random effects alone has nothing to seek, nor has one whose coefficients are all drawn anew at once.
class NoSearch final : public WarmStart {
 public:
  NoSearch(State& state, const Context& context, const Address& address)
      : state_(state), context_(context), address_(address) {}

  int steps() const override { return 0; }
  int done() const override { return 0; }
  bool step() override {
    spread_start(state_, context_, address_);
    return false;
  }
  const MoveMetric& metric() const override { return metric_; }
  void save(Archive& /*archive*/) const override {}
  void load(const Archive& /*archive*/) override {}

 private:
  State& state_;
  const Context& context_;
  Address address_;
  MoveMetric metric_;
};

}  // namespace

std::unique_ptr<WarmStart> make_warm_start(State& state, const Context& context, const Address& address) {
  refresh(state, context);
  if (context.model.shape.layers() > 0) return std::make_unique<AdamW>(state, context, address);
  if (context.model.shape.all_fixed() > 0 &&
      !drawn_without_metric(context.model, static_cast<Eigen::Index>(context.data.all_rows)))
    return make_newton_start(state, context, address);
  return std::make_unique<NoSearch>(state, context, address);
}

MoveMetric warm_start(State& state, const Context& context, const Address& address) {
  const std::unique_ptr<WarmStart> search = make_warm_start(state, context, address);
  while (search->step()) {
  }
  return search->metric();
}

}  // namespace bdglm
