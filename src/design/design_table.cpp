// Numbers read off columns of their own names, factors off their indicators, groupings off their indices.
#include "design/design_table.hpp"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <utility>

#include "bdglm/error.hpp"
#include "design/blocks.hpp"
#include "design/coding.hpp"
#include "design/input_scaling.hpp"
#include "design/levels.hpp"
#include "design/sparse_columns.hpp"

namespace bdglm {
namespace {

/// A matrix of the design with the names of its columns.
struct Named {
  const RowMatrix& matrix;
  const std::vector<std::string>& names;

  Eigen::Index find(const std::string& name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<Eigen::Index>(found - names.begin());
  }
};

class TermReader {
 public:
  /// With `names_only` columns get their names and no rows.
  TermReader(const Design& design, const Frame& frame, bool names_only)
      : design_(design), frame_(frame), names_only_(names_only) {
    for (const auto& [name, block] : frame.blocks)
      for (const std::size_t k : block.sparse ? std::vector<std::size_t>() : block.varying())
        block_of_.emplace(block_column_name(name, k), name);
  }

  /// What `make` gives, of that name; the first of a name stays.
  template <class Make>
  void add(const std::string& name, bool numeric, const Make& make) {
    if (table_.has(name)) return;
    Column column;
    column.numeric = numeric;
    if (!names_only_) column = make();
    column.name = name;
    if (const auto block = block_of_.find(name); block != block_of_.end()) column.block = block->second;
    table_.add(std::move(column));
  }

  void add_number(const Expression& e, const Eigen::VectorXd& values) {
    if (e.kind == Expression::Kind::name) add(e.text, true, [&] { return number_column(e.text, values); });
  }

  /// Numbers that stand in the matrix by themselves; `unscaled` gives a column in the user's units.
  template <class Unscaled>
  void add_numbers(const std::vector<Expression>& atoms, const Named& named, const Unscaled& unscaled) {
    for (const Expression& atom : atoms) {
      if (atom.kind != Expression::Kind::name || frame_.levels.count(atom.text) > 0) continue;
      if (const FrameBlock* block = block_of(atom, frame_)) {
        if (block->sparse) continue;
        // They stand one after the other.
        const std::vector<std::size_t> varying = block->varying();
        Eigen::Index at = named.find(block_column_name(atom.text, varying.front()));
        for (std::size_t k = 0; at >= 0 && k < varying.size(); ++k, ++at)
          add(block_column_name(atom.text, varying[k]), true, [&] { return number_column("", unscaled(at)); });
        continue;
      }
      const Eigen::Index at = named.find(deparse(atom));
      if (at >= 0) add(atom.text, true, [&] { return number_column(atom.text, unscaled(at)); });
    }
  }

  /// Sparse matrices that stand in `held` by themselves, one after the other; `unscaled` gives a number of one of its
  /// columns in the user's units.
  template <class Unscaled>
  void add_sparse(const std::vector<Expression>& atoms, const SparseRows& held, bool of_network,
                  const Unscaled& unscaled) {
    std::size_t start = 0;
    for (const Expression& atom : atoms) {
      if (!is_sparse_input(atom, frame_)) continue;
      const FrameBlock* block = block_of(atom, frame_);
      if (block == nullptr) {
        start += of_network ? input_width(atom, frame_) : 0;
        continue;
      }
      const std::vector<std::size_t> varying = block->varying();
      SparseRows own;
      own.columns = block->columns;
      for (std::size_t row = 0; row < held.rows() && !names_only_; ++row) {
        held.for_each(row, [&](std::int32_t column, double value) {
          const std::size_t k = static_cast<std::size_t>(column) - start;
          if (static_cast<std::size_t>(column) < start || k >= varying.size()) return;
          own.indices.push_back(static_cast<std::int32_t>(varying[k]));
          own.values.push_back(unscaled(static_cast<std::size_t>(column), value));
        });
        own.starts.push_back(own.indices.size());
      }
      start += varying.size();
      if (table_.block(atom.text) == nullptr)
        table_.add_block({atom.text, block->columns, false, "", std::make_shared<const SparseRows>(std::move(own))});
    }
  }

  /// Factors that stand in the matrix by themselves, from indicators of all levels or of all but the first.
  void add_factors(const std::vector<Expression>& atoms, const Named& named, const std::string& formula) {
    for (const Expression& atom : atoms) {
      const auto found = frame_.levels.find(deparse(atom));
      if (found == frame_.levels.end()) continue;
      const FactorCoding coding = factor_coding(atom, formula);
      const std::vector<std::string>& levels = found->second;
      std::vector<Eigen::Index> at;
      for (std::size_t k = 1; k < levels.size(); ++k) at.push_back(named.find(coding.prefix + levels[k]));
      if (std::find(at.begin(), at.end(), -1) != at.end()) continue;
      add(coding.column, false, [&] {
        std::vector<std::int32_t> codes(static_cast<std::size_t>(design_.size()), 0);
        for (std::size_t k = 0; k < at.size(); ++k)
          for (Eigen::Index i = 0; i < design_.size(); ++i)
            if (named.matrix(i, at[k]) != 0) codes[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(k) + 1;
        return text_column(coding.column, levels, std::move(codes));
      });
    }
  }

  /// Of the network's inputs, those that sparse columns tell.
  void add_sparse_factors(const DeepTerm& network, const SparseRows& held) {
    std::size_t end = 0;
    for (const Expression& input : network.inputs) {
      const std::size_t first = end;
      end += is_sparse_input(input, frame_) ? input_width(input, frame_) : 0;
      if (end == first || block_of(input, frame_) != nullptr) continue;
      const std::string column = factor_coding(input, network.text).column;
      add(column, false,
          [&] { return text_column(column, frame_.levels.at(deparse(input)), levels_told(held, first, end)); });
    }
  }

  void add_grouping(const Term& term, const TermDesign& group) {
    const GroupLevels& levels = frame_.groupings.at(term.group_name());
    const std::size_t width = term.factors.size();
    for (std::size_t f = 0; f < width; ++f)
      add(term.factors[f], false, [&] {
        std::vector<std::int32_t> codes = group.index;
        for (std::int32_t& code : codes)
          if (!levels.codes.empty()) code = levels.codes[static_cast<std::size_t>(code) * width + f];
        return text_column(term.factors[f], levels.labels[f], std::move(codes));
      });
  }

  Table finish() {
    for (const auto& [name, block] : frame_.blocks) {
      if (table_.block(name) != nullptr) continue;
      const std::vector<std::string> names = frame_.with_block_columns({name});
      if (std::all_of(names.begin(), names.end(), [&](const std::string& one) { return table_.has(one); }))
        table_.add_block({name, block.columns, false});
    }
    return std::move(table_);
  }

 private:
  const Design& design_;
  const Frame& frame_;
  bool names_only_;
  std::unordered_map<std::string, std::string> block_of_;  ///< of columns
  Table table_;
};

std::vector<Expression> single_atoms(const std::vector<FormulaTerm>& terms) {
  std::vector<Expression> atoms;
  for (const FormulaTerm& term : terms)
    if (term.atoms.size() == 1) atoms.push_back(term.atoms.front());
  return atoms;
}

/// The columns that the predictors read as numbers; trials are numbers too.
std::vector<std::string> read_as_numbers(const Formula& formula, const Frame& frame) {
  std::vector<std::string> names;
  for_each_atom(formula, [&](const Expression& atom, const std::string&) {
    if (frame.levels.count(deparse(atom)) == 0) collect_names(atom, names);
  });
  for (const RightSide& side : formula.sides)
    for (const Expression& offset : side.offsets) collect_names(offset, names);
  if (formula.trials) collect_names(*formula.trials, names);
  return names;
}

/// With `names_only` the columns have no rows, and those are lost that the matrices alone do not tell.
DesignTable find_columns(const Design& design, const Frame& frame, bool with_groups, bool names_only) {
  const Formula formula = frame.formula();
  Formula wanted = formula;
  for (RightSide& side : wanted.sides)
    if (!with_groups) side.groups.clear();
  TermReader reader(design, frame, names_only);
  const auto as_is = [](const RowMatrix& matrix) {
    return [&matrix](Eigen::Index at) -> Eigen::VectorXd { return matrix.col(at); };
  };
  const auto for_each_matrix = [&](const auto& f) {
    for (std::size_t k = 0; k < formula.sides.size(); ++k) {
      const RightSide& side = formula.sides[k];
      const SideDesign& made = design.sides[k];
      f(single_atoms(side.terms), Named{made.fixed, made.fixed_names}, side.text);
      for (std::size_t t = 0; t < side.groups.size(); ++t)
        if (!made.groups[t].deep)
          f(single_atoms(side.groups[t].terms), Named{made.groups[t].z, made.groups[t].coefficients}, side.text);
    }
  };
  for_each_matrix([&](const std::vector<Expression>& atoms, const Named& named, const std::string&) {
    reader.add_numbers(atoms, named, as_is(named.matrix));
  });
  for (std::size_t k = 0; k < formula.sides.size(); ++k)
    reader.add_sparse(single_atoms(formula.sides[k].terms), design.sides[k].sparse, false,
                      [](std::size_t /*column*/, double x) { return x; });
  for (std::size_t k = 0; k < formula.sides.size(); ++k)
    if (formula.sides[k].offsets.size() == 1)
      reader.add_number(formula.sides[k].offsets.front(), design.sides[k].offset);
  const Named inputs{design.deep, design.deep_names};
  const auto unscaled = [&](std::size_t input, double x) {
    return unstandardised(x, frame.deep_mean[input], frame.deep_sd[input]);
  };
  if (formula.deep) {
    reader.add_numbers(formula.deep->inputs, inputs, [&](Eigen::Index at) -> Eigen::VectorXd {
      return design.deep.col(at).unaryExpr([&](double x) { return unscaled(static_cast<std::size_t>(at), x); });
    });
    reader.add_sparse(formula.deep->inputs, design.sparse_deep, true, [&](std::size_t column, double x) {
      return unscaled(static_cast<std::size_t>(design.deep.cols()) + column, x);
    });
  }
  if (formula.trials) reader.add_number(*formula.trials, design.trials);
  if (formula.weights) reader.add_number(*formula.weights, design.weights);
  // A column that is a number to one term, and a factor or a grouping to another, is a column of numbers.
  for (const Column& column : design.untold) reader.add(column.name, column.numeric, [&] { return column; });
  if (!frame.sigma_text.empty())
    reader.add(frame.sigma_text, false,
               [&] { return text_column(frame.sigma_text, frame.sigma_levels, design.sigma_index); });
  for_each_matrix([&](const std::vector<Expression>& atoms, const Named& named, const std::string& text) {
    reader.add_factors(atoms, named, text);
  });
  if (formula.deep) {
    // First, since the names of their levels stand among those of dense columns.
    reader.add_sparse_factors(*formula.deep, design.sparse_deep);
    reader.add_factors(formula.deep->inputs, inputs, formula.deep->text);
  }
  for (std::size_t k = 0; k < formula.sides.size(); ++k)
    for (std::size_t t = 0; t < formula.sides[k].groups.size(); ++t)
      reader.add_grouping(formula.sides[k].groups[t], design.sides[k].groups[t]);
  DesignTable found{reader.finish(), {}};
  std::vector<std::string> numbers = read_as_numbers(wanted, frame);
  if (formula.weights && names_only) collect_names(*formula.weights, numbers);
  std::vector<std::string> read = numbers;
  for (const std::string& name : wanted.columns(false))
    if (std::find(read.begin(), read.end(), name) == read.end()) read.push_back(name);
  for (const std::string& name : read) {
    if (found.table.block(name) != nullptr) continue;
    const bool number = std::find(numbers.begin(), numbers.end(), name) != numbers.end();
    if (!found.table.has(name) || (number && !found.table.column(name).numeric)) found.lost.push_back(name);
  }
  return found;
}

}  // namespace

DesignTable table_of(const Design& design, const Frame& frame, bool with_groups) {
  return find_columns(design, frame, with_groups, false);
}

std::vector<Column> untold_columns(const Design& design, const Frame& frame, const Table& table) {
  std::vector<Column> untold;
  for (const std::string& name : frame.with_block_columns(find_columns(design, frame, true, true).lost)) {
    if (!table.has(name)) {
      // A column of zeros of a sparse block.
      untold.emplace_back().name = name;
      untold.back().numbers.assign(design.rows.size(), 0);
      continue;
    }
    const Column& column = table.column(name);
    Column kept;
    kept.name = name;
    kept.numeric = column.numeric;
    if (column.numeric) {
      for (const std::size_t row : design.rows) kept.numbers.push_back(column.numbers[row]);
    } else {
      kept.labels = levels_of_factor(frame, name);
      kept.ordered = true;
      const CodedColumn coded = code_column(column, design.rows);
      const std::vector<std::int32_t> level = match_labels(coded, false, kept.labels);
      for (const std::int32_t code : coded.codes) kept.codes.push_back(level[static_cast<std::size_t>(code)]);
    }
    untold.push_back(std::move(kept));
  }
  return untold;
}

const std::vector<std::string>& levels_of_factor(const Frame& frame, const std::string& column) {
  for (const auto& [atom, levels] : frame.levels)
    if (factor_coding(parse_expression(atom), atom).column == column) return levels;
  throw DataError("the formula has no factor '" + column + "'");
}

}  // namespace bdglm
