// Slice moves of the family's numbers that the coefficients follow (math note, section 14).
#pragma once

#include "engines/gibbs/linear_approximation.hpp"
#include "engines/gibbs/parameter_terms.hpp"
#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {

/// Moves the family's coordinates along the principal axes of the approximation's Gaussian, and theta by what its mean
/// given them moves; then each parameter that the family says so of, the intercept keeping the expected response. Where
/// both are on a ridge, slices with the predictors held hardly move. Leaves a refreshed state.
void move_along_ridges(const LinearApproximation& approximation, SliceWidths& widths, ParameterTerms& terms,
                       State& state, const Context& context, const SweepPosition& position);

/// The last of these alone, for linear predictors with random effects too: zeros that a family adds against those of
/// small means.
void move_along_means(SliceWidths& widths, ParameterTerms& terms, State& state, const Context& context,
                      const SweepPosition& position);

}  // namespace bdglm
