// The design matrices: contrasts and interactions as in R, network inputs, group indices, response.
#include "bdglm/data/design.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>

#include "bdglm/base/error.hpp"
#include "data/columns.hpp"

namespace bdglm {

NumericAtom::NumericAtom(const Expression& expression, const Table& table) : expression_(expression), table_(table) {
  std::vector<std::string> names;
  collect_names(expression, names);
  for (const std::string& name : names) {
    const Column& column = table.column(name);
    if (!column.numeric) {
      std::string message = "column '" + name + "' holds text ('" + column.first_text + "' in row " +
                            std::to_string(column.first_text_row) + ") where a number is needed";
      throw DataError(message + "; mend the cell or write NA");
    }
  }
  if (expression.kind == Expression::Kind::name) plain_ = &table.column(expression.text);
}

double NumericAtom::value(std::size_t row) const {
  const double x = plain_ != nullptr ? plain_->numbers[row] : evaluate(expression_, [&](const std::string& name) {
    return table_.column(name).numbers[row];
  });
  if (!(std::fabs(x) < 1e150)) {
    throw DataError("'" + deparse(expression_) + "' is " + number_text(x) + " in row " + std::to_string(row + 1) +
                    (table_.source.empty() ? "" : " of '" + table_.source + "'") +
                    "; values must be finite and below 1e150: mend the cell, write NA, or rescale");
  }
  return x;
}

namespace {

/// One atom of a term, ready to be read row by row: a number, or a factor with its coding.
struct Atom {
  std::optional<NumericAtom> numeric;
  std::string factor;
  std::vector<std::int32_t> level;  // of each table row, -1 where the row is not kept
  std::size_t levels = 0;
  bool full = false;  // one column a level, not contrasts

  std::size_t width() const { return numeric ? 1 : levels - (full ? 0 : 1); }
};

std::string factor_name(const Expression& atom) { return atom.is_call("factor") ? atom.children[0].text : atom.text; }

class DesignBuilder {
 public:
  DesignBuilder(const Frame& frame, const Table& table, const std::vector<std::size_t>& rows)
      : frame_(frame), table_(table), rows_(rows) {}

  bool is_factor(const Expression& atom) const {
    return (atom.is_call("factor") || atom.kind == Expression::Kind::name) &&
           frame_.levels.count(factor_name(atom)) != 0;
  }

  std::vector<std::int32_t> level_codes(const std::string& name) const {
    const std::vector<std::string>& levels = frame_.levels.at(name);
    const Column& column = table_.column(name);
    std::unordered_map<std::string, std::int32_t> code;
    for (std::size_t k = 0; k < levels.size(); ++k) code[levels[k]] = static_cast<std::int32_t>(k);
    std::vector<std::int32_t> result(table_.rows(), -1);
    for (const std::size_t row : rows_) {
      const std::string label = column.text(row);
      const auto found = code.find(label);
      if (found == code.end()) {
        throw DataError("factor '" + name + "' has the level '" + label + "' in row " + std::to_string(row + 1) +
                        ", which the fit has not seen; known are '" + levels.front() + "' to '" + levels.back() + "'");
      }
      result[row] = found->second;
    }
    return result;
  }

  Atom make_atom(const Expression& expression, bool full) const {
    Atom atom;
    if (!is_factor(expression)) {
      atom.numeric.emplace(expression, table_);
      return atom;
    }
    atom.factor = factor_name(expression);
    atom.level = level_codes(atom.factor);
    atom.levels = frame_.levels.at(atom.factor).size();
    atom.full = full;
    return atom;
  }

  /// Columns and names of an intercept and terms; R's rule: a factor is coded by contrasts where the
  /// term without it is in the model (the empty term being the intercept), else one column a level.
  void terms(bool intercept, const std::vector<FormulaTerm>& list, RowMatrix& matrix,
             std::vector<std::string>& names) const {
    std::set<std::set<std::string>> present;
    if (intercept) present.insert(std::set<std::string>{});
    std::vector<std::vector<Atom>> compiled;
    std::size_t width = intercept ? 1 : 0;
    if (intercept) names.emplace_back("Intercept");
    for (const FormulaTerm& term : list) {
      std::set<std::string> whole;
      for (const Expression& atom : term.atoms) whole.insert(deparse(atom));
      std::vector<Atom> atoms;
      std::vector<std::string> columns = {""};
      for (const Expression& expression : term.atoms) {
        std::set<std::string> margin = whole;
        margin.erase(deparse(expression));
        atoms.push_back(make_atom(expression, present.count(margin) == 0));
        const Atom& atom = atoms.back();
        // The first atom varies fastest, as in R.
        std::vector<std::string> longer;
        for (std::size_t k = 0; k < atom.width(); ++k) {
          const std::string part = atom.numeric
                                       ? deparse(expression)
                                       : deparse(expression) + frame_.levels.at(atom.factor)[k + (atom.full ? 0 : 1)];
          for (const std::string& column : columns) longer.push_back(column.empty() ? part : column + ":" + part);
        }
        columns = longer;
      }
      present.insert(whole);
      names.insert(names.end(), columns.begin(), columns.end());
      width += columns.size();
      compiled.push_back(std::move(atoms));
    }
    matrix.setZero(static_cast<Eigen::Index>(rows_.size()), static_cast<Eigen::Index>(width));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      std::size_t start = 0;
      if (intercept) matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(start++)) = 1;
      for (const std::vector<Atom>& atoms : compiled) {
        // A row of a term has one non-zero at most: numbers multiply, factors choose the column.
        double value = 1;
        std::size_t column = 0;
        std::size_t stride = 1;
        for (const Atom& atom : atoms) {
          if (atom.numeric) {
            value *= atom.numeric->value(rows_[i]);
          } else {
            const std::int32_t level = atom.level[rows_[i]] - (atom.full ? 0 : 1);
            if (level < 0)
              value = 0;
            else
              column += stride * static_cast<std::size_t>(level);
          }
          stride *= atom.width();
        }
        if (value != 0) matrix(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(start + column)) = value;
        start += stride;
      }
    }
  }

  void deep(const DeepTerm& term, Design& design) const {
    design.deep_names = frame_.deep_names;
    design.deep.setZero(design.size(), static_cast<Eigen::Index>(frame_.deep_names.size()));
    Eigen::Index start = 0;
    for (const Expression& input : term.inputs) {
      const Atom atom = make_atom(input, true);
      const double mean = frame_.deep_mean[static_cast<std::size_t>(start)];
      const double sd = frame_.deep_sd[static_cast<std::size_t>(start)];
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        const auto row = static_cast<Eigen::Index>(i);
        if (atom.numeric)
          design.deep(row, start) = (atom.numeric->value(rows_[i]) - mean) / sd;
        else
          design.deep(row, start + atom.level[rows_[i]]) = 1;
      }
      start += static_cast<Eigen::Index>(atom.width());
    }
  }

  GroupDesign group(const GroupingTerm& term, const std::vector<std::string>& known) const {
    GroupDesign result;
    result.group = term.group_name();
    result.deep = term.deep;
    if (!term.deep) terms(term.intercept, term.terms, result.z, result.coefficients);
    std::unordered_map<std::string, std::int32_t> code;
    for (const std::string& level : known) code.emplace(level, static_cast<std::int32_t>(code.size()));
    result.index.reserve(rows_.size());
    for (const std::size_t row : rows_) {
      const std::string label = group_label(table_, term.factors, row);
      const auto [entry, inserted] = code.emplace(label, static_cast<std::int32_t>(code.size()));
      if (inserted) result.new_levels.push_back(label);
      result.index.push_back(entry->second);
    }
    return result;
  }

 private:
  const Frame& frame_;
  const Table& table_;
  const std::vector<std::size_t>& rows_;
};

Eigen::VectorXd numeric_vector(const Expression& e, const Table& table, const std::vector<std::size_t>& rows) {
  const NumericAtom atom(e, table);
  Eigen::VectorXd values(static_cast<Eigen::Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) values[static_cast<Eigen::Index>(i)] = atom.value(rows[i]);
  return values;
}

void add_response(const Frame& frame, const Formula& formula, const Table& table, Design& design) {
  if (frame.response_levels.empty()) {
    design.response = numeric_vector(formula.response, table, design.rows);
  } else {
    const Column& column = table.column(formula.response.text);
    design.response.resize(design.size());
    for (std::size_t i = 0; i < design.rows.size(); ++i) {
      const std::string label = column.text(design.rows[i]);
      const auto found = std::find(frame.response_levels.begin(), frame.response_levels.end(), label);
      if (found == frame.response_levels.end())
        throw DataError("response '" + column.name + "' has the level '" + label + "' in row " +
                        std::to_string(design.rows[i] + 1) + ", which the fit has not seen");
      design.response[static_cast<Eigen::Index>(i)] = static_cast<double>(found - frame.response_levels.begin());
    }
  }
}

}  // namespace

Design make_design(const Frame& frame, const Table& table, const DesignOptions& options) {
  Formula formula = frame.formula();
  if (!options.with_groups) formula.groups.clear();
  if (!options.with_weights) formula.weights.reset();
  Design design;
  design.table_rows = table.rows();
  std::vector<std::string> used = formula.columns(options.with_response);
  if (formula.trials && !options.with_response) collect_names(*formula.trials, used);
  if (formula.weights && !options.with_response) collect_names(*formula.weights, used);
  if (!frame.sigma_text.empty() && std::find(used.begin(), used.end(), frame.sigma_text) == used.end())
    used.push_back(frame.sigma_text);
  const std::vector<char> keep = complete_rows(table, used);
  for (std::size_t i = 0; i < keep.size(); ++i)
    if (keep[i] != 0) design.rows.push_back(i);
  const std::size_t dropped = table.rows() - design.rows.size();
  if (dropped > 0) {
    const auto first = static_cast<std::size_t>(std::find(keep.begin(), keep.end(), 0) - keep.begin());
    if (options.missing_is_error)
      throw DataError(std::to_string(dropped) +
                      " rows have missing values in columns that the formula uses (the first is row " +
                      std::to_string(first + 1) + "); mend them, or drop them with --na omit");
    design.notes.push_back(std::to_string(dropped) + " of " + std::to_string(table.rows()) +
                           " rows dropped: missing values in columns that the formula uses");
  }
  const DesignBuilder builder(frame, table, design.rows);
  builder.terms(formula.intercept, formula.terms, design.fixed, design.fixed_names);
  if (formula.deep) builder.deep(*formula.deep, design);
  for (const GroupingTerm& term : formula.groups) {
    design.groups.push_back(builder.group(term, frame.group_levels.at(term.group_name())));
    if (term.deep)
      for (int k = 1; k <= formula.deep->layers.back(); ++k)
        design.groups.back().coefficients.push_back("unit" + std::to_string(k));
  }

  design.offset.setZero(design.size());
  for (const Expression& e : formula.offsets) design.offset += numeric_vector(e, table, design.rows);
  design.trials =
      formula.trials ? numeric_vector(*formula.trials, table, design.rows) : Eigen::VectorXd::Ones(design.size());
  design.weights =
      formula.weights ? numeric_vector(*formula.weights, table, design.rows) : Eigen::VectorXd::Ones(design.size());
  if (options.with_response) add_response(frame, formula, table, design);
  if (!frame.sigma_text.empty()) {
    const Column& column = table.column(frame.sigma_text);
    for (const std::size_t row : design.rows) {
      const std::string label = column.text(row);
      const auto found = std::find(frame.sigma_levels.begin(), frame.sigma_levels.end(), label);
      if (found == frame.sigma_levels.end())
        throw DataError("--sigma column '" + column.name + "' has the level '" + label + "' in row " +
                        std::to_string(row + 1) + ", which the fit has not seen");
      design.sigma_index.push_back(static_cast<std::int32_t>(found - frame.sigma_levels.begin()));
    }
  }
  return design;
}

}  // namespace bdglm
