// From syntax tree to formula: expansion of * / ^ and '.', and the special terms deep, offset, trials, weights.
#include "design/formula.hpp"

#include <algorithm>
#include <cmath>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "data/table.hpp"
#include "design/coding.hpp"
#include "design/formula_parts.hpp"
#include "design/formula_terms.hpp"
#include "design/formula_words.hpp"

namespace bdglm {
namespace {

constexpr const char* kQuoting = "; a name that is no plain word stands in backquotes: `3+` ~ ...";

class Interpreter {
 public:
  explicit Interpreter(const std::vector<std::string>& candidates) : candidates_(candidates) {}

  Formula interpret(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) formula_of(text);
    if (network_named_ && !formula_.deep)
      throw_at(network_named_->first, network_named_->second,
               "deep() needs at least one input" +
                   std::string(texts.size() > 1 ? "; without any it is the network of another formula" : ""));
    return std::move(formula_);
  }

 private:
  [[noreturn]] void fail(const Expression& e, const std::string& what) const {
    throw_at(side_->text, e.position, what);
  }

  /// Interprets the response's formula, or a further one.
  void formula_of(const std::string& text) {
    const Expression whole = parse_expression(text);
    const bool first = formula_.sides.empty();
    formula_.sides.emplace_back();
    side_ = &formula_.sides.back();
    side_->text = text;
    if (!whole.is_operator("~"))
      fail(whole, first ? "a formula has the form 'response ~ terms'"
                        : "a further formula has the form 'predictor ~ terms'" + std::string(kQuoting));
    if (whole.children[0].is_operator("~")) fail(whole, "a formula has one '~'");
    if (first)
      left_side(whole.children[0]);
    else
      predictor(whole.children[0]);
    find_dot_columns(whole);
    refuse_response(whole.children[1]);
    right_side(whole.children[1], side_->intercept, side_->terms, true);
    for (const Term& group : side_->groups)
      if (group.deep && !side_->deep)
        throw ModelError("formula '" + text + "': (deep | " + group.group_name() + ") needs a deep(...) term" +
                         (formula_.deep ? "; deep() is the network of '" + formula_.deep->text + "'" : ""));
    // R orders terms by their degree and keeps the order of writing within a degree.
    std::stable_sort(side_->terms.begin(), side_->terms.end(),
                     [](const FormulaTerm& a, const FormulaTerm& b) { return a.atoms.size() < b.atoms.size(); });
  }

  void refuse_response(const Expression& e) const {
    std::vector<std::string> response;
    collect_names(formula_.response, response);
    if (e.kind == Expression::Kind::name && response.size() == 1 && e.text == response.front())
      fail(e, "the response '" + e.text + "' stands on the right side too");
    for (const Expression& child : e.children) refuse_response(child);
  }

  /// The left side of a further formula.
  void predictor(const Expression& e) {
    const bool number = e.kind == Expression::Kind::number && e.value >= 0;
    if (e.kind != Expression::Kind::name && e.kind != Expression::Kind::string && !number)
      fail(e, "after the first formula, which has the response, the left side is the name of a linear predictor" +
                  std::string(kQuoting));
    side_->predictor = number ? number_text(e.value) : e.text;
    if (e.kind == Expression::Kind::name && e.text == formula_.response.text &&
        formula_.response.kind == Expression::Kind::name)
      fail(e, "the response '" + e.text + "' has its formula already; further ones are of single linear predictors");
    for (const RightSide& other : formula_.sides)
      if (&other != side_ && other.predictor == side_->predictor)
        fail(e, "the linear predictor '" + side_->predictor + "' has two formulas; keep one");
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
      fail(e, "the response is one column, an expression such as log(y), or successes | trials(n)");
    if (const std::string advice = response_advice(e); !advice.empty()) fail(e, advice);
    if (e.kind == Expression::Kind::call) check_atom(e, side_->text);
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
    check_arithmetic(e.children[0], side_->text);
    (trials ? formula_.trials : formula_.weights) = e.children[0];
  }

  /// Columns that neither this formula nor the response's left side names.
  void find_dot_columns(const Expression& whole) {
    std::vector<std::string> named;
    collect_names(whole, named);
    collect_names(formula_.response, named);
    if (formula_.trials) collect_names(*formula_.trials, named);
    if (formula_.weights) collect_names(*formula_.weights, named);
    dot_columns_.clear();
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
      check_arithmetic(e.children[0], side_->text);
      side_->offsets.push_back(e.children[0]);
    } else {
      add_terms(terms, expand(e));
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
      const bool of_matrix = std::any_of(candidates_.begin(), candidates_.end(), [&](const std::string& c) {
        return name.rfind(c, 0) == 0 && name.find_first_not_of("0123456789", c.size()) == std::string::npos;
      });
      fail(e, "there is no column '" + name + "' to take out" +
                  (near.empty() ? "" : "; the nearest name is '" + near.front() + "'") +
                  (of_matrix ? ", and of a matrix all columns are taken out or none" : ""));
    }
  }

  std::vector<FormulaTerm> expand(const Expression& e) {
    if (e.kind == Expression::Kind::parenthesis) return expand(e.children[0]);
    if (e.kind == Expression::Kind::name && e.text == ".") {
      std::vector<FormulaTerm> terms;
      for (const std::string& name : dot_columns_) terms.push_back({{name_expression(name)}});
      side_->by_dot = dot_columns_;
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
    check_atom(e, side_->text);
    return {{{e}}};
  }

  void deep(const Expression& e) {
    if (side_->deep) fail(e, "one deep() term at most");
    side_->deep = true;
    if (e.children.empty()) {
      network_named_ = {side_->text, e.position};
      return;
    }
    DeepTerm term;
    term.text = side_->text;
    set_deep_options(e, side_->text, term);
    for (const Expression& argument : e.children) {
      if (argument.kind == Expression::Kind::argument) continue;
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
    if (term.inputs.empty())
      fail(e, "deep() needs at least one input" +
                  std::string(formula_.sides.size() > 1 ? "; the network of another formula is deep(), without options"
                                                        : ""));
    if (!formula_.deep) {
      formula_.deep = term;
      return;
    }
    if (!same_network(*formula_.deep, term))
      fail(e, "the predictors share one network, that of '" + formula_.deep->text + "'; write deep() for it");
    if (formula_.deep->activation.empty()) formula_.deep->activation = term.activation;
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
    for (const std::vector<std::string>& factors : read_grouping(bar.children[1], side_->text)) {
      Term term = base;
      term.factors = factors;
      const bool correlated = bar.text == "|" || base.deep;
      for (const Term& part : correlated ? std::vector<Term>{term} : uncorrelated(term)) side_->groups.push_back(part);
    }
  }

  const std::vector<std::string>& candidates_;
  std::vector<std::string> dot_columns_;
  std::optional<std::pair<std::string, std::size_t>> network_named_;  ///< where a deep() without inputs stands
  Formula formula_;
  RightSide* side_ = nullptr;  ///< of the formula that is read
};

}  // namespace

Formula parse_formula(const std::vector<std::string>& texts, const std::vector<std::string>& candidates) {
  return Interpreter(candidates).interpret(texts);
}

}  // namespace bdglm
