// How chains weigh in predictions of a posterior.
#pragma once

#include "bdglm/posterior.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// Gives the options what `weights` asks for, and what the user should know of it. Throws as stack_chains does.
void weigh_chains(ChainWeights weights, const DrawSource& source, PredictorOptions& options);

/// "equal" or "stacked"; throws ModelError for others.
ChainWeights chain_weights_from_name(const std::string& name);

}  // namespace bdglm
