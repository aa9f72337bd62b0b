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
    if (state.metric.cholesky.empty()) precondition(state, context, position);
    const Network network = context.network(state);

    Stream stream(position.address.at(Site::hmc_accept), 0);
    const double log_step = state.step.log_current(position.adapting());
    const double step = std::exp(log_step) * (0.8 + 0.4 * stream.uniform53());
    const int steps = std::clamp(static_cast<int>(std::lround(path_ / std::exp(log_step))), 1, maximum_steps_);
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
    state.steps = steps;
    state.diverging = !(change > -1000);
    const bool accepted = stream.uniform53() < acceptance;
    if (accepted) {
      backend.copy(proposal_, state.theta);
      backend.copy(eta_, state.eta);
    }
    if (accepted) remember(here, state, context);
    if (position.adapting()) state.step.update(acceptance, target_);
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

  /// A diagonal metric for networks: the prior precision at the present scales plus the Fisher information's
  /// diagonal, a running mean over points of the warm-up of information / gain, times the present gain: eta is
  /// homogeneous, so what a layer's weights see grows with the tau^2 of the other layers (math note, section 8).
  static void precondition(State& state, const Context& context, const SweepPosition& position) {
    const Backend& backend = context.backend;
    constexpr std::uint32_t kEvery = 10;
    constexpr double kWeight = 0.1;
    const std::uint32_t sweep = position.address.sweep;
    if (10 * static_cast<int>(sweep) < 9 * position.warmup && sweep % kEvery == 0) {
      Matrix here = backend.allocate(state.theta.rows(), 1);
      backend.fisher_diagonal(context.network(state), state.theta, backend.uploaded(curvature(state, context)), here);
      backend.upload(RowMatrix(backend.download(here).col(0).cwiseQuotient(gains(state, context))), here);
      backend.axpy(-kWeight, state.information, state.information);
      backend.axpy(kWeight, here, state.information);
    }
    const Eigen::VectorXd information = backend.download(state.information).col(0).cwiseProduct(gains(state, context));
    const Eigen::VectorXd metric = context.theta_prior_precision(state) + information;
    backend.upload(RowMatrix(metric.cwiseSqrt().cwiseInverse()), state.metric.diagonal);
  }

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
