// Which columns a prediction needs, and words for those that are not there.
#include "posterior/prediction_design.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {

Design prediction_design(const Predictor& predictor, const Table& table, bool with_response,
                         std::vector<std::string>& notes) {
  const Frame& frame = predictor.frame();
  const Formula formula = frame.formula();
  DesignOptions options;
  options.with_response = with_response;
  options.with_groups = predictor.mode() != GroupMode::none;
  const auto require_factors = [&](const Term& term) {
    for (const std::string& factor : term.factors) {
      if (table.has(factor)) continue;
      std::string ways = "; add it";
      if (predictor.mode() == GroupMode::fresh) ways += " (levels that the fit has not seen get effects drawn anew)";
      ways += ", or leave all random effects out with " + setting("GroupMode::none");
      throw DataError("'" + table.source + "' has no column '" + factor + "', which the random effects of '" +
                      term.group_name() + "' need" + ways);
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
      notes.push_back("'" + table.source + "' does not hold the weights '" + deparse(*formula.weights) +
                      "'; every row " + (with_response ? "is scored" : "is predicted") + " with the weight 1");
  }
  return make_design(frame, table, options);
}

std::vector<std::string> class_names(const Predictor& predictor) {
  const ResponseKind kind = describe(predictor.family()).response;
  if (kind != ResponseKind::two_levels && !has_levels(predictor.family())) return {};
  const std::vector<std::string>& levels = predictor.frame().response_levels;
  return levels.empty() ? std::vector<std::string>{"0", "1"} : levels;
}

}  // namespace bdglm
