// Coefficients and random effects of a family without augmentation: moves by blocks in whitened coordinates (math note,
// section 11).
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <optional>

#include "inference/block_system.hpp"
#include "inference/covariance_move.hpp"
#include "inference/pseudo_data.hpp"

namespace bdglm {
namespace {

/// A part of the coordinates, moved alone: the core, or the chain of nested terms.
enum class Part { core, tree };

/// How a part has moved lately, and what follows for the Hamiltonian move's number of turns.
struct Tuning {
  double turns;  ///< 0: the independence move alone
  double tried = 0;
  double accepted = 0;

  void add(double probability) {
    tried += 1;
    accepted += probability;
  }
};

class ResidualUpdate final : public Update {
 public:
  ResidualUpdate(const Context& context, const Design& design)
      : blocks_(resident_blocks(context, design)), core_(blocks_.size(), Tuning{0}), tree_(blocks_.size(), Tuning{1}) {}

  std::string name() const override { return "coefficients and random effects"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    if (pseudo_.empty()) find_mode(state, context);
    if (position.adapting()) adapt(state, context, position);
    for (std::size_t b = 0; b < blocks_.size(); ++b) BlockMove(*this, b, state, context, position).run();
    refresh(state, context);
  }

  void save(Archive& archive, const Context& context) const override {
    pseudo_.save(archive, context);
    RowMatrix tuning(static_cast<Eigen::Index>(blocks_.size()), 6);
    for (std::size_t b = 0; b < blocks_.size(); ++b)
      tuning.row(static_cast<Eigen::Index>(b)) << core_[b].turns, core_[b].tried, core_[b].accepted, tree_[b].turns,
          tree_[b].tried, tree_[b].accepted;
    archive["residual_tuning"] = tuning;
  }

  void load(const Archive& archive, const Context& context) override {
    pseudo_.load(archive, context);
    const RowMatrix& tuning = archive.at("residual_tuning");
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const auto row = tuning.row(static_cast<Eigen::Index>(b));
      core_[b] = {row[0], row[1], row[2]};
      tree_[b] = {row[3], row[4], row[5]};
    }
  }

 private:
  /// One block's conditional, its place in whitened coordinates, and the moves from there.
  class BlockMove {
   public:
    BlockMove(ResidualUpdate& owner, std::size_t b, State& state, const Context& context, const SweepPosition& position)
        : owner_(owner),
          b_(static_cast<std::uint32_t>(b)),
          block_(owner.blocks_[b]),
          state_(state),
          context_(context),
          backend_(context.backend),
          position_(position) {
      const Eigen::Index n = context.data.rows;
      const auto rows = [&](const char* name) -> Matrix& { return state.workspace.matrix(backend_, name, n, 1); };
      set_base_outside(block_, state, context);
      linear_ = rows("residual linear");
      backend_.working_residual(owner.pseudo_.kappa(), owner.pseudo_.omega(), state.base, linear_);
      conditional_ = backend_.condition_arrow(block_system(block_, state, context), owner.pseudo_.omega(), linear_);
      effects_ = block_effects(block_, state, context);
      eta_ = rows("residual eta");
      terms_ = rows("residual terms");
      new_terms_ = rows("residual new terms");
      scores_ = rows("residual scores");
      xi_ = coordinates("xi");
      other_ = coordinates("other xi");
      momentum_ = coordinates("momentum");
      start_ = coordinates("first momentum");
      force_ = coordinates("force");
      conditional_->whiten(effects_, xi_);
      value_ = at(xi_, terms_, nullptr);
    }

    void run() {
      if (xi_.core.size() > 0) move(Part::core, owner_.core_[b_]);
      if (!xi_.chain.empty()) move(Part::tree, owner_.tree_[b_]);
      const std::vector<std::size_t> terms = block_.terms();
      for (std::size_t k = 0; k < terms.size(); ++k)
        if (conditional_->light(k) && context_.model.effects[terms[k]].width() <= 4) move_covariance(terms[k], k);
      conditional_->place(xi_, effects_);
      backend_.copy_segment(effects_.dense, 0, state_.theta, context_.model.shape.output_offset(),
                            effects_.dense.size());
    }

    /// Newton's step with halving towards the mode at the present scales; false where it gains nothing.
    bool climb() {
      const double here = value_ - 0.5 * squares(xi_);
      for (double left : {0.0, 0.5, 0.75, 0.875, 0.96, 0.99}) {
        copy(xi_, other_);
        scale(left, other_);
        const double value = at(other_, new_terms_, nullptr);
        if (!(value - 0.5 * squares(other_) > here)) continue;
        copy(other_, xi_);
        value_ = value;
        backend_.copy_segment(effects_.dense, 0, state_.theta, context_.model.shape.output_offset(),
                              effects_.dense.size());
        return value - 0.5 * squares(other_) > here + 1e-6;
      }
      conditional_->place(xi_, effects_);
      return false;
    }

   private:
    ArrowCoordinates coordinates(const std::string& name) {
      ArrowCoordinates c;
      Eigen::Index core = effects_.dense.size();
      for (const Matrix& u : effects_.crossed) core += u.size();
      c.core = state_.workspace.matrix(backend_, name, core, 1);
      for (const Matrix& u : effects_.chain)
        c.chain.push_back(state_.workspace.matrix(backend_, name + std::to_string(c.chain.size()), u.rows(), u.cols()));
      return c;
    }

    Address address(Site site, std::uint32_t number) const { return position_.address.at(site, 64 * b_ + number); }

    /// Places the coefficients and effects at xi; the sum over rows of the log likelihood less its Gaussian factors,
    /// row by row in `terms`, and its derivatives by eta in `scores` if there are any.
    double at(const ArrowCoordinates& xi, Matrix& terms, Matrix* scores) {
      conditional_->place(xi, effects_);
      backend_.copy(state_.base, eta_);
      const NetworkShape& shape = context_.model.shape;
      add_dense(0, shape.last_width(), shape.layers() > 0 ? state_.activations.back() : Matrix());
      add_dense(shape.last_width(), shape.fixed, context_.data.fixed);
      for (std::size_t k = 0; k < block_.crossed.size(); ++k)
        backend_.add_group_effects(context_.term(block_.crossed[k], state_), effects_.crossed[k], 1, eta_);
      for (std::size_t k = 0; k < block_.chain.size(); ++k)
        backend_.add_group_effects(context_.term(block_.chain[k], state_), effects_.chain[k], 1, eta_);
      Matrix none;
      return backend_.residual_likelihood(state_.likelihood, owner_.pseudo_.omega(), owner_.pseudo_.kappa(), eta_,
                                          terms, scores != nullptr ? *scores : none);
    }

    /// eta += columns times their part of the dense coefficients.
    void add_dense(Eigen::Index from, Eigen::Index count, const Matrix& columns) {
      if (count == 0) return;
      Network linear;
      linear.shape.fixed = static_cast<int>(count);
      linear.fixed = columns;
      Matrix& part = state_.workspace.matrix(backend_, from == 0 ? "dense part" : "dense rest", count, 1);
      backend_.copy_segment(effects_.dense, from, part, 0, count);
      std::vector<Matrix> nothing;
      backend_.forward(linear, part, eta_, nothing, nothing, eta_);
    }

    static void each(Part part, const ArrowCoordinates& x, const std::function<void(const Matrix&, std::size_t)>& f) {
      if (part == Part::core) {
        f(x.core, 0);
        return;
      }
      for (std::size_t level = 0; level < x.chain.size(); ++level) f(x.chain[level], level);
    }
    static Matrix& of(Part part, ArrowCoordinates& x, std::size_t level) {
      return part == Part::core ? x.core : x.chain[level];
    }

    void copy(const ArrowCoordinates& from, ArrowCoordinates& to) const {
      for (const Part part : {Part::core, Part::tree})
        each(part, from, [&](const Matrix& x, std::size_t level) { backend_.copy(x, of(part, to, level)); });
    }
    void scale(double factor, ArrowCoordinates& x) const {
      for (const Part part : {Part::core, Part::tree})
        each(part, x, [&](const Matrix& v, std::size_t level) { backend_.axpy(factor - 1, v, of(part, x, level)); });
    }
    double squares(Part part, const ArrowCoordinates& x) const {
      double sum = 0;
      each(part, x, [&](const Matrix& v, std::size_t) { sum += backend_.dot(v, v); });
      return sum;
    }
    double squares(const ArrowCoordinates& x) const { return squares(Part::core, x) + squares(Part::tree, x); }

    void draw_normals(Part part, std::uint32_t number) {
      each(part, momentum_, [&](const Matrix&, std::size_t level) {
        Matrix& out = of(part, momentum_, level);
        backend_.draw_normal(part == Part::core
                                 ? address(Site::residual_core, number)
                                 : address(Site::residual_groups, number * 16 + static_cast<std::uint32_t>(level)),
                             out);
      });
    }

    /// The independence move, then, where that is tuned to, a Hamiltonian one.
    void move(Part part, Tuning& tuning) {
      const double acceptance = jump(part);
      double turned = acceptance;
      if (tuning.turns > 0) turned = turn(part, static_cast<int>(tuning.turns));
      if (position_.adapting()) tuning.add(tuning.turns > 0 ? turned : acceptance);
    }

    /// xi' = -rho xi + sqrt(1 - rho^2) z, reversible for the standard normal; the ratio is the residuals'.
    double jump(Part part) {
      constexpr double kAngle = 1.8754889808102941;  // acos(-.3)
      copy(xi_, other_);
      draw_normals(part, 0);
      each(part, momentum_, [&](const Matrix&, std::size_t level) {
        backend_.rotate(kAngle, of(part, other_, level), of(part, momentum_, level));
      });
      const double value = at(other_, new_terms_, nullptr);
      if (part == Part::core) return accept_core(value, value - value_, 0);
      backend_.axpy(-1, terms_, new_terms_);
      return accept_tree({}, {}, 0);
    }

    /// Hamiltonian move with the Gaussian part of the energy solved exactly: half a kick by the residual's gradient, a
    /// turn of (xi, p), half a kick.
    double turn(Part part, int turns) {
      Stream stream(address(Site::residual_accept, 32 + static_cast<std::uint32_t>(part)), 0);
      const double step = 1.5707963267948966 / turns * (0.8 + 0.4 * stream.uniform53());
      copy(xi_, other_);
      draw_normals(part, 1);
      const double kinetic = squares(part, momentum_);
      copy(momentum_, start_);
      double value = at(other_, new_terms_, &scores_);
      for (int k = 0; k < turns; ++k) {
        kick(part, 0.5 * step);
        each(part, momentum_, [&](const Matrix&, std::size_t level) {
          backend_.rotate(step, of(part, other_, level), of(part, momentum_, level));
        });
        value = at(other_, new_terms_, &scores_);
        if (!std::isfinite(value) && part == Part::core) break;
        kick(part, 0.5 * step);
      }
      if (part == Part::core) {
        const double ratio = value - value_ - 0.5 * (squares(part, other_) - squares(part, xi_)) -
                             0.5 * (squares(part, momentum_) - kinetic);
        return accept_core(value, ratio, 1);
      }
      backend_.axpy(-1, terms_, new_terms_);
      return accept_tree({&xi_, &start_}, {&other_, &momentum_}, 1);
    }

    void kick(Part part, double step) {
      conditional_->pull(scores_, force_);
      each(part, force_,
           [&](const Matrix& g, std::size_t level) { backend_.axpy(step, g, of(part, momentum_, level)); });
    }

    double accept_core(double value, double ratio, std::uint32_t number) {
      Stream stream(address(Site::residual_accept, number), 0);
      const double probability = std::isfinite(ratio) ? std::min(1.0, std::exp(ratio)) : 0.0;
      if (stream.uniform53() < probability) {
        backend_.copy(other_.core, xi_.core);
        backend_.copy(new_terms_, terms_);
        value_ = value;
      }
      return probability;
    }

    double accept_tree(const std::vector<const ArrowCoordinates*>& before,
                       const std::vector<const ArrowCoordinates*>& after, std::uint32_t number) {
      const double probability = conditional_->accept_groups(address(Site::residual_accept, 2 + number), new_terms_,
                                                             before, after, other_, xi_);
      value_ = at(xi_, terms_, nullptr);
      return probability;
    }

    /// Slice moves of Sigma_r with the whitened coordinates held: r is the block's term k. Their density is the
    /// Gaussian's marginal times the residual (math note, eq. 12).
    void move_covariance(std::size_t r, std::size_t k) {
      const RandomEffect& effect = context_.model.effects[r];
      std::uint32_t element = 0;
      double marginal = conditional_->log_marginal();
      for_each_covariance_move(effect.width(), [&](const CovarianceMove& by) {
        const Eigen::MatrixXd from = state_.covariance[r];
        double there_marginal = marginal;
        double there = value_;
        const auto log_density = [&](double t) {
          const Eigen::MatrixXd to = by.moved(from, t);
          conditional_->set_prior_precision(k, to.inverse());
          there_marginal = conditional_->log_marginal();
          if (!std::isfinite(there_marginal)) return there_marginal;
          there = at(xi_, new_terms_, nullptr);
          return there_marginal + there + effect.log_density(to) + by.log_jacobian(t);
        };
        Stream stream(position_.address.at(Site::whitened_covariance, static_cast<std::uint32_t>(r)), element++);
        const double t = slice_move(stream, state_.collapsed_width[r](by.k, by.l), position_.adapting(),
                                    marginal + value_ + effect.log_density(from), log_density);
        state_.covariance[r] = by.moved(from, t);
        conditional_->set_prior_precision(k, state_.covariance[r].inverse());
        if (t == 0) return;
        marginal = there_marginal;
        value_ = there;
        backend_.copy(new_terms_, terms_);
      });
    }

    ResidualUpdate& owner_;
    std::uint32_t b_;
    const ResidentBlock& block_;
    State& state_;
    const Context& context_;
    const Backend& backend_;
    const SweepPosition& position_;
    std::unique_ptr<ArrowConditional> conditional_;
    ArrowEffects effects_;
    Matrix linear_, eta_, terms_, new_terms_, scores_;
    ArrowCoordinates xi_, other_, momentum_, start_, force_;
    double value_ = 0;
  };

  /// Factors at the mode of coefficients and effects at the present scales, block by block.
  void find_mode(State& state, const Context& context) {
    const SweepPosition nowhere{};
    for (int trip = 0; trip < 30; ++trip) {
      pseudo_.set_here(state, context);
      bool climbed = false;
      for (std::size_t b = 0; b < blocks_.size(); ++b) {
        climbed = BlockMove(*this, b, state, context, nowhere).climb() || climbed;
        refresh(state, context);
      }
      if (!climbed) break;
    }
    pseudo_.set_here(state, context);
  }

  /// The factors follow the warm-up's averages at stages that grow, and stay from its middle on.
  void adapt(const State& state, const Context& context, const SweepPosition& position) {
    const auto sweep = static_cast<std::int64_t>(position.address.sweep);
    const std::int64_t middle = position.warmup / 2;
    if (sweep > 0 && sweep <= middle) pseudo_.add(state, context);
    bool stage = sweep == middle;
    for (std::int64_t at = 5; at < middle && !stage; at = at * 5 / 2) stage = sweep == at;
    if (stage && sweep > 0) {
      pseudo_.set_averages(context);
      core_.assign(blocks_.size(), Tuning{0});
      tree_.assign(blocks_.size(), Tuning{1});
    }
    for (Tuning& t : core_) retune(t);
    for (Tuning& t : tree_) retune(t);
  }

  /// Every twenty moves: the core keeps to the independence move where that accepts .6, else takes a Hamiltonian move
  /// beside it, as the groups always do, of as many turns as accept .8.
  static void retune(Tuning& tuning) {
    constexpr double kMoves = 20;
    constexpr double kMostTurns = 6;
    if (tuning.tried < kMoves) return;
    const double acceptance = tuning.accepted / tuning.tried;
    const double wanted = tuning.turns == 0 ? 0.6 : 0.8;
    tuning.tried = tuning.accepted = 0;
    if (acceptance < wanted) tuning.turns = std::min(tuning.turns + 1, kMostTurns);
  }

  std::vector<ResidentBlock> blocks_;
  std::vector<Tuning> core_, tree_;
  PseudoData pseudo_;
};

}  // namespace

std::unique_ptr<Update> make_residual_update(const Context& context, const Design& design) {
  return std::make_unique<ResidualUpdate>(context, design);
}

}  // namespace bdglm
