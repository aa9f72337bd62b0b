// Which columns a prediction needs, and words for those that are not there.
#include "posterior/prediction_design.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {
namespace {

/// Groups that a fit before an update has seen look like known ones, and are new.
void note_earlier_groups(const Predictor& predictor, const Design& design, std::vector<std::string>& notes) {
  std::set<std::string> done;
  for (const SideDesign& side : design.sides)
    for (const TermDesign& term : side.groups) {
      if (!done.insert(term.group).second) continue;
      std::vector<std::string> seen;
      std::copy_if(term.new_levels.begin(), term.new_levels.end(), std::back_inserter(seen),
                   [&](const std::string& level) { return predictor.seen_before_update(term.group, level); });
      if (!seen.empty())
        notes.push_back("the fit has seen rows of " + listed(seen) + ", " + (seen.size() == 1 ? "a group" : "groups") +
                        " of '" + term.group +
                        "', before it was updated; an update does not take over the effects of groups, and they are "
                        "drawn as those of new ones");
    }
}

}  // namespace

Design prediction_design(const Predictor& predictor, const Table& table, bool with_response,
                         std::vector<std::string>& notes) {
  const Frame& frame = predictor.frame();
  const Formula formula = frame.formula();
  DesignOptions options;
  options.with_response = with_response;
  options.with_groups = predictor.mode() != GroupMode::none;
  const std::string where = table.source.empty()  ? "the table"
                            : table.parts.empty() ? table.source
                                                  : "'" + table.source + "'";
  const auto require_factors = [&](const Term& term) {
    for (const std::string& factor : term.factors) {
      if (table.has(factor)) continue;
      std::string ways = "; add it";
      if (predictor.mode() == GroupMode::fresh) ways += " (levels that the fit has not seen get effects drawn anew)";
      ways += ", or leave all random effects out with " + setting("GroupMode::none");
      throw DataError(where + " has no column '" + factor + "', which the random effects of '" + term.group_name() +
                      "' need" + ways);
    }
  };
  for (const RightSide& side : formula.sides)
    if (options.with_groups) std::for_each(side.groups.begin(), side.groups.end(), require_factors);
  if (formula.weights) {
    std::vector<std::string> columns;
    collect_names(*formula.weights, columns);
    const bool there =
        std::all_of(columns.begin(), columns.end(), [&](const std::string& name) { return table.has(name); });
    const bool needed = with_response || describe(predictor.family()).weight == WeightKind::precision;
    options.with_weights = there && needed;
    if (!there && needed)
      notes.push_back(where + " does not hold the weights '" + deparse(*formula.weights) + "'; every row " +
                      (with_response ? "is scored" : "is predicted") + " with the weight 1");
  }
  Design design = make_design(frame, table, options);
  if (predictor.mode() == GroupMode::fresh) note_earlier_groups(predictor, design, notes);
  return design;
}

std::vector<std::string> class_names(const Predictor& predictor) {
  const ResponseKind kind = describe(predictor.family()).response;
  if (kind != ResponseKind::two_levels && !has_levels(predictor.family())) return {};
  const std::vector<std::string>& levels = predictor.frame().response_levels;
  return levels.empty() ? std::vector<std::string>{"0", "1"} : levels;
}

}  // namespace bdglm
