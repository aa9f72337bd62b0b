// Models and data of benchmarks, drawn at fixed addresses.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "engines/gibbs/sweep.hpp"

namespace bdglm::bench {

/// The median time of `repeats` calls, in seconds.
template <class F>
double median_seconds(int repeats, F&& f) {
  std::vector<double> seconds;
  for (int r = 0; r < repeats; ++r) {
    const auto start = std::chrono::steady_clock::now();
    f();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + repeats / 2, seconds.end());
  return seconds[static_cast<std::size_t>(repeats / 2)];
}

/// What a benchmark was asked for: PROGRAM [cpu|cuda] [CASE ...] [OPTION VALUE].
struct Arguments {
  std::string device = "cpu";
  std::vector<std::string> cases;
  std::string value;  ///< of the option

  Arguments(int argc, char** argv, const std::string& option) : cases(argv + 1, argv + argc) {
    if (cases.size() >= 2 && cases[cases.size() - 2] == option) {
      value = cases.back();
      cases.resize(cases.size() - 2);
    }
    if (!cases.empty() && (cases.front() == "cpu" || cases.front() == "cuda")) {
      device = cases.front();
      cases.erase(cases.begin());
    }
  }
  bool wants(const std::string& name) const {
    return cases.empty() || std::find(cases.begin(), cases.end(), name) != cases.end();
  }
};

struct Shape {
  Family family = Family::bernoulli;
  Eigen::Index rows = 0;
  int fixed = 0;
  int inputs = 0;
  std::vector<int> widths = {};
  Eigen::Index groups = 0;
  double noise = 0;
};

inline Model make_model(const Shape& shape) {
  Model model;
  model.family = shape.family;
  model.shape.inputs = shape.inputs;
  model.shape.widths = shape.widths;
  model.shape.set_heads(1, shape.fixed);
  model.sides = {0};
  model.sparse = {0};
  if (shape.groups > 0) {
    RandomEffect effect;
    effect.group = "g";
    effect.coefficients = {"Intercept"};
    effect.levels = shape.groups;
    effect.sd.b = 2.5;
    model.effects.push_back(effect);
  }
  model.sigma_levels = {""};
  model.augmentation = describe(shape.family).augmentation;
  model.priors.sd.resize(model.effects.size());
  model.priors.weight.resize(shape.widths.empty() ? 0 : shape.widths.size() + 1);
  for (std::size_t l = 0; l < model.priors.weight.size(); ++l)
    model.priors.weight[l].b = 1 / std::sqrt(static_cast<double>(l == 0 ? shape.inputs : shape.widths[l - 1]));
  for (std::size_t l = 1; l <= model.priors.weight.size(); ++l) model.weight_layers.push_back(std::to_string(l));
  model.output_scales = {shape.widths.empty() ? -1 : static_cast<int>(shape.widths.size())};
  model.spread.setOnes(1);
  model.layer_noise.kind = shape.noise > 0 ? LayerNoise::Kind::fixed : LayerNoise::Kind::zero;
  model.layer_noise.value = shape.noise;
  model.fixed_prior_mean = Eigen::VectorXd::Zero(shape.fixed);
  model.fixed_prior_precision = Eigen::VectorXd::Constant(shape.fixed, 0.16);
  return model;
}

inline RowMatrix normals(Eigen::Index rows, Eigen::Index cols, std::uint32_t instance) {
  RowMatrix m(rows, cols);
  for (Eigen::Index i = 0; i < rows; ++i) {
    Stream stream({5, 0, 0, Site::simulation, instance}, static_cast<std::uint32_t>(i));
    for (Eigen::Index j = 0; j < cols; ++j) m(i, j) = draw_normal<double>(stream);
  }
  return m;
}

/// Standard normal columns, the first fixed one ones; the linear predictor is .3 times the sum of up to nine columns
/// and, with groups, standard normal effects; 0/1 responses by its logit, others with unit noise.
inline Design make_design(const Shape& shape) {
  const Eigen::Index n = shape.rows;
  Design design;
  design.rows.resize(static_cast<std::size_t>(n));
  design.sides.resize(1);
  SideDesign& side = design.sides[0];
  side.fixed = normals(n, shape.fixed, 0);
  if (shape.fixed > 0) side.fixed.col(0).setOnes();
  side.deep = shape.inputs > 0;
  design.deep = normals(n, shape.inputs, 1);
  side.offset = Eigen::VectorXd::Zero(n);
  design.weights = Eigen::VectorXd::Ones(n);
  design.trials = Eigen::VectorXd::Ones(n);
  const RowMatrix& x = shape.inputs > 0 ? design.deep : side.fixed;
  Eigen::VectorXd eta = 0.3 * x.leftCols(std::min<Eigen::Index>(x.cols(), 9)).rowwise().sum();
  if (shape.groups > 0) {
    const RowMatrix u = normals(shape.groups, 1, 3);
    TermDesign group;
    group.z = RowMatrix::Ones(n, 1);
    for (Eigen::Index i = 0; i < n; ++i) {
      const Eigen::Index g = i * 7919 % shape.groups;
      group.index.push_back(static_cast<std::int32_t>(g));
      eta[i] += u(g, 0);
    }
    side.groups.push_back(group);
  }
  design.response.resize(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    Stream stream({5, 0, 0, Site::simulation, 2}, static_cast<std::uint32_t>(i));
    design.response[i] = shape.family == Family::gaussian ? eta[i] + draw_normal<double>(stream)
                                                          : (stream.uniform53() < 1 / (1 + std::exp(-eta[i])) ? 1 : 0);
  }
  return design;
}

struct Chain {
  Sweep sweep;
  State state;
};

/// A model with its data on a backend.
struct Setting {
  Model model;
  Design design;
  ResidentData data;
  Context context;

  Setting(const Shape& shape, const Backend& backend)
      : model(make_model(shape)),
        design(make_design(shape)),
        data(make_resident(model, design, backend)),
        context{model, data, backend} {}
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

  /// A started chain: at the mode, or for networks, whose warm start is long, at small random weights.
  Chain start(std::uint32_t chain) const {
    const Backend& backend = context.backend;
    Chain started{make_sweep(context, design), make_state(context)};
    State& state = started.state;
    if (model.shape.layers() == 0) {
      started.sweep.begin(warm_start(state, context, {1, chain, 0, Site::warm_start, 0}));
      return started;
    }
    backend.draw_normal({1, chain, 0, Site::initial_state, 0}, state.theta);
    backend.axpy(0.02 - 1, state.theta, state.theta);
    for (std::size_t l = 0; l < state.noise.size(); ++l) {
      backend.draw_normal({1, chain, 0, Site::initial_state, static_cast<std::uint32_t>(l) + 1}, state.noise[l]);
      backend.axpy(std::sqrt(model.layer_noise.value) - 1, state.noise[l], state.noise[l]);
    }
    refresh(state, context);
    return started;
  }
};

}  // namespace bdglm::bench
