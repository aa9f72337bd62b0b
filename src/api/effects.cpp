// Marginal effects and importances of a posterior, over rows that are given or the fit's own.
#include "posterior/effects.hpp"

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "bdglm/posterior.hpp"
#include "design/design_table.hpp"
#include "model/fit_spec.hpp"
#include "posterior/importance.hpp"
#include "run/design_archive.hpp"

namespace bdglm {

namespace {

/// Of a column that random effects alone read there is no effect without them; a level of a nesting may meet others as
/// in no row, so that groups may be new.
GroupMode groups_for(const DrawSource& source, const std::string& variable, const EffectOptions& asked) {
  const bool alone = read_by_groups_alone(source.spec().get<FitSpec>().frame, variable);
  if (alone && asked.groups == GroupMode::none)
    throw ModelError(setting("GroupMode::none") + " leaves random effects out, and these alone read '" + variable +
                     "', so that nothing would be left of its effect; ask for " + setting("GroupMode::fresh") +
                     ", or leave " + setting("groups") + " out, which says the same here");
  return asked.groups.value_or(alone ? GroupMode::fresh : GroupMode::none);
}

Effects told(Effects effects, const EffectOptions& asked, GroupMode taken) {
  if (!asked.groups && taken != GroupMode::none)
    effects.notes.insert(effects.notes.begin(),
                         "random effects alone read '" + effects.variable +
                             "': they are taken in, and drawn anew for groups that the fit has not " + "seen, as by " +
                             setting("groups") + " new");
  return effects;
}

Table own_rows(const DrawSource& source, const Frame& frame, GroupMode groups) {
  DesignTable own = table_of(restore_design(source, frame), frame, groups != GroupMode::none);
  if (!own.lost.empty())
    throw DataError("the fit was made by an earlier version, which kept its rows as the formula codes them, and " +
                    listed(own.lost) + " cannot be told from these; give the table with " + setting("data"));
  own.table.source = "the fit's own rows";
  return std::move(own.table);
}

}  // namespace

Effects Posterior::effects(const Data& rows, const std::string& variable, const EffectOptions& asked) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  const GroupMode groups = groups_for(*source, variable, asked);
  const Predictor predictor(*source, prediction_options(groups, asked.interval, asked.threads));
  return told(effects_of(predictor, rows.table(), variable, asked), asked, groups);
}

Effects Posterior::effects(const std::string& variable, const EffectOptions& asked) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  const GroupMode groups = groups_for(*source, variable, asked);
  const Predictor predictor(*source, prediction_options(groups, asked.interval, asked.threads));
  return told(effects_of(predictor, own_rows(*source, predictor.frame(), groups), variable, asked), asked, groups);
}

Importances Posterior::importance(const Data& rows, const ImportanceOptions& asked) const {
  return importance_of(*source(), rows.table(), asked);
}

Importances Posterior::importance(const ImportanceOptions& asked) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  return importance_of(*source, own_rows(*source, source->spec().get<FitSpec>().frame, asked.groups), asked);
}

}  // namespace bdglm
