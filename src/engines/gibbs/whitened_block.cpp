// Moves of one block in whitened coordinates.
#include "engines/gibbs/whitened_block.hpp"

#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "engines/gibbs/collapsed_slices.hpp"
#include "engines/gibbs/covariance_move.hpp"

namespace bdglm {
namespace {

/// The probability of acceptance at a log ratio; none where it is no number.
double probability_of(double ratio) {
  if (std::isnan(ratio)) return 0;
  return ratio >= 0 ? 1 : std::exp(ratio);
}

}  // namespace

WhitenedBlock::WhitenedBlock(const ResidentBlock& block, std::uint32_t number, const PseudoData& pseudo, State& state,
                             const Context& context, const SweepPosition& position)
    : block_(block), number_(number), state_(state), context_(context), backend_(context.backend), position_(position) {
  const Eigen::Index n = context.data.rows;
  const auto rows = [&](const char* name) -> Matrix& { return state.workspace.matrix(backend_, name, n, 1); };
  set_base_outside(block_, state, context);
  omega_ = context.data.of_predictor(block.predictor, pseudo.omega());
  kappa_ = context.data.of_predictor(block.predictor, pseudo.kappa());
  linear_ = rows("residual linear");
  predictor_.base = context.data.of_predictor(block.predictor, state.base);
  backend_.working_residual(kappa_, omega_, predictor_.base, linear_);
  ArrowSystem system = block_system(block_, state, context);
  predictor_.dense = system.dense;
  conditional_ = backend_.condition_arrow(std::move(system), omega_, linear_);
  effects_ = block_effects(block_, state, context);
  predictor_.coefficients = effects_.dense;
  for (const std::size_t r : block_.terms()) {
    predictor_.terms.push_back(context.term(r, state));
    predictor_.effects.push_back(state.effects[r]);
  }
  all_eta_ = state.workspace.matrix(backend_, "residual eta", state.eta.rows(), 1);
  backend_.copy(state.eta, all_eta_);
  terms_ = rows("residual terms");
  new_terms_ = rows("residual new terms");
  scores_ = rows("residual scores");
  xi_ = coordinates("xi");
  other_ = coordinates("other xi");
  momentum_ = coordinates("momentum");
  start_ = coordinates("first momentum");
  force_ = coordinates("force");
  conditional_->whiten(effects_, xi_);
  value_ = at(xi_, terms_, none_);
}

void WhitenedBlock::move(Tuning& core, Tuning& tree, Tuning& covariance, SliceWidths& widths) {
  if (xi_.core.size() > 0) move(Part::core, core);
  if (!xi_.chain.empty()) move(Part::tree, tree);
  const std::vector<std::size_t> terms = block_.terms();
  const bool collapsed =
      collapses(block_, context_) && (covariance.turns == 0 || !conditional_->light(terms.size() - 1));
  const std::size_t one_by_one = collapsed ? block_.crossed.size() : terms.size();
  for (std::size_t k = 0; k < one_by_one; ++k)
    if (conditional_->light(k) && context_.model.effects[terms[k]].width() <= 4) move_covariance(terms[k], k, widths);
  conditional_->place(xi_, effects_);
  if (collapsed) move_chain(covariance, widths);
  keep_dense();
}

bool WhitenedBlock::climb() {
  const double start = value_ - 0.5 * squares(xi_);
  const double here = std::isnan(start) ? -std::numeric_limits<double>::infinity() : start;
  for (const double left : {0.0, 0.5, 0.75, 0.875, 0.96, 0.99}) {
    copy(xi_, other_);
    for (const Part part : {Part::core, Part::tree})
      each(part, other_,
           [&](const Matrix& x, std::size_t level) { backend_.axpy(left - 1, x, of(part, other_, level)); });
    const double there = at(other_, none_, none_) - 0.5 * squares(other_);
    if (!(there > here)) continue;
    keep_dense();
    return there > here + 1e-6;
  }
  conditional_->place(xi_, effects_);
  return false;
}

ArrowCoordinates WhitenedBlock::coordinates(const std::string& name) {
  ArrowCoordinates c;
  Eigen::Index core = effects_.dense.size();
  for (const Matrix& u : effects_.crossed) core += u.size();
  c.core = state_.workspace.matrix(backend_, name, core, 1);
  for (const Matrix& u : effects_.chain)
    c.chain.push_back(state_.workspace.matrix(backend_, name + std::to_string(c.chain.size()), u.rows(), u.cols()));
  return c;
}

/// Places the coefficients and effects at xi; the sum over rows of the log likelihood less its Gaussian factors, row by
/// row in `terms` and its derivatives by eta in `scores`, if there are any.
double WhitenedBlock::at(const ArrowCoordinates& xi, Matrix& terms, Matrix& scores) {
  conditional_->place(xi, effects_);
  return backend_.residual_likelihood(held(state_.likelihood), predictor_, omega_, kappa_, block_.predictor, all_eta_,
                                      terms, scores);
}

void WhitenedBlock::keep_dense() {
  backend_.copy_segment(effects_.dense, 0, state_.theta, context_.model.shape.head_offset(block_.predictor),
                        effects_.dense.size());
}

void WhitenedBlock::each(Part part, const ArrowCoordinates& x,
                         const std::function<void(const Matrix&, std::size_t)>& f) {
  if (part == Part::core) {
    f(x.core, 0);
    return;
  }
  for (std::size_t level = 0; level < x.chain.size(); ++level) f(x.chain[level], level);
}

Matrix& WhitenedBlock::of(Part part, ArrowCoordinates& x, std::size_t level) {
  return part == Part::core ? x.core : x.chain[level];
}

void WhitenedBlock::copy(const ArrowCoordinates& from, ArrowCoordinates& to) const {
  for (const Part part : {Part::core, Part::tree})
    each(part, from, [&](const Matrix& x, std::size_t level) { backend_.copy(x, of(part, to, level)); });
}

double WhitenedBlock::squares(Part part, const ArrowCoordinates& x) const {
  double sum = 0;
  each(part, x, [&](const Matrix& v, std::size_t) { sum += backend_.dot(v, v); });
  return sum;
}

void WhitenedBlock::draw_momentum(Part part, std::uint32_t number) {
  each(part, momentum_, [&](const Matrix&, std::size_t level) {
    const Address at = part == Part::core
                           ? address(Site::residual_core, number)
                           : address(Site::residual_groups, number * 16 + static_cast<std::uint32_t>(level));
    backend_.draw_normal(at, of(part, momentum_, level));
  });
}

/// The independence move, then, where that is tuned to, a Hamiltonian one; of groups elsewhere now and then, since one
/// that is far out in a tail heavier than the Gaussian's waits there.
void WhitenedBlock::move(Part part, Tuning& tuning) {
  constexpr std::uint32_t kTurnEvery = 10;
  double probability = jump(part);
  if (tuning.turns > 0)
    probability = turn(part, static_cast<int>(tuning.turns));
  else if (part == Part::tree && position_.address.sweep % kTurnEvery == kTurnEvery - 1)
    turn(part, 2);
  if (position_.adapting()) tuning.add(probability);
}

/// xi' = -.3 xi + sqrt(.91) z, reversible for the standard normal; the ratio is the residuals'.
double WhitenedBlock::jump(Part part) {
  constexpr double kAngle = 1.8754889808102941;  // acos(-.3)
  copy(xi_, other_);
  draw_momentum(part, 0);
  each(part, momentum_, [&](const Matrix&, std::size_t level) {
    backend_.rotate(kAngle, of(part, other_, level), of(part, momentum_, level));
  });
  const double value = at(other_, new_terms_, none_);
  if (part == Part::core) return accept_core(value, value - value_, 0);
  backend_.axpy(-1, terms_, new_terms_);
  return accept_tree({}, {}, 0);
}

/// Hamiltonian move with the Gaussian part of the energy solved exactly: half a kick by the residual's gradient, a turn
/// of (xi, p), half a kick.
double WhitenedBlock::turn(Part part, int turns) {
  Stream stream(address(Site::residual_accept, 32 + static_cast<std::uint32_t>(part)), 0);
  const double step = 1.5707963267948966 / turns * (0.8 + 0.4 * stream.uniform53());
  copy(xi_, other_);
  draw_momentum(part, 1);
  copy(momentum_, start_);
  double value = at(other_, new_terms_, scores_);
  for (int k = 0; k < turns; ++k) {
    kick(part, 0.5 * step);
    each(part, momentum_, [&](const Matrix&, std::size_t level) {
      backend_.rotate(step, of(part, other_, level), of(part, momentum_, level));
    });
    value = at(other_, new_terms_, scores_);
    if (!std::isfinite(value) && part == Part::core) break;
    kick(part, 0.5 * step);
  }
  if (part == Part::core) {
    const double ratio = value - value_ - 0.5 * (squares(part, other_) - squares(part, xi_)) -
                         0.5 * (squares(part, momentum_) - squares(part, start_));
    return accept_core(value, ratio, 1);
  }
  backend_.axpy(-1, terms_, new_terms_);
  return accept_tree({&xi_, &start_}, {&other_, &momentum_}, 1);
}

void WhitenedBlock::kick(Part part, double step) {
  conditional_->pull(scores_, force_);
  each(part, force_, [&](const Matrix& g, std::size_t level) { backend_.axpy(step, g, of(part, momentum_, level)); });
}

double WhitenedBlock::accept_core(double value, double ratio, std::uint32_t number) {
  Stream stream(address(Site::residual_accept, number), 0);
  const double probability = probability_of(ratio);
  if (stream.uniform53() < probability) {
    backend_.copy(other_.core, xi_.core);
    backend_.copy(new_terms_, terms_);
    value_ = value;
  }
  return probability;
}

double WhitenedBlock::accept_tree(const std::vector<const ArrowCoordinates*>& before,
                                  const std::vector<const ArrowCoordinates*>& after, std::uint32_t number) {
  const double probability =
      conditional_->accept_groups(address(Site::residual_accept, 2 + number), new_terms_, before, after, other_, xi_);
  value_ = at(xi_, terms_, none_);
  return probability;
}

/// The covariance of a chain of one term, given the core's coefficients: slices under the Gaussian's marginal, whose
/// end is accepted on the residual with the groups' coordinates held (Liu 2001, section 9.4.3: surrogate transitions).
void WhitenedBlock::move_chain(Tuning& tuning, SliceWidths& widths) {
  const std::size_t r = block_.chain.front();
  const Eigen::MatrixXd before = state_.covariance[r];
  Stream stream(position_.address.at(Site::whitened_covariance, static_cast<std::uint32_t>(r)), 0);
  slice_collapsed(context_.model.effects[r], GroupMarginal(conditional_->groups_given(effects_)), stream,
                  {widths, static_cast<Eigen::Index>(r), position_.adapting()}, state_.covariance[r]);
  const auto place = [&] {
    conditional_->set_prior_precision(block_.crossed.size(), state_.covariance[r].inverse());
    conditional_->place_chain(xi_, effects_);
  };
  place();
  const double value = backend_.residual_likelihood(held(state_.likelihood), predictor_, omega_, kappa_,
                                                    block_.predictor, all_eta_, none_, none_);
  const double probability = probability_of(value - value_);
  if (position_.adapting()) tuning.add(probability);
  if (stream.uniform53() < probability) return;
  state_.covariance[r] = before;
  place();
}

/// Slice moves of Sigma_r with the whitened coordinates held: r is the block's term k. Their density is the Gaussian's
/// marginal times the residual (math note, eq. 13). They come last: `terms_` are not kept.
void WhitenedBlock::move_covariance(std::size_t r, std::size_t k, SliceWidths& widths) {
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
      there = at(xi_, none_, none_);
      return there_marginal + there + effect.log_density(to) + by.log_jacobian(t);
    };
    Stream stream(position_.address.at(Site::whitened_covariance, static_cast<std::uint32_t>(r)), element++);
    const double t = slice_move(stream, widths.of(static_cast<Eigen::Index>(r), by.k, by.l), position_.adapting(),
                                marginal + value_ + effect.log_density(from), log_density);
    state_.covariance[r] = by.moved(from, t);
    conditional_->set_prior_precision(k, state_.covariance[r].inverse());
    if (t == 0) return;
    marginal = there_marginal;
    value_ = there;
  });
}

}  // namespace bdglm
