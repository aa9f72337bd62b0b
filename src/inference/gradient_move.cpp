// Hamiltonian Monte Carlo on theta with the latents integrated out (math note, sections 7 and 8).
#include <algorithm>
#include <cmath>

#include "bdglm/inference/sweep.hpp"

namespace bdglm {
namespace {

/// Random effects, scales and the layers' standardised noise are held; proposals that are refused leave
/// everything as it was. Steps are taken in the metric's coordinates with a jittered step size.
class GradientMove final : public Update {
 public:
  GradientMove(int maximum_steps, double target, double path)
      : maximum_steps_(maximum_steps), target_(target), path_(path) {}

  std::string name() const override { return "gradient move"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Backend& backend = context.backend;
    if (momentum_.rows() != state.theta.rows()) {
      for (Matrix* m : {&momentum_, &gradient_, &whitened_, &proposal_, &mean_, &precision_})
        *m = backend.allocate(state.theta.rows(), 1);
      backend.upload(context.theta_prior_mean(), mean_);
      eta_ = backend.allocate(context.data.rows, 1);
    }
    backend.upload(context.theta_prior_precision(state), precision_);
    if (state.metric.cholesky.empty()) precondition(state, context);
    const Network network = context.network(state);

    Stream stream(position.address.at(Site::hmc_accept), 0);
    const double step = std::exp(state.step.log_step) * (0.8 + 0.4 * stream.uniform53());
    const int steps =
        std::clamp(static_cast<int>(std::lround(path_ / std::exp(state.step.log_step))), 1, maximum_steps_);
    backend.draw_normal(position.address.at(Site::hmc_momentum), momentum_);
    backend.copy(state.theta, proposal_);
    double here = start_potential(network, state, context);
    const double start = here - 0.5 * backend.dot(momentum_, momentum_);
    double end = here;
    for (int k = 0; k < steps; ++k) {
      backend.axpy(0.5 * step, whitened_, momentum_);
      backend.precondition(state.metric, false, momentum_, gradient_);
      backend.axpy(step, gradient_, proposal_);
      end = potential(network, state, context);
      backend.axpy(0.5 * step, whitened_, momentum_);
      if (!std::isfinite(end)) break;
    }
    here = end;
    end -= 0.5 * backend.dot(momentum_, momentum_);
    const double change = end - start;
    const double acceptance = std::isfinite(change) ? std::min(1.0, std::exp(change)) : 0.0;
    state.acceptance = acceptance;
    state.diverging = !(change > -1000);
    const bool accepted = stream.uniform53() < acceptance;
    if (accepted) {
      backend.copy(proposal_, state.theta);
      backend.copy(eta_, state.eta);
    }
    if (accepted) remember(here, state, context);
    if (position.adapting()) {
      state.step.update(acceptance, target_);
      if (static_cast<int>(position.address.sweep) + 1 == position.warmup) state.step.finish();
    }
    // A network's activations follow theta; a linear predictor has eta already.
    if (accepted && context.model.shape.layers() > 0) refresh(state, context);
  }

 private:
  /// Log posterior at the present theta and its whitened gradient. Where nothing but theta moves (a
  /// logistic model without random effects or network) the end of the last move may be this start.
  double start_potential(const Network& network, State& state, const Context& context) {
    const Backend& backend = context.backend;
    GradientMemory& memory = state.gradient_memory;
    if (only_theta_moves(context) && memory.theta.size() > 0 && backend.download(state.theta) == memory.theta) {
      backend.copy(memory.gradient, whitened_);
      return memory.value;
    }
    const double value = potential(network, state, context);
    remember(value, state, context);
    return value;
  }

  void remember(double value, State& state, const Context& context) const {
    if (!only_theta_moves(context)) return;
    GradientMemory& memory = state.gradient_memory;
    if (memory.gradient.empty()) memory.gradient = context.backend.allocate(proposal_.rows(), 1);
    memory.theta = context.backend.download(proposal_);
    memory.value = value;
    context.backend.copy(whitened_, memory.gradient);
  }

  static bool only_theta_moves(const Context& context) {
    return is_logistic(context.model.family) && context.model.effects.empty() && context.model.shape.layers() == 0;
  }

  /// Log posterior at the proposal; leaves its gradient in whitened coordinates.
  double potential(const Network& network, const State& state, const Context& context) {
    const Backend& backend = context.backend;
    double value = backend.gradient(network, proposal_, state.base, state.likelihood, gradient_, eta_);
    value += backend.add_normal_prior(proposal_, mean_, precision_, gradient_);
    backend.precondition(state.metric, true, gradient_, whitened_);
    return value;
  }

  /// A diagonal metric for networks: the prior precision plus the expected curvature of the likelihood
  /// at the present scales. A unit's weights see rows * information * (squared gain of the layers below
  /// and above), gains being inputs * tau^2 / 2 a layer (math note, section 8).
  static void precondition(State& state, const Context& context) {
    const NetworkShape& shape = context.model.shape;
    Eigen::VectorXd metric = context.theta_prior_precision(state);
    const auto rows = static_cast<double>(context.data.rows);
    const double information = is_logistic(context.model.family) ? 0.2 * rows : rows / state.sigma2.mean();
    const auto gain = [&](int l) {
      return 0.5 * shape.input_width(l) * state.weight_variance[static_cast<std::size_t>(l)];
    };
    double above = 0.5 * state.weight_variance.back();
    for (int l = shape.layers() - 1; l >= 0; --l) {
      double below = 1;
      for (int k = 0; k < l; ++k) below *= gain(k);
      metric.segment(shape.weight_offset(l), shape.input_width(l) * shape.width(l)).array() +=
          kCurvature * information * below * above;
      metric.segment(shape.bias_offset(l), shape.width(l)).array() += kCurvature * information * above;
      above *= gain(l) * shape.width(l) / std::max(shape.input_width(l), 1);
    }
    double features = 1;
    for (int l = 0; l < shape.layers(); ++l) features *= gain(l);
    metric.segment(shape.output_offset(), shape.last_width()).array() += kCurvature * information * features;
    metric.tail(shape.fixed).array() += kCurvature * information;
    context.backend.upload(RowMatrix(metric.cwiseSqrt().cwiseInverse()), state.metric.diagonal);
  }

  static constexpr double kCurvature = 0.02;
  int maximum_steps_;
  double target_;
  double path_;
  Matrix momentum_, gradient_, whitened_, proposal_, mean_, precision_, eta_;
};

}  // namespace

std::unique_ptr<Update> make_gradient_move(int maximum_steps, double target_acceptance, double path_length) {
  return std::make_unique<GradientMove>(maximum_steps, target_acceptance, path_length);
}

}  // namespace bdglm
