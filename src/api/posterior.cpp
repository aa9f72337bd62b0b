// The public posterior over any source of draws.
#include "bdglm/posterior.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

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

}  // namespace

Posterior Posterior::open(const std::string& path) {
  Posterior posterior;
  posterior.path_ = path;
  posterior.source();
  return posterior;
}

std::shared_ptr<const DrawSource> Posterior::source() const {
  return memory_ ? memory_ : std::make_shared<FitReader>(path_);
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
  const std::vector<std::string> near = nearest_names(name, names(true));
  throw ModelError("the posterior has no '" + name + "'" +
                   (near.empty() ? "; it has " + listed(names()) : "; did you mean " + listed(near) + "?"));
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
  if (!(options.interval > 0 && options.interval < 1))
    throw ModelError(setting("interval") + " is a probability between 0 and 1, not " +
                     std::to_string(options.interval));
  if (options.threads < 0 || options.threads > 4096)
    throw ModelError(setting("threads") + " is a whole number from 0 to 4096, not " + std::to_string(options.threads));
  PredictorOptions loading;
  loading.mode = options.groups;
  loading.threads = options.threads;
  const std::shared_ptr<const DrawSource> source = this->source();
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

Evaluation Posterior::evaluate(const Data& rows, GroupMode groups) const {
  PredictorOptions loading;
  loading.mode = groups;
  const std::shared_ptr<const DrawSource> source = this->source();
  const Predictor predictor(*source, loading);
  std::vector<std::string> notes = predictor.notes();
  const Design design = prediction_design(predictor, rows.table(), true, notes);
  if (design.size() == 0) throw DataError("no row is complete; there is nothing to score");
  Evaluation result = evaluate_design(predictor, design);
  append(notes, design.notes);
  result.notes = std::move(notes);
  return result;
}

void Posterior::save(const std::string& path, bool overwrite) const {
  if (const auto* memory = dynamic_cast<const MemoryDraws*>(memory_.get())) return memory->save(path, overwrite);
  throw DataError("these draws are in a file already; copy it to '" + path + "'");
}

}  // namespace bdglm
