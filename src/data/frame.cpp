// The frame: which columns are factors, their levels, the inputs' scalings, and its JSON form.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "bdglm/base/error.hpp"
#include "bdglm/data/design.hpp"
#include "data/columns.hpp"

namespace bdglm {

std::vector<std::string> factor_levels(const Column& column, const std::vector<char>& keep) {
  std::vector<std::string> levels;
  std::set<std::string> seen;
  for (std::size_t i = 0; i < keep.size(); ++i) {
    if (keep[i] == 0 || column.missing(i)) continue;
    std::string label = column.text(i);
    if (seen.insert(label).second) levels.push_back(std::move(label));
  }
  if (!column.numeric) std::sort(levels.begin(), levels.end());
  return levels;
}

std::string group_label(const Table& table, const std::vector<std::string>& factors, std::size_t row) {
  std::string label;
  for (std::size_t k = 0; k < factors.size(); ++k) label += (k == 0 ? "" : ":") + table.column(factors[k]).text(row);
  return label;
}

std::vector<char> complete_rows(const Table& table, const std::vector<std::string>& names) {
  std::vector<char> keep(table.rows(), 1);
  for (const std::string& name : names) {
    const Column& column = table.column(name);
    for (std::size_t i = 0; i < keep.size(); ++i)
      if (column.missing(i)) keep[i] = 0;
  }
  return keep;
}

namespace {

bool is_constant(const Column& column) {
  std::size_t first = 0;
  const std::size_t n = column.numeric ? column.numbers.size() : column.codes.size();
  while (first < n && column.missing(first)) ++first;
  for (std::size_t i = first + 1; i < n; ++i) {
    if (column.missing(i)) continue;
    if (column.numeric ? column.numbers[i] != column.numbers[first] : column.codes[i] != column.codes[first])
      return false;
  }
  return true;
}

/// The factor columns among the atoms of a formula's terms.
void collect_factors(const std::vector<Expression>& atoms, const Table& table, std::set<std::string>& factors) {
  for (const Expression& atom : atoms) {
    if (atom.is_call("factor"))
      factors.insert(atom.children[0].text);
    else if (atom.kind == Expression::Kind::name && !table.column(atom.text).numeric)
      factors.insert(atom.text);
  }
}

}  // namespace

Frame make_frame(const std::string& formula_text, const std::string& sigma, const Table& table) {
  Frame frame;
  frame.formula_text = formula_text;
  frame.sigma_text = sigma;
  for (const Column& column : table.columns())
    if (!is_constant(column) && column.name != sigma) frame.candidates.push_back(column.name);
  const Formula formula = frame.formula();

  std::vector<std::string> used = formula.columns(true);
  if (!sigma.empty() && std::find(used.begin(), used.end(), sigma) == used.end()) used.push_back(sigma);
  for (const std::string& name : used) {
    const Column& column = table.column(name);
    bool any = false;
    for (std::size_t i = 0; i < table.rows() && !any; ++i) any = !column.missing(i);
    if (!any) throw DataError("column '" + name + "' has only missing values; leave it out of the formula");
  }
  const std::vector<char> keep = complete_rows(table, used);
  const auto kept = static_cast<std::size_t>(std::count(keep.begin(), keep.end(), 1));
  if (kept == 0)
    throw DataError("every row has a missing value in a column that the formula uses; nothing is left to fit");

  std::set<std::string> factors;
  for (const FormulaTerm& term : formula.terms) collect_factors(term.atoms, table, factors);
  if (formula.deep) collect_factors(formula.deep->inputs, table, factors);
  for (const GroupingTerm& group : formula.groups)
    for (const FormulaTerm& term : group.terms) collect_factors(term.atoms, table, factors);
  for (const std::string& name : factors) {
    const Column& column = table.column(name);
    if (column.looks_numeric) {
      throw DataError("column '" + name + "' is numeric but for '" + column.first_text + "' in row " +
                      std::to_string(column.first_text_row) +
                      " (and perhaps more); mend the cell, write NA, or use factor(" + name +
                      ") on a column of labels");
    }
    frame.levels[name] = factor_levels(column, keep);
    if (frame.levels[name].size() < 2)
      throw DataError("factor '" + name + "' has one level ('" + frame.levels[name][0] +
                      "') in the rows used; it needs two, or must leave the formula");
  }
  for (const GroupingTerm& group : formula.groups) {
    const std::string name = group.group_name();
    if (frame.group_levels.count(name) != 0) continue;
    std::vector<std::string>& levels = frame.group_levels[name];
    std::set<std::string> seen;
    for (std::size_t i = 0; i < table.rows(); ++i) {
      if (keep[i] == 0) continue;
      std::string label = group_label(table, group.factors, i);
      if (seen.insert(label).second) levels.push_back(std::move(label));
    }
    const bool text = std::any_of(group.factors.begin(), group.factors.end(),
                                  [&](const std::string& f) { return !table.column(f).numeric; });
    if (text) std::sort(levels.begin(), levels.end());
    if (levels.size() < 2)
      throw DataError("grouping '" + name + "' has one level ('" + levels[0] +
                      "'); random effects need at least two groups");
  }
  if (!sigma.empty()) frame.sigma_levels = factor_levels(table.column(sigma), keep);

  if (formula.response.kind == Expression::Kind::name) {
    const Column& response = table.column(formula.response.text);
    if (response.looks_numeric)
      throw DataError("response '" + response.name + "' is numeric but for '" + response.first_text + "' in row " +
                      std::to_string(response.first_text_row) + "; mend the cell or write NA");
    if (!response.numeric) frame.response_levels = factor_levels(response, keep);
  }
  if (formula.deep) {
    for (const Expression& input : formula.deep->inputs) {
      const std::string factor = input.is_call("factor") ? input.children[0].text : deparse(input);
      if (frame.levels.count(factor) != 0) {
        for (const std::string& level : frame.levels[factor]) {
          frame.deep_names.push_back(factor + level);
          frame.deep_mean.push_back(0);
          frame.deep_sd.push_back(1);
        }
        continue;
      }
      const NumericAtom atom(input, table);
      double mean = 0;
      double m2 = 0;
      double count = 0;
      for (std::size_t i = 0; i < table.rows(); ++i) {
        if (keep[i] == 0) continue;
        const double x = atom.value(i);
        count += 1;
        const double change = x - mean;
        mean += change / count;
        m2 += change * (x - mean);
      }
      const double sd = std::sqrt(m2 / std::max(count - 1, 1.0));
      if (!(sd > 0))
        throw DataError("column '" + deparse(input) +
                        "' is constant in the rows used; it carries nothing, take it out of deep()");
      frame.deep_names.push_back(deparse(input));
      frame.deep_mean.push_back(mean);
      frame.deep_sd.push_back(sd);
    }
  }
  return frame;
}

void to_json(nlohmann::json& json, const Frame& f) {
  json = {{"formula", f.formula_text},
          {"sigma", f.sigma_text},
          {"candidates", f.candidates},
          {"levels", f.levels},
          {"response_levels", f.response_levels},
          {"deep_names", f.deep_names},
          {"deep_mean", f.deep_mean},
          {"deep_sd", f.deep_sd},
          {"group_levels", f.group_levels},
          {"sigma_levels", f.sigma_levels}};
}

void from_json(const nlohmann::json& json, Frame& f) {
  json.at("formula").get_to(f.formula_text);
  json.at("sigma").get_to(f.sigma_text);
  json.at("candidates").get_to(f.candidates);
  json.at("levels").get_to(f.levels);
  json.at("response_levels").get_to(f.response_levels);
  json.at("deep_names").get_to(f.deep_names);
  json.at("deep_mean").get_to(f.deep_mean);
  json.at("deep_sd").get_to(f.deep_sd);
  json.at("group_levels").get_to(f.group_levels);
  json.at("sigma_levels").get_to(f.sigma_levels);
}

}  // namespace bdglm
