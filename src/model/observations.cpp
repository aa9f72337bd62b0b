// Observations that a family can take: the family by the response, values, levels, weights.
#include "model/observations.hpp"

#include <algorithm>
#include <map>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/rows.hpp"
#include "family/response.hpp"
#include "model/model.hpp"

namespace bdglm {

namespace {

/// A family's complaint with the words of the formula and the row in place of {response}, {trials}, {y}, {n} and {row}.
std::string filled_in(std::string text, const std::map<std::string, std::string>& words) {
  for (const auto& [key, word] : words) {
    const std::string mark = "{" + key + "}";
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + word.size()))
      text.replace(at, mark.size(), word);
  }
  return text;
}

/// "binomial or beta_binomial".
std::string families_of(ResponseKind kind) {
  std::vector<std::string> names;
  for (const Family family : kFamilies)
    if (describe(family).response == kind && std::find(names.begin(), names.end(), family_name(family)) == names.end())
      names.push_back(family_name(family));
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " or ") + name;
  return text;
}

/// Complaints end with the advice to fit another family, where one may be.
std::string without_other_families(const std::string& text) {
  std::size_t end = text.size();
  for (const char* advice : {", leave such rows out, or fit ", ", or fit ", "; for counts out of trials use "})
    end = std::min(end, text.find(advice));
  if (end == text.size()) return text;
  const std::string left = text.substr(0, end);
  const bool mended = left.find("mend the cell") != std::string::npos;
  return left + (mended ? "" : ": mend the cell") + " or leave such rows out";
}

void check(Family family, const Frame& frame, const Design& design, bool fixed_family) {
  const Formula formula = frame.formula();
  const std::string response = deparse(formula.response);
  const bool observed = design.response.size() > 0;
  if (formula.weights && describe(family).weight == WeightKind::none)
    throw ModelError(
        "family " + family_name(family) +
        " takes no weights(); give each observation a row of its own, or take weights() out of the formula");
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    const std::string row = design.row_name(static_cast<std::size_t>(i));
    if (design.weights[i] < 0)
      throw DataError("the weight '" + deparse(*formula.weights) + "' is " + number_text(design.weights[i]) + " in " +
                      row + "; weights are numbers of 0 or more: mend the cell, or write NA to leave the row out");
    const double y = observed ? design.response[i] : 0;
    const char* text = trials_complaint(family, design.trials[i]);
    if (text == nullptr && observed) text = complaint(family, y, design.trials[i]);
    if (text != nullptr)
      throw DataError(filled_in(fixed_family ? without_other_families(text) : text,
                                {{"response", response},
                                 {"trials", formula.trials ? deparse(*formula.trials) : "1"},
                                 {"y", number_text(y)},
                                 {"n", number_text(design.trials[i])},
                                 {"row", row}}));
  }
}

}  // namespace

void check_observations(Family family, const Frame& frame, const Design& design) {
  check(family, frame, design, false);
}

void check_further_observations(Family family, const Frame& frame, const Design& design) {
  check(family, frame, design, true);
}

void check_levels(const Frame& frame, const Design& design) {
  const std::string response = deparse(frame.formula().response);
  const std::vector<std::string>& levels = frame.response_levels;
  std::vector<int> count(levels.size(), 0);
  std::vector<double> weight(levels.size(), 0);
  std::vector<std::size_t> last(levels.size(), 0);
  for (std::size_t i = 0; i < design.rows.size(); ++i) {
    const auto level = static_cast<std::size_t>(design.response[static_cast<Eigen::Index>(i)]);
    count[level] += 1;
    weight[level] += design.weights[static_cast<Eigen::Index>(i)];
    last[level] = i;
  }
  if (levels.size() > 2 && levels.size() == design.rows.size())
    throw DataError("the response '" + response + "' has a level of its own in each of " +
                    std::to_string(levels.size()) +
                    " rows; it labels rows, and nothing can be learned of it: name another column");
  for (std::size_t k = 0; k < levels.size(); ++k)
    if (count[k] == 0 || (count[k] == 1 && weight[k] <= 1))
      throw DataError("the level '" + levels[k] + "' of the response '" + response + "' occurs " +
                      (count[k] == 1 ? "once, in " + design.row_name(last[k]) : "in no row of positive weight") +
                      "; merge it with another level, or leave the row out");
}

void check_sigma_levels(const Frame& frame, Design& design, bool prior_stated) {
  std::vector<std::size_t> rows(frame.sigma_levels.size(), 0);
  for (const std::int32_t level : design.sigma_index) rows[static_cast<std::size_t>(level)] += 1;
  const auto single = static_cast<std::size_t>(std::count(rows.begin(), rows.end(), std::size_t{1}));
  if (single == design.rows.size() && !prior_stated)
    throw DataError(setting("sigma") + " gives each level of '" + frame.sigma_text +
                    "' a residual scale, and each has one row, which tells next to nothing of it; name a column of "
                    "fewer levels, leave " +
                    setting("sigma") + " out for one scale of all rows, or state what is known, as a prior of 'sigma'");
  if (2 * single > rows.size())
    design.notes.push_back(setting("sigma") + " gives each level of '" + frame.sigma_text + "' a residual scale, and " +
                           std::to_string(single) + " of " + std::to_string(rows.size()) +
                           " have one row, which tells little of it: theirs rest on the prior");
}

void drop_zero_weights(Design& design) {
  std::vector<Eigen::Index> keep;
  for (Eigen::Index i = 0; i < design.size(); ++i)
    if (design.weights[i] > 0) keep.push_back(i);
  if (static_cast<Eigen::Index>(keep.size()) == design.size()) return;
  if (keep.empty()) throw DataError("every row has weight zero or no trials; nothing is left to fit");
  const std::size_t dropped = design.rows.size() - keep.size();
  design.notes.push_back(std::to_string(dropped) + (dropped == 1 ? " row has" : " rows have") +
                         " weight zero or no trials and " + (dropped == 1 ? "is" : "are") + " left out");
  take_rows(design, keep);
}

Family choose_family(const std::string& name, const std::string& link, const Frame& frame, const Design& design) {
  const Formula formula = frame.formula();
  const bool has_trials = formula.trials.has_value();
  const std::size_t levels = frame.response_levels.size();
  std::vector<std::string> parameters;
  for (std::size_t k = 1; k < formula.sides.size(); ++k) parameters.push_back(formula.sides[k].predictor);
  if (!name.empty()) {
    const Family family = family_from_name(name, link, parameters);
    const ResponseKind kind = describe(family).response;
    if (kind == ResponseKind::successes && !has_trials)
      throw ModelError("family " + name + " needs the trials: write the response as 'successes | trials(n)'");
    if (kind != ResponseKind::successes && has_trials)
      throw ModelError("trials() goes with family " + families_of(ResponseKind::successes) + ", not " + name);
    if ((kind == ResponseKind::number || kind == ResponseKind::count) && levels > 0)
      throw ModelError("family " + name + " needs numbers, but the response '" + deparse(formula.response) +
                       "' holds text such as '" + frame.response_levels[0] + "'");
    if (!has_levels(family) && levels > 2)
      throw ModelError("family " + name + " needs a response of two levels, but it has " + std::to_string(levels) +
                       "; family " + family_name(family_for(ResponseKind::levels)) + " takes any number of them, " +
                       family_name(family_for(ResponseKind::ordered_levels)) + " those that are in order");
    return family;
  }
  const bool binary = levels > 0 || ((design.response.array() == 0) || (design.response.array() == 1)).all();
  const ResponseKind kind = has_trials   ? ResponseKind::successes
                            : levels > 2 ? ResponseKind::levels
                            : binary     ? ResponseKind::two_levels
                                         : ResponseKind::number;
  return family_from_name(family_name(family_for(kind)), link, parameters);
}

}  // namespace bdglm
