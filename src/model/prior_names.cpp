// Names in statements of priors, and what a model has in place of one that it does not have.
#include "model/prior_names.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "family/response.hpp"

namespace bdglm {
namespace {

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
}

/// The words up to those of names: "; did you mean 'b_age'? N" or "; n".
std::string nearest_parameter(const std::string& name, const std::vector<const TermDesign*>& groups,
                              const std::vector<CoefficientNames>& coefficients) {
  std::vector<std::string> names;
  for (const CoefficientNames& c : coefficients) {
    names.push_back(c.own_at_zero);
    if (!c.own_at_means.empty()) names.push_back(c.own_at_means);
  }
  for (const TermDesign* group : groups) {
    names.push_back(sd_name(*group));
    if (!cor_name(*group).empty()) names.push_back(cor_name(*group));
    if (name.rfind(sd_name(*group) + "__", 0) == 0)
      return "; the coefficients of a grouping share one, '" + sd_name(*group) + "'; n";
  }
  const std::vector<std::string> near = nearest_names(name, names);
  return near.empty() ? "; n" : "; did you mean '" + near.front() + "'? N";
}

/// All that the model has: "b, b_NAME, Intercept, sd, sd_GROUP".
std::string names_of(const Model& model, const std::vector<const TermDesign*>& groups,
                     const std::vector<CoefficientNames>& coefficients) {
  std::string names;
  const auto add = [&](const std::string& more) { names += (names.empty() ? "" : ", ") + more; };
  const auto is_intercept = [](const CoefficientNames& c) { return !c.at_means.empty(); };
  if (!std::all_of(coefficients.begin(), coefficients.end(), is_intercept)) add("b, b_NAME");
  if (has_cutpoints(model.family))
    add("cut");
  else if (std::any_of(coefficients.begin(), coefficients.end(), is_intercept))
    add("Intercept");
  const bool levels = describe(model.family).response == ResponseKind::levels;
  for (const std::string& predictor :
       levels ? std::vector<std::string>(model.predictors.size() > 1 ? 1 : 0, "LEVEL") : model.predictors)
    if (!predictor.empty()) add("b_" + predictor + "_NAME, " + predictor + "_Intercept");
  if (!groups.empty()) add("sd, sd_GROUP");
  if (std::any_of(groups.begin(), groups.end(), [](const TermDesign* g) { return !cor_name(*g).empty(); }))
    add("cor, cor_GROUP");
  if (describe(model.family).residual_scale) add("sigma");
  for (std::size_t k = 0; k < model.parameters.size(); ++k) add(model.parameter(k).name);
  if (model.shape.layers() > 0) {
    std::string scales = "weight_scale, weight_scaleN";
    for (const std::string& layer : model.weight_layers)
      if (!is_number(layer)) scales += ", " + weight_scale_name(layer);
    add(scales + ", bias");
    if (model.layer_noise.kind == LayerNoise::Kind::learned) add("layer_noise");
  }
  return names;
}

}  // namespace

std::string as_printed(std::string name) {
  std::replace(name.begin(), name.end(), '/', '|');
  return name;
}

CoefficientNames::CoefficientNames(const std::string& predictor, const std::string& coefficient) {
  const std::string name = as_printed(coefficient);
  const std::string own = predictor.empty() ? name : as_printed(predictor) + "_" + name;
  at_zero = "b_" + name;
  own_at_zero = "b_" + own;
  if (name != "Intercept") return;
  at_means = name;
  // The level "b" would give the name that all intercepts have at predictors of zero.
  own_at_means = own == at_zero ? "Intercept[" + as_printed(predictor) + "]" : own;
}

std::string weight_scale_name(const std::string& layer) {
  return (is_number(layer) ? "weight_scale" : "weight_scale_") + layer;
}

std::string sd_name(const TermDesign& group) { return as_printed("sd_" + group.group); }

std::string cor_name(const TermDesign& group) {
  return group.coefficients.size() > 1 ? as_printed("cor_" + group.group) : "";
}

void refuse_prior_name(const std::string& name, const Model& model, const std::vector<const TermDesign*>& groups,
                       const std::vector<CoefficientNames>& coefficients) {
  const auto parameters = parameters_of(model.family);
  for (std::size_t k = 0; k < parameters.size(); ++k)
    if (name == parameters[k].name && model.places.predictor[k] >= 0)
      throw ModelError("prior of '" + name + "': " + name +
                       " has a formula of its own, whose coefficients are named b_" + name +
                       "_NAME and whose intercept is " + name + "_Intercept; give these priors");
  if (name == "layer_noise" && model.shape.layers() > 0)
    throw ModelError("prior of 'layer_noise': " +
                     std::string(model.layer_noise.kind == LayerNoise::Kind::fixed
                                     ? "the variance of the hidden layers' noise is given"
                                     : "the hidden layers have no noise") +
                     "; ask for " + setting("layer_noise") + " learned, or leave the prior out");
  throw ModelError("prior of '" + name + "': the model has no such parameter" +
                   nearest_parameter(name, groups, coefficients) + "ames are " + names_of(model, groups, coefficients));
}

}  // namespace bdglm
