// The frame: which columns are factors, their levels, the inputs' scalings.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/blocks.hpp"
#include "design/coding.hpp"
#include "design/columns.hpp"
#include "design/design.hpp"
#include "design/input_scaling.hpp"
#include "design/levels.hpp"

namespace bdglm {

namespace {

/// Numbers with decimal commas are text to the reader, and would become factors of many levels unseen.
void refuse_decimal_commas(const Column& column) {
  if (column.numeric || column.labels.empty()) return;
  const auto digits = [](const std::string& text, std::size_t from, std::size_t to) {
    return from < to &&
           std::all_of(text.begin() + static_cast<std::ptrdiff_t>(from), text.begin() + static_cast<std::ptrdiff_t>(to),
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  bool commas = false;
  bool thousands = true;
  for (const std::string& label : column.labels) {
    const std::size_t start = label[0] == '-' || label[0] == '+' ? 1 : 0;
    const std::size_t comma = label.find(',');
    if (!digits(label, start, std::min(comma, label.size()))) return;
    if (comma != std::string::npos && !digits(label, comma + 1, label.size())) return;
    commas = commas || comma != std::string::npos;
    thousands = thousands && (comma == std::string::npos || label.size() - comma == 4);
  }
  if (commas)
    throw DataError("column '" + column.name + "' holds numbers with " +
                    (thousands ? "commas, which may separate thousands or decimals" : "decimal commas") + ", as '" +
                    *std::find_if(column.labels.begin(), column.labels.end(),
                                  [](const std::string& label) { return label.find(',') != std::string::npos; }) +
                    "'; write them without commas, with decimal points");
}

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

/// An atom and the formula that it stands in.
struct PlacedAtom {
  Expression atom;
  std::string text;
};

/// Every atom of the predictors: of fixed terms, network inputs and random slopes.
std::vector<PlacedAtom> predictor_atoms(const Formula& formula) {
  std::vector<PlacedAtom> atoms;
  const auto add = [&](const std::vector<Expression>& list, const std::string& text) {
    for (const Expression& atom : list) atoms.push_back({atom, text});
  };
  for (const RightSide& side : formula.sides)
    for (const FormulaTerm& term : side.terms) add(term.atoms, side.text);
  if (formula.deep) add(formula.deep->inputs, formula.deep->text);
  for (const RightSide& side : formula.sides)
    for (const Term& group : side.groups)
      for (const FormulaTerm& term : group.terms) add(term.atoms, side.text);
  return atoms;
}

[[noreturn]] void refuse_unlisted(const Expression& atom, const std::string& label, const std::string& where) {
  throw DataError("the value '" + label + "' in " + where + " is not among the levels of " + deparse(atom) +
                  "; add it to the levels, or write NA to leave the row out");
}

/// The levels of a factor in its coding, checked against the values at `rows`.
std::vector<std::string> coded_levels(const PlacedAtom& placed, const FactorCoding& coding, const Table& table,
                                      const std::vector<std::size_t>& rows) {
  const Expression& atom = placed.atom;
  const Column& column = table.column(coding.column);
  const CodedColumn coded = code_factor(column, rows);
  std::vector<std::string> levels = coding.order(coded.labels, placed.text);
  if (coding.levels.empty()) return levels;
  const std::vector<std::int32_t> match = match_labels(coded, column.numeric, levels);
  std::vector<char> occurs(levels.size(), 0);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto label = static_cast<std::size_t>(coded.codes[i]);
    if (match[label] < 0) refuse_unlisted(atom, coded.labels[label], table.row_name(rows[i]));
    occurs[static_cast<std::size_t>(match[label])] = 1;
  }
  for (std::size_t k = 0; k < levels.size(); ++k)
    if (occurs[k] == 0)
      throw DataError("the level '" + levels[k] + "' of " + deparse(atom) +
                      " does not occur in the rows used; take it out of the levels");
  return levels;
}

/// Fills `frame.levels`; a column has one coding in a formula (`f` and `factor(f)` are the same one).
void find_factor_levels(Frame& frame, const Formula& formula, const Table& table,
                        const std::vector<std::size_t>& rows) {
  std::map<std::string, PlacedAtom> coded_by;
  for (const PlacedAtom& placed : predictor_atoms(formula)) {
    const Expression& atom = placed.atom;
    if (!is_factor_atom(atom, frame, table)) continue;
    const FactorCoding coding = factor_coding(atom, placed.text);
    const auto [first, inserted] = coded_by.emplace(coding.column, placed);
    const Expression& before = first->second.atom;
    const FactorCoding other = factor_coding(before, first->second.text);
    if (other.levels != coding.levels || other.releveled != coding.releveled || other.reference != coding.reference)
      throw_at(placed.text,
               placed.text == first->second.text ? std::max(atom.position, before.position) : atom.position,
               "the column '" + coding.column + "' is coded in two ways, " + deparse(before) + " and " + deparse(atom) +
                   "; use one of them throughout");
    const Column& column = table.column(coding.column);
    if (!is_factor_call(atom)) refuse_decimal_commas(column);
    const bool asked = is_factor_call(atom) ||
                       std::find(frame.factors.begin(), frame.factors.end(), column.name) != frame.factors.end();
    if (column.looks_numeric && !asked)
      throw DataError("column '" + column.name + "' is numeric but for '" + column.first_text + "' in " +
                      table.row_name(column.first_text_row - 1) +
                      " (and perhaps more); mend the cell, write NA, or take the column as labels: factor(" +
                      column.name + ")");
    std::vector<std::string>& levels = frame.levels[deparse(atom)];
    if (levels.empty()) levels = coded_levels(placed, coding, table, rows);
    if (levels.size() < 2)
      throw DataError("factor '" + column.name + "' has one level ('" + levels[0] +
                      "') in the rows used; take it out of the formula");
  }
}

void find_response_levels(Frame& frame, const Formula& formula, const Table& table,
                          const std::vector<std::size_t>& rows, bool wanted) {
  const Expression& response = formula.response;
  if (response.kind != Expression::Kind::name && !is_factor_call(response)) {
    if (!wanted) return;
    throw ModelError("the response '" + deparse(response) +
                     "' is made of numbers, where labels are needed; name a column of labels, or factor(column)");
  }
  const FactorCoding coding = factor_coding(response, formula.text());
  const Column& column = table.column(coding.column);
  if (!is_factor_call(response)) refuse_decimal_commas(column);
  if (column.looks_numeric && !is_factor_call(response))
    throw DataError("response '" + column.name + "' is numeric but for '" + column.first_text + "' in " +
                    table.row_name(column.first_text_row - 1) + "; mend the cell or write NA");
  if (!wanted && !is_factor_atom(response, frame, table)) return;
  frame.response_levels = coded_levels({response, formula.text()}, coding, table, rows);
  // Which level is 1 must not hang on the order of rows.
  if (column.numeric && coding.plain())
    std::sort(frame.response_levels.begin(), frame.response_levels.end(),
              [](const std::string& a, const std::string& b) { return std::stod(a) < std::stod(b); });
}

void find_groupings(Frame& frame, const Formula& formula, const Table& table, const std::vector<std::size_t>& rows) {
  std::map<std::string, std::vector<std::string>> factors;
  const auto add = [&](const Term& group) {
    const std::string name = group.group_name();
    const auto [known, inserted] = factors.emplace(name, group.factors);
    if (!inserted) {
      if (known->second != group.factors)
        throw ModelError("two groupings would be named '" + name + "'; rename the column that holds ':' in its name");
      return;
    }
    GroupLevels& levels = frame.groupings[name];
    levels = find_group_levels(table, group.factors, rows);
    frame.group_levels[name] = levels.shown();
    if (levels.size() < 2)
      throw DataError("grouping '" + name + "' has one level ('" + frame.group_levels[name][0] +
                      "'); random effects need at least two groups");
  };
  for (const RightSide& side : formula.sides) std::for_each(side.groups.begin(), side.groups.end(), add);
}

/// Notes for numeric columns that enter by '.' and look like identifiers: whole numbers, nearly all distinct.
void note_identifiers(Frame& frame, const Formula& formula, const Table& table, const std::vector<std::size_t>& rows) {
  std::set<std::string> by_dot;
  for (const RightSide& side : formula.sides) by_dot.insert(side.by_dot.begin(), side.by_dot.end());
  for (const std::string& name : by_dot) {
    if (table.block(name) != nullptr) continue;
    const Column& column = table.column(name);
    if (is_factor_atom(name_expression(name), frame, table)) continue;
    const bool whole = std::all_of(rows.begin(), rows.end(), [&](std::size_t row) {
      return column.numbers[row] == std::floor(column.numbers[row]);
    });
    if (!whole) continue;
    const std::size_t distinct = code_column(column, rows).labels.size();
    if (distinct > 50 && 2 * distinct > rows.size())
      frame.notes.push_back("column '" + name + "' enters by '.' as a number and has " + std::to_string(distinct) +
                            " distinct whole values; if it is an identifier, leave it out ('. - " + name +
                            "') or group by it ('(1 | " + name + ")')");
  }
}

/// Refuses formulas of which a further one, not the first, has a column on the left.
void refuse_other_order(const Formula& formula, const Table& table) {
  std::vector<std::string> response;
  collect_names(formula.response, response);
  if (response.size() != 1 || table.has(response.front())) return;
  for (const RightSide& side : formula.sides)
    if (table.has(side.predictor))
      throw ModelError("the formula of the response comes first: '" + side.predictor + "' is a column, '" +
                       response.front() + "' is none; put '" + side.text + "' before '" + formula.text() + "'");
}

/// Columns of matrices that the formula reads whole are numbers.
void refuse_factors_of_blocks(const Frame& frame, const Table& table) {
  for (const std::string& name : frame.factors) {
    const std::string& own = table.column(name).block;
    if (frame.blocks.count(own) > 0)
      throw ModelError("'" + name + "' is a column of the matrix '" + own +
                       "', whose columns are numbers where a formula reads it whole; for levels give it as a column of "
                       "the table, of another name");
  }
}

}  // namespace

/// Those of these rows that say something: not of weight zero, nor without trials. All where none does, which is
/// refused later.
std::vector<std::size_t> telling_rows(const Formula& formula, const Table& table,
                                      const std::vector<std::size_t>& rows) {
  std::vector<std::size_t> telling = rows;
  for (const std::optional<Expression>& count : {formula.weights, formula.trials}) {
    if (!count) continue;
    const NumericAtom atom(*count, table);
    std::erase_if(telling, [&](std::size_t row) { return atom.value(row) == 0; });
  }
  return telling.empty() ? rows : telling;
}

Formula Frame::formula() const {
  Formula formula = parse_formula(formulas, candidates);
  if (formula.deep && formula.deep->activation.empty()) formula.deep->activation = activation;
  return formula;
}

Frame make_frame(const std::vector<std::string>& formulas, const std::string& sigma, const Table& table,
                 const std::vector<std::string>& factors, bool levels) {
  Frame frame;
  frame.formulas = formulas;
  frame.sigma_text = sigma;
  frame.factors = factors;
  for (const std::string& name : factors) table.column(name);
  for (const Column& column : table.columns())
    if (column.block.empty() && !is_constant(column) && column.name != sigma) frame.candidates.push_back(column.name);
  for (const Block& block : table.blocks()) frame.candidates.push_back(block.name);
  const Formula formula = frame.formula();
  refuse_other_order(formula, table);

  std::vector<std::string> response;
  collect_names(formula.response, response);
  const std::vector<std::string> used = columns_used(formula, sigma);
  for (const std::string& name : used) {
    if (table.block(name) == nullptr) table.column(name, "; a matrix is given as `matrix` " + name + "=FILE");
    const bool responds = std::find(response.begin(), response.end(), name) != response.end();
    for (const Column* column : columns_named(table, name)) {
      bool any = false;
      for (std::size_t i = 0; i < table.rows() && !any; ++i) any = !column->missing(i);
      if (!any)
        throw DataError("column '" + column->name + "' has only missing values; " +
                        (responds                ? "nothing can be learned without a response"
                         : column->block.empty() ? "leave it out of the formula"
                                                 : "leave it out of the matrix '" + name + "'"));
    }
  }
  const std::vector<char> keep = complete_rows(table, used);
  std::vector<std::size_t> rows;
  for (std::size_t i = 0; i < keep.size(); ++i)
    if (keep[i] != 0) rows.push_back(i);
  if (rows.empty())
    throw DataError("every row has a missing value in a column that the formula uses; nothing is left to fit");

  find_blocks(frame, formula, table, rows);
  refuse_factors_of_blocks(frame, table);
  find_factor_levels(frame, formula, table, rows);
  find_groupings(frame, formula, table, rows);
  if (!sigma.empty()) frame.sigma_levels = code_factor(table.column(sigma), rows).labels;
  find_response_levels(frame, formula, table, rows, levels);
  if (formula.deep) {
    const std::vector<std::size_t> telling = telling_rows(formula, table, rows);
    find_input_scalings(frame, formula, table, telling);
    find_input_ramps(frame, *formula.deep, table, telling);
  }
  note_identifiers(frame, formula, table, rows);
  frame.columns = describe_columns(frame, formula);
  return frame;
}

}  // namespace bdglm
