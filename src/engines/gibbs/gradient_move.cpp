// Hamiltonian Monte Carlo on theta with the latents integrated out (math note, sections 7 and 8).
#include <algorithm>
#include <cmath>

#include "base/stop_point.hpp"
#include "engines/gibbs/move_metric.hpp"
#include "engines/gibbs/step_size.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

/// Random effects, scales and the layers' standardised noise are held; proposals that are refused leave
/// everything as it was, but turn the momentum. Steps are taken in the metric's coordinates with a jittered step size.
/// Momenta, standard normal there, are independent of all that other updates move, and may last from move to move.
class GradientMove final : public Update {
 public:
  explicit GradientMove(const Trajectory& trajectory) : trajectory_(trajectory), step_(trajectory.first_step) {}

  std::string name() const override { return "gradient move"; }
  MoveRecord* record() override { return &record_; }

  void begin(const MoveMetric& metric) override {
    metric_ = metric;
    memory_ = {};
    moving_ = false;
  }

  void save(Archive& archive, const Context& context) const override {
    step_.save(archive);
    metric_.save(archive, context);
    record_.save(archive);
    if (moving_ && trajectory_.memory > 0) archive["momentum"] = context.backend.download(momentum_);
  }

  void load(const Archive& archive, const Context& context) override {
    step_.load(archive);
    metric_.load(archive, context);
    record_.load(archive);
    record_.step_size = std::exp(step_.log_current(false));
    memory_ = {};
    moving_ = archive.count("momentum") != 0;  // fits of earlier versions have none
    if (!moving_) return;
    const Eigen::Index size = context.model.shape.size();
    momentum_ = context.backend.uploaded(archived(archive, "momentum", size, 1));
  }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Backend& backend = context.backend;
    if (gradient_.rows() != state.theta.rows()) {
      for (Matrix* m : {&reversed_, &gradient_, &whitened_, &proposal_, &mean_, &precision_})
        *m = backend.allocate(state.theta.rows(), 1);
      if (momentum_.rows() != state.theta.rows()) momentum_ = backend.allocate(state.theta.rows(), 1);
      eta_ = backend.allocate(state.eta.rows(), 1);
    }
    backend.upload(context.theta_prior_mean(state), mean_);
    backend.upload(context.theta_prior_precision(state), precision_);
    if (!metric_.dense()) {
      const std::int64_t sweep = position.address.sweep;
      // The step adapts to the metric as it is kept for the last quarter of the warm-up.
      if (4 * sweep < std::int64_t{3} * position.warmup && sweep % 10 == 0) metric_.average(state, context, 0.05);
    }
    metric_.scale(state, context);
    Network network = context.network(state);
    // Any steps that depend on theta alone leave the posterior as it is, if the ends' densities are exact.
    network.rough_layers = context.network_moves.rough;

    Stream stream(position.address.at(Site::hmc_accept), 0);
    const double log_step = step_.log_current(position.adapting());
    const double step =
        std::exp(log_step) * (trajectory_.shortest + (trajectory_.longest - trajectory_.shortest) * stream.uniform53());
    const int steps =
        std::clamp(static_cast<int>(std::lround(trajectory_.path / std::exp(log_step))), 1, trajectory_.maximum_steps);
    draw_momentum(context, position.address, step * steps);
    backend.copy(state.theta, proposal_);
    double here = start_potential(network, state, context);
    const double start = here - 0.5 * backend.dot(momentum_, momentum_);
    double end = here;
    for (int k = 0; k < steps; ++k) {
      stop_point();
      backend.axpy(0.5 * step, whitened_, momentum_);
      backend.precondition(metric_.metric(), false, momentum_, gradient_);
      backend.axpy(step, gradient_, proposal_);
      end = potential(network, state, context, k + 1 == steps ? Energy::of_proposal : Energy::rough);
      backend.axpy(0.5 * step, whitened_, momentum_);
      if (!std::isfinite(end)) break;
    }
    here = end;
    end -= 0.5 * backend.dot(momentum_, momentum_);
    const double change = end - start;
    const double acceptance = std::isfinite(change) ? std::min(1.0, std::exp(change)) : 0.0;
    const bool accepted = stream.uniform53() < acceptance;
    if (accepted) {
      backend.copy(proposal_, state.theta);
      backend.copy(eta_, state.eta);
    }
    // The way on from what is refused is the way back (Horowitz 1991).
    if (!accepted) backend.copy(reversed_, momentum_);
    if (accepted) remember(here, context);
    if (position.adapting()) step_.update(acceptance, trajectory_.acceptance);
    record_.add(acceptance, steps, !(change > -1000));
    record_.step_size = std::exp(step_.log_current(false));
    // A network's activations follow theta; a linear predictor has eta already.
    if (accepted && context.model.shape.layers() > 0) refresh(state, context);
  }

 private:
  /// A standard normal momentum: of the last move's what a way of this length leaves, and new noise.
  void draw_momentum(const Context& context, const Address& address, double way) {
    const Backend& backend = context.backend;
    const double kept = moving_ && trajectory_.memory > 0 ? std::exp(-way / trajectory_.memory) : 0.0;
    backend.draw_normal(address.at(Site::hmc_momentum), reversed_);
    if (kept > 0)
      backend.rotate(std::acos(kept), momentum_, reversed_);
    else
      backend.copy(reversed_, momentum_);
    moving_ = true;
    backend.copy(momentum_, reversed_);
    backend.axpy(-2, momentum_, reversed_);
  }

  /// The whitened gradient of the log posterior at `theta`.
  struct Memory {
    RowMatrix theta;
    Matrix gradient;
    double value = 0;
  };

  /// Log posterior at the present theta and its whitened gradient. Where nothing but theta moves (a
  /// logistic model without random effects or network) the end of the last move may be this start.
  double start_potential(const Network& network, const State& state, const Context& context) {
    const Backend& backend = context.backend;
    if (only_theta_moves(context) && memory_.theta.size() > 0 && backend.download(state.theta) == memory_.theta) {
      backend.copy(memory_.gradient, whitened_);
      return memory_.value;
    }
    const double value = potential(network, state, context, Energy::of_state);
    remember(value, context);
    return value;
  }

  void remember(double value, const Context& context) {
    if (!only_theta_moves(context)) return;
    if (memory_.gradient.empty()) memory_.gradient = context.backend.allocate(proposal_.rows(), 1);
    memory_.theta = context.backend.download(proposal_);
    memory_.value = value;
    context.backend.copy(whitened_, memory_.gradient);
  }

  static bool only_theta_moves(const Context& context) {
    return !context.model.has_sigma() && context.model.effects.empty() && context.model.shape.layers() == 0 &&
           !context.model.has_coefficient_variances();
  }

  /// How a network's log likelihood is had: with the gradient, or exactly at the state or at the proposal.
  enum class Energy { rough, of_state, of_proposal };

  /// Log posterior at the proposal; leaves its gradient in whitened coordinates.
  double potential(const Network& network, const State& state, const Context& context, Energy energy) {
    const Backend& backend = context.backend;
    double value = backend.gradient(network, proposal_, state.base, state.likelihood, gradient_, eta_);
    if (context.model.shape.layers() > 0 && energy != Energy::rough) {
      std::vector<Matrix> none;
      if (energy == Energy::of_state)
        backend.copy(state.eta, eta_);
      else
        backend.forward(network, proposal_, state.base, none, none, eta_);
      value = backend.log_likelihood(state.likelihood, eta_);
    }
    value += backend.add_normal_prior(proposal_, mean_, precision_, gradient_);
    value += context.add_prior_across(proposal_, state, gradient_);
    backend.precondition(metric_.metric(), true, gradient_, whitened_);
    return value;
  }

  Trajectory trajectory_;
  StepSize step_;
  MoveMetric metric_;
  MoveRecord record_;
  Memory memory_;
  bool moving_ = false;  ///< the momentum is that of an earlier move
  Matrix momentum_, reversed_, gradient_, whitened_, proposal_, mean_, precision_, eta_;
};

}  // namespace

std::unique_ptr<Update> make_gradient_move(const Trajectory& trajectory) {
  return std::make_unique<GradientMove>(trajectory);
}

}  // namespace bdglm
