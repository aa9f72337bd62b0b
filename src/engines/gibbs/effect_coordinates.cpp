// Random effects in whitened coordinates, moved with the network's weights.
#include "engines/gibbs/effect_coordinates.hpp"

#include <string>

namespace bdglm {
namespace {

/// Calls f with each part of the coordinates and its like in another.
template <class F>
void each(const ArrowCoordinates& x, ArrowCoordinates& y, F&& f) {
  f(x.core, y.core);
  for (std::size_t level = 0; level < x.chain.size(); ++level) f(x.chain[level], y.chain[level]);
}

double squares(const Backend& backend, const ArrowCoordinates& x) {
  double sum = backend.dot(x.core, x.core);
  for (const Matrix& level : x.chain) sum += backend.dot(level, level);
  return sum;
}

}  // namespace

EffectCoordinates::EffectCoordinates(const std::vector<ResidentBlock>& blocks, const Matrix& curvature, State& state,
                                     const Context& context)
    : state_(state), context_(context), backend_(context.backend) {
  const Eigen::Index n = context.data.rows;
  base_ = state.workspace.matrix(backend_, "moved base", state.base.rows(), 1);
  weighted_ = state.workspace.matrix(backend_, "weighted effects", n, 1);
  zero_ = state.workspace.matrix(backend_, "zero", n, 1);
  for (const ResidentBlock& plan : blocks) {
    Block block;
    block.plan = &plan;
    block.omega = context.data.of_predictor(plan.predictor, curvature);
    ArrowSystem system = block_system(plan, state, context);
    system.dense.clear();
    system.dense_prior_precision.resize(0);
    system.dense_prior_mean.resize(0);
    block.conditional = backend_.condition_arrow(std::move(system), block.omega, zero_);
    ArrowEffects own = block_effects(plan, state, context);
    own.dense = Matrix();
    const auto copied = [&](const std::vector<Matrix>& from, const std::string& name) {
      std::vector<Matrix> to;
      for (const Matrix& u : from) to.push_back(room(name + std::to_string(to.size()), block, u.rows(), u.cols()));
      return to;
    };
    block.effects = {Matrix(), copied(own.crossed, "moved crossed "), copied(own.chain, "moved chain ")};
    block.xi = coordinates("moved xi", block);
    block.momentum = coordinates("momentum of effects", block);
    block.force = coordinates("force on effects", block);
    block.negative = room("negative effects", block, n, 1);
    block.conditional->whiten(own, block.xi);
    blocks_.push_back(std::move(block));
  }
  place();
}

void EffectCoordinates::draw_momentum(const Address& address) {
  constexpr std::uint32_t kLevels = 16;
  for (Block& block : blocks_) {
    std::uint32_t instance = 1 + kLevels * block.plan->number;
    const auto draw = [&](Matrix& part) { backend_.draw_normal(address.at(Site::hmc_momentum, instance++), part); };
    draw(block.momentum.core);
    for (Matrix& level : block.momentum.chain) draw(level);
  }
}

double EffectCoordinates::momentum_squares() const {
  double sum = 0;
  for (const Block& block : blocks_) sum += squares(backend_, block.momentum);
  return sum;
}

void EffectCoordinates::drift(double step) {
  for (Block& block : blocks_)
    each(block.momentum, block.xi, [&](const Matrix& p, Matrix& x) { backend_.axpy(step, p, x); });
  place();
}

double EffectCoordinates::log_prior(const Matrix& scores) {
  double sum = 0;
  for (Block& block : blocks_) {
    // Of the Gaussian exp(-(u' Sigma^-1 u + sum omega (z' u)^2) / 2) = exp(-xi' xi / 2) the rows' part is taken away.
    backend_.working_residual(zero_, block.omega, block.negative, weighted_);
    sum -= 0.5 * (squares(backend_, block.xi) + backend_.dot_rows(weighted_, block.negative));
    backend_.axpy(1, context_.data.of_predictor(block.plan->predictor, scores), weighted_);
    block.conditional->pull(weighted_, block.force);
    each(block.xi, block.force, [&](const Matrix& x, Matrix& force) { backend_.axpy(-1, x, force); });
  }
  return sum;
}

void EffectCoordinates::kick(double step) {
  for (Block& block : blocks_)
    each(block.force, block.momentum, [&](const Matrix& force, Matrix& p) { backend_.axpy(step, force, p); });
}

void EffectCoordinates::climb(double step) {
  for (Block& block : blocks_)
    each(block.force, block.xi, [&](const Matrix& force, Matrix& x) { backend_.axpy(step, force, x); });
  place();
}

void EffectCoordinates::keep(State& state) const {
  for (const Block& block : blocks_) {
    const auto keep_all = [&](const std::vector<std::size_t>& terms, const std::vector<Matrix>& from) {
      for (std::size_t k = 0; k < terms.size(); ++k) backend_.copy(from[k], state.effects[terms[k]]);
    };
    keep_all(block.plan->crossed, block.effects.crossed);
    keep_all(block.plan->chain, block.effects.chain);
  }
}

Matrix& EffectCoordinates::room(const std::string& name, const Block& block, Eigen::Index rows, Eigen::Index cols) {
  return state_.workspace.matrix(backend_, name + " of block " + std::to_string(block.plan->number), rows, cols);
}

ArrowCoordinates EffectCoordinates::coordinates(const std::string& name, const Block& block) {
  ArrowCoordinates c;
  Eigen::Index core = 0;
  for (const Matrix& u : block.effects.crossed) core += u.size();
  c.core = room(name, block, core, 1);
  for (const Matrix& u : block.effects.chain)
    c.chain.push_back(room(name + std::to_string(c.chain.size()), block, u.rows(), u.cols()));
  return c;
}

void EffectCoordinates::place() {
  backend_.copy(context_.data.offset, base_);
  for (Block& block : blocks_) {
    block.conditional->place(block.xi, block.effects);
    backend_.copy(zero_, block.negative);
    const auto add = [&](const std::vector<std::size_t>& terms, const std::vector<Matrix>& effects) {
      for (std::size_t k = 0; k < terms.size(); ++k)
        backend_.add_group_effects(context_.term(terms[k], state_), effects[k], -1, block.negative);
    };
    add(block.plan->crossed, block.effects.crossed);
    add(block.plan->chain, block.effects.chain);
    Matrix own = context_.data.of_predictor(block.plan->predictor, base_);
    backend_.axpy(-1, block.negative, own);
  }
}

}  // namespace bdglm
