// Chains' weights of a posterior, from its own rows.
#include "api/weighted_chains.hpp"

#include <algorithm>
#include <cstdio>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "model/fit_spec.hpp"
#include "posterior/chain_weights.hpp"
#include "posterior/fit_parameters.hpp"
#include "report/summary.hpp"
#include "report/warnings.hpp"
#include "run/design_archive.hpp"

namespace bdglm {

void weigh_chains(ChainWeights weights, const DrawSource& source, PredictorOptions& options) {
  if (weights == ChainWeights::equal) return;
  const FitSpec spec = source.spec().get<FitSpec>();
  for (const auto& [group, levels] : spec.frame.group_levels)
    if (options.mode != GroupMode::none && saved_effects(source, group) == SavedEffects::moments)
      throw DataError(
          "the fit kept means and covariances alone of the effects of '" + group +
          "', of all chains together, so that chains cannot weigh differently; give equal weights, or fit " +
          "again with " + setting("save_effects") + " all");
  StackedChains stacked = stack_chains(source, restore_design(source, spec.frame), options.threads);
  std::string list;
  for (const double weight : stacked.weights) {
    char text[16];
    std::snprintf(text, sizeof text, "%.3g", weight < 5e-4 ? 0 : weight);
    list += (list.empty() ? "" : ", ") + std::string(text);
  }
  if (stacked.weights.size() == 1)
    stacked.notes.push_back("the fit has one chain, which has all the weight");
  else
    stacked.notes.push_back("the chains' weights, by stacking: " + list +
                            "; predictions are of this mixture, no longer of the posterior");
  const std::vector<Warning> warnings = warnings_of(source, summarise_fit(source, false));
  if (stacked.weights.size() > 1 && std::none_of(warnings.begin(), warnings.end(), [](const Warning& warning) {
        return warning.kind == Warning::Kind::chains_apart;
      }))
    stacked.notes.push_back("the chains agree by their R-hat: equal weights are the posterior, and keep all draws");
  options.chain_weights = std::move(stacked.weights);
  options.notes = std::move(stacked.notes);
}

ChainWeights chain_weights_from_name(const std::string& name) {
  if (name == "equal") return ChainWeights::equal;
  if (name == "stacked") return ChainWeights::stacked;
  throw ModelError(setting("weights") + " is equal or stacked, not '" + name + "'");
}

}  // namespace bdglm
