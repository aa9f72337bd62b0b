// Exact invariance: over independent draws of (parameters, data) from the joint law, updates with the data held must
// leave the mean of every function of parameters and data as it is. Replicates are independent, so that standard errors
// are plain, and errors that a chain of successive conditionals hides in its correlation show.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "support/geweke.hpp"

namespace bdglm::test {

struct Structure {
  std::string name, formula;
  Family family = Family::gaussian;
  std::string layer_noise = "0";
  bool horseshoe = false;
  std::string sigma = {};  ///< column of residual scales
  int rows = 12;           ///< of the table
  int levels = 0;          ///< of both groupings, where not the small table's
  double share = 1;        ///< of the replicates

  bool informative = false;  ///< responses that say much of the hidden units: errors of levels and Jacobians show

  std::vector<std::string> priors = {};  ///< in place of the usual ones

  friend void PrintTo(const Structure& s, std::ostream* out) { *out << s.name; }
};

inline Structure with_priors(Structure s, std::vector<std::string> priors) {
  s.priors = std::move(priors);
  return s;
}

inline Problem make_problem(const Structure& s) {
  const auto has = [&](const char* part) { return s.formula.find(part) != std::string::npos; };
  ModelOptions options;
  options.priors = {"b ~ normal(0.2, 1)"};
  if (!has("0 +")) options.priors.push_back(location_prior(s.family));
  if (has("| g") || has("| h") || has("|| h")) options.priors.emplace_back("sd ~ half_t(4, 0.7)");
  if (s.family == Family::gaussian)
    options.priors.emplace_back(s.informative ? "sigma ~ half_t(5, 0.2)" : "sigma ~ half_t(5, 1)");
  add_parameter_priors(s.family, s.formula, options);
  if (has("deep")) {
    options.priors.emplace_back(s.informative ? "weight_scale ~ half_t(6, 1.5)" : "weight_scale ~ half_t(6, 0.8)");
    if (s.layer_noise == "learned") options.priors.emplace_back("layer_noise ~ inv_gamma(4, 1)");
  }
  replace_priors(s.priors, options.priors);
  options.layer_noise = parse_layer_noise(s.layer_noise);
  options.horseshoe = s.horseshoe;
  const int y_levels = has_levels(s.family) ? 3 : 2;
  Table table = s.levels > 0 ? small_table(s.rows, s.levels, s.levels, y_levels) : small_table(s.rows, 3, 4, y_levels);
  if (has("words")) add_sparse_matrix(table, "words", sparse_words(table.rows()), "");
  return {table, s.formula, s.family, options, s.sigma};
}

/// The model with other priors, and data with other network inputs, offsets and weights: what a wrong update believes
/// in.
struct WrongBelief {
  Model model;
  ResidentData data;

  WrongBelief(const Problem& problem) : model(problem.model), data(problem.data) {
    const Backend& backend = *problem.backend;
    model.fixed_prior_mean.array() += 0.7;
    model.fixed_prior_precision *= 4;
    model.priors.cut = {model.priors.cut.mean + 0.7, 0.5 * model.priors.cut.sd};
    model.priors.sigma.b *= 3;
    model.priors.bias_sd *= 3;
    model.priors.layer_noise.b *= 5;
    for (PositivePrior& p : model.priors.parameters) p.b *= 3;
    for (ScalePrior& p : model.priors.weight) p.b *= 3;
    for (CoefficientPrior& p : model.priors.fixed) p.df *= 3;
    for (RandomEffect& e : model.effects) e.sd.b *= 3;
    SparseRows sparse = problem.design.sparse_deep;
    for (double& value : sparse.values) value *= 2;
    data.inputs = backend.upload_columns(RowMatrix(2 * problem.design.deep), problem.design.ramps, sparse);
    data.size = backend.uploaded(RowMatrix(2 * backend.download(problem.data.size)));
    data.offset = backend.uploaded(RowMatrix(backend.download(problem.data.offset).array() + 0.8));
  }
};

/// Functions of parameters and data: those of Geweke's test, and what is sensitive to a wrong scale.
inline std::map<std::string, double> invariant_functions(const State& state, const Context& context) {
  std::map<std::string, double> f = functions(state, context);
  const Eigen::ArrayXd eta = context.backend.download(state.eta).reshaped().array();
  const Eigen::ArrayXd y = context.backend.download(state.likelihood.response).reshaped().array();
  const Eigen::ArrayXd size = context.backend.download(state.likelihood.size).reshaped().array();
  Eigen::ArrayXd score(eta.size());
  Eigen::ArrayXd curvature(eta.size());
  with_family(context.model.family, [&](auto text) {
    const int predictors = context.model.shape.predictors();
    const auto n = static_cast<std::size_t>(y.size());
    for (Eigen::Index i = 0; i < y.size(); ++i) {
      Row row(y[i], size[i], eta.data() + i, n, predictors, &state.likelihood.parameters);
      row.write_scores(score.data() + i, n);
      decltype(text)::likelihood(row);
      for (int c = 0; c < predictors; ++c) curvature[c * y.size() + i] = decltype(text)::curvature(row, c, c);
    }
  });
  if (context.model.has_sigma()) {
    f["chi2"] = (score.square() / curvature).mean();
    f["score"] = (score / curvature.sqrt()).tanh().cwiseProduct(eta.tanh()).mean();
  } else {
    f["chi2"] = (score.square() / (curvature + 0.05)).tanh().mean();
    f["score"] = (score * eta.tanh()).mean();
  }
  f["eta spread"] = std::tanh((eta - eta.mean()).square().mean());
  const Eigen::ArrayXd theta = context.backend.download(state.theta).reshaped().array();
  if (theta.size() > 0) f["theta"] = std::tanh(theta.square().mean());
  for (std::size_t l = 0; l < state.noise.size(); ++l) {
    const Eigen::ArrayXd e = context.backend.download(state.noise[l]).reshaped().array();
    f["noise^2 " + std::to_string(l)] = e.square().mean() / state.layer_noise[l];
  }
  return f;
}

/// Gives the slice moves that an update has made intervals as a warm-up finds them, several standard deviations long:
/// small moves make small errors.
inline void widen(Update& update, const Context& context) {
  Archive archive;
  update.save(archive, context);
  for (auto& [name, values] : archive)
    if (name.find("_widths") != std::string::npos) values.col(3).setConstant(3.5);
  update.load(archive, context);
}

/// The largest |z| of the mean changes, and of which function.
struct Worst {
  double z = 0;
  std::string function;
};

/// Runs `apply(state, position)` `times` on each of `replicates` joint draws.
using Application = std::function<void(State&, const SweepPosition&)>;
inline Worst largest_change(const Problem& problem, int replicates, int times, std::uint32_t instance,
                            const Application& apply) {
  const Context& context = *problem.context;
  State state = make_state(context);
  state.likelihood.response = context.backend.allocate(context.data.rows, 1);
  struct Sums {
    double n = 0, sum = 0, squares = 0;
  };
  std::map<std::string, Sums> sums;
  for (int k = 0; k < replicates; ++k) {
    const auto number = static_cast<std::uint32_t>(k);
    Stream stream({31, 0, number, Site::simulation, instance}, 0);
    draw_prior(state, context, stream);
    draw_data(state, context, stream);
    const auto before = invariant_functions(state, context);
    for (int t = 0; t < times; ++t)
      apply(state, {{32, instance, number * static_cast<std::uint32_t>(times) + static_cast<std::uint32_t>(t),
                     Site::latents, 0},
                    0});
    for (const auto& [name, value] : invariant_functions(state, context)) {
      const double change = value - before.at(name);
      Sums& s = sums[name];
      s.n += 1;
      s.sum += change;
      s.squares += change * change;
    }
  }
  Worst worst;
  for (const auto& [name, s] : sums) {
    const double mean = s.sum / s.n;
    const double error = std::sqrt(std::max(s.squares / s.n - mean * mean, 0.0) / s.n);
    const double z = error > 0 ? std::fabs(mean) / error : 0;
    if (z > worst.z || !std::isfinite(z)) worst = {z, name};
  }
  return worst;
}

}  // namespace bdglm::test
