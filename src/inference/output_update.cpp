// Latents, and the joint draw of fixed effects, output weights and random effects given them (math note, section 4).
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <optional>

#include "bdglm/inference/sweep.hpp"
#include "inference/arrow_blocks.hpp"
#include "inference/covariance_move.hpp"

namespace bdglm {
namespace {

class LatentsUpdate final : public Update {
 public:
  std::string name() const override { return "latents"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    context.backend.draw_latents(state.likelihood, state.eta, position.address.at(Site::latents), state.omega,
                                 state.kappa);
  }
};

class OutputUpdate final : public Update {
 public:
  OutputUpdate(const Context& context, const Design& design) {
    for (const ArrowBlock& planned : plan_arrow_blocks(context.model.effects, design.groups)) {
      Block block{planned.chain, planned.crossed, {}};
      for (std::size_t k = 0; k < planned.parent.size(); ++k)
        block.parent.push_back(
            context.backend.upload_indices(planned.parent[k], context.model.effects[planned.chain[k + 1]].levels));
      blocks_.push_back(block);
    }
  }

  std::string name() const override { return "coefficients and random effects"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    for (std::size_t b = 0; b < blocks_.size(); ++b) draw_block(b, state, context, position);
    refresh(state, context);
  }

 private:
  /// Terms drawn together with the dense coefficients; further blocks see the others as fixed.
  struct Block {
    std::vector<std::size_t> chain;
    std::vector<std::size_t> crossed;
    std::vector<Indices> parent;
    bool holds(std::size_t r) const {
      return std::count(chain.begin(), chain.end(), r) + std::count(crossed.begin(), crossed.end(), r) > 0;
    }
  };

  void draw_block(std::size_t b, State& state, const Context& context, const SweepPosition& position) const {
    const Backend& backend = context.backend;
    const NetworkShape& shape = context.model.shape;
    const Block& block = blocks_[b];
    backend.copy(context.data.offset, state.base);
    for (std::size_t r = 0; r < state.effects.size(); ++r)
      if (!block.holds(r)) backend.add_group_effects(context.term(r, state), state.effects[r], 1, state.base);
    backend.working_residual(state.kappa, state.omega, state.base, state.scratch);

    ArrowSystem system;
    if (shape.layers() > 0) system.dense.push_back(state.activations.back());
    if (shape.fixed > 0) system.dense.push_back(context.data.fixed);
    const Eigen::Index width = shape.last_width() + shape.fixed;
    system.dense_prior_precision = context.theta_prior_precision(state).tail(width);
    system.dense_prior_mean = context.theta_prior_mean().tail(width);
    system.parent = block.parent;
    const auto group = [&](std::size_t r) {
      return ArrowGroup{context.term(r, state), RowMatrix(state.covariance[r].inverse())};
    };
    std::vector<Matrix> crossed;
    std::vector<Matrix> chain;
    for (const std::size_t r : block.crossed) {
      system.crossed.push_back(group(r));
      crossed.push_back(state.effects[r]);
    }
    for (const std::size_t r : block.chain) {
      system.chain.push_back(group(r));
      chain.push_back(state.effects[r]);
    }
    const auto conditional = backend.condition_arrow(std::move(system), state.omega, state.scratch);
    std::vector<std::size_t> terms = block.crossed;
    terms.insert(terms.end(), block.chain.begin(), block.chain.end());
    std::optional<double> here;
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (!conditional->light(k) || context.model.effects[terms[k]].width() > 4) continue;
      if (!here) here = conditional->log_marginal();
      here = move_covariance(terms[k], k, *here, *conditional, state, context, position);
    }
    Matrix& dense = state.workspace.matrix(backend, "dense", width, 1);
    conditional->draw(position.address.at(Site::arrow_core, static_cast<std::uint32_t>(b)), dense, crossed, chain);
    backend.copy_segment(dense, 0, state.theta, shape.output_offset(), width);
  }

  /// Slice moves of Sigma_r given the latents, with coefficients and effects integrated out: r is the block's term k.
  /// Takes and returns the log marginal at the present state.
  static double move_covariance(std::size_t r, std::size_t k, double here, ArrowConditional& conditional, State& state,
                                const Context& context, const SweepPosition& position) {
    const RandomEffect& effect = context.model.effects[r];
    const Address address = position.address.at(Site::collapsed_covariance, static_cast<std::uint32_t>(r));
    std::uint32_t element = 0;
    for_each_covariance_move(effect.width(), [&](const CovarianceMove& by) {
      const Eigen::MatrixXd from = state.covariance[r];
      double there = here;
      const auto log_density = [&](double t) {
        const Eigen::MatrixXd to = by.moved(from, t);
        conditional.set_prior_precision(k, to.inverse());
        there = conditional.log_marginal();
        return there + effect.log_density(to) + by.log_jacobian(t);
      };
      Stream stream(address, element++);
      const double t = slice_move(stream, state.collapsed_width[r](by.k, by.l), position.adapting(),
                                  here + effect.log_density(from), log_density);
      state.covariance[r] = by.moved(from, t);
      conditional.set_prior_precision(k, state.covariance[r].inverse());
      if (t != 0) here = there;
    });
    return here;
  }

  std::vector<Block> blocks_;
};

}  // namespace

std::unique_ptr<Update> make_latents_update() { return std::make_unique<LatentsUpdate>(); }

std::unique_ptr<Update> make_output_update(const Context& context, const Design& design) {
  return std::make_unique<OutputUpdate>(context, design);
}

}  // namespace bdglm
