// What each column of a model was taken for, in words.
#include <algorithm>

#include "design/blocks.hpp"
#include "design/coding.hpp"
#include "design/columns.hpp"

namespace bdglm {
namespace {

using Columns = std::vector<std::pair<std::string, std::string>>;

/// Adds a role to a column, after those it has.
void add_role(Columns& columns, const std::string& name, const std::string& role) {
  const auto known =
      std::find_if(columns.begin(), columns.end(), [&](const auto& entry) { return entry.first == name; });
  if (known == columns.end())
    columns.emplace_back(name, role);
  else if (("; " + known->second + ";").find("; " + role + ";") == std::string::npos)
    known->second += "; " + role;
}

/// "a (reference), b, c", at most eight of them; the last always.
std::string level_list(const std::vector<std::string>& levels, bool reference) {
  std::string list;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    if (k == 7 && levels.size() > 8) {
      list += ", ...";
      k = levels.size() - 1;
    }
    list += (k == 0 ? "" : ", ") + levels[k] + (reference && k == 0 ? " (reference)" : "");
  }
  return list;
}

std::string counted_levels(const std::vector<std::string>& levels) {
  return std::to_string(levels.size()) + (levels.size() == 1 ? " level" : " levels");
}

class Describer {
 public:
  Describer(const Frame& frame, const Formula& formula) : frame_(frame), formula_(formula) {}

  Columns describe() {
    response();
    if (formula_.trials) expression(*formula_.trials, "trials");
    if (formula_.weights) expression(*formula_.weights, "weights");
    for (const RightSide& side : formula_.sides) {
      for (const FormulaTerm& term : side.terms)
        for (const Expression& atom : term.atoms) predictor(atom);
      for (const Expression& offset : side.offsets) expression(offset, "offset");
    }
    if (formula_.deep)
      for (const Expression& input : formula_.deep->inputs) network_input(input);
    for (const RightSide& side : formula_.sides)
      for (const Term& term : side.groups) grouping(term);
    if (!frame_.sigma_text.empty())
      add_role(columns_, frame_.sigma_text, "sigma levels, " + counted_levels(frame_.sigma_levels));
    return std::move(columns_);
  }

 private:
  void response() {
    const std::vector<std::string>& levels = frame_.response_levels;
    if (levels.empty()) {
      expression(formula_.response, formula_.trials ? "response: successes" : "response: number");
      return;
    }
    const std::string name = factor_coding(formula_.response, formula_.text()).column;
    if (levels.size() == 2)
      add_role(columns_, name, "response: " + levels[0] + " = 0, " + levels[1] + " = 1");
    else
      add_role(columns_, name, "response, " + counted_levels(levels) + ": " + level_list(levels, false));
  }

  void grouping(const Term& group) {
    for (const FormulaTerm& term : group.terms)
      for (const Expression& atom : term.atoms) predictor(atom);
    const std::string levels = counted_levels(frame_.group_levels.at(group.group_name()));
    for (const std::string& factor : group.factors)
      add_role(
          columns_, factor,
          group.factors.size() == 1 ? "grouping, " + levels : "in the grouping " + group.group_name() + ", " + levels);
  }

  /// The role of every column that an arithmetic expression reads.
  void expression(const Expression& e, const std::string& role) {
    std::vector<std::string> names;
    collect_names(e, names);
    const bool plain = e.kind == Expression::Kind::name;
    for (const std::string& name : names) add_role(columns_, name, plain ? role : role + ", in " + deparse(e));
  }

  /// "matrix of 784 columns, 137 of them constant".
  static std::string matrix(const FrameBlock& block) {
    return "matrix of " + std::to_string(block.columns) + (block.columns == 1 ? " column" : " columns") +
           (block.constant.empty() ? "" : ", " + std::to_string(block.constant.size()) + " of them constant");
  }

  void predictor(const Expression& atom) {
    if (const FrameBlock* block = block_of(atom, frame_)) return add_role(columns_, atom.text, matrix(*block));
    const auto levels = frame_.levels.find(deparse(atom));
    if (levels == frame_.levels.end()) return expression(atom, "number");
    add_role(columns_, factor_coding(atom, formula_.text()).column,
             "factor, " + counted_levels(levels->second) + ": " + level_list(levels->second, true));
  }

  void network_input(const Expression& input) {
    if (const FrameBlock* block = block_of(input, frame_)) {
      const bool known =
          std::any_of(columns_.begin(), columns_.end(), [&](const auto& entry) { return entry.first == input.text; });
      return add_role(columns_, input.text, "network inputs (standardised)" + (known ? "" : ", " + matrix(*block)));
    }
    const auto levels = frame_.levels.find(deparse(input));
    if (levels == frame_.levels.end()) return expression(input, "network input (standardised" + knots_of(input) + ")");
    add_role(columns_, factor_coding(input, formula_.text()).column,
             "network input, factor, " + counted_levels(levels->second) + ": " + level_list(levels->second, false));
  }

  std::string knots_of(const Expression& input) const {
    const auto& names = frame_.deep_names;
    const auto at = static_cast<std::size_t>(std::find(names.begin(), names.end(), deparse(input)) - names.begin());
    if (at >= frame_.deep_ramps.size() || frame_.deep_ramps[at].size() == 0) return "";
    const std::size_t inner = frame_.deep_ramps[at].size() - 1;
    return ", " + std::to_string(inner) + (inner == 1 ? " knot" : " knots");
  }

  const Frame& frame_;
  const Formula& formula_;
  Columns columns_;
};

}  // namespace

Columns describe_columns(const Frame& frame, const Formula& formula) { return Describer(frame, formula).describe(); }

}  // namespace bdglm
