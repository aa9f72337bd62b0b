// Marginal effects of a posterior, over rows that are given or the fit's own.
#include "posterior/effects.hpp"

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "bdglm/posterior.hpp"
#include "design/design_table.hpp"
#include "run/design_archive.hpp"

namespace bdglm {

Effects Posterior::effects(const Data& rows, const std::string& variable, const EffectOptions& options) const {
  const PredictorOptions loading = prediction_options(options.groups, options.interval, options.threads);
  const std::shared_ptr<const DrawSource> source = this->source();
  return effects_of(Predictor(*source, loading), rows.table(), variable, options);
}

Effects Posterior::effects(const std::string& variable, const EffectOptions& options) const {
  const PredictorOptions loading = prediction_options(options.groups, options.interval, options.threads);
  const std::shared_ptr<const DrawSource> source = this->source();
  const Predictor predictor(*source, loading);
  DesignTable own =
      table_of(restore_design(*source, predictor.frame()), predictor.frame(), options.groups != GroupMode::none);
  if (!own.lost.empty())
    throw DataError("the fit keeps its rows as the formula codes them, from which " + listed(own.lost) +
                    " cannot be told; give the table with " + setting("data"));
  own.table.source = "the fit's own rows";
  return effects_of(predictor, own.table, variable, options);
}

}  // namespace bdglm
