// The public posterior over any source of draws.
#include "bdglm/posterior.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "api/weighted_chains.hpp"
#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/memory_draws.hpp"
#include "posterior/evaluate.hpp"
#include "posterior/prediction_design.hpp"
#include "report/summary.hpp"
#include "report/warnings.hpp"

namespace bdglm {
namespace {

void append(std::vector<std::string>& notes, const std::vector<std::string>& more) {
  notes.insert(notes.end(), more.begin(), more.end());
}

std::string path_of(const std::pair<std::string, std::string>& variable) {
  return variable.first + "/" + variable.second;
}

/// What the fit keeps instead of all draws of random effects, where `group` or `name` is about them; else nothing.
std::string effects_kept(const DrawSource& source, const std::string& group, const std::string& name) {
  const bool about_effects = group == "thinned_effects" || group == "effect_moments" || name.rfind("r_", 0) == 0;
  const std::string kept = about_effects ? understand(source.spec().get<FitSpec>()).effects : "";
  return kept.empty() ? "" : "; " + kept;
}

std::string meant(const std::vector<std::string>& near) { return "; did you mean " + listed(near) + "?"; }

/// Whether a scalar's name has `part` between underscores, brackets and its ends: "x" is in "b_x", not in "max".
bool has_part(const std::string& scalar, const std::string& part) {
  const auto inner = [&](std::size_t at) {
    return at < scalar.size() && std::isalnum(static_cast<unsigned char>(scalar[at])) != 0;
  };
  const std::size_t at = part.empty() ? std::string::npos : scalar.find(part);
  return at != std::string::npos && (at == 0 || !inner(at - 1)) && !inner(at + part.size());
}

[[noreturn]] void throw_no_array(const DrawSource& source, const std::vector<std::string>& arrays,
                                 const std::string& name) {
  const std::size_t slash = name.find('/');
  const std::string group = name.substr(0, slash);
  const std::string own = slash == std::string::npos ? name : name.substr(slash + 1);
  const bool there = std::any_of(arrays.begin(), arrays.end(),
                                 [&](const std::string& array) { return array.rfind(group + "/", 0) == 0; });
  const std::string missing = "the fit has no '" + name + "'";
  if (!there && (group == "log_likelihood" || group == "posterior_predictive"))
    throw ModelError(missing + "; fit again with " + setting("save") + " " + group + " to keep it");
  if (!there && (group == "effect_moments" || group == "thinned_effects") &&
      source.spec().at("run").at("save_effects") == "all" && !source.spec().get<FitSpec>().frame.groupings.empty())
    throw ModelError(missing + ", since it keeps all draws of effects, as posterior/r_GROUP; " +
                     setting("save_effects") + (group == "effect_moments" ? " moments" : " every=K") +
                     " keeps these in their place");
  const std::string kept = effects_kept(source, group, own);
  std::vector<std::string> near;
  std::copy_if(arrays.begin(), arrays.end(), std::back_inserter(near),
               [&](const std::string& array) { return array.substr(array.find('/') + 1) == own; });
  if (near.empty() && kept.empty()) near = nearest_names(name, arrays);
  if (!near.empty()) throw ModelError(missing + kept + meant(near));
  throw ModelError(missing + (kept.empty() ? "; it has " + listed(arrays) : kept));
}

}  // namespace

std::vector<std::size_t> Array::shape() const {
  std::vector<std::size_t> sizes;
  for (const Dimension& dimension : dimensions) sizes.push_back(dimension.labels.size());
  return sizes;
}

Posterior Posterior::open(const std::string& path) {
  Posterior posterior;
  std::error_code unknown;  // a path that cannot be made absolute is not found
  posterior.path_ = std::filesystem::absolute(path, unknown).string();
  posterior.shown_ = path;
  posterior.source();
  return posterior;
}

std::shared_ptr<const DrawSource> Posterior::source() const {
  return memory_ ? memory_ : std::make_shared<FitReader>(path_, shown_);
}

bool Posterior::complete() const { return source()->spec().at("progress").at("complete").get<bool>(); }
int Posterior::chains() const { return source()->chains(); }
std::size_t Posterior::draws_per_chain() const { return source()->draws(); }

std::vector<std::string> Posterior::names(bool all) const {
  std::vector<std::string> names;
  for (const ScalarPlace& place : posterior_scalars(*source(), all)) names.push_back(place.name);
  return names;
}

std::vector<double> Posterior::draws(const std::string& name) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  for (const ScalarPlace& place : posterior_scalars(*source, true)) {
    if (place.name != name) continue;
    const Eigen::VectorXd column = source->read("posterior", place.variable).col(place.column);
    return {column.begin(), column.end()};
  }
  const std::vector<std::string> all = names(true);
  std::vector<std::string> entries;
  std::copy_if(all.begin(), all.end(), std::back_inserter(entries),
               [&](const std::string& scalar) { return scalar.rfind(name + "[", 0) == 0; });
  if (!entries.empty()) throw ModelError("'" + name + "' is of several scalars, each by itself: " + listed(entries));
  const std::string missing = "the posterior has no '" + name + "'" + effects_kept(*source, "posterior", name);
  std::vector<std::string> near = nearest_names(name, all);
  if (near.empty())
    std::copy_if(all.begin(), all.end(), std::back_inserter(near),
                 [&](const std::string& scalar) { return has_part(scalar, name); });
  throw ModelError(missing + (near.empty() ? "; it has " + listed(names()) : meant(near)));
}

std::vector<std::string> Posterior::arrays() const {
  std::vector<std::string> names;
  for (const auto& variable : source()->contents()) names.push_back(path_of(variable));
  std::sort(names.begin(), names.end());
  return names;
}

Array Posterior::array(const std::string& name) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  std::vector<std::string> names;
  for (const auto& variable : source->contents()) {
    names.push_back(path_of(variable));
    if (names.back() != name) continue;
    Array array;
    for (Dimension& dimension : source->dimensions(variable.first, variable.second, 0))
      array.dimensions.push_back({std::move(dimension.name), std::move(dimension.labels)});
    const auto append = [&](const RowMatrix& part) {
      array.values.insert(array.values.end(), part.data(), part.data() + part.size());
    };
    if (variable.first == "effect_moments" && source->draws() == 0)
      throw DataError("the fit holds no draws yet, of whose effects there could be moments");
    if (array.dimensions.front().name != "chain") {
      append(source->data(variable.first, variable.second));
      return array;
    }
    const std::size_t draws = source->draws(variable.first);
    for (int c = 0; c < source->chains(); ++c) append(source->read(variable.first, variable.second, c, 0, draws));
    return array;
  }
  throw_no_array(*source, names, name);
}

std::vector<ParameterSummary> Posterior::summary(bool all) const { return summarise_fit(*source(), all); }
std::vector<Warning> Posterior::warnings() const {
  const std::shared_ptr<const DrawSource> source = this->source();
  return warnings_of(*source, summarise_fit(*source, false));
}
std::vector<std::string> Posterior::notes() const { return source()->spec().get<FitSpec>().notes; }
std::string Posterior::specification() const {
  return nlohmann::json(source()->spec().get<FitSpec>()).dump(1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Prediction Posterior::predict(const Data& rows, const PredictOptions& options) const {
  PredictorOptions loading = prediction_options(options.groups, options.interval, options.threads);
  const std::shared_ptr<const DrawSource> source = this->source();
  weigh_chains(options.weights, *source, loading);
  const Predictor predictor(*source, loading);
  Prediction result;
  result.notes = predictor.notes();
  const Design design = prediction_design(predictor, rows.table(), false, result.notes);
  append(result.notes, design.notes);
  if (has_levels(predictor.family())) result.levels = class_names(predictor);
  RowPredictionOptions wanted;
  wanted.interval = options.interval;
  if (options.draws > 0)
    wanted.draws = spread_draws(static_cast<Eigen::Index>(std::min(options.draws, predictor.draws().size())),
                                static_cast<Eigen::Index>(predictor.draws().size()));
  result.rows.resize(rows.rows());
  predict_rows(predictor, design, wanted, [&](Eigen::Index first, const std::vector<RowPrediction>& block) {
    for (std::size_t i = 0; i < block.size(); ++i)
      result.rows[design.rows[static_cast<std::size_t>(first) + i]] = block[i];
  });
  return result;
}

Evaluation Posterior::evaluate(const Data& rows, GroupMode groups, ChainWeights weights) const {
  PredictorOptions loading;
  loading.mode = groups;
  const std::shared_ptr<const DrawSource> source = this->source();
  weigh_chains(weights, *source, loading);
  const Predictor predictor(*source, loading);
  std::vector<std::string> notes = predictor.notes();
  const Design design = prediction_design(predictor, rows.table(), true, notes);
  if (design.size() == 0) throw DataError("no row is complete; there is nothing to score");
  Evaluation result = evaluate_design(predictor, design);
  result.chain_weights = loading.chain_weights;
  append(notes, design.notes);
  result.notes = std::move(notes);
  return result;
}

void Posterior::save(const std::string& path, bool overwrite) const {
  if (const auto* memory = dynamic_cast<const MemoryDraws*>(memory_.get())) return memory->save(path, overwrite);
  throw DataError("these draws are in a file already; copy it to '" + path + "'");
}

}  // namespace bdglm
