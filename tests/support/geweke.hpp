// Geweke's (2004) joint distribution test: draws from the prior against the sampler that also redraws the data.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engines/gibbs/linear_approximation.hpp"
#include "engines/gibbs/step_size.hpp"
#include "engines/gibbs/sweep.hpp"
#include "family/response.hpp"
#include "support/problem.hpp"
#include "support/statistics.hpp"
#include "target/parameter.hpp"

namespace bdglm::test {

/// Of the intercept, or of the cutpoints that stand for it.
inline std::string location_prior(Family family) {
  return has_cutpoints(family) ? "cut ~ normal(0.3, 1.5)" : "Intercept ~ normal(-0.3, 1)";
}

/// Priors of a family's parameters that keep them moderate: gamma numbers of tiny shapes are zero to a double.
inline void add_parameter_priors(Family family, const std::string& formula, ModelOptions& options) {
  for (const FamilyParameter& parameter : parameters_of(family)) {
    const std::string name = parameter.name;
    // A beta number of small phi rounds to 0 or 1.
    const bool beta = family == Family::beta;
    if (formula.find("; " + name + " ~") == std::string::npos && parameter.link == FamilyParameter::Link::logit)
      options.priors.push_back(name + " ~ beta(4, 6)");
    else if (formula.find("; " + name + " ~") == std::string::npos)
      options.priors.push_back(name + (beta ? " ~ gamma(20, 2)" : " ~ gamma(8, 8)"));
    else if (formula.find("; " + name + " ~ w") != std::string::npos)
      options.priors.insert(options.priors.end(), {name + "_Intercept ~ normal(" + (beta ? "2.3" : "0.3") + ", 0.3)",
                                                   "b_" + name + "_w ~ normal(0, 0.3)"});
  }
}

/// Puts statements in the place of those with the same names.
inline void replace_priors(const std::vector<std::string>& by, std::vector<std::string>& priors) {
  for (const std::string& statement : by) {
    const std::string name = statement.substr(0, statement.find('~') + 1);
    std::erase_if(priors, [&](const std::string& old) { return old.rfind(name, 0) == 0; });
    priors.push_back(statement);
  }
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
    y(i, 0) = draw_response(context.model.family, stream, size(i, 0),
                            {eta.data() + i, n, predictors, &state.likelihood.parameters});
  context.backend.upload(y, state.likelihood.response);
}

/// Bounded functions of what a fit records, of random effects, of variances of coefficients and of predictions, through
/// which exchangeable units enter.
inline std::map<std::string, double> functions(const State& state, const Context& context) {
  std::map<std::string, double> f;
  const RowMatrix eta = context.backend.download(state.eta);
  const RowMatrix y = context.backend.download(state.likelihood.response);
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
  const StateView view(state, context);
  for (const auto& parameter : parameter_table(context.model)) {
    for (const Quantity& quantity : parameter->quantities(context.model)) {
      if (quantity.internal) continue;
      std::vector<double> values;
      quantity.append(view, values);
      for (std::size_t k = 0; k < values.size(); ++k) {
        const std::string name = quantity.name + (quantity.axes.empty() ? "" : "[" + std::to_string(k) + "]");
        const bool positive = quantity.support == Quantity::Support::positive;
        f[name] = positive ? std::tanh(std::log(values[k])) : std::tanh(values[k]);
        if (quantity.support == Quantity::Support::real) f[name + "^2"] = std::tanh(values[k] * values[k]);
      }
    }
  }
  const Eigen::VectorXd beta = context.fixed_coefficients(view.theta);
  for (Eigen::Index k = 0; k < state.coefficient_variance.size(); ++k) {
    if (!context.model.priors.fixed[static_cast<std::size_t>(k)].mixture()) continue;
    const std::string name = "psi[" + std::to_string(k) + "]";
    f[name] = std::tanh(std::log(state.coefficient_variance[k]));
    f[name + " b^2"] = f[name] * std::tanh(beta[k] * beta[k]);
  }
  for (std::size_t r = 0; r < state.effects.size(); ++r)
    f["u" + std::to_string(r)] = std::tanh(context.backend.download(state.effects[r])(0, 0));
  return f;
}

struct GewekeOptions {
  int prior_draws = 100000;
  int sweeps = 150000;
  double step = 0.2;
  std::function<void(Sweep&)> spoil;  ///< makes the sweep deliberately wrong
};

/// How a linear predictor's coefficients move: by independence moves of them alone, or of the family's numbers too, or
/// by Hamiltonian ones.
enum class LinearMoves { alone, joint, turns };

/// What a warm-up leaves of a linear move: a Gaussian of coefficients at one draw from the prior, and of the family's
/// numbers as their prior.
inline void begin_linear_move(Archive& archive, const Problem& problem, LinearMoves moves = LinearMoves::joint) {
  const Context& context = *problem.context;
  State state = make_state(context);
  state.likelihood.response = context.backend.allocate(context.data.rows, 1);
  const FamilyCoordinates coordinates(context.model);
  LinearApproximation approximation;
  for (std::uint32_t k = 0; k < 400; ++k) {
    Stream stream({16, 0, k, Site::simulation, 0}, 0);
    draw_prior(state, context, stream);
    draw_data(state, context, stream);
    if (k == 0) approximation.set_here(state, context);
    if (coordinates.size() > 0) approximation.add_family(coordinates.of(state, context));
  }
  approximation.set_family_averages(state, context);
  approximation.save(archive);
  const double turns = moves == LinearMoves::turns ? 2 : 0;
  const double joint = moves == LinearMoves::joint && coordinates.size() > 0 ? 1 : 0;
  archive["linear_move"] = (RowMatrix(8, 1) << turns, 0.3, joint, 0, 0, 0, 0, 0).finished();
}

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
  // Core and groups make a Hamiltonian move beside the independence move, as a warm-up finds where that accepts less:
  // there is none here, and their Gaussian is that of the first data.
  if (archive.count("residual_tuning") > 0) {
    archive["residual_tuning"].col(0).setOnes();
    archive["residual_tuning"].col(3).setOnes();
  }
  if (archive.count("linear_move") > 0) begin_linear_move(archive, problem);
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
    Stream stream({15, 0, static_cast<std::uint32_t>(k), Site::simulation, 0}, 0);
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
  for (const auto& [name, draws] : prior) {
    // A fixed layer noise is recorded, but does not move.
    const auto [least, most] = std::minmax_element(draws.begin(), draws.end());
    if (*least < *most) scores[name] = z_score(batch_means(draws, 100), batch_means(chain[name], 50));
  }
  return scores;
}

}  // namespace bdglm::test
