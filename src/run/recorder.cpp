// The variables of a fit file, named as in brms, and their values at a state.
#include "run/recorder.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>

#include "bdglm/error.hpp"
#include "family/response.hpp"

namespace bdglm {

namespace {

constexpr Eigen::Index kPredictionRows = 10;
/// Beyond so many, coefficients share one variable: files of thousands of variables are slow to open everywhere.
constexpr std::size_t kMostVariables = 100;
constexpr double kMostEffectBytes = 536870912;

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> labels;
  for (std::size_t k = 1; k <= count; ++k) labels.push_back(std::to_string(k));
  return labels;
}

void append(const Eigen::VectorXd& values, std::vector<double>& out) {
  out.insert(out.end(), values.begin(), values.end());
}

Eigen::VectorXd standard_deviations(const Eigen::MatrixXd& covariance) { return covariance.diagonal().cwiseSqrt(); }

/// Of each pair l < k, row by row.
Eigen::VectorXd correlations(const Eigen::MatrixXd& covariance) {
  const Eigen::Index q = covariance.rows();
  Eigen::VectorXd result(q * (q - 1) / 2);
  Eigen::Index at = 0;
  for (Eigen::Index k = 0; k < q; ++k)
    for (Eigen::Index l = 0; l < k; ++l)
      result[at++] = covariance(k, l) / std::sqrt(covariance(k, k) * covariance(l, l));
  return result;
}

}  // namespace

int check_effects_word(const std::string& word) {
  if (word == "auto" || word == "all" || word == "moments" || word == "none") return 1;
  int every = 0;
  if (word.rfind("every=", 0) == 0) {
    const auto result = std::from_chars(word.data() + 6, word.data() + word.size(), every);
    if (result.ptr != word.data() + word.size()) every = 0;
  }
  if (every < 1)
    throw ModelError("--save-effects is all, moments, none or every=K with a whole number K, not '" + word + "'");
  return every;
}

EffectsSaving choose_effects_saving(RunOptions& run, const Model& model, std::vector<std::string>& notes) {
  double values = 0;
  for (const RandomEffect& e : model.effects) values += static_cast<double>(e.levels * e.width());
  const double bytes = 8 * values * run.chains * static_cast<double>(run.draws);
  if (run.save_effects == "auto") {
    run.save_effects = bytes <= kMostEffectBytes ? "all" : "moments";
    if (run.save_effects == "moments") {
      notes.push_back("the file keeps means and covariances of random effects, since their draws would take " +
                      std::to_string(std::llround(bytes / 1e6)) + " MB; --save-effects all keeps every draw");
    }
  }
  const std::string& word = run.save_effects;
  if (word == "all") return {EffectsSaving::Kind::all, 1};
  if (word == "moments") return {EffectsSaving::Kind::moments, 1};
  if (word == "none") return {EffectsSaving::Kind::none, 1};
  const int every = check_effects_word(word);
  if (every > run.draws)
    throw ModelError("--save-effects every=" + std::to_string(every) + " keeps none of " + std::to_string(run.draws) +
                     " draws; the number must not be above --draws");
  return {every == 1 ? EffectsSaving::Kind::all : EffectsSaving::Kind::thinned, every};
}

std::vector<EffectGroup> group_effects(const std::vector<RandomEffect>& effects) {
  std::vector<EffectGroup> groups;
  for (std::size_t r = 0; r < effects.size(); ++r) {
    const RandomEffect& e = effects[r];
    auto found = std::find_if(groups.begin(), groups.end(), [&](const EffectGroup& g) { return g.group == e.group; });
    if (found == groups.end()) found = groups.insert(groups.end(), {e.group, {}, {}});
    found->terms.push_back(r);
    found->coefficients.insert(found->coefficients.end(), e.coefficients.begin(), e.coefficients.end());
  }
  return groups;
}

RowMatrix effects_of(const EffectGroup& group, const State& state, const Backend& backend) {
  RowMatrix all;
  Eigen::Index column = 0;
  for (const std::size_t r : group.terms) {
    const RowMatrix u = backend.download(state.effects[r]);
    if (column == 0) all.resize(u.rows(), static_cast<Eigen::Index>(group.coefficients.size()));
    all.middleCols(column, u.cols()) = u;
    column += u.cols();
  }
  return all;
}

Dimension level_dimension(const Frame& frame, const std::string& group) {
  // A dimension and its coordinate have one name, which no other dimension or variable of the file may have.
  static const std::set<std::string> taken = {"chain",
                                              "draw",
                                              "obs",
                                              "b",
                                              "coefficient",
                                              "sigma",
                                              "prediction_row",
                                              "prediction",
                                              "response_level",
                                              "layer_noise",
                                              "weight_layer",
                                              "layer",
                                              "input",
                                              "input_relevance",
                                              "weight_scale",
                                              "lp",
                                              "y"};
  const auto begins = [&](const char* prefix) { return group.rfind(prefix, 0) == 0; };
  const bool clashes = taken.count(group) > 0 || begins("b_") || begins("sd_") || begins("cor_") || begins("r_") ||
                       begins("sigma__") || group.find("__coefficient") != std::string::npos ||
                       group.find("__pair") != std::string::npos;
  return {variable_name(clashes ? group + "__level" : group), frame.group_levels.at(group), {}};
}

Dimension coefficient_dimension(const std::string& group, const std::vector<std::string>& coefficients) {
  return {variable_name(group + "__coefficient"), coefficients, {}};
}

Recorder::Recorder(const Context& context, const Frame& frame, const Design& design, const RunOptions& run,
                   const EffectsSaving& effects)
    : context_(context),
      response_(design.response),
      trials_(design.trials),
      weights_(design.weights),
      precisions_(describe(context.model.family).weight == WeightKind::precision) {
  add_coefficients();
  add_covariances();
  if (context.model.has_sigma()) {
    std::vector<Dimension> dimensions;
    if (!frame.sigma_text.empty()) dimensions.push_back({"sigma__" + frame.sigma_text, context.model.sigma_levels, {}});
    add({"posterior", "sigma", dimensions},
        [](const Snapshot& s, std::vector<double>& out) { append(s.state.sigma2.cwiseSqrt(), out); });
  }
  if (context.model.shape.layers() > 0) add_network(frame, design);
  add_effects(frame, effects);
  add_statistics();
  add_rows(design, run.save);
}

void Recorder::add(DrawVariable variable, Values values) {
  variable.name = variable_name(variable.name);
  for (Dimension& d : variable.dimensions) d.name = variable_name(d.name);
  entries_.push_back({std::move(variable), std::move(values)});
}

void Recorder::add_coefficients() {
  const std::vector<std::string>& names = context_.model.fixed_names;
  if (names.size() > kMostVariables) {
    add({"posterior", "b", {{"coefficient", names, {}}}},
        [](const Snapshot& s, std::vector<double>& out) { append(s.beta, out); });
    return;
  }
  for (std::size_t j = 0; j < names.size(); ++j)
    add({"posterior", "b_" + names[j], {}},
        [j](const Snapshot& s, std::vector<double>& out) { out.push_back(s.beta[static_cast<Eigen::Index>(j)]); });
}

void Recorder::add_covariances() {
  const std::vector<RandomEffect>& effects = context_.model.effects;
  // Terms that share a group would share the names of arrays.
  const auto wide = [&](const RandomEffect& e) {
    const std::size_t q = e.coefficients.size();
    return q * (q + 1) / 2 > kMostVariables &&
           std::count_if(effects.begin(), effects.end(), [&](const RandomEffect& o) { return o.group == e.group; }) ==
               1;
  };
  for (std::size_t r = 0; r < effects.size(); ++r) {
    const RandomEffect& e = effects[r];
    if (wide(e)) {
      add({"posterior", "sd_" + e.group, {coefficient_dimension(e.group, e.coefficients)}},
          [r](const Snapshot& s, std::vector<double>& out) {
            append(standard_deviations(s.state.covariance[r]), out);
          });
      continue;
    }
    for (Eigen::Index k = 0; k < e.width(); ++k)
      add({"posterior", "sd_" + e.group + "__" + e.coefficients[static_cast<std::size_t>(k)], {}},
          [r, k](const Snapshot& s, std::vector<double>& out) {
            out.push_back(std::sqrt(s.state.covariance[r](k, k)));
          });
  }
  for (std::size_t r = 0; r < effects.size(); ++r) {
    const RandomEffect& e = effects[r];
    std::vector<std::string> pairs;
    for (std::size_t k = 0; k < e.coefficients.size(); ++k)
      for (std::size_t l = 0; l < k; ++l) pairs.push_back(e.coefficients[l] + "__" + e.coefficients[k]);
    if (wide(e)) {
      add({"posterior", "cor_" + e.group, {{e.group + "__pair", pairs, {}}}},
          [r](const Snapshot& s, std::vector<double>& out) { append(correlations(s.state.covariance[r]), out); });
      continue;
    }
    for (std::size_t p = 0; p < pairs.size(); ++p)
      add({"posterior", "cor_" + e.group + "__" + pairs[p], {}}, [r, p](const Snapshot& s, std::vector<double>& out) {
        out.push_back(correlations(s.state.covariance[r])[static_cast<Eigen::Index>(p)]);
      });
  }
}

void Recorder::add_network(const Frame& frame, const Design& design) {
  const Model& model = context_.model;
  const auto layers = static_cast<std::size_t>(model.shape.layers());
  add({"posterior", "weight_scale", {{"weight_layer", numbered(layers + 1), {}}}},
      [](const Snapshot& s, std::vector<double>& out) {
        for (const double v : s.state.weight_variance) out.push_back(std::sqrt(v));
      });
  if (model.has_noise())
    add({"posterior", "layer_noise", {{"layer", numbered(layers), {}}}},
        [](const Snapshot& s, std::vector<double>& out) {
          out.insert(out.end(), s.state.layer_noise.begin(), s.state.layer_noise.end());
        });
  if (model.horseshoe)
    add({"posterior", "input_relevance", {{"input", model.deep_names, {}}}},
        [](const Snapshot& s, std::vector<double>& out) { append(s.state.relevance.cwiseSqrt(), out); });
  const Eigen::Index n = context_.data.rows;
  std::vector<Eigen::Index> rows;
  Dimension dimension{"prediction_row", {}, {}};
  for (Eigen::Index k = 0; k < std::min(kPredictionRows, n); ++k) {
    rows.push_back(k * n / std::min(kPredictionRows, n));
    dimension.numbers.push_back(static_cast<long long>(design.rows[static_cast<std::size_t>(rows.back())]) + 1);
  }
  needs_eta_ = true;
  std::vector<Dimension> dimensions = {dimension};
  if (has_levels(model.family)) dimensions.push_back({"response_level", frame.response_levels, {}});
  add({"posterior", "prediction", dimensions}, [this, rows](const Snapshot& s, std::vector<double>& out) {
    const Model& m = context_.model;
    std::vector<double> expected(static_cast<std::size_t>(outcomes(m.family, m.shape.predictors())));
    for (const Eigen::Index i : rows) {
      expected_response(m.family, s.predictors(i), trials_[i], expected.data());
      out.insert(out.end(), expected.begin(), expected.end());
    }
  });
  // Hidden layers, then the heads' output weights, without the coefficients that have names.
  std::vector<int> kept;
  for (int k = 0; k < model.shape.heads_offset(); ++k) kept.push_back(k);
  for (int c = 0; c < model.shape.predictors(); ++c)
    for (int k = 0; k < model.shape.head(c).units; ++k) kept.push_back(model.shape.output_offset(c) + k);
  Dimension elements{"theta_element", {}, std::vector<long long>(kept.size())};
  std::iota(elements.numbers.begin(), elements.numbers.end(), 1);
  add({"bdglm", "theta", {elements}}, [kept](const Snapshot& s, std::vector<double>& out) {
    for (const int k : kept) out.push_back(s.theta[k]);
  });
}

void Recorder::add_effects(const Frame& frame, const EffectsSaving& saving) {
  if (saving.kind == EffectsSaving::Kind::moments || saving.kind == EffectsSaving::Kind::none) return;
  for (const EffectGroup& group : group_effects(context_.model.effects)) {
    DrawVariable variable{
        saving.every == 1 ? "posterior" : "thinned_effects",
        "r_" + group.group,
        {level_dimension(frame, group.group), coefficient_dimension(group.group, group.coefficients)}};
    variable.every = saving.every;
    add(variable, [this, group](const Snapshot& s, std::vector<double>& out) {
      const RowMatrix u = effects_of(group, s.state, context_.backend);
      out.insert(out.end(), u.data(), u.data() + u.size());
    });
  }
}

void Recorder::add_statistics() {
  const auto statistic = [&](const std::string& name, DrawVariable::Kind kind, auto value) {
    add({"sample_stats", name, {}, kind},
        [value](const Snapshot& s, std::vector<double>& out) { out.push_back(value(s.state)); });
  };
  statistic("lp", DrawVariable::Kind::real, [this](const State& s) { return log_posterior(s, context_); });
  statistic("diverging", DrawVariable::Kind::boolean, [](const State& s) { return s.record.diverging ? 1.0 : 0.0; });
  statistic("acceptance_rate", DrawVariable::Kind::real, [](const State& s) { return s.record.acceptance(); });
  statistic("step_size", DrawVariable::Kind::real, [](const State& s) { return std::exp(s.step.log_average); });
  statistic("n_steps", DrawVariable::Kind::integer, [](const State& s) { return static_cast<double>(s.record.steps); });
}

void Recorder::add_rows(const Design& design, const std::vector<std::string>& save) {
  Dimension obs{"obs", {}, {}};
  for (const std::size_t row : design.rows) obs.numbers.push_back(static_cast<long long>(row) + 1);
  const auto wanted = [&](const char* name) { return std::find(save.begin(), save.end(), name) != save.end(); };
  // Of one observation: its precision, or its trials without the weight.
  const auto sizes = [this](const Snapshot& s) {
    return precisions_ ? context_.backend.download(s.state.likelihood.size) : RowMatrix(trials_);
  };
  if (wanted("log_likelihood"))
    add({"log_likelihood", "y", {obs}, DrawVariable::Kind::compressed},
        [this, sizes](const Snapshot& s, std::vector<double>& out) {
          const RowMatrix size = sizes(s);
          for (Eigen::Index i = 0; i < s.rows; ++i) {
            const double each = log_density(context_.model.family, response_[i], size(i, 0), s.predictors(i));
            out.push_back(precisions_ ? each : weights_[i] * each);
          }
        });
  if (wanted("posterior_predictive"))
    add({"posterior_predictive", "y", {obs}, DrawVariable::Kind::compressed},
        [this, sizes](const Snapshot& s, std::vector<double>& out) {
          const RowMatrix size = sizes(s);
          for (Eigen::Index i = 0; i < s.rows; ++i) {
            Stream stream(s.address.at(Site::predict_response),
                          static_cast<std::uint32_t>(context_.backend.first_row() + i));
            out.push_back(draw_response(context_.model.family, stream, size(i, 0), s.predictors(i)));
          }
        });
  needs_eta_ = needs_eta_ || !save.empty();
}

std::vector<DrawVariable> Recorder::variables() const {
  std::vector<DrawVariable> variables;
  variables.reserve(entries_.size());
  for (const Entry& entry : entries_) variables.push_back(entry.variable);
  return variables;
}

std::vector<double> Recorder::values(const State& state, const Address& address, std::int64_t draw) const {
  const Model& model = context_.model;
  Snapshot snapshot{state, address, context_.data.rows, context_.backend.download(state.theta), {}, {}};
  snapshot.beta = model.user_coefficients(snapshot.theta);
  if (needs_eta_) snapshot.eta = context_.backend.download(state.eta);
  std::vector<double> out;
  for (const Entry& entry : entries_)
    if ((draw + 1) % entry.variable.every == 0) entry.values(snapshot, out);
  return out;
}

}  // namespace bdglm
