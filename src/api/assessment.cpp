// What a posterior says of its own fit: leave-one-out, comparisons, posterior predictive checks.
#include <nlohmann/json.hpp>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "bdglm/posterior.hpp"
#include "model/fit_spec.hpp"
#include "posterior/prediction_design.hpp"
#include "posterior/predictive_accuracy.hpp"
#include "posterior/predictive_check.hpp"
#include "run/design_archive.hpp"

namespace bdglm {
namespace {

void check_threads(int threads) {
  if (threads < 0 || threads > 4096)
    throw ModelError(setting("threads") + " is a whole number from 0 to 4096, not " + std::to_string(threads));
}

/// A predictor for checks, whose new responses stand beside its predictors.
PredictorOptions checking(GroupMode groups, int threads) {
  check_threads(threads);
  PredictorOptions options;
  options.mode = groups;
  options.threads = threads;
  options.memory /= 2;
  return options;
}

/// With what is known of the draws and of the rows before what is found of them.
PredictiveChecks checked(const Predictor& predictor, const Design& design, std::vector<std::string> notes) {
  PredictiveChecks result = check_design(predictor, design);
  notes.insert(notes.end(), result.notes.begin(), result.notes.end());
  result.notes = std::move(notes);
  return result;
}

}  // namespace

LeaveOneOut Posterior::loo(int threads) const {
  check_threads(threads);
  const std::shared_ptr<const DrawSource> source = this->source();
  return leave_one_out(*source, restore_design(*source, source->spec().get<FitSpec>().frame), threads);
}

PredictiveChecks Posterior::check(GroupMode groups, int threads) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  const Predictor predictor(*source, checking(groups, threads));
  return checked(predictor, restore_design(*source, predictor.frame()), predictor.notes());
}

PredictiveChecks Posterior::check(const Data& rows, GroupMode groups, int threads) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  const Predictor predictor(*source, checking(groups, threads));
  std::vector<std::string> notes = predictor.notes();
  const Design design = prediction_design(predictor, rows.table(), true, notes);
  if (design.size() == 0) throw DataError("no row is complete; there is nothing to check");
  notes.insert(notes.end(), design.notes.begin(), design.notes.end());
  return checked(predictor, design, std::move(notes));
}

Comparison compare(const std::vector<std::pair<std::string, Posterior>>& fits, int threads) {
  check_threads(threads);
  if (fits.size() < 2) throw DataError("a comparison needs two fits or more; of one, Posterior::loo tells");
  std::vector<AssessedFit> assessed;
  for (const auto& [name, posterior] : fits) {
    const std::shared_ptr<const DrawSource> source = posterior.source();
    const FitSpec spec = source->spec().get<FitSpec>();
    Design design = restore_design(*source, spec.frame);
    AssessedFit fit{
        name, spec.family, spec.frame.response_levels, design.rows, design.response, design.trials, design.weights, {}};
    if (!assessed.empty()) check_same_responses(assessed.front(), fit);
    fit.accuracy = leave_one_out(*source, design, threads);
    assessed.push_back(std::move(fit));
  }
  return compare_fits(assessed);
}

}  // namespace bdglm
