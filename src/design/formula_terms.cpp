// Algebra of terms.
#include "design/formula_terms.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>

namespace bdglm {
namespace {

/// Names, of which '.' may stand for thousands, are compared as they are.
bool same_atom(const Expression& a, const Expression& b) {
  const bool names = a.kind == Expression::Kind::name && b.kind == Expression::Kind::name;
  return names ? a.text == b.text : deparse(a) == deparse(b);
}

}  // namespace

bool same_term(const FormulaTerm& a, const FormulaTerm& b) {
  if (a.atoms.size() != b.atoms.size()) return false;
  return std::all_of(a.atoms.begin(), a.atoms.end(), [&](const Expression& x) {
    return std::any_of(b.atoms.begin(), b.atoms.end(), [&](const Expression& y) { return same_atom(x, y); });
  });
}

void add_term(std::vector<FormulaTerm>& terms, const FormulaTerm& term) {
  if (std::none_of(terms.begin(), terms.end(), [&](const FormulaTerm& t) { return same_term(t, term); }))
    terms.push_back(term);
}

void add_terms(std::vector<FormulaTerm>& terms, const std::vector<FormulaTerm>& more) {
  if (more.size() == 1) return add_term(terms, more.front());
  std::set<std::vector<std::string>> known;
  const auto is_new = [&](const FormulaTerm& term) {
    std::vector<std::string> atoms;
    for (const Expression& atom : term.atoms) atoms.push_back(deparse(atom));
    std::sort(atoms.begin(), atoms.end());
    return known.insert(std::move(atoms)).second;
  };
  for (const FormulaTerm& term : terms) is_new(term);
  std::copy_if(more.begin(), more.end(), std::back_inserter(terms), is_new);
}

FormulaTerm product(const FormulaTerm& a, const FormulaTerm& b) {
  FormulaTerm result = a;
  for (const Expression& atom : b.atoms) {
    const bool known =
        std::any_of(result.atoms.begin(), result.atoms.end(), [&](const Expression& x) { return same_atom(x, atom); });
    if (!known) result.atoms.push_back(atom);
  }
  return result;
}

std::vector<FormulaTerm> crossed(const std::vector<FormulaTerm>& a, const std::vector<FormulaTerm>& b,
                                 bool main_effects) {
  std::vector<FormulaTerm> result;
  if (main_effects) {
    result = a;
    for (const FormulaTerm& t : b) add_term(result, t);
  }
  for (const FormulaTerm& x : a)
    for (const FormulaTerm& y : b) add_term(result, product(x, y));
  return result;
}

}  // namespace bdglm
