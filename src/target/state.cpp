// The state of a chain: allocation, refreshing of what follows from the parameters, archive.
#include "target/state.hpp"

#include <Eigen/LU>
#include <cmath>

#include "bdglm/error.hpp"
#include "engines/gibbs/network_metric.hpp"
#include "family/response.hpp"

namespace bdglm {

void StepSize::start(double step) {
  log_step = std::log(step);
  log_average = log_step;
  center = std::log(4 * step);
  error = 0;
  count = 0;
}

void StepSize::update(double acceptance, double target) {
  count += 1;
  const double weight = 1 / (count + 10);
  error = (1 - weight) * error + weight * (target - acceptance);
  log_step = center - std::sqrt(count) / 0.05 * error;
  const double decay = std::pow(count, -0.75);
  log_average = decay * log_step + (1 - decay) * log_average;
}

void MoveRecord::add(double acceptance, int new_steps, bool diverged) {
  moves += 1;
  steps += new_steps;
  acceptance_sum += acceptance;
  last_acceptance = acceptance;
  diverging = diverging || diverged;
}

void MoveRecord::clear() {
  const double last = last_acceptance;
  *this = {};
  last_acceptance = last;
}

State make_state(const Context& context) {
  const Model& model = context.model;
  const Backend& backend = context.backend;
  const Eigen::Index n = context.data.rows;
  State state;
  state.theta = backend.allocate(model.shape.size(), 1);
  for (const RandomEffect& effect : model.effects) {
    state.effects.push_back(backend.allocate(effect.levels, effect.width()));
    state.covariance.emplace_back(Eigen::MatrixXd::Identity(effect.width(), effect.width()) *
                                  (0.04 * effect.sd.b * effect.sd.b));
  }
  const double all_rows = context.data.all_rows;
  double variance = 1;
  if (model.has_sigma() && all_rows > 1) {
    const RowMatrix y = backend.download(context.data.response);
    const double mean = backend.sum_of_parts(y.sum()) / all_rows;
    variance = backend.sum_of_parts((y.array() - mean).square().sum()) / (all_rows - 1);
  }
  state.sigma2.setConstant(static_cast<Eigen::Index>(model.sigma_levels.size()), variance > 0 ? variance : 1);
  for (const ScalePrior& prior : model.priors.weight) state.weight_variance.push_back(prior.b * prior.b);
  state.relevance.setOnes(model.shape.inputs);
  state.relevance_mixing.setOnes(model.shape.inputs);
  for (int l = 0; l < model.shape.layers(); ++l) {
    state.layer_noise.push_back(model.layer_noise.value);
    if (model.has_noise()) state.noise.push_back(backend.allocate(n, model.shape.width(l)));
    state.pre_activations.push_back(backend.allocate(n, model.shape.width(l)));
    state.activations.push_back(backend.allocate(n, model.shape.width(l)));
  }
  for (Matrix* m : {&state.base, &state.eta, &state.scratch}) *m = backend.allocate(model.shape.predictors() * n, 1);
  for (Matrix* m : {&state.omega, &state.kappa}) *m = backend.allocate(n, 1);
  state.likelihood.family = model.family;
  state.likelihood.response = context.data.response;
  state.likelihood.size = model.has_sigma() ? backend.allocate(n, 1) : context.data.size;
  state.metric.diagonal = backend.uploaded(RowMatrix::Ones(model.shape.size(), 1));
  state.step.start(model.shape.layers() > 0 ? 0.05 : 0.5);
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

void refresh(State& state, const Context& context) {
  const Backend& backend = context.backend;
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
                    context.model.shape.predictors());
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
  const Backend& backend = context.backend;
  const Model& model = context.model;
  double sum = backend.log_likelihood(state.likelihood, state.eta);
  const Eigen::VectorXd precision = context.theta_prior_precision(state);
  const Eigen::VectorXd deviation = backend.download(state.theta) - context.theta_prior_mean();
  sum += 0.5 * precision.array().log().sum() - 0.5 * (precision.array() * deviation.array().square()).sum();
  for (std::size_t r = 0; r < model.effects.size(); ++r) {
    const RowMatrix u = backend.download(state.effects[r]);
    const Eigen::MatrixXd inverse = state.covariance[r].inverse();
    sum += model.effects[r].log_density(state.covariance[r]) -
           0.5 * static_cast<double>(u.rows()) * std::log(state.covariance[r].determinant()) -
           0.5 * ((u * inverse).array() * u.array()).sum();
  }
  if (model.has_sigma())
    for (const double v : state.sigma2) sum += model.priors.sigma.log_density(v);
  for (std::size_t l = 0; l < state.weight_variance.size(); ++l)
    sum += model.priors.weight[l].log_density(state.weight_variance[l]);
  // lambda ~ C+(0, 1) as a density of lambda^2.
  if (model.horseshoe) sum -= (0.5 * state.relevance.array().log() + state.relevance.array().log1p()).sum();
  for (std::size_t l = 0; l < state.noise.size(); ++l) {
    const double variance = state.layer_noise[l];
    sum -= 0.5 * (context.data.all_rows * static_cast<double>(state.noise[l].cols()) * std::log(variance) +
                  backend.dot_rows(state.noise[l], state.noise[l]) / variance);
    if (model.layer_noise.kind == LayerNoise::Kind::learned) sum += model.priors.layer_noise.log_density(variance);
  }
  return sum;
}

}  // namespace bdglm
