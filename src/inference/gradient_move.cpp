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
    }
    backend.upload(context.theta_prior_precision(state), precision_);
    if (state.metric.cholesky.empty()) precondition_by_prior(state, context);
    const Network network = context.network(state);

    Stream stream(position.address.at(Site::hmc_accept), 0);
    const double step = std::exp(state.step.log_step) * (0.8 + 0.4 * stream.uniform53());
    const int steps = std::clamp(static_cast<int>(std::lround(path_ / std::exp(state.step.log_step))), 1, maximum_steps_);
    backend.draw_normal(position.address.at(Site::hmc_momentum), momentum_);
    backend.copy(state.theta, proposal_);
    const double start = potential(network, state, context) - 0.5 * backend.dot(momentum_, momentum_);
    double end = start;
    for (int k = 0; k < steps; ++k) {
      backend.axpy(0.5 * step, whitened_, momentum_);
      backend.precondition(state.metric, false, momentum_, gradient_);
      backend.axpy(step, gradient_, proposal_);
      end = potential(network, state, context);
      backend.axpy(0.5 * step, whitened_, momentum_);
      if (!std::isfinite(end)) break;
    }
    end -= 0.5 * backend.dot(momentum_, momentum_);
    const double change = end - start;
    const double acceptance = std::isfinite(change) ? std::min(1.0, std::exp(change)) : 0.0;
    state.acceptance = acceptance;
    state.diverging = !(change > -1000);
    if (stream.uniform53() < acceptance) backend.copy(proposal_, state.theta);
    if (position.adapting()) {
      state.step.update(acceptance, target_);
      if (static_cast<int>(position.address.sweep) + 1 == position.warmup) state.step.finish();
    }
    refresh(state, context);
  }

 private:
  /// Log posterior at the proposal; leaves its gradient in whitened coordinates.
  double potential(const Network& network, const State& state, const Context& context) {
    const Backend& backend = context.backend;
    double value = backend.gradient(network, proposal_, state.base, state.likelihood, gradient_);
    value += backend.add_normal_prior(proposal_, mean_, precision_, gradient_);
    backend.precondition(state.metric, true, gradient_, whitened_);
    return value;
  }

  /// Momenta scaled by the prior standard deviations at the present scales.
  void precondition_by_prior(State& state, const Context& context) const {
    const Eigen::VectorXd sd = context.theta_prior_precision(state).cwiseSqrt().cwiseInverse();
    RowMatrix diagonal = sd;
    // Fixed effects have priors far wider than their posterior: their curvature joins in.
    const NetworkShape& shape = context.model.shape;
    const double information = is_logistic(context.model.family)
                                   ? 0.2 * static_cast<double>(context.data.rows)
                                   : static_cast<double>(context.data.rows) / state.sigma2.mean();
    for (int j = shape.fixed_offset(); j < shape.size(); ++j) {
      const double precision = 1 / (sd[j] * sd[j]) + information;
      diagonal(j, 0) = std::max(std::sqrt(1 / precision), 1e-300);
    }
    const double typical = sd.head(shape.fixed_offset()).size() > 0 ? 1.0 : 0.0;
    if (typical > 0) diagonal.bottomRows(shape.fixed) *= 10;
    context.backend.upload(diagonal, state.metric.diagonal);
  }

  int maximum_steps_;
  double target_;
  double path_;
  Matrix momentum_, gradient_, whitened_, proposal_, mean_, precision_;
};

}  // namespace

std::unique_ptr<Update> make_gradient_move(int maximum_steps, double target_acceptance, double path_length) {
  return std::make_unique<GradientMove>(maximum_steps, target_acceptance, path_length);
}

}  // namespace bdglm
