// Marginal effects of a posterior, over rows that are given or the fit's own.
#include "posterior/effects.hpp"

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "bdglm/posterior.hpp"
#include "design/design_table.hpp"
#include "model/fit_spec.hpp"
#include "run/design_archive.hpp"

namespace bdglm {

namespace {

/// Of a column that random effects alone read there is no effect without them; a level of a nesting may meet others as
/// in no row.
EffectOptions with_groups(const DrawSource& source, const std::string& variable, const EffectOptions& options) {
  EffectOptions taken = options;
  if (options.groups == GroupMode::none && read_by_groups_alone(source.spec().get<FitSpec>().frame, variable))
    taken.groups = GroupMode::fresh;
  return taken;
}

Effects told(Effects effects, const EffectOptions& asked, const EffectOptions& taken) {
  if (asked.groups != taken.groups)
    effects.notes.insert(effects.notes.begin(),
                         "random effects alone read '" + effects.variable +
                             "': they are taken in, and drawn anew for groups that the fit has not " + "seen, as by " +
                             setting("groups") + " new");
  return effects;
}

}  // namespace

Effects Posterior::effects(const Data& rows, const std::string& variable, const EffectOptions& asked) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  const EffectOptions options = with_groups(*source, variable, asked);
  const Predictor predictor(*source, prediction_options(options.groups, options.interval, options.threads));
  return told(effects_of(predictor, rows.table(), variable, options), asked, options);
}

Effects Posterior::effects(const std::string& variable, const EffectOptions& asked) const {
  const std::shared_ptr<const DrawSource> source = this->source();
  const EffectOptions options = with_groups(*source, variable, asked);
  const Predictor predictor(*source, prediction_options(options.groups, options.interval, options.threads));
  DesignTable own =
      table_of(restore_design(*source, predictor.frame()), predictor.frame(), options.groups != GroupMode::none);
  if (!own.lost.empty())
    throw DataError("the fit was made by an earlier version, which kept its rows as the formula codes them, and " +
                    listed(own.lost) + " cannot be told from these; give the table with " + setting("data"));
  own.table.source = "the fit's own rows";
  return told(effects_of(predictor, own.table, variable, options), asked, options);
}

}  // namespace bdglm
