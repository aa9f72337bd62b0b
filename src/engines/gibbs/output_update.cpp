// Latents, and the joint draw of fixed effects, output weights and random effects given them (math note, section 4).
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>

#include "engines/gibbs/block_system.hpp"
#include "engines/gibbs/collapsed_slices.hpp"
#include "engines/gibbs/covariance_move.hpp"
#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

class LatentsUpdate final : public Update {
 public:
  explicit LatentsUpdate(int predictor) : predictor_(predictor) {}

  std::string name() const override { return "latents"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    context.backend.draw_latents(state.likelihood, state.eta, predictor_,
                                 position.address.at(Site::latents, static_cast<std::uint32_t>(predictor_)),
                                 state.omega, state.kappa);
  }

 private:
  int predictor_;
};

class OutputUpdate final : public Update {
 public:
  OutputUpdate(int predictor, const std::vector<ResidentBlock>& blocks)
      : predictor_(predictor), widths_("collapsed_widths" + std::to_string(predictor), 0.5) {
    std::copy_if(blocks.begin(), blocks.end(), std::back_inserter(blocks_),
                 [&](const ResidentBlock& block) { return block.predictor == predictor; });
  }

  std::string name() const override { return "coefficients and random effects"; }
  void save(Archive& archive, const Context& /*context*/) const override { widths_.save(archive); }
  void load(const Archive& archive, const Context& /*context*/) override { widths_.load(archive); }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    for (const ResidentBlock& block : blocks_) draw_block(block, state, context, position);
    refresh_predictor(predictor_, state, context);
  }

 private:
  void draw_block(const ResidentBlock& block, State& state, const Context& context, const SweepPosition& position) {
    const Backend& backend = context.backend;
    set_base_outside(block, state, context);
    Matrix linear = context.data.of_predictor(predictor_, state.scratch);
    backend.working_residual(state.kappa, state.omega, context.data.of_predictor(predictor_, state.base), linear);
    const auto conditional = backend.condition_arrow(block_system(block, state, context), state.omega, linear);
    ArrowEffects effects = block_effects(block, state, context);
    const std::vector<std::size_t> terms = block.terms();
    std::optional<double> here;
    const bool collapsed = collapses(block, context);
    if (collapsed) move_chain(block, effects, *conditional, state, context, position);
    if (conditional->by_rows()) {
      if (state.sigma2.size() == 1 && context.model.has_sigma() && context.model.earlier.empty())
        move_residual_scale(*conditional, state, context, position);
      if (!context.model.horseshoe_coefficients(predictor_).empty() && context.model.earlier.empty())
        move_global_scale(*conditional, state, position);
    }
    for (std::size_t k = 0; k < terms.size(); ++k) {
      if (collapsed && k == block.crossed.size()) continue;
      if (!conditional->light(k) || context.model.effects[terms[k]].width() > 4) continue;
      if (!here) here = conditional->log_marginal();
      here = move_covariance(terms[k], k, *here, *conditional, state, context, position);
    }
    conditional->draw(position.address.at(Site::arrow_core, block.number), effects.dense, effects.crossed,
                      effects.chain);
    backend.copy_segment(effects.dense, 0, state.theta, context.model.shape.head_offset(predictor_),
                         effects.dense.size());
  }

  /// Slice moves of the covariance of a chain of one term given the latents and the core, with its effects integrated
  /// out; these, and the core, are drawn anew afterwards.
  void move_chain(const ResidentBlock& block, const ArrowEffects& effects, ArrowConditional& conditional, State& state,
                  const Context& context, const SweepPosition& position) {
    const std::size_t r = block.chain.front();
    Stream stream(position.address.at(Site::collapsed_covariance, static_cast<std::uint32_t>(r)), 0);
    slice_collapsed(context.model.effects[r], GroupMarginal(conditional.groups_given(effects)), stream,
                    {widths_, static_cast<Eigen::Index>(r), position.adapting()}, state.covariance[r]);
    conditional.set_prior_precision(block.crossed.size(), state.covariance[r].inverse());
  }

  /// A slice move of the residual scale with all coefficients integrated out, which follow at once: given more
  /// coefficients than rows it would hardly move.
  static void move_residual_scale(ArrowConditional& conditional, State& state, const Context& context,
                                  const SweepPosition& position) {
    const ScalePrior& prior = context.model.priors.sigma_of(0);
    double& variance = state.sigma2[0];
    const double from = variance;
    Stream stream(position.address.at(Site::residual_scale, 1), 0);
    const double t = slice_sample(stream, 0, 1, [&](double s) {
      conditional.scale_rows(std::exp(-2 * s));
      return conditional.log_density_of_rows() + prior.log_density(from * std::exp(2 * s)) + 2 * s;
    });
    conditional.scale_rows(std::exp(-2 * t));
    variance = from * std::exp(2 * t);
    context.backend.set_precisions(context.data.size, context.data.sigma, state.sigma2, state.likelihood.size);
  }

  /// The same of a horseshoe's global scale given the local ones (Johndrow, Orenstein and Bhattacharya 2020).
  void move_global_scale(ArrowConditional& conditional, State& state, const SweepPosition& position) const {
    double& variance = state.global_variance[predictor_];
    const double from = variance;
    Stream stream(position.address.at(Site::coefficient_variances, 3), static_cast<std::uint32_t>(predictor_));
    const double t = slice_sample(stream, 0, 1, [&](double s) {
      conditional.scale_prior(std::exp(2 * s));
      return conditional.log_density_of_rows() + kHalfCauchy.log_density(from * std::exp(2 * s)) + 2 * s;
    });
    conditional.scale_prior(std::exp(2 * t));
    variance = from * std::exp(2 * t);
  }

  /// Slice moves of Sigma_r given the latents, with coefficients and effects integrated out: r is the block's term k.
  /// Takes and returns the log marginal at the present state.
  double move_covariance(std::size_t r, std::size_t k, double here, ArrowConditional& conditional, State& state,
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
      const double t = slice_move(stream, widths_.of(static_cast<Eigen::Index>(r), by.k, by.l), position.adapting(),
                                  here + effect.log_density(from), log_density);
      state.covariance[r] = by.moved(from, t);
      conditional.set_prior_precision(k, state.covariance[r].inverse());
      if (t != 0) here = there;
    });
    return here;
  }

  int predictor_;
  std::vector<ResidentBlock> blocks_;
  SliceWidths widths_;
};

}  // namespace

std::unique_ptr<Update> make_latents_update(int predictor) { return std::make_unique<LatentsUpdate>(predictor); }

std::unique_ptr<Update> make_output_update(int predictor, const std::vector<ResidentBlock>& blocks) {
  return std::make_unique<OutputUpdate>(predictor, blocks);
}

}  // namespace bdglm
