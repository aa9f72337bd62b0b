// The variables of a fit file, named as in brms, and their values at a state.
#include "run/recorder.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/rows.hpp"
#include "family/response.hpp"

namespace bdglm {

namespace {

constexpr Eigen::Index kPredictionRows = 10;
constexpr double kMostEffectBytes = 536870912;

/// The fit file's words for a quantity's axes.
std::vector<Dimension> dimensions_of(const Quantity& quantity) {
  std::vector<Dimension> dimensions;
  for (const Axis& axis : quantity.axes) {
    dimensions.push_back({axis.name, axis.labels, std::vector<long long>(axis.count)});
    std::iota(dimensions.back().numbers.begin(), dimensions.back().numbers.end(), 1);
  }
  return dimensions;
}

}  // namespace

EffectsSaving choose_effects_saving(RunOptions& run, const Model& model, std::vector<std::string>& notes) {
  double values = 0;
  for (const RandomEffect& e : model.effects) values += static_cast<double>(e.levels * e.width());
  const double bytes = 8 * values * run.chains * static_cast<double>(run.draws);
  if (run.save_effects == "auto") {
    run.save_effects = bytes <= kMostEffectBytes ? "all" : "moments";
    if (run.save_effects == "moments") {
      notes.push_back("the fit keeps means and covariances of random effects, since their draws would take " +
                      std::to_string(std::llround(bytes / 1e6)) + " MB; " + setting("save_effects") +
                      " all keeps every draw");
    }
  }
  const std::string& word = run.save_effects;
  if (word == "all") return {EffectsSaving::Kind::all, 1};
  if (word == "moments") return {EffectsSaving::Kind::moments, 1};
  if (word == "none") return {EffectsSaving::Kind::none, 1};
  const int every = check_effects_word(word);
  if (every > run.draws)
    throw ModelError(setting("save_effects") + " every=" + std::to_string(every) + " keeps none of " +
                     std::to_string(run.draws) + " draws; the number must not be above " + setting("draws"));
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
  const bool parameter = std::any_of(std::begin(kFamilies), std::end(kFamilies), [&](Family family) {
    const auto own = parameters_of(family);
    return std::any_of(own.begin(), own.end(), [&](const FamilyParameter& p) { return group == p.name; });
  });
  const bool clashes = taken.count(group) > 0 || parameter || begins("b_") || begins("sd_") || begins("cor_") ||
                       begins("r_") || begins("sigma__") || group.find("__coefficient") != std::string::npos ||
                       group.find("__pair") != std::string::npos;
  return {variable_name(clashes ? group + "__level" : group), frame.group_levels.at(group), {}};
}

Dimension coefficient_dimension(const std::string& group, const std::vector<std::string>& coefficients) {
  return {variable_name(group + "__coefficient"), coefficients, {}};
}

std::vector<DataVariable> moment_variables(const EffectMoments& moments, const std::vector<EffectGroup>& groups,
                                           const Frame& frame) {
  std::vector<DataVariable> variables;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    const EffectGroup& group = groups[k];
    const Dimension levels = level_dimension(frame, group.group);
    const Dimension rows = coefficient_dimension(group.group, group.coefficients);
    Dimension columns = rows;
    columns.name += "2";
    const std::string name = variable_name("r_" + group.group);
    const bool there = moments.count() > 0;
    variables.push_back({"effect_moments", name + "_mean", {levels, rows}, there ? moments.mean(k) : RowMatrix()});
    variables.push_back(
        {"effect_moments", name + "_covariance", {levels, rows, columns}, there ? moments.covariance(k) : RowMatrix()});
  }
  return variables;
}

Recorder::Recorder(const Context& context, const Frame& frame, const Design& design, Design missing,
                   const RunOptions& run, const EffectsSaving& effects)
    : context_(context),
      missing_(context.model, std::move(missing), context.data.all_rows, context.backend),
      response_(design.response),
      trials_(design.trials),
      weights_(design.weights),
      order_(rows_by_table(design)),
      precisions_(describe(context.model.family).weight == WeightKind::precision) {
  for (const auto& parameter : parameter_table(context.model))
    for (Quantity& quantity : parameter->quantities(context.model))
      add({quantity.internal ? kOwnGroup : "posterior", quantity.name, dimensions_of(quantity)},
          std::move(quantity.append));
  if (context.model.shape.layers() > 0) add_prediction(frame, design);
  add_effects(frame, effects);
  add_statistics();
  add_rows(design, frame.response_levels, run.save);
  if (missing_.count() > 0) add_missing(frame);
}

void Recorder::add(DrawVariable variable, Values values) {
  variable.name = variable_name(variable.name);
  for (Dimension& d : variable.dimensions) d.name = variable_name(d.name);
  entries_.push_back({std::move(variable), std::move(values)});
}

void Recorder::add_prediction(const Frame& frame, const Design& design) {
  const Model& model = context_.model;
  const Eigen::Index n = context_.data.rows;
  std::vector<Eigen::Index> rows;
  Dimension dimension{"prediction_row", {}, {}};
  for (Eigen::Index k = 0; k < std::min(kPredictionRows, n); ++k) {
    rows.push_back(order_[static_cast<std::size_t>(k * n / std::min(kPredictionRows, n))]);
    dimension.numbers.push_back(static_cast<long long>(design.rows[static_cast<std::size_t>(rows.back())]) + 1);
  }
  needs_eta_ = true;
  std::vector<Dimension> dimensions = {dimension};
  if (has_levels(model.family)) dimensions.push_back({"response_level", frame.response_levels, {}});
  add({"posterior", "prediction", dimensions}, [this, rows](const Snapshot& s, std::vector<double>& out) {
    const Model& m = context_.model;
    std::vector<double> expected(static_cast<std::size_t>(outcomes(m.family, m.levels)));
    for (const Eigen::Index i : rows) {
      expected_response(m.family, s.predictors(i), trials_[i], expected.data());
      out.insert(out.end(), expected.begin(), expected.end());
    }
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
        [value](const Snapshot& s, std::vector<double>& out) { out.push_back(value(s)); });
  };
  using Kind = DrawVariable::Kind;
  statistic("lp", Kind::real, [this](const Snapshot& s) { return log_posterior(s.state, context_); });
  statistic("diverging", Kind::boolean, [](const Snapshot& s) { return s.moves.diverging ? 1.0 : 0.0; });
  statistic("acceptance_rate", Kind::real, [](const Snapshot& s) { return s.moves.acceptance(); });
  statistic("step_size", Kind::real, [](const Snapshot& s) { return s.moves.step_size; });
  statistic("n_steps", Kind::integer, [](const Snapshot& s) { return static_cast<double>(s.moves.steps); });
}

void Recorder::add_rows(const Design& design, const std::vector<std::string>& levels,
                        const std::vector<std::string>& save) {
  Dimension obs{"obs", {}, {}};
  for (const Eigen::Index i : order_)
    obs.numbers.push_back(static_cast<long long>(design.rows[static_cast<std::size_t>(i)]) + 1);
  const auto wanted = [&](const char* name) { return std::find(save.begin(), save.end(), name) != save.end(); };
  // Of one observation: its precision, or its trials without the weight.
  const auto sizes = [this](const Snapshot& s) {
    return precisions_ ? context_.backend.download(s.state.likelihood.size) : RowMatrix(trials_);
  };
  if (wanted("log_likelihood"))
    add({"log_likelihood", "y", {obs}, DrawVariable::Kind::compressed},
        [this, sizes](const Snapshot& s, std::vector<double>& out) {
          const RowMatrix size = sizes(s);
          for (const Eigen::Index i : order_) {
            const double each = log_density(context_.model.family, response_[i], size(i, 0), s.predictors(i));
            out.push_back(precisions_ ? each : weights_[i] * each);
          }
        });
  if (wanted("posterior_predictive"))
    add({"posterior_predictive", "y", {obs}, DrawVariable::Kind::compressed, 1, levels},
        [this, sizes](const Snapshot& s, std::vector<double>& out) {
          const RowMatrix size = sizes(s);
          for (const Eigen::Index i : order_) {
            Stream stream(s.address.at(Site::predict_response),
                          static_cast<std::uint32_t>(context_.backend.first_row() + i));
            out.push_back(draw_response(context_.model.family, stream, size(i, 0), s.predictors(i)));
          }
        });
  needs_eta_ = needs_eta_ || !save.empty();
}

void Recorder::add_missing(const Frame& frame) {
  add({"predictions", "y", {missing_.rows()}, DrawVariable::Kind::compressed, 1, frame.response_levels},
      [this](const Snapshot& s, std::vector<double>& out) { missing_.append(s.state, s.address, out); });
}

std::vector<DrawVariable> Recorder::variables() const {
  std::vector<DrawVariable> variables;
  variables.reserve(entries_.size());
  for (const Entry& entry : entries_) variables.push_back(entry.variable);
  return variables;
}

std::vector<double> Recorder::values(const State& state, const MoveRecord& moves, const Address& address,
                                     std::int64_t draw) const {
  Snapshot snapshot{{state, context_}, moves, address, context_.data.rows, {}};
  if (needs_eta_) snapshot.eta = context_.backend.download(state.eta);
  std::vector<double> out;
  for (const Entry& entry : entries_)
    if ((draw + 1) % entry.variable.every == 0) entry.values(snapshot, out);
  return out;
}

}  // namespace bdglm
