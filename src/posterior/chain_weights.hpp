// Weights of a fit's chains by stacking, for predictions of chains that do not agree.
#pragma once

#include <string>
#include <vector>

#include "design/design.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

struct StackedChains {
  std::vector<double> weights;  ///< of sum one
  std::vector<std::string> notes;
};

/// The weights that maximise the log score of the fit's own rows (`design`) in the mixture of what each chain alone
/// predicts of a row given all others, by Pareto smoothed importance sampling within the chain (Yao, Vehtari, Gelman
/// 2022, JMLR 23). Throws as RowLikelihoods does, DataError for fewer than 25 draws of a chain, NumericalError where no
/// weights are found.
StackedChains stack_chains(const DrawSource& source, const Design& design, int threads);

}  // namespace bdglm
