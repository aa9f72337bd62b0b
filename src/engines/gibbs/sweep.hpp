// A sweep: an ordered list of updates, each of which leaves the posterior as it is.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engines/gibbs/move_metric.hpp"
#include "engines/gibbs/move_record.hpp"
#include "target/state.hpp"

namespace bdglm {

/// When and where an update runs.
struct SweepPosition {
  Address address;  ///< seed, chain and sweep; updates choose the site
  int warmup = 0;   ///< warm-up sweeps of the run
  bool adapting() const { return static_cast<std::int64_t>(address.sweep) < warmup; }
};

/// One step of the sweep. `apply` starts from a refreshed state and leaves a refreshed one.
class Update {
 public:
  virtual ~Update() = default;
  virtual std::string name() const = 0;
  virtual void apply(State& state, const Context& context, const SweepPosition& position) = 0;
  /// The warm start is done, or the data have changed: sampling begins, with the metric that was found.
  virtual void begin(const MoveMetric& /*metric*/) {}
  /// What its moves did, where they tell.
  virtual MoveRecord* record() { return nullptr; }
  /// What it has adapted, under names of its own; and back.
  virtual void save(Archive& /*archive*/, const Context& /*context*/) const {}
  virtual void load(const Archive& /*archive*/, const Context& /*context*/) {}
};

struct ResidentBlock;

/// The leapfrog trajectories of a gradient move: as many adapted steps as the path takes, each of the same jittered
/// size.
struct Trajectory {
  int maximum_steps = 1;
  double acceptance = 0.8;  ///< wanted
  double path = 1;          ///< length in the metric's coordinates
  double memory = 0;        ///< length of the way after which a momentum is down to 1/e; 0: every move draws its own
  double shortest = 0.8;    ///< jitter of the step, in units of the adapted one
  double longest = 1.2;
  double first_step = 0.5;
};

/// omega and kappa of one predictor given eta (math note, section 2).
std::unique_ptr<Update> make_latents_update(int predictor);
/// Blocks of (beta, B, random effects) of that predictor by the arrow structure (math note, section 4).
std::unique_ptr<Update> make_output_update(int predictor, const std::vector<ResidentBlock>& blocks);
/// B and beta of a predictor with sparse columns, given its random effects (math note, section 4).
std::unique_ptr<Update> make_sparse_update(int predictor);
/// All coefficients of linear predictors without random effects, and the family's parameters and cutpoints with them,
/// where the likelihood is not Gaussian and the variances of priors are known (math note, section 14).
std::unique_ptr<Update> make_linear_move();
/// Blocks as above for a family without augmentation: Metropolis and Hamiltonian moves of the blocks in the coordinates
/// in which a Gaussian approximation of the likelihood makes them standard normal (math note, section 11).
std::unique_ptr<Update> make_residual_update(std::vector<ResidentBlock> blocks);
/// sigma^2 of a Gaussian response (math note, section 1).
std::unique_ptr<Update> make_residual_scale_update();
/// The family's parameters that are one number, and cutpoints, given the predictors.
std::unique_ptr<Update> make_family_parameters_update();
/// psi_j and the global scales of coefficients' priors (math note, section 13).
std::unique_ptr<Update> make_coefficient_variances_update();
/// Sigma_r: draws given the effects, then group moves with omega integrated out (math note, section 6); the latter in
/// every so many sweeps, `period`, for terms that `collapsed` says move with their effects integrated out besides.
std::unique_ptr<Update> make_group_covariance_update(std::vector<bool> collapsed, int period);
/// tau_l and the inputs' relevance (math note, section 9).
std::unique_ptr<Update> make_weight_scale_update();
/// Rescaling of straight units, and of layers that have no others, along their homogeneity (math note, eq. 12).
std::unique_ptr<Update> make_unit_rescale_update();
/// Hidden units, then layer weights, given omega (math note, section 5).
std::unique_ptr<Update> make_hidden_units_update();
std::unique_ptr<Update> make_layer_weights_update();
/// Delta_l, centred and with the standardised noise held (math note, section 5).
std::unique_ptr<Update> make_layer_noise_update();
/// Hamiltonian move of theta with omega integrated out (math note, sections 7 and 8).
std::unique_ptr<Update> make_gradient_move(const Trajectory& trajectory);
/// The global scale move (math note, eq. 11).
std::unique_ptr<Update> make_scale_move();

/// The updates of a model in order; `period` runs some only every so many sweeps.
struct Sweep {
  struct Entry {
    std::unique_ptr<Update> update;
    int period = 1;
  };
  std::vector<Entry> entries;

  void begin(const MoveMetric& metric) const {
    for (const Entry& entry : entries) entry.update->begin(metric);
  }
  /// What gradient moves did since it was cleared; of a sweep without any, nothing.
  const MoveRecord& record() const;
  void clear_record() const;
  /// What the updates have adapted.
  void save(Archive& archive, const Context& context) const {
    for (const Entry& entry : entries) entry.update->save(archive, context);
  }
  void load(const Archive& archive, const Context& context) const {
    for (const Entry& entry : entries) entry.update->load(archive, context);
  }
  /// Runs one sweep; a NumericalError is rethrown with the update's name, chain and sweep.
  void run(State& state, const Context& context, const SweepPosition& position) const;
};

Sweep make_sweep(const Context& context, const Design& design);

/// Spreads the covariances, random effects and residual variances of a chain that the warm start leaves as they are the
/// same in all chains, so that R-hat compares chains that began apart (Gelman and Rubin 1992).
void spread_start(State& state, const Context& context, const Address& address);

/// What brings a fresh state of one chain to where sampling can start, step by step: Newton's mode and metric for a
/// linear predictor, an early-stopped AdamW solution for a network.
class WarmStart {
 public:
  virtual ~WarmStart() = default;
  /// At most so many steps.
  virtual int steps() const = 0;
  virtual int done() const = 0;
  /// Makes a step; false when there is none left, and the state is ready.
  virtual bool step() = 0;
  /// For the gradient move, once the state is ready.
  virtual const MoveMetric& metric() const = 0;
  /// What `load` needs, beyond what a new one at the same address knows, to go on bit for bit.
  virtual void save(Archive& archive) const = 0;
  virtual void load(const Archive& archive) = 0;
};

/// The warm start of `state`, which must outlive it.
std::unique_ptr<WarmStart> make_warm_start(State& state, const Context& context, const Address& address);

/// A warm start from its beginning to its end; returns its metric.
MoveMetric warm_start(State& state, const Context& context, const Address& address);

/// One transition of univariate slice sampling (Neal 2003, stepping out and shrinkage) from `from`,
/// where the log density is `log_density(from)`.
double slice_sample(Stream& stream, double from, double width, const std::function<double(double)>& log_density);

/// The same for moves from 0 whose densities cost a pass over the data: one interval of `width` laid at random
/// around 0 and shrunk, no stepping out. While `adapting`, the width follows the moves that are made.
double slice_move(Stream& stream, double& width, bool adapting, double log_density_here,
                  const std::function<double(double)>& log_density);

}  // namespace bdglm
