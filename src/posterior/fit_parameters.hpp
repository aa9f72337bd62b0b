// A fit's parameters as prediction reads them, whichever of the file's forms holds them.
#pragma once

#include <string>
#include <vector>

#include "fitfile/draw_store.hpp"

namespace bdglm {

/// Some draws of one chain, by ascending number.
struct DrawRange {
  int chain = 0;
  std::vector<std::size_t> numbers;
};

/// A variable at the draws of a range: draws x size.
RowMatrix read_draws(const DrawSource& file, const std::string& group, const std::string& name, const DrawRange& range);

/// Fixed coefficients, draws x names: from `b_NAME` each, or from `b`, which holds all in the order of the names.
RowMatrix read_coefficients(const DrawSource& file, const std::vector<std::string>& names, const DrawRange& range);

/// Standard deviations of a term's effects, draws x coefficients: from `sd_GROUP__COEF` each, or from `sd_GROUP`.
RowMatrix read_effect_sds(const DrawSource& file, const std::string& group,
                          const std::vector<std::string>& coefficients, const DrawRange& range);

/// Correlations of a term's effects, draws x pairs, the lower triangle row by row: from `cor_GROUP__A__B` each, or
/// from `cor_GROUP`.
RowMatrix read_effect_correlations(const DrawSource& file, const std::string& group,
                                   const std::vector<std::string>& coefficients, const DrawRange& range);

/// What a fit file holds of a grouping's effects: all draws, every k-th, means and covariances, or nothing.
enum class SavedEffects { all, thinned, moments, none };

SavedEffects saved_effects(const DrawSource& file, const std::string& group);

/// The numbers of the draws whose effects a file of thinned effects holds.
std::vector<std::size_t> thinned_draws(const DrawSource& file);

}  // namespace bdglm
