// The posterior of a fit as the prior of further rows.
#pragma once

#include <string>
#include <vector>

#include "fitfile/draw_store.hpp"
#include "model/model.hpp"

namespace bdglm {

/// Priors for further rows, and how they were taken over, in words.
struct PosteriorPrior {
  Priors priors;
  std::vector<std::string> notes;
};

/// What the fit in `file`, of this model and design (in the user's units), knows. Where its response is Gaussian about
/// fixed effects with one residual scale, and coefficients have normal priors, that is exact: the priors as they were,
/// and the rows' sufficient statistics. Else coefficients, parameters (their logarithms or log odds) and cutpoints have
/// a joint normal prior with the draws' moments, and every scale one that is fitted to its own draws. Throws DataError
/// for fits that cannot be updated.
PosteriorPrior posterior_as_prior(const DrawSource& file, const Model& model, const Design& design);

}  // namespace bdglm
