// The state of a chain: allocation, refreshing of what follows from the parameters, density.
#include "target/state.hpp"

#include <cmath>

#include "family/response.hpp"
#include "target/parameter.hpp"

namespace bdglm {

State make_state(const Context& context) {
  const Model& model = context.model;
  const Backend& backend = context.backend;
  const Eigen::Index n = context.data.rows;
  State state;
  for (const auto& parameter : parameter_table(model)) parameter->allocate(state, context);
  for (int l = 0; l < model.shape.layers(); ++l) {
    state.pre_activations.push_back(backend.allocate(n, model.shape.width(l)));
    state.activations.push_back(backend.allocate(n, model.shape.width(l)));
  }
  for (Matrix* m : {&state.base, &state.eta, &state.scratch}) *m = backend.allocate(model.shape.predictors() * n, 1);
  for (Matrix* m : {&state.omega, &state.kappa}) *m = backend.allocate(n, 1);
  state.likelihood.family = model.family;
  set_parameters(state, context);
  state.likelihood.response = context.data.response;
  state.likelihood.size = model.has_sigma() ? backend.allocate(n, 1) : context.data.size;
  return state;
}

namespace {

/// Adds a random effect to base; those of deep terms are in the network.
void add_effects(std::size_t r, State& state, const Context& context) {
  const RandomEffect& effect = context.model.effects[r];
  if (effect.deep) return;
  Matrix base = context.data.of_predictor(effect.predictor, state.base);
  context.backend.add_group_effects(context.data.terms[r], state.effects[r], 1, base);
}

}  // namespace

void set_parameters(State& state, const Context& context) {
  const Model& model = context.model;
  state.likelihood.parameters = model.places;
  for (std::size_t k = 0; k < model.parameters.size(); ++k)
    state.likelihood.parameters.value[model.parameters[k]] =
        model.parameter(k).inverse(state.parameters[static_cast<Eigen::Index>(k)]);
  state.likelihood.parameters.cuts = static_cast<int>(state.cutpoints.size());
  std::copy(state.cutpoints.begin(), state.cutpoints.end(), state.likelihood.parameters.cut);
}

void refresh(State& state, const Context& context) {
  const Backend& backend = context.backend;
  set_parameters(state, context);
  backend.copy(context.data.offset, state.base);
  for (std::size_t r = 0; r < context.model.effects.size(); ++r) add_effects(r, state, context);
  backend.forward(context.network(state), state.theta, state.base, state.pre_activations, state.activations, state.eta);
  if (context.model.has_sigma())
    backend.set_precisions(context.data.size, context.data.sigma, state.sigma2, state.likelihood.size);
}

void refresh_predictor(int c, State& state, const Context& context) {
  // Bit for bit what `refresh` gives, which sums a head's parts in its own order.
  if (context.model.shape.head(c).units > 0) return refresh(state, context);
  const Backend& backend = context.backend;
  Matrix base = context.data.of_predictor(c, state.base);
  backend.copy(context.data.of_predictor(c, context.data.offset), base);
  for (std::size_t r = 0; r < context.model.effects.size(); ++r)
    if (context.model.effects[r].predictor == c) add_effects(r, state, context);
  const NetworkShape& shape = context.model.shape;
  Matrix eta = context.data.of_predictor(c, state.eta);
  std::vector<Matrix> none;
  backend.forward(context.fixed_effects(c), state.theta.part(shape.fixed_offset(c), shape.head(c).fixed), base, none,
                  none, eta);
}

RowMatrix curvatures_with(const State& state, const Context& context, int c) {
  const RowMatrix response = context.backend.download(state.likelihood.response);
  const RowMatrix size = context.backend.download(state.likelihood.size);
  const RowMatrix eta = context.backend.download(state.eta);
  const Eigen::Index n = response.size();
  RowMatrix result(c + 1, n);
  std::vector<double> own(static_cast<std::size_t>(c) + 1);
  with_family(context.model.family, [&](auto text) {
    using Text = decltype(text);
    for (Eigen::Index i = 0; i < n; ++i) {
      const Row row(response(i, 0), size(i, 0), eta.data() + i, static_cast<std::size_t>(n),
                    context.model.shape.predictors(), &state.likelihood.parameters);
      if constexpr (requires { Text::curvatures(row, c, own.data()); })
        Text::curvatures(row, c, own.data());
      else
        for (int d = 0; d <= c; ++d) own[static_cast<std::size_t>(d)] = Text::curvature(row, c, d);
      for (int d = 0; d <= c; ++d) result(d, i) = own[static_cast<std::size_t>(d)];
    }
  });
  return result;
}

Eigen::VectorXd curvatures(const State& state, const Context& context) {
  Eigen::VectorXd all(state.eta.size());
  for (int c = 0; c < context.model.shape.predictors(); ++c)
    all.segment(c * context.data.rows, context.data.rows) = curvatures_with(state, context, c).row(c).transpose();
  return all;
}

double log_posterior(const State& state, const Context& context) {
  double sum = context.backend.log_likelihood(state.likelihood, state.eta);
  for (const auto& parameter : parameter_table(context.model)) parameter->add_log_prior(state, context, sum);
  return sum;
}

}  // namespace bdglm
