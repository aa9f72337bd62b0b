// The design matrices: contrasts and interactions as in R, network inputs, group indices, response.
#include "design/design.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "data/memory.hpp"
#include "design/coding.hpp"
#include "design/columns.hpp"
#include "design/levels.hpp"
#include "design/term_atom.hpp"

namespace bdglm {

namespace {

Eigen::VectorXd numeric_vector(const Expression& e, const Table& table, const std::vector<std::size_t>& rows) {
  const NumericAtom atom(e, table);
  Eigen::VectorXd values(static_cast<Eigen::Index>(rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) values[static_cast<Eigen::Index>(i)] = atom.value(rows[i]);
  return values;
}

class DesignBuilder {
 public:
  DesignBuilder(const Frame& frame, const Table& table, const std::vector<std::size_t>& rows)
      : frame_(frame), table_(table), rows_(rows) {}

  SideDesign side(const RightSide& side, const std::optional<DeepTerm>& network) const {
    SideDesign result;
    result.deep = side.deep;
    terms(side.intercept, side.terms, result.fixed, result.fixed_names, &result.sparse);
    result.offset.setZero(static_cast<Eigen::Index>(rows_.size()));
    for (const Expression& e : side.offsets) result.offset += numeric_vector(e, table_, rows_);
    for (const Term& term : side.groups) {
      result.groups.push_back(group(term, frame_.groupings.at(term.group_name())));
      for (int k = 1; term.deep && k <= network->layers.back(); ++k)
        result.groups.back().coefficients.push_back("unit" + std::to_string(k));
    }
    return result;
  }

  TermAtom make_atom(const Expression& expression, bool full) const {
    TermAtom atom;
    const auto levels = frame_.levels.find(deparse(expression));
    if (levels == frame_.levels.end()) {
      if (const FrameBlock* block = block_of(expression, frame_))
        atom.block.emplace(expression.text, *block, table_);
      else
        atom.numeric.emplace(expression, table_);
      atom.prefix = deparse(expression);
      return atom;
    }
    const FactorCoding coding = factor_coding(expression, frame_.formulas.front());
    const Column& column = table_.column(coding.column);
    refuse_merged_levels(column);
    const CodedColumn coded = code_column(column, rows_);
    const std::vector<std::int32_t> match = match_labels(coded, column.numeric, levels->second);
    atom.factor = &levels->second;
    atom.prefix = coding.prefix;
    atom.full = full;
    atom.level.reserve(rows_.size());
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const auto label = static_cast<std::size_t>(coded.codes[i]);
      if (match[label] < 0) refuse_level(coding, levels->second, coded.labels[label], rows_[i]);
      atom.level.push_back(match[label]);
    }
    return atom;
  }

  /// Columns and names of an intercept and terms; R's rule: a factor is coded by contrasts where the term without it is
  /// in the model, else one column a level. The empty term counts as there; without an intercept the first factor of
  /// all takes its place with a column a level. Sparse matrices come last, in `sparse` where one is given.
  void terms(bool intercept, const std::vector<FormulaTerm>& list, RowMatrix& matrix, std::vector<std::string>& names,
             SparseRows* sparse = nullptr) const {
    std::set<std::set<std::string>> present = {{}};
    bool first_factor = !intercept;
    std::vector<std::vector<TermAtom>> compiled;
    std::size_t width = intercept ? 1 : 0;
    if (intercept) names.emplace_back("Intercept");
    for (const FormulaTerm& term : list) {
      std::set<std::string> whole;
      for (const Expression& atom : term.atoms) whole.insert(deparse(atom));
      if (sparse != nullptr && is_sparse(term)) {
        present.insert(whole);
        continue;
      }
      std::vector<TermAtom> atoms;
      std::vector<std::string> columns = {""};
      for (const Expression& expression : term.atoms) {
        std::set<std::string> margin = whole;
        margin.erase(deparse(expression));
        const bool factor = frame_.levels.count(deparse(expression)) != 0;
        atoms.push_back(make_atom(expression, present.count(margin) == 0 || (factor && first_factor)));
        if (factor) first_factor = false;
        const TermAtom& atom = atoms.back();
        // The first atom varies fastest, as in R.
        std::vector<std::string> longer;
        for (std::size_t k = 0; k < atom.width(); ++k) {
          const std::string part = atom.part(k);
          for (const std::string& column : columns) longer.push_back(column.empty() ? part : column + ":" + part);
        }
        columns = longer;
      }
      present.insert(whole);
      names.insert(names.end(), columns.begin(), columns.end());
      width += columns.size();
      compiled.push_back(std::move(atoms));
    }
    for (const FormulaTerm& term : list)
      if (sparse != nullptr && is_sparse(term)) {
        const TermAtom atom = make_atom(term.atoms.front(), false);
        names.insert(names.end(), atom.block->names().begin(), atom.block->names().end());
        append(*sparse, atom.sparse_rows(rows_));
      }
    require_distinct(names);
    constexpr std::size_t kMany = 256;
    if (width > kMany)
      require_memory(rows_.size(), width,
                     "the formula's terms have " + std::to_string(width) + " columns for " +
                         std::to_string(rows_.size()) + " rows, which are held whole",
                     "take fewer columns, or a sparse matrix as a term by itself");
    matrix.setZero(static_cast<Eigen::Index>(rows_.size()), static_cast<Eigen::Index>(width));
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      double* to = matrix.row(static_cast<Eigen::Index>(i)).data();
      if (intercept) *to++ = 1;
      for (const std::vector<TermAtom>& atoms : compiled) to += write_product(atoms, i, rows_[i], to);
    }
  }

  /// A single matrix of which the frame holds the numbers that are not zero.
  bool is_sparse(const FormulaTerm& term) const {
    if (term.atoms.size() != 1) return false;
    const FrameBlock* block = block_of(term.atoms.front(), frame_);
    return block != nullptr && block->sparse;
  }

  void deep(const DeepTerm& term, Design& design) const {
    design.deep_names = frame_.deep_names;
    design.ramps = frame_.deep_ramps;
    for (const Expression& input : sorted_inputs(term, frame_))
      if (is_sparse_input(input, frame_)) append(design.sparse_deep, make_atom(input, true).sparse_rows(rows_));
    const std::size_t dense = frame_.deep_names.size() - design.sparse_deep.columns;
    for (std::size_t k = 0; k < design.sparse_deep.values.size(); ++k)
      design.sparse_deep.values[k] /= frame_.deep_sd[dense + static_cast<std::size_t>(design.sparse_deep.indices[k])];
    design.deep.setZero(design.size(), static_cast<Eigen::Index>(dense));
    Eigen::Index start = 0;
    for (const Expression& input : sorted_inputs(term, frame_)) {
      if (static_cast<std::size_t>(start) == dense) break;
      const TermAtom atom = make_atom(input, true);
      const double* mean = frame_.deep_mean.data() + start;
      const double* sd = frame_.deep_sd.data() + start;
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        double* to = design.deep.row(static_cast<Eigen::Index>(i)).data() + start;
        if (atom.factor != nullptr) to[atom.level[i]] = 1;
        if (atom.numeric) *to = (atom.numeric->value(rows_[i]) - *mean) / *sd;
        for (std::size_t k = 0; atom.block && k < atom.width(); ++k)
          to[k] = (atom.block->value(k, rows_[i]) - mean[k]) / sd[k];
      }
      start += static_cast<Eigen::Index>(atom.width());
    }
  }

  TermDesign group(const Term& term, const GroupLevels& known) const {
    TermDesign result;
    result.group = term.group_name();
    result.deep = term.deep;
    if (!term.deep) terms(term.intercept, term.terms, result.z, result.coefficients);
    constexpr std::size_t kWide = 256;
    const std::size_t width = result.coefficients.size();
    if (width > kWide)
      require_memory(known.size() * width, width,
                     "'" + result.group + "' has " + std::to_string(known.size()) + " levels with " +
                         std::to_string(width) + " coefficients each, whose covariances",
                     "take fewer coefficients for each level, as (1 | " + result.group + ")");
    result.index = index_groups(known, table_, term.factors, rows_, result.new_levels);
    return result;
  }

 private:
  [[noreturn]] void refuse_level(const FactorCoding& coding, const std::vector<std::string>& levels,
                                 const std::string& label, std::size_t row) const {
    throw DataError("factor '" + coding.column + "' has the level '" + label + "' in " + table_.row_name(row) +
                    ", which the fit has not seen; known are " + listed(levels) + ": write one of them, or NA");
  }

  static void require_distinct(const std::vector<std::string>& names) {
    std::unordered_set<std::string> seen;
    for (const std::string& name : names)
      if (!seen.insert(name).second)
        throw ModelError("two coefficients would be named '" + name +
                         "'; rename a column or a level that it is made of");
  }

  const Frame& frame_;
  const Table& table_;
  const std::vector<std::size_t>& rows_;
};

/// The place of each row's label among `known`; throws DataError for one that is none of them.
std::vector<std::int32_t> known_levels(const Column& column, const std::string& what,
                                       const std::vector<std::string>& known, const Table& table,
                                       const std::vector<std::size_t>& rows) {
  const CodedColumn coded = code_column(column, rows);
  const std::vector<std::int32_t> match = match_labels(coded, column.numeric, known);
  std::vector<std::int32_t> level;
  level.reserve(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto label = static_cast<std::size_t>(coded.codes[i]);
    if (match[label] < 0)
      throw DataError(what + " has the level '" + coded.labels[label] + "' in " + table.row_name(rows[i]) +
                      ", which the fit has not seen; known are " + listed(known));
    level.push_back(match[label]);
  }
  return level;
}

void add_response(const Frame& frame, const Formula& formula, const Table& table, Design& design) {
  if (frame.response_levels.empty()) {
    design.response = numeric_vector(formula.response, table, design.rows);
    return;
  }
  const Column& column = table.column(factor_coding(formula.response, formula.text()).column);
  const std::vector<std::int32_t> level =
      known_levels(column, "response '" + column.name + "'", frame.response_levels, table, design.rows);
  design.response.resize(design.size());
  for (std::size_t i = 0; i < level.size(); ++i) design.response[static_cast<Eigen::Index>(i)] = level[i];
}

}  // namespace

void note_count_response(const Frame& frame, Design& design) {
  const auto sign = [](double y) { return y == 1 || y == -1; };
  if (frame.response_levels.empty() &&
      std::all_of(design.response.data(), design.response.data() + design.response.size(), sign))
    design.notes.push_back("the response '" + deparse(frame.formula().response) +
                           "' is -1 or 1 throughout and is taken as gaussian; if these are classes, write factor(" +
                           deparse(frame.formula().response) + ") ~ ..., or say " + setting("family") + " gaussian");
  const auto whole = [](double y) { return y >= 0 && y == std::floor(y); };
  const auto* begin = design.response.data();
  if (!frame.response_levels.empty() || !std::all_of(begin, begin + design.response.size(), whole)) return;
  design.notes.push_back(
      "the response '" + deparse(frame.formula().response) +
      "' holds whole numbers from 0 up, as counts do; it is taken as gaussian: " + setting("family") +
      " poisson is for counts; say " + setting("family") + " gaussian if numbers are meant");
}

Design make_design(const Frame& frame, const Table& table, const DesignOptions& options) {
  Formula formula = frame.formula();
  for (RightSide& side : formula.sides)
    if (!options.with_groups) side.groups.clear();
  if (!options.with_weights) formula.weights.reset();
  Design design;
  design.table_rows = table.rows();
  design.table_parts = table.parts;
  design.notes = frame.notes;
  const std::vector<std::string> used = columns_used(formula, frame.sigma_text, options.with_response);
  check_blocks(frame, used, table, design.notes);
  const std::vector<char> keep = options.rows ? *options.rows : complete_rows(table, used, &frame);
  for (std::size_t i = 0; i < keep.size(); ++i)
    if (keep[i] != 0) design.rows.push_back(i);
  const std::size_t dropped = table.rows() - design.rows.size() - options.imputed;
  if (dropped > 0 && !options.rows) {
    const auto first = static_cast<std::size_t>(std::find(keep.begin(), keep.end(), 0) - keep.begin());
    if (options.missing_is_error)
      throw DataError(std::to_string(dropped) + (dropped == 1 ? " row has" : " rows have") +
                      " missing values in columns that the formula uses (the first is " + table.row_name(first) +
                      "); mend them, or drop them with " + setting("na") + " omit");
    design.notes.push_back(std::to_string(dropped) + " of " + std::to_string(table.rows()) +
                           " rows dropped: missing values in columns that the formula uses");
  }
  const DesignBuilder builder(frame, table, design.rows);
  for (const RightSide& side : formula.sides) design.sides.push_back(builder.side(side, formula.deep));
  if (formula.deep) builder.deep(*formula.deep, design);
  design.trials =
      formula.trials ? numeric_vector(*formula.trials, table, design.rows) : Eigen::VectorXd::Ones(design.size());
  design.weights =
      formula.weights ? numeric_vector(*formula.weights, table, design.rows) : Eigen::VectorXd::Ones(design.size());
  // Rows without trials say nothing, as those of weight zero.
  design.weights = (design.trials.array() == 0).select(design.weights.cwiseMin(0), design.weights);
  if (options.with_response) add_response(frame, formula, table, design);
  if (!frame.sigma_text.empty()) {
    const Column& column = table.column(frame.sigma_text);
    design.sigma_index =
        known_levels(column, "`sigma` column '" + column.name + "'", frame.sigma_levels, table, design.rows);
  }
  return design;
}

}  // namespace bdglm
