// From syntax tree to formula: expansion of * / ^ and '.', and the special terms deep, offset, trials, weights.
#include "design/formula.hpp"

#include <algorithm>
#include <cmath>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "data/table.hpp"
#include "design/coding.hpp"
#include "design/formula_parts.hpp"
#include "design/formula_words.hpp"

namespace bdglm {
namespace {

bool same_term(const FormulaTerm& a, const FormulaTerm& b) {
  if (a.atoms.size() != b.atoms.size()) return false;
  return std::all_of(a.atoms.begin(), a.atoms.end(), [&](const Expression& x) {
    return std::any_of(b.atoms.begin(), b.atoms.end(), [&](const Expression& y) { return deparse(x) == deparse(y); });
  });
}

void add_term(std::vector<FormulaTerm>& terms, const FormulaTerm& term) {
  if (std::none_of(terms.begin(), terms.end(), [&](const FormulaTerm& t) { return same_term(t, term); }))
    terms.push_back(term);
}

FormulaTerm product(const FormulaTerm& a, const FormulaTerm& b) {
  FormulaTerm result = a;
  for (const Expression& atom : b.atoms) {
    const bool known = std::any_of(result.atoms.begin(), result.atoms.end(),
                                   [&](const Expression& x) { return deparse(x) == deparse(atom); });
    if (!known) result.atoms.push_back(atom);
  }
  return result;
}

class Interpreter {
 public:
  Interpreter(const std::string& text, const std::vector<std::string>& candidates)
      : text_(text), candidates_(candidates) {}

  Formula interpret() {
    Expression whole = parse_expression(text_);
    formula_.text = text_;
    if (!whole.is_operator("~")) fail(whole, "a formula has the form 'response ~ terms'");
    if (whole.children[0].is_operator("~")) fail(whole, "a formula has one '~'");
    left_side(whole.children[0]);
    find_dot_columns(whole);
    right_side(whole.children[1], formula_.intercept, formula_.terms, true);
    for (std::size_t a = 0; a < formula_.groups.size(); ++a) {
      if (formula_.groups[a].deep && !formula_.deep)
        throw ModelError("formula: (deep | " + formula_.groups[a].group_name() + ") needs a deep(...) term");
    }
    const std::vector<std::string> right = formula_.columns(false);
    if (formula_.response.kind == Expression::Kind::name &&
        std::find(right.begin(), right.end(), formula_.response.text) != right.end())
      fail(whole, "the response '" + formula_.response.text + "' stands on the right side too");
    // R orders terms by their degree and keeps the order of writing within a degree.
    std::stable_sort(formula_.terms.begin(), formula_.terms.end(),
                     [](const FormulaTerm& a, const FormulaTerm& b) { return a.atoms.size() < b.atoms.size(); });
    return std::move(formula_);
  }

 private:
  [[noreturn]] void fail(const Expression& e, const std::string& what) const { throw_at(text_, e.position, what); }

  /// The random-effect term that 'x | g' without parentheses was probably meant to be.
  static std::string bar_advice(const Expression& e) {
    return "; a random-effect term stands in parentheses: (1 " + e.text + " " + deparse(e.children[1]) +
           ") for an intercept, (1 + x " + e.text + " " + deparse(e.children[1]) + ") for a slope too" +
           (e.text == "|" ? "" : " ('||' makes them independent, '|' lets them be correlated)");
  }

  void left_side(const Expression& left) {
    if (left.is_operator("|")) {
      response(left.children[0]);
      modifiers(left.children[1]);
    } else {
      response(left);
    }
  }

  void response(const Expression& e) {
    if (e.kind != Expression::Kind::name && e.kind != Expression::Kind::call)
      fail(e, "the response is one column, or an expression such as log(y)");
    if (const std::string advice = response_advice(e); !advice.empty()) fail(e, advice);
    if (e.kind == Expression::Kind::call) check_atom(e, text_);
    formula_.response = e;
  }

  void modifiers(const Expression& e) {
    if (e.is_operator("+")) {
      modifiers(e.children[0]);
      modifiers(e.children[1]);
      return;
    }
    const bool trials = e.is_call("trials");
    if ((!trials && !e.is_call("weights")) || e.children.size() != 1) fail(e, modifier_advice(e));
    check_arithmetic(e.children[0], text_);
    (trials ? formula_.trials : formula_.weights) = e.children[0];
  }

  void find_dot_columns(const Expression& whole) {
    std::vector<std::string> named;
    collect_names(whole, named);
    for (const std::string& c : candidates_)
      if (std::find(named.begin(), named.end(), c) == named.end()) dot_columns_.push_back(c);
  }

  /// Adds the expansion of `e` to an intercept and a list of terms; special terms only at the top.
  void right_side(const Expression& e, bool& intercept, std::vector<FormulaTerm>& terms, bool top) {
    if (e.is_operator("+")) {
      right_side(e.children[0], intercept, terms, top);
      right_side(e.children[1], intercept, terms, top);
    } else if (e.is_operator("-")) {
      right_side(e.children[0], intercept, terms, top);
      remove(e.children[1], intercept, terms);
    } else if (e.kind == Expression::Kind::unary && e.text == "-") {
      remove(e.children[0], intercept, terms);
    } else if (e.kind == Expression::Kind::number) {
      if (e.value != 0 && e.value != 1) fail(e, "a number in a formula is 0 or 1 (the intercept)");
      intercept = e.value == 1;
    } else if (e.kind == Expression::Kind::parenthesis &&
               (e.children[0].is_operator("|") || e.children[0].is_operator("||"))) {
      if (!top) fail(e, "a random-effect term cannot stand inside another term");
      group(e.children[0]);
    } else if (e.kind == Expression::Kind::parenthesis || (e.kind == Expression::Kind::unary && e.text == "+")) {
      right_side(e.children[0], intercept, terms, top);
    } else if (e.is_call("deep")) {
      if (!top) fail(e, "deep() cannot stand inside another term");
      deep(e);
    } else if (e.is_call("offset")) {
      if (!top || e.children.size() != 1) fail(e, "offset() takes one expression and stands alone");
      check_arithmetic(e.children[0], text_);
      formula_.offsets.push_back(e.children[0]);
    } else {
      for (const FormulaTerm& term : expand(e)) add_term(terms, term);
    }
  }

  void remove(const Expression& e, bool& intercept, std::vector<FormulaTerm>& terms) {
    if (e.kind == Expression::Kind::number) {
      if (e.value != 0 && e.value != 1) fail(e, "only 0, 1 or terms can be removed");
      intercept = e.value == 0;
      return;
    }
    for (const FormulaTerm& gone : expand(e)) {
      const std::size_t before = terms.size();
      terms.erase(std::remove_if(terms.begin(), terms.end(), [&](const FormulaTerm& t) { return same_term(t, gone); }),
                  terms.end());
      if (terms.size() == before) check_known(e, gone);
    }
  }

  /// A term that takes nothing out may be misspelt.
  void check_known(const Expression& e, const FormulaTerm& gone) const {
    std::vector<std::string> names;
    for (const Expression& atom : gone.atoms) collect_names(atom, names);
    for (const std::string& name : names) {
      if (candidates_.empty() || std::find(candidates_.begin(), candidates_.end(), name) != candidates_.end()) continue;
      const std::vector<std::string> near = nearest_names(name, candidates_);
      fail(e, "there is no column '" + name + "' to take out" +
                  (near.empty() ? "" : "; the nearest name is '" + near.front() + "'"));
    }
  }

  std::vector<FormulaTerm> expand(const Expression& e) {
    if (e.kind == Expression::Kind::parenthesis) return expand(e.children[0]);
    if (e.kind == Expression::Kind::name && e.text == ".") {
      std::vector<FormulaTerm> terms;
      for (const std::string& name : dot_columns_) terms.push_back({{name_expression(name)}});
      formula_.by_dot = dot_columns_;
      return terms;
    }
    if (e.kind == Expression::Kind::binary) {
      std::vector<FormulaTerm> result;
      if (e.text == "^") {
        const Expression& power = e.children[1];
        if (power.kind != Expression::Kind::number || power.value < 1 || power.value > 8 ||
            power.value != std::floor(power.value))
          fail(power, "a power of terms is a whole number from 1 to 8; for arithmetic write I(x^2)");
        const std::vector<FormulaTerm> base = expand(e.children[0]);
        result = base;
        for (int k = 1; k < static_cast<int>(power.value); ++k) result = crossed(result, base, true);
        return result;
      }
      const std::vector<FormulaTerm> left = expand(e.children[0]);
      const std::vector<FormulaTerm> right = expand(e.children[1]);
      if (e.text == ":") return crossed(left, right, false);
      if (e.text == "*") return crossed(left, right, true);
      if (e.text == "+") {
        result = left;
        for (const FormulaTerm& t : right) add_term(result, t);
        return result;
      }
      if (e.text == "/") {
        FormulaTerm all;
        for (const FormulaTerm& t : left) all = product(all, t);
        result = left;
        for (const FormulaTerm& t : right) add_term(result, product(all, t));
        return result;
      }
      fail(e, "'" + e.text + "' is not allowed here" + (e.text[0] == '|' ? bar_advice(e) : ""));
    }
    check_atom(e, text_);
    return {{{e}}};
  }

  static std::vector<FormulaTerm> crossed(const std::vector<FormulaTerm>& a, const std::vector<FormulaTerm>& b,
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

  void deep(const Expression& e) {
    if (formula_.deep) fail(e, "one deep() term at most");
    DeepTerm term;
    for (const Expression& argument : e.children) {
      if (argument.kind == Expression::Kind::argument) {
        set_deep_option(argument, text_, term);
      } else {
        // '. - x' and 'x + z' are expanded as terms are; what is left must be single columns or expressions.
        bool intercept = false;
        std::vector<FormulaTerm> terms;
        right_side(argument, intercept, terms, false);
        if (intercept) fail(argument, "an input of deep() is a column or an expression, not a number");
        for (const FormulaTerm& input : terms) {
          if (input.atoms.size() > 1)
            fail(argument, "'" + input.name() + "' cannot be an input of deep(), which finds interactions by itself");
          term.inputs.push_back(input.atoms[0]);
        }
      }
    }
    if (term.inputs.empty()) fail(e, "deep() needs at least one input");
    formula_.deep = term;
  }

  void group(const Expression& bar) {
    Term base;
    const Expression& left = bar.children[0];
    if (left.kind == Expression::Kind::name && left.text == "deep") {
      base.deep = true;
      base.intercept = false;
    } else {
      right_side(left, base.intercept, base.terms, false);
      if (!base.intercept && base.terms.empty()) fail(left, "a random-effect term needs an intercept or a slope");
    }
    for (const std::vector<std::string>& factors : read_grouping(bar.children[1], text_)) {
      Term term = base;
      term.factors = factors;
      if (bar.text == "|" || base.deep) {
        formula_.groups.push_back(term);
        continue;
      }
      // '||': one uncorrelated term for the intercept and for each slope.
      Term one = term;
      one.terms.clear();
      if (term.intercept) formula_.groups.push_back(one);
      one.intercept = false;
      for (const FormulaTerm& slope : term.terms) {
        one.terms = {slope};
        formula_.groups.push_back(one);
      }
    }
  }

  const std::string& text_;
  const std::vector<std::string>& candidates_;
  std::vector<std::string> dot_columns_;
  Formula formula_;
};

}  // namespace

Formula parse_formula(const std::string& text, const std::vector<std::string>& candidates) {
  return Interpreter(text, candidates).interpret();
}

}  // namespace bdglm
