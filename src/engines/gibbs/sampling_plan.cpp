// The plan's lines, from the model's blocks and its sweep.
#include "engines/gibbs/sampling_plan.hpp"

#include "engines/gibbs/arrow_blocks.hpp"

namespace bdglm {
namespace {

std::string likelihood_line(const Model& model, bool latents) {
  if (!latents) return "likelihood: as it is; a Gaussian made in the warm-up proposes";
  return model.augmentation == Augmentation::exact ? "likelihood: Gaussian"
                                                   : "likelihood: Gaussian given Pólya-Gamma latent variables";
}

/// "district (60 groups x 2)".
std::string term_words(const RandomEffect& effect) {
  return effect.group + " (" + std::to_string(effect.levels) + (effect.levels == 1 ? " group x " : " groups x ") +
         std::to_string(effect.width()) + ")";
}

std::string block_line(const ArrowBlock& block, const Model& model) {
  const auto words = [&](const std::vector<std::size_t>& terms) {
    std::string all;
    for (const std::size_t r : terms) all += (all.empty() ? "" : " and ") + term_words(model.effects[r]);
    return all;
  };
  const auto predictor = static_cast<std::size_t>(block.predictor);
  std::string line = model.predictors[predictor].empty() ? "" : model.predictors[predictor] + ": ";
  line += std::to_string(model.dense_width(block.predictor)) + " coefficients";
  if (!block.chain.empty()) line += " with " + words(block.chain) + (block.chain.size() > 1 ? ", nested" : "");
  if (!block.chain.empty()) line += ", eliminated group by group";
  const int sparse = model.sparse[static_cast<std::size_t>(block.predictor)];
  if (sparse > 0) line += "; then these with " + std::to_string(sparse) + " of sparse columns, by conjugate gradients";
  if (!block.crossed.empty()) line += "; " + words(block.crossed) + " crossed, within the dense core";
  return line;
}

}  // namespace

std::vector<std::string> sampling_plan(const Context& context, const Design& design) {
  const Model& model = context.model;
  std::string updates;
  bool latents = false;
  const Sweep sweep = make_sweep(context, design);
  for (const Sweep::Entry& entry : sweep.entries) {
    latents = latents || entry.update->name() == "latents";
    updates += (updates.empty() ? "a sweep: " : ", ") + entry.update->name();
    if (entry.period > 1)
      updates += entry.period == 2 ? " (every second)" : " (every " + std::to_string(entry.period) + "th)";
  }
  std::vector<std::string> lines = {likelihood_line(model, latents)};
  const auto all_reduce = [&](double* values, std::size_t count) { context.backend.all_reduce(values, count); };
  for (const ArrowBlock& block : plan_arrow_blocks(model, design, all_reduce))
    lines.push_back("drawn together: " + block_line(block, model));
  lines.push_back(updates);
  return lines;
}

}  // namespace bdglm
