// Numeric atoms row by row, which atoms are factors, complete rows.
#include "design/columns.hpp"

#include <algorithm>
#include <cmath>

#include "bdglm/error.hpp"
#include "design/blocks.hpp"
#include "design/coding.hpp"

namespace bdglm {

NumericAtom::NumericAtom(const Expression& expression, const Table& table) : expression_(expression), table_(table) {
  std::vector<std::string> names;
  collect_names(expression, names);
  for (const std::string& name : names) {
    const Column& column = table.column(name);
    if (!column.numeric) {
      std::string message = "column '" + name + "' holds text ('" + column.first_text + "' in " +
                            table.row_name(column.first_text_row - 1) + ") where a number is needed";
      throw DataError(message + "; mend the cell or write NA");
    }
  }
  if (expression.kind == Expression::Kind::name) plain_ = &table.column(expression.text);
}

double NumericAtom::value(std::size_t row) const {
  const double x = plain_ != nullptr ? plain_->numbers[row] : evaluate(expression_, [&](const std::string& name) {
    return table_.column(name).numbers[row];
  });
  if (!is_usable(x)) refuse_number(deparse(expression_), x, table_, row, plain_ == nullptr ? "" : plain_->block);
  return x;
}

void refuse_number(const std::string& what, double x, const Table& table, std::size_t row, const std::string& block) {
  const Block* matrix = table.block(block);
  const std::string where = matrix == nullptr || matrix->source.empty()
                                ? table.row_name(row)
                                : "row " + std::to_string(row + 1) + " of '" + matrix->source + "'";
  throw DataError("'" + what + "' is " + (std::isnan(x) ? "not a number" : number_text(x)) + " in " + where +
                  "; values must be finite and below 1e150: mend the cell, " +
                  (matrix == nullptr ? "write NA"
                   : matrix->sparse  ? "leave the pair out, which is zero"
                                     : "make it NaN, which is missing") +
                  ", or rescale");
}

bool is_factor_atom(const Expression& atom, const Frame& frame, const Table& table) {
  if (is_factor_call(atom)) return true;
  return atom.kind == Expression::Kind::name && table.block(atom.text) == nullptr &&
         (!table.column(atom.text).numeric ||
          std::find(frame.factors.begin(), frame.factors.end(), atom.text) != frame.factors.end());
}

std::vector<std::string> columns_used(const Formula& formula, const std::string& sigma, bool with_response) {
  std::vector<std::string> used = formula.columns(with_response);
  if (formula.trials && !with_response) collect_names(*formula.trials, used);
  if (formula.weights && !with_response) collect_names(*formula.weights, used);
  if (!sigma.empty() && std::find(used.begin(), used.end(), sigma) == used.end()) used.push_back(sigma);
  return used;
}

std::vector<char> complete_rows(const Table& table, const std::vector<std::string>& names, const Frame* frame) {
  std::vector<char> keep(table.rows(), 1);
  for (const std::string& name : names)
    for (const Column* column : columns_named(table, name, frame))
      for (std::size_t i = 0; i < keep.size(); ++i)
        if (column->missing(i)) keep[i] = 0;
  return keep;
}

}  // namespace bdglm
