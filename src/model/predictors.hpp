// What a model has for each linear predictor: a right side, coefficients with names, a head, random effects.
#pragma once

#include "design/design.hpp"
#include "model/model.hpp"

namespace bdglm {

/// Finds the right side of each predictor; throws ModelError for formulas of predictors that the family does not have.
void assign_sides(const Formula& formula, const Frame& frame, Model& model);

/// Names of all coefficients; throws ModelError where two are alike.
void name_coefficients(const Design& design, Model& model);

/// Heads on the network, and the network with its weights' scales; throws ModelError where a predictor has no terms, or
/// for too many weights. Output weights of the mean's predictors have one scale, since these have one unit; those of
/// each parameter of the family have their own.
void set_shape(const Formula& formula, const Design& design, Model& model);

/// Notes groupings that are one grouping under two names, with effects of the same coefficient.
void note_same_groups(const SideDesign& side, std::vector<std::string>& notes);

/// The random effects, whose priors are resolved; throws ModelError where two have one name.
void add_effects(const Frame& frame, const Design& design, Model& model);

}  // namespace bdglm
