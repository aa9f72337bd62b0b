// Building a block's arrow system from the state.
#include "engines/gibbs/block_system.hpp"

#include <Eigen/LU>

#include "compute/arrow_shape.hpp"
#include "engines/gibbs/arrow_blocks.hpp"

namespace bdglm {
namespace {

/// The widest term whose covariance moves along scales and shears by collapsed slices.
constexpr Eigen::Index kWidestCollapsed = 4;

}  // namespace

std::vector<ResidentBlock> resident_blocks(const Context& context, const Design& design) {
  std::vector<ResidentBlock> blocks;
  const auto all_reduce = [&](double* values, std::size_t count) { context.backend.all_reduce(values, count); };
  for (const ArrowBlock& planned : plan_arrow_blocks(context.model, design, all_reduce)) {
    ResidentBlock block{
        static_cast<std::uint32_t>(blocks.size()), planned.predictor, planned.chain, planned.crossed, {}};
    for (std::size_t k = 0; k < planned.parent.size(); ++k)
      block.parent.push_back(
          context.backend.upload_indices(planned.parent[k], context.model.effects[planned.chain[k + 1]].levels));
    blocks.push_back(std::move(block));
  }
  return blocks;
}

bool collapses(const ResidentBlock& block, const Context& context) {
  const std::vector<RandomEffect>& effects = context.model.effects;
  if (block.chain.size() != 1 || effects[block.chain.front()].width() > kWidestCollapsed) return false;
  ArrowSizes sizes;
  sizes.dense = context.model.dense_width(block.predictor);
  for (const std::size_t r : block.crossed) sizes.crossed.push_back({effects[r].levels, effects[r].width()});
  for (const std::size_t r : block.chain) sizes.chain.push_back({effects[r].levels, effects[r].width()});
  return ArrowShape(sizes, static_cast<Eigen::Index>(context.data.all_rows)).keeps_finest;
}

std::vector<bool> collapsed_terms(const std::vector<ResidentBlock>& blocks, const Context& context) {
  std::vector<bool> collapsed(context.model.effects.size(), false);
  for (const ResidentBlock& block : blocks)
    if (collapses(block, context)) collapsed[block.chain.front()] = true;
  return collapsed;
}

namespace {

/// base += sparse columns times their coefficients.
void add_sparse_part(int predictor, State& state, const Context& context, Matrix& base) {
  const NetworkShape& shape = context.model.shape;
  const Eigen::Index count = context.model.sparse[static_cast<std::size_t>(predictor)];
  if (count == 0) return;
  const Eigen::Index width = shape.head(predictor).fixed;
  // Zeros but for these, since nobody else uses it.
  Matrix& part = state.workspace.matrix(context.backend, "sparse_part" + std::to_string(predictor), width, 1);
  context.backend.copy_segment(state.theta, shape.fixed_offset(predictor) + width - count, part, width - count, count);
  std::vector<Matrix> none;
  context.backend.forward(context.fixed_effects(predictor), part, base, none, none, base);
}

}  // namespace

void set_base_outside(const ResidentBlock& block, State& state, const Context& context) {
  Matrix base = context.data.of_predictor(block.predictor, state.base);
  context.backend.copy(context.data.of_predictor(block.predictor, context.data.offset), base);
  for (std::size_t r = 0; r < state.effects.size(); ++r)
    if (context.model.effects[r].predictor == block.predictor && !block.holds(r))
      context.backend.add_group_effects(context.term(r, state), state.effects[r], 1, base);
  add_sparse_part(block.predictor, state, context, base);
}

ArrowSystem block_system(const ResidentBlock& block, const State& state, const Context& context) {
  const NetworkShape& shape = context.model.shape;
  const Head& head = shape.head(block.predictor);
  ArrowSystem system;
  if (head.units > 0) system.dense.push_back(state.activations.back());
  const Matrix& columns = context.data.dense_fixed[static_cast<std::size_t>(block.predictor)];
  if (!columns.empty()) system.dense.push_back(columns);
  const Eigen::Index from = shape.head_offset(block.predictor);
  const Eigen::Index width = context.model.dense_width(block.predictor);
  system.dense_prior_precision = context.theta_prior_precision(state).segment(from, width);
  system.dense_prior_mean = context.head_prior_mean(block.predictor, state).head(width);
  Eigen::Index fixed = 0;
  for (int c = 0; c < block.predictor; ++c) fixed += shape.head(c).fixed;
  for (const Eigen::Index k : context.model.horseshoe_coefficients(block.predictor))
    system.dense_scaled.push_back(head.units + k - fixed);
  system.parent = block.parent;
  const auto group = [&](std::size_t r) {
    return ArrowTerm{context.term(r, state), RowMatrix(state.covariance[r].inverse())};
  };
  for (const std::size_t r : block.crossed) system.crossed.push_back(group(r));
  for (const std::size_t r : block.chain) system.chain.push_back(group(r));
  return system;
}

ArrowEffects block_effects(const ResidentBlock& block, State& state, const Context& context) {
  const NetworkShape& shape = context.model.shape;
  const Eigen::Index width = context.model.dense_width(block.predictor);
  ArrowEffects effects;
  effects.dense = state.workspace.matrix(context.backend, "dense", width, 1);
  context.backend.copy_segment(state.theta, shape.head_offset(block.predictor), effects.dense, 0, width);
  for (const std::size_t r : block.crossed) effects.crossed.push_back(state.effects[r]);
  for (const std::size_t r : block.chain) effects.chain.push_back(state.effects[r]);
  return effects;
}

}  // namespace bdglm
