// Numbers read off columns of their own names, factors off their indicators, groupings off their indices.
#include "design/design_table.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "design/coding.hpp"

namespace bdglm {
namespace {

Column text_column(std::string name, std::vector<std::string> levels, std::vector<std::int32_t> codes) {
  Column column;
  column.name = std::move(name);
  column.numeric = false;
  column.ordered = true;
  column.labels = std::move(levels);
  column.codes = std::move(codes);
  return column;
}

Column number_column(std::string name, const Eigen::VectorXd& values) {
  Column column;
  column.name = std::move(name);
  column.numbers.assign(values.begin(), values.end());
  return column;
}

/// The shortest numbers that are standardised to these: the product and sum alone would show rounding.
Eigen::VectorXd unstandardised(const Eigen::VectorXd& standardised, double mean, double sd) {
  Eigen::VectorXd values = (standardised.array() * sd + mean).matrix();
  for (Eigen::Index i = 0; i < values.size(); ++i)
    for (const int digits : {1, 3, 5, 7, 9, 11, 13, 15, 16, 17}) {
      char text[40];
      std::snprintf(text, sizeof text, "%.*f", std::max(0, digits - 1), values[i]);
      const double fixed = std::strtod(text, nullptr) + 0.0;
      if ((fixed - mean) / sd != standardised[i]) continue;
      values[i] = fixed;
      break;
    }
  return values;
}

/// A matrix of the design with the names of its columns.
struct Named {
  const RowMatrix& matrix;
  const std::vector<std::string>& names;

  Eigen::Index find(const std::string& name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : static_cast<Eigen::Index>(found - names.begin());
  }
};

class TableReader {
 public:
  TableReader(const Design& design, const Frame& frame) : design_(design), frame_(frame) {}

  void add(Column column) {
    if (!result_.table.has(column.name)) result_.table.add(std::move(column));
  }

  /// Columns of the atoms that stand in the matrix by themselves; `unscaled` gives a column in the user's units.
  template <class Unscaled>
  void add_atoms(const std::vector<Expression>& atoms, const Named& named, const std::string& formula,
                 const Unscaled& unscaled) {
    for (const Expression& atom : atoms) {
      const auto levels = frame_.levels.find(deparse(atom));
      if (levels != frame_.levels.end()) {
        add_factor(factor_coding(atom, formula), levels->second, named);
      } else if (atom.kind == Expression::Kind::name) {
        const Eigen::Index at = named.find(deparse(atom));
        if (at >= 0) add(number_column(atom.text, unscaled(at)));
      }
    }
  }

  void add_grouping(const Term& term, const TermDesign& group) {
    const GroupLevels& levels = frame_.groupings.at(term.group_name());
    const std::size_t width = term.factors.size();
    for (std::size_t f = 0; f < width; ++f) {
      std::vector<std::int32_t> codes = group.index;
      for (std::int32_t& code : codes)
        if (!levels.codes.empty()) code = levels.codes[static_cast<std::size_t>(code) * width + f];
      add(text_column(term.factors[f], levels.labels[f], std::move(codes)));
    }
  }

  DesignTable finish(const std::vector<std::string>& read) {
    for (const std::string& name : read)
      if (!result_.table.has(name)) result_.lost.push_back(name);
    return std::move(result_);
  }

 private:
  /// From indicators of all levels, or of all but the first.
  void add_factor(const FactorCoding& coding, const std::vector<std::string>& levels, const Named& named) {
    std::vector<std::int32_t> codes(static_cast<std::size_t>(design_.size()), 0);
    for (std::size_t k = 1; k < levels.size(); ++k) {
      const Eigen::Index at = named.find(coding.prefix + levels[k]);
      if (at < 0) return;
      for (Eigen::Index i = 0; i < design_.size(); ++i)
        if (named.matrix(i, at) != 0) codes[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(k);
    }
    add(text_column(coding.column, levels, std::move(codes)));
  }

  const Design& design_;
  const Frame& frame_;
  DesignTable result_;
};

std::vector<Expression> single_atoms(const std::vector<FormulaTerm>& terms) {
  std::vector<Expression> atoms;
  for (const FormulaTerm& term : terms)
    if (term.atoms.size() == 1) atoms.push_back(term.atoms.front());
  return atoms;
}

}  // namespace

DesignTable table_of(const Design& design, const Frame& frame, bool with_groups) {
  Formula formula = frame.formula();
  TableReader reader(design, frame);
  const auto as_is = [](const RowMatrix& matrix) {
    return [&matrix](Eigen::Index at) -> Eigen::VectorXd { return matrix.col(at); };
  };
  for (std::size_t k = 0; k < formula.sides.size(); ++k) {
    const RightSide& side = formula.sides[k];
    const SideDesign& made = design.sides[k];
    reader.add_atoms(single_atoms(side.terms), {made.fixed, made.fixed_names}, side.text, as_is(made.fixed));
    if (side.offsets.size() == 1 && side.offsets.front().kind == Expression::Kind::name)
      reader.add(number_column(side.offsets.front().text, made.offset));
    for (std::size_t t = 0; t < side.groups.size(); ++t) {
      const TermDesign& group = made.groups[t];
      if (!group.deep)
        reader.add_atoms(single_atoms(side.groups[t].terms), {group.z, group.coefficients}, side.text, as_is(group.z));
    }
  }
  if (formula.deep)
    reader.add_atoms(formula.deep->inputs, {design.deep, design.deep_names}, formula.deep->text,
                     [&](Eigen::Index at) -> Eigen::VectorXd {
                       const auto input = static_cast<std::size_t>(at);
                       return unstandardised(design.deep.col(at), frame.deep_mean[input], frame.deep_sd[input]);
                     });
  if (formula.trials && formula.trials->kind == Expression::Kind::name)
    reader.add(number_column(formula.trials->text, design.trials));
  if (formula.weights && formula.weights->kind == Expression::Kind::name)
    reader.add(number_column(formula.weights->text, design.weights));
  if (!frame.sigma_text.empty()) reader.add(text_column(frame.sigma_text, frame.sigma_levels, design.sigma_index));
  // Last, since a column that is a number to a term is one to its grouping too.
  for (std::size_t k = 0; k < formula.sides.size(); ++k) {
    for (std::size_t t = 0; t < formula.sides[k].groups.size(); ++t)
      reader.add_grouping(formula.sides[k].groups[t], design.sides[k].groups[t]);
    if (!with_groups) formula.sides[k].groups.clear();
  }
  std::vector<std::string> read = formula.columns(false);
  if (formula.trials) collect_names(*formula.trials, read);
  return reader.finish(read);
}

}  // namespace bdglm
