// The order of a sweep, by model.
#include "engines/gibbs/sweep.hpp"

#include <algorithm>

#include "base/row_error.hpp"
#include "base/stop_point.hpp"
#include "engines/gibbs/arrow_blocks.hpp"
#include "engines/gibbs/block_system.hpp"

namespace bdglm {

void Sweep::run(State& state, const Context& context, const SweepPosition& position) const {
  // A device reports at the latest when the sweep ends.
  std::string where = "end of the sweep";
  const auto described = [&](const std::exception& error) {
    const auto* in_row = dynamic_cast<const RowError*>(&error);
    const std::string what = in_row == nullptr ? error.what() : in_row->with_row(context.table_row(in_row->row()));
    return what + " (update '" + where + "', chain " + std::to_string(position.address.chain + 1) + ", sweep " +
           std::to_string(position.address.sweep + 1) + ")";
  };
  try {
    for (const Entry& entry : entries) {
      if (position.address.sweep % static_cast<std::uint32_t>(entry.period) != 0) continue;
      stop_point();
      where = entry.update->name();
      entry.update->apply(state, context, position);
    }
    where = "end of the sweep";
    context.backend.finish();
  } catch (const NumericalError& error) {
    // What a device recorded came first, and names the row.
    try {
      context.backend.finish();
    } catch (const NumericalError& first) {
      throw NumericalError(described(first));
    }
    throw NumericalError(described(error));
  } catch (const DeviceError& error) {
    throw DeviceError(described(error));
  }
}

const MoveRecord& Sweep::record() const {
  static const MoveRecord none;
  for (const Entry& entry : entries)
    if (const MoveRecord* record = entry.update->record()) return *record;
  return none;
}

void Sweep::clear_record() const {
  for (const Entry& entry : entries)
    if (MoveRecord* record = entry.update->record()) record->clear();
}

Sweep make_sweep(const Context& context, const Design& design) {
  const Model& model = context.model;
  const bool deep = model.shape.layers() > 0;
  const bool drawn = model.augmentation == Augmentation::polya_gamma;
  const bool has_effects = !model.effects.empty();
  bool deep_effects = false;
  for (const RandomEffect& effect : model.effects) deep_effects = deep_effects || effect.deep;
  Sweep sweep;
  const auto add = [&](std::unique_ptr<Update> update, int period = 1) {
    sweep.entries.push_back({std::move(update), period});
  };
  const bool variances = model.has_coefficient_variances();
  const bool augmented = model.augmentation != Augmentation::none;
  const bool drawn_alone = drawn_without_metric(model, static_cast<Eigen::Index>(context.data.all_rows));
  if (!deep && !has_effects && !variances && !model.has_sigma() && !drawn_alone) {
    add(model.shape.all_fixed() > 0 ? make_linear_move() : make_family_parameters_update());
    return sweep;
  }
  const std::vector<ResidentBlock> blocks = resident_blocks(context, design);
  for (int c = 0; augmented && c < model.shape.predictors(); ++c) {
    add(make_latents_update(c));
    if (model.has_noise()) {
      add(make_hidden_units_update());
      add(make_layer_weights_update());
    }
    const bool sparse = model.sparse[static_cast<std::size_t>(c)] > 0;
    if (!sparse || std::any_of(model.effects.begin(), model.effects.end(),
                               [c](const RandomEffect& effect) { return effect.predictor == c; }))
      add(make_output_update(c, blocks));
    if (sparse) add(make_sparse_update(c));
  }
  if (!augmented) add(make_residual_update(blocks));
  if (model.has_sigma()) add(make_residual_scale_update());
  if (!model.parameters.empty() || model.has_cuts()) add(make_family_parameters_update());
  if (variances) add(make_coefficient_variances_update());
  if (has_effects) add(make_group_covariance_update(collapsed_terms(blocks, context), augmented ? 4 : 2));
  if (!model.has_sigma()) add(make_scale_move(), augmented || deep ? 1 : 2);
  if (deep) {
    add(make_weight_scale_update());
    if (straight_units(model.shape.activation, 2) > 0 && !model.has_noise() && !deep_effects)
      add(make_unit_rescale_update());
    if (model.has_noise()) add(make_layer_noise_update());
    const NetworkMoves& moves = context.network_moves;
    // What is refused turns the momentum, and should be rare where it lasts.
    add(make_gradient_move({.maximum_steps = static_cast<int>(2 * moves.path),
                            .acceptance = moves.memory > 0 ? 0.95 : 0.9,
                            .path = moves.path,
                            .memory = moves.memory,
                            .shortest = 0.5,
                            .longest = 1.1,
                            .first_step = 0.05}));
  } else if (drawn && model.shape.all_fixed() > 0 && !drawn_alone) {
    add(make_gradient_move({.maximum_steps = 8, .acceptance = 0.8, .path = 2.3}), has_effects ? 4 : 1);
  }
  return sweep;
}

}  // namespace bdglm
