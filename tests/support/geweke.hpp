// Geweke's (2004) joint distribution test: draws from the prior against the sampler that also redraws the data.
#pragma once

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engines/gibbs/step_size.hpp"
#include "engines/gibbs/sweep.hpp"
#include "family/response.hpp"
#include "sampling/gamma.hpp"
#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {

/// Sigma from the Huang-Wand prior: a_k ~ IG(1/2, 1/A^2), Sigma | a ~ IW(nu + q - 1, 2 nu diag(1/a)).
inline Eigen::MatrixXd draw_covariance(const RandomEffect& effect, Stream& stream) {
  const Eigen::Index q = effect.width();
  const double nu = effect.sd.a;
  const double degrees = nu + static_cast<double>(q) - 1;
  Eigen::MatrixXd wishart_factor = Eigen::MatrixXd::Zero(q, q);
  Eigen::MatrixXd scale = Eigen::MatrixXd::Zero(q, q);
  for (Eigen::Index k = 0; k < q; ++k)
    scale(k, k) = 2 * nu / draw_inverse_gamma(stream, 0.5, 1 / (effect.sd.b * effect.sd.b));
  for (Eigen::Index i = 0; i < q; ++i) {
    wishart_factor(i, i) = std::sqrt(2 * draw_gamma<double>(stream, 0.5 * (degrees - static_cast<double>(i))));
    for (Eigen::Index j = 0; j < i; ++j) wishart_factor(i, j) = draw_normal<double>(stream);
  }
  const Eigen::MatrixXd half = scale.cwiseSqrt().inverse() * wishart_factor;
  return (half * half.transpose()).inverse();
}

/// All unknowns from their priors.
inline void draw_prior(State& state, const Context& context, Stream& stream) {
  const Model& model = context.model;
  const Backend& backend = context.backend;
  for (double& v : state.sigma2) v = model.priors.sigma.draw_prior(stream);
  for (std::size_t l = 0; l < state.weight_variance.size(); ++l)
    state.weight_variance[l] = model.priors.weight[l].draw_prior(stream);
  if (model.horseshoe)
    for (Eigen::Index j = 0; j < state.relevance.size(); ++j) {
      const double mixing = draw_inverse_gamma(stream, 0.5, 1.0);
      state.relevance[j] = draw_inverse_gamma(stream, 0.5, 1 / mixing);
    }
  const Eigen::VectorXd mean = context.theta_prior_mean();
  const Eigen::VectorXd precision = context.theta_prior_precision(state);
  RowMatrix theta(mean.size(), 1);
  for (Eigen::Index k = 0; k < theta.size(); ++k)
    theta(k, 0) = mean[k] + draw_normal<double>(stream) / std::sqrt(precision[k]);
  backend.upload(theta, state.theta);
  for (std::size_t r = 0; r < state.effects.size(); ++r) {
    state.covariance[r] = draw_covariance(model.effects[r], stream);
    const Eigen::MatrixXd factor = state.covariance[r].llt().matrixL();
    RowMatrix u(state.effects[r].rows(), state.effects[r].cols());
    for (Eigen::Index g = 0; g < u.rows(); ++g) {
      Eigen::VectorXd z(u.cols());
      for (double& value : z) value = draw_normal<double>(stream);
      u.row(g) = (factor * z).transpose();
    }
    backend.upload(u, state.effects[r]);
  }
  for (std::size_t l = 0; l < state.noise.size(); ++l) {
    if (model.layer_noise.kind == LayerNoise::Kind::learned)
      state.layer_noise[l] = model.priors.layer_noise.draw_prior(stream);
    RowMatrix noise(state.noise[l].rows(), state.noise[l].cols());
    for (Eigen::Index k = 0; k < noise.size(); ++k)
      noise.data()[k] = std::sqrt(state.layer_noise[l]) * draw_normal<double>(stream);
    backend.upload(noise, state.noise[l]);
  }
  refresh(state, context);
}

/// New responses given the state.
inline void draw_data(State& state, const Context& context, Stream& stream) {
  const RowMatrix eta = context.backend.download(state.eta);
  const RowMatrix size = context.backend.download(state.likelihood.size);
  RowMatrix y(size.rows(), 1);
  const auto n = static_cast<std::size_t>(size.rows());
  const int predictors = context.model.shape.predictors();
  // Whole weights of a binomial row count it so often: weighted successes out of weighted trials.
  for (Eigen::Index i = 0; i < y.rows(); ++i)
    y(i, 0) = draw_response(context.model.family, stream, size(i, 0), {eta.data() + i, n, predictors});
  context.backend.upload(y, state.likelihood.response);
}

/// Bounded functions of parameters and predictions; exchangeable units enter through predictions only.
inline std::map<std::string, double> functions(const State& state, const Context& context) {
  std::map<std::string, double> f;
  const RowMatrix eta = context.backend.download(state.eta);
  const RowMatrix y = context.backend.download(state.likelihood.response);
  const RowMatrix theta = context.backend.download(state.theta);
  for (int c = 0; c < context.model.shape.predictors(); ++c) {
    for (const Eigen::Index i : {Eigen::Index{0}, y.rows() / 2}) {
      const std::string row = "[" + std::to_string(i) + "," + std::to_string(c) + "]";
      const double at = eta(c * y.rows() + i, 0);
      f["eta" + row] = std::tanh(at);
      f["log eta^2" + row] = std::log1p(at * at);
      f["y eta" + row] = std::tanh(y(i, 0)) * std::tanh(at);
    }
  }
  f["log likelihood"] = std::tanh(0.1 * context.backend.log_likelihood(state.likelihood, state.eta));
  const NetworkShape& shape = context.model.shape;
  for (int c = 0; c < shape.predictors(); ++c) {
    for (int k = shape.fixed_offset(c); k < shape.fixed_offset(c) + shape.head(c).fixed; ++k) {
      f["beta" + std::to_string(k)] = std::tanh(theta(k, 0));
      f["beta^2" + std::to_string(k)] = std::tanh(theta(k, 0) * theta(k, 0));
    }
  }
  for (std::size_t l = 0; l < state.weight_variance.size(); ++l)
    f["tau" + std::to_string(l)] = std::tanh(0.5 * std::log(state.weight_variance[l]));
  if (context.model.horseshoe) f["relevance"] = std::tanh(0.5 * std::log(state.relevance[0]));
  for (std::size_t l = 0; l < state.noise.size() && context.model.layer_noise.kind == LayerNoise::Kind::learned; ++l)
    f["layer noise" + std::to_string(l)] = std::tanh(0.5 * std::log(state.layer_noise[l]) + 1);
  if (context.model.has_sigma())
    for (Eigen::Index g = 0; g < state.sigma2.size(); ++g)
      f["sigma" + std::to_string(g)] = std::tanh(0.5 * std::log(state.sigma2[g]));
  for (std::size_t r = 0; r < state.effects.size(); ++r) {
    const std::string term = std::to_string(r);
    const Eigen::MatrixXd& s = state.covariance[r];
    f["u" + term] = std::tanh(context.backend.download(state.effects[r])(0, 0));
    for (Eigen::Index k = 0; k < s.rows(); ++k) f["sd" + term + std::to_string(k)] = std::tanh(0.5 * std::log(s(k, k)));
    if (s.rows() > 1) f["cor" + term] = s(1, 0) / std::sqrt(s(0, 0) * s(1, 1));
  }
  return f;
}

struct GewekeOptions {
  int prior_draws = 100000;
  int sweeps = 150000;
  double step = 0.2;
  std::function<void(Sweep&)> spoil;  ///< makes the sweep deliberately wrong
};

/// Begins a sweep with a step and a metric as a warm-up leaves them: of a network the metric at one draw from the
/// prior, or a diagonal one. Returns the metric.
inline MoveMetric begin(const Sweep& sweep, const Problem& problem, double step) {
  const Context& context = *problem.context;
  MoveMetric metric;
  if (context.model.shape.layers() == 0) {
    metric = MoveMetric(context.backend.uploaded(
        RowMatrix(Eigen::VectorXd((context.model.fixed_prior_precision.array() + 1).sqrt()).asDiagonal())));
  } else {
    State state = make_state(context);
    state.likelihood.response = context.backend.allocate(context.data.rows, 1);
    Stream stream({14, 0, 0, Site::simulation, 0}, 0);
    draw_prior(state, context, stream);
    draw_data(state, context, stream);
    metric.average(state, context, 1);
  }
  sweep.begin(metric);
  Archive archive;
  sweep.save(archive, context);
  StepSize(step).save(archive);
  sweep.load(archive, context);
  return metric;
}

/// z scores of all functions: prior draws against successive-conditional draws.
inline std::map<std::string, double> geweke(const Problem& problem, const GewekeOptions& options) {
  const Context& context = *problem.context;
  State state = make_state(context);
  state.likelihood.response = context.backend.allocate(context.data.rows, 1);
  std::map<std::string, std::vector<double>> prior;
  std::map<std::string, std::vector<double>> chain;
  const auto record = [&](std::map<std::string, std::vector<double>>& into) {
    for (const auto& [name, value] : functions(state, context)) into[name].push_back(value);
  };
  for (int k = 0; k < options.prior_draws; ++k) {
    Stream stream({11, 0, static_cast<std::uint32_t>(k), Site::simulation, 0}, 0);
    draw_prior(state, context, stream);
    draw_data(state, context, stream);
    record(prior);
  }
  Sweep sweep = make_sweep(context, problem.design);
  for (Sweep::Entry& entry : sweep.entries) entry.period = 1;
  const MoveMetric metric = begin(sweep, problem, options.step);
  if (options.spoil) options.spoil(sweep);
  for (int k = 0; k < options.sweeps; ++k) {
    sweep.run(state, context, {{12, 0, static_cast<std::uint32_t>(k), Site::latents, 0}, 0});
    Stream stream({13, 0, static_cast<std::uint32_t>(k), Site::simulation, 0}, 0);
    draw_data(state, context, stream);
    sweep.begin(metric);
    record(chain);
  }
  std::map<std::string, double> scores;
  for (const auto& [name, draws] : prior) scores[name] = z_score(batch_means(draws, 100), batch_means(chain[name], 50));
  return scores;
}

}  // namespace bdglm::test
