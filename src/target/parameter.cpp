// The table of a model's parameters, and what is done with all of them.
#include "target/parameter.hpp"

#include "bdglm/error.hpp"

namespace bdglm {

StateView::StateView(const State& of, const Context& context)
    : state(of),
      theta(context.backend.download(of.theta).reshaped()),
      coefficients(context.model.user_coefficients(theta)) {}

ParameterTable parameter_table(const Model& model) {
  ParameterTable table;
  table.push_back(make_coefficients());
  if (model.has_coefficient_variances()) table.push_back(make_coefficient_variances());
  if (!model.effects.empty()) table.push_back(make_random_effects());
  if (model.has_sigma()) table.push_back(make_residual_variances());
  if (!model.parameters.empty()) table.push_back(make_family_parameters());
  if (model.has_cuts()) table.push_back(make_cutpoints());
  if (model.shape.layers() > 0) table.push_back(make_weight_variances());
  if (model.has_noise()) table.push_back(make_layer_noise());
  if (model.shape.layers() > 0) table.push_back(make_input_relevance());
  return table;
}

void draw_prior(State& state, const Context& context, Stream& stream) {
  if (context.model.priors.earlier) throw ModelError("the joint prior of an updated fit is not drawn from");
  const ParameterTable table = parameter_table(context.model);
  for (auto parameter = table.rbegin(); parameter != table.rend(); ++parameter)
    (*parameter)->draw_prior(state, context, stream);
  refresh(state, context);
}

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> labels;
  for (std::size_t k = 1; k <= count; ++k) labels.push_back(std::to_string(k));
  return labels;
}

}  // namespace bdglm
