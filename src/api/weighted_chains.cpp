// Chains' weights of a posterior, from its own rows.
#include "api/weighted_chains.hpp"

#include <cstdio>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "model/fit_spec.hpp"
#include "posterior/chain_weights.hpp"
#include "run/design_archive.hpp"

namespace bdglm {

void weigh_chains(ChainWeights weights, const DrawSource& source, PredictorOptions& options) {
  if (weights == ChainWeights::equal) return;
  StackedChains stacked =
      stack_chains(source, restore_design(source, source.spec().get<FitSpec>().frame), options.threads);
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
  options.chain_weights = std::move(stacked.weights);
  options.notes = std::move(stacked.notes);
}

ChainWeights chain_weights_from_name(const std::string& name) {
  if (name == "equal") return ChainWeights::equal;
  if (name == "stacked") return ChainWeights::stacked;
  throw ModelError(setting("weights") + " is equal or stacked, not '" + name + "'");
}

}  // namespace bdglm
