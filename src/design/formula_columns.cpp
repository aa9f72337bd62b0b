// Names of terms and groupings, and the columns that a formula reads.
#include <algorithm>

#include "design/formula.hpp"

namespace bdglm {

Expression name_expression(const std::string& name) {
  Expression e;
  e.kind = Expression::Kind::name;
  e.text = name;
  return e;
}

std::string FormulaTerm::name() const {
  std::string name;
  for (const Expression& atom : atoms) name += (name.empty() ? "" : ":") + deparse(atom);
  return name;
}

std::string Term::group_name() const {
  std::string name;
  for (const std::string& factor : factors) name += (name.empty() ? "" : ":") + factor;
  return name;
}

std::size_t Formula::side_of(const std::string& predictor) const {
  for (std::size_t k = 1; k < sides.size(); ++k)
    if (sides[k].predictor == predictor) return k;
  return 0;
}

std::vector<std::string> Formula::columns(bool with_response) const {
  std::vector<std::string> names;
  if (with_response) {
    collect_names(response, names);
    if (trials) collect_names(*trials, names);
    if (weights) collect_names(*weights, names);
  }
  const auto add_terms = [&](const std::vector<FormulaTerm>& list) {
    for (const FormulaTerm& term : list)
      for (const Expression& atom : term.atoms) collect_names(atom, names);
  };
  for (const RightSide& side : sides) {
    add_terms(side.terms);
    for (const Expression& e : side.offsets) collect_names(e, names);
    if (deep && side.deep)
      for (const Expression& e : deep->inputs) collect_names(e, names);
    for (const Term& group : side.groups) {
      add_terms(group.terms);
      for (const std::string& factor : group.factors)
        if (std::find(names.begin(), names.end(), factor) == names.end()) names.push_back(factor);
    }
  }
  return names;
}

void for_each_atom(const Formula& formula, const std::function<void(const Expression&, const std::string&)>& f) {
  for (const RightSide& side : formula.sides) {
    for (const FormulaTerm& term : side.terms)
      for (const Expression& atom : term.atoms) f(atom, side.text);
    for (const Term& group : side.groups)
      for (const FormulaTerm& term : group.terms)
        for (const Expression& atom : term.atoms) f(atom, side.text);
  }
  if (formula.deep)
    for (const Expression& atom : formula.deep->inputs) f(atom, formula.deep->text);
}

}  // namespace bdglm
