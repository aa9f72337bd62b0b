// Linear predictors without random effects: independence moves of the coefficients, and of the family's numbers with
// them, or Hamiltonian moves, about a Gaussian that stands in for the posterior (math note, section 14).
#include <algorithm>
#include <cmath>

#include "engines/gibbs/followed_slices.hpp"
#include "engines/gibbs/linear_stages.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

constexpr double kRightAngle = 1.5707963267948966;

class LinearMove final : public Update {
 public:
  std::string name() const override { return "coefficients"; }
  MoveRecord* record() override { return &record_; }
  void begin(const MoveMetric& /*metric*/) override { remembered_ = {}; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const FamilyCoordinates coordinates(context.model);
    if (approximation_.empty()) approximation_.set_here(state, context);
    if (position.adapting()) adapt(coordinates, state, context, position);
    allocate(coordinates, state, context);
    // A chain far out in a tail that is heavier than the Gaussian's waits there for an independence move to be
    // accepted.
    constexpr std::uint32_t kTurnEvery = 20;
    constexpr std::uint32_t kSlicesEvery = 10;
    const std::uint32_t sweep = position.address.sweep;
    const bool joint = joint_ == 1 || (joint_ == kUndecided && sweep % 2 == 1);
    if (turns_ > 0)
      turn(static_cast<int>(turns_), coordinates, state, context, position);
    else if (sweep % kTurnEvery == kTurnEvery - 1)
      turn(2, coordinates, state, context, position);
    else
      jump(joint && approximation_.has_family(), coordinates, state, context, position);
    if (coordinates.size() == 0) return;
    if (joint_ == 1 && sweep % kSlicesEvery != 0) return;
    slices_->apply(state, context, position);
    if (approximation_.has_family()) move_along_ridges(approximation_, ridge_widths_, terms_, state, context, position);
  }

  void save(Archive& archive, const Context& context) const override {
    approximation_.save(archive);
    record_.save(archive);
    slices_->save(archive, context);
    ridge_widths_.save(archive);
    archive["linear_move"] = (RowMatrix(8, 1) << turns_, reflection_, joint_, again_, alone_tally_.tried,
                              alone_tally_.accepted, joint_tally_.tried, joint_tally_.accepted)
                                 .finished();
  }

  void load(const Archive& archive, const Context& context) override {
    approximation_.load(archive);
    record_.load(archive);
    slices_->load(archive, context);
    ridge_widths_.load(archive);
    const RowMatrix& saved = archived(archive, "linear_move", 8, 1);
    turns_ = saved(0);
    reflection_ = saved(1);
    joint_ = saved(2);
    again_ = saved(3);
    alone_tally_ = {saved(4), saved(5)};
    joint_tally_ = {saved(6), saved(7)};
    remembered_ = {};
  }

 private:
  /// A point, with the log posterior there and, where it was asked for, its gradient by theta.
  struct Point {
    Eigen::VectorXd theta;
    Eigen::VectorXd family;
    double value = 0;
    Eigen::VectorXd gradient;
  };

  void adapt(const FamilyCoordinates& coordinates, State& state, const Context& context,
             const SweepPosition& position) {
    const LinearStages stages(position.warmup);
    const auto sweep = static_cast<std::int64_t>(position.address.sweep);
    if (sweep == stages.first || sweep == stages.second) {
      approximation_.set_averages(state, context);
      turns_ = sweep == stages.second ? 0 : kFirstTurns;
      joint_ = sweep == stages.second && approximation_.has_family() ? kUndecided : 0;
      alone_tally_ = joint_tally_ = {};
    }
    if (sweep == stages.chosen) choose();
    if (sweep == stages.last) approximation_.set_averages(state, context);
    if (stages.averaged(sweep) || (again_ == 1 && sweep < stages.last)) approximation_.add(state, context);
    if (coordinates.size() > 0 && sweep >= stages.first && sweep < stages.last)
      approximation_.add_family(coordinates.of(state, context));
    if (turns_ > 0)
      retune(state, context);
    else if (sweep > stages.chosen)
      watch();
  }

  /// By what the independence moves without reflection have accepted (math note, section 14).
  void choose() {
    joint_ = joint_ == kUndecided && joint_tally_.rate() >= 0.5 ? 1 : 0;
    const double acceptance = joint_ == 1 ? joint_tally_.rate() : alone_tally_.rate();
    if (joint_ == 1 || acceptance >= 0.6)
      reflection_ = std::clamp(acceptance - 0.4, 0.1, 0.4);
    else
      turns_ = kFirstTurns;
    alone_tally_ = joint_tally_ = {};
  }

  /// Every forty independence moves: where they are hardly accepted any more, the draws so far have not seen the whole
  /// posterior, and Hamiltonian moves about a new average take over.
  void watch() {
    constexpr double kMoves = 40;
    Tally& tally = joint_ == 1 ? joint_tally_ : alone_tally_;
    if (tally.tried < kMoves) return;
    if (tally.rate() < 0.4) {
      turns_ = kFirstTurns;
      joint_ = 0;
      again_ = 1;
      alone_tally_ = {};
    }
    tally = {};
  }

  /// Every twenty Hamiltonian moves: as many turns as accept .8; where hardly any is accepted, the Gaussian is of
  /// another place: it is made anew at this one, and later of averages again.
  void retune(const State& state, const Context& context) {
    constexpr double kMoves = 20;
    constexpr double kMostTurns = 16;
    if (alone_tally_.tried < kMoves) return;
    if (alone_tally_.rate() < 0.1) {
      approximation_.set_here(state, context);
      again_ = 1;
    }
    if (alone_tally_.rate() < 0.8) turns_ = std::min(turns_ + 1, kMostTurns);
    alone_tally_ = {};
  }

  void allocate(const FamilyCoordinates& coordinates, const State& state, const Context& context) {
    if (proposal_.rows() == state.theta.rows()) return;
    for (Matrix* m : {&proposal_, &gradient_, &normals_}) *m = context.backend.allocate(state.theta.rows(), 1);
    if (coordinates.size() > 0) family_normals_ = context.backend.allocate(coordinates.size(), 1);
    eta_ = context.backend.allocate(state.eta.rows(), 1);
  }

  static double log_prior(const Point& point, const FamilyCoordinates& coordinates, const State& state,
                          const Context& context) {
    return coordinates.log_prior(point.family, state, context) + context.theta_log_prior(point.theta, state);
  }

  /// Standard normals, of theta's coordinates or the family's.
  Eigen::VectorXd normals(bool family, const Context& context, const SweepPosition& position) {
    Matrix& z = family ? family_normals_ : normals_;
    context.backend.draw_normal(position.address.at(Site::hmc_momentum, family ? 1 : 0), z);
    return context.backend.download(z).reshaped();
  }

  /// The state's point; its likelihood is asked for again where something has moved since.
  Point here(const FamilyCoordinates& coordinates, const State& state, const Context& context, bool with_gradient) {
    Point point{context.backend.download(state.theta), coordinates.of(state, context), 0, {}};
    const bool known = remembered_.theta.size() > 0 && remembered_.theta == point.theta &&
                       (coordinates.size() == 0 || remembered_.family == point.family);
    if (known && (!with_gradient || remembered_.gradient.size() > 0)) return remembered_;
    if (with_gradient)
      differentiate(point, coordinates, state, context);
    else
      point.value = terms_.log_likelihood(state, state.eta, context) + log_prior(point, coordinates, state, context);
    return point;
  }

  /// Value and gradient at the point's theta and the state's numbers of the family; leaves the predictors in eta_.
  void differentiate(Point& point, const FamilyCoordinates& coordinates, const State& state, const Context& context) {
    const Backend& backend = context.backend;
    backend.upload(RowMatrix(point.theta), proposal_);
    const Likelihood likelihood = terms_.of_rows(state, context);
    point.value = backend.gradient(context.network(state), proposal_, state.base, likelihood, gradient_, eta_) +
                  terms_.of_responses(state, context) + log_prior(point, coordinates, state, context);
    point.gradient = backend.download(gradient_);
    point.gradient += context.theta_prior_slope(point.theta, state);
  }

  /// xi' = -r xi + sqrt(1 - r^2) z of theta's coordinates, and of the family's, reversible for the standard normal; the
  /// ratio is that of the posterior over the Gaussian.
  void jump(bool joint, const FamilyCoordinates& coordinates, State& state, const Context& context,
            const SweepPosition& position) {
    const Backend& backend = context.backend;
    const Point start = here(coordinates, state, context, false);
    const Eigen::VectorXd parameters = state.parameters;
    const Eigen::VectorXd cutpoints = state.cutpoints;
    Point end{{}, start.family, 0, {}};
    double gaussian = 0;
    const auto reflect = [&](const Eigen::VectorXd& xi, bool family) {
      Eigen::VectorXd to =
          -reflection_ * xi + std::sqrt(1 - reflection_ * reflection_) * normals(family, context, position);
      gaussian += 0.5 * (to.squaredNorm() - xi.squaredNorm());
      return to;
    };
    if (joint) {
      end.family = approximation_.family().place(reflect(approximation_.family().whiten(start.family), true));
      coordinates.put(end.family, state, context);
    }
    end.theta = approximation_.place(reflect(approximation_.whiten(start.theta, start.family), false), end.family);
    backend.upload(RowMatrix(end.theta), proposal_);
    std::vector<Matrix> none;
    backend.forward(context.network(state), proposal_, state.base, none, none, eta_);
    end.value = terms_.log_likelihood(state, eta_, context) + log_prior(end, coordinates, state, context);
    const double ratio = end.value - start.value + gaussian;
    const bool accepted = accept(start, end, ratio, 1, joint ? joint_tally_ : alone_tally_, state, context, position);
    if (accepted || !joint) return;
    state.parameters = parameters;
    state.cutpoints = cutpoints;
    set_parameters(state, context);
  }

  /// Hamiltonian move of theta with the Gaussian part of the energy solved exactly: half a kick by the residual's
  /// gradient, a turn of (xi, p), half a kick.
  void turn(int turns, const FamilyCoordinates& coordinates, State& state, const Context& context,
            const SweepPosition& position) {
    Stream stream(position.address.at(Site::hmc_accept), 1);
    const double step = kRightAngle / turns * (0.8 + 0.4 * stream.uniform53());
    const Point start = here(coordinates, state, context, true);
    Eigen::VectorXd xi = approximation_.whiten(start.theta, start.family);
    Eigen::VectorXd momentum = normals(false, context, position);
    const double energy = start.value - 0.5 * momentum.squaredNorm();
    Point end = start;
    const auto kick = [&] { momentum += 0.5 * step * (approximation_.pull(end.gradient) + xi); };
    for (int k = 0; k < turns && std::isfinite(end.value); ++k) {
      kick();
      const Eigen::VectorXd before = xi;
      xi = std::cos(step) * xi + std::sin(step) * momentum;
      momentum = std::cos(step) * momentum - std::sin(step) * before;
      end.theta = approximation_.place(xi, start.family);
      differentiate(end, coordinates, state, context);
      kick();
    }
    const double ratio = end.value - 0.5 * momentum.squaredNorm() - energy;
    Tally rare;
    accept(start, end, ratio, turns, turns_ > 0 ? alone_tally_ : rare, state, context, position);
    record_.diverging = record_.diverging || !(ratio > -1000);
  }

  bool accept(const Point& start, const Point& end, double ratio, int passes, Tally& tally, State& state,
              const Context& context, const SweepPosition& position) {
    Stream stream(position.address.at(Site::hmc_accept), 0);
    const double probability = std::isnan(ratio) ? 0 : std::min(1.0, std::exp(ratio));
    const bool accepted = stream.uniform53() < probability;
    if (accepted) {
      context.backend.upload(RowMatrix(end.theta), state.theta);
      context.backend.copy(eta_, state.eta);
    }
    remembered_ = accepted ? end : start;
    if (position.adapting()) tally.add(probability);
    record_.add(probability, passes, false);
    record_.step_size = turns_ > 0 ? kRightAngle / turns_ : 1;
    return accepted;
  }

  static constexpr double kFirstTurns = 2;
  static constexpr double kUndecided = 2;

  LinearApproximation approximation_;
  std::unique_ptr<Update> slices_ = make_family_parameters_update();
  SliceWidths ridge_widths_{"ridge_widths", 5};
  ParameterTerms terms_;
  MoveRecord record_;
  double turns_ = kFirstTurns;  ///< of a Hamiltonian move; 0: the independence move
  double reflection_ = 0;       ///< of the independence move
  double joint_ = 0;            ///< 1: the family's coordinates move with theta; else by slices in every sweep
  double again_ = 0;            ///< 1: averages are taken once more
  Tally alone_tally_, joint_tally_;
  Point remembered_;
  Matrix proposal_, gradient_, normals_, family_normals_, eta_;
};

}  // namespace

std::unique_ptr<Update> make_linear_move() { return std::make_unique<LinearMove>(); }

}  // namespace bdglm
