// Which rows miss the response alone, and can be drawn by what the others tell.
#include "design/missing_response.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/coding.hpp"
#include "design/columns.hpp"
#include "design/levels.hpp"
#include "design/rows.hpp"

namespace bdglm {
namespace {

std::vector<char> rows_missing_response(const Formula& formula, const std::string& sigma, const Table& table) {
  std::vector<char> rows = complete_rows(table, columns_used(formula, sigma, false));
  const std::vector<char> whole = complete_rows(table, columns_used(formula, sigma));
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (whole[i] != 0) rows[i] = 0;
  return rows;
}

/// Takes the rows out whose level of a column is none of the known ones.
void leave_unseen_levels(const Column& column, const std::vector<std::string>& known, const Table& table,
                         std::vector<char>& rows, std::vector<std::string>& notes) {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i] != 0) numbers.push_back(i);
  const CodedColumn coded = code_column(column, numbers);
  const std::vector<std::int32_t> match = match_labels(coded, column.numeric, known);
  std::size_t unseen = 0;
  std::string first;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto label = static_cast<std::size_t>(coded.codes[i]);
    if (match[label] >= 0) continue;
    if (unseen++ == 0) first = table.row_name(numbers[i]) + " with '" + coded.labels[label] + "'";
    rows[numbers[i]] = 0;
  }
  if (unseen > 0)
    notes.push_back(std::to_string(unseen) + (unseen == 1 ? " row" : " rows") +
                    " without a response left out: a level of '" + column.name +
                    "' that no row with a response has (the first is " + first + ")");
}

}  // namespace

Design missing_response_design(const Frame& frame, const Table& table, std::vector<std::string>& notes) {
  const Formula formula = frame.formula();
  DesignOptions options;
  options.with_response = false;
  std::vector<char>& rows = options.rows.emplace(rows_missing_response(formula, frame.sigma_text, table));
  const bool any = std::find(rows.begin(), rows.end(), 1) != rows.end();
  if (!any)
    notes.push_back("no row misses the response alone; " + setting("na") +
                    " impute draws responses, and has none to draw");
  for (const auto& [atom, levels] : frame.levels)
    leave_unseen_levels(table.column(factor_coding(parse_expression(atom), atom).column), levels, table, rows, notes);
  if (!frame.sigma_text.empty())
    leave_unseen_levels(table.column(frame.sigma_text), frame.sigma_levels, table, rows, notes);
  Design design = make_design(frame, table, options);
  std::vector<Eigen::Index> observable;
  for (Eigen::Index i = 0; i < design.size(); ++i)
    if (design.weights[i] != 0) observable.push_back(i);
  take_rows(design, observable);
  if (design.size() > 0)
    notes.push_back(std::to_string(design.size()) + " of " + std::to_string(table.rows()) +
                    (design.size() == 1 ? " rows misses" : " rows miss") +
                    " the response alone: a response is drawn at every draw, 'predictions/y' of the fit");
  return design;
}

}  // namespace bdglm
