// The names that statements of priors give a model's parameters.
#pragma once

#include <string>
#include <vector>

#include "design/design.hpp"
#include "model/model.hpp"

namespace bdglm {

/// A name as the summary prints it.
std::string as_printed(std::string name);

/// The names that a statement may give a coefficient: as one of every predictor's, and as one predictor's own.
struct CoefficientNames {
  std::string at_zero, own_at_zero;    ///< "b_x", "b_LEVEL_x"
  std::string at_means, own_at_means;  ///< "Intercept", "LEVEL_Intercept"; empty for others

  CoefficientNames(const std::string& predictor, const std::string& coefficient);
};

/// Of a layer's weights, by its name in the model: "weight_scale2", "weight_scale_sigma".
std::string weight_scale_name(const std::string& layer);

/// Of a grouping's standard deviations: "sd_GROUP".
std::string sd_name(const TermDesign& group);
/// Of its correlations; none where it has one coefficient.
std::string cor_name(const TermDesign& group);

/// Refuses a name that is none of the model's, of whose coefficients and random effects these are the names: throws
/// ModelError with those that are, the nearest first.
[[noreturn]] void refuse_prior_name(const std::string& name, const Model& model,
                                    const std::vector<const TermDesign*>& groups,
                                    const std::vector<CoefficientNames>& coefficients);

}  // namespace bdglm
