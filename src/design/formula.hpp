// A model formula: response, fixed terms, a network of inputs, random-effect terms, offsets, trials, weights.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "design/expression.hpp"

namespace bdglm {

/// A product of columns or arithmetic expressions (an interaction), each named as R would deparse it.
struct FormulaTerm {
  std::vector<Expression> atoms;
  std::string name() const;
};

/// `deep(x1, x2, layers = c(32, 16), activation = mixed, knots = 0)`.
struct DeepTerm {
  std::string text;  ///< of the formula that it stands in
  std::vector<Expression> inputs;
  std::vector<int> layers = {32, 32};
  std::string activation;    ///< empty where not stated
  std::optional<int> knots;  ///< of each numeric input, at most; by the rows where not stated
  bool choose_layers = false, choose_activation = false, choose_knots = false;  ///< `auto`: left to the program

  bool to_choose() const { return choose_layers || choose_activation || choose_knots; }
};

/// `(1 + x | g)`, one factor or a nesting of several (`a:b`); `deep` for effects on the output weights.
struct Term {
  std::vector<std::string> factors;
  bool intercept = true;
  bool deep = false;
  std::vector<FormulaTerm> terms;
  std::string group_name() const;  ///< "a:b"
};

/// What a linear predictor is made of.
struct RightSide {
  std::string predictor;  ///< that it was written for; empty in the response's own formula, which serves all others
  std::string text;       ///< of the formula that it stands in
  bool intercept = true;
  std::vector<FormulaTerm> terms;
  std::vector<Expression> offsets;
  bool deep = false;  ///< whether it reads the network
  std::vector<Term> groups;
  std::vector<std::string> by_dot;  ///< columns that entered by '.'
};

/// The interpreted formulas of a model; made by `parse_formula`.
struct Formula {
  Expression response;
  std::optional<Expression> trials;
  std::optional<Expression> weights;
  std::vector<RightSide> sides;  ///< the response's own formula first
  std::optional<DeepTerm> deep;  ///< the network, which predictors share

  const std::string& text() const { return sides.front().text; }
  /// The right side that a predictor has: its own, or else the first.
  std::size_t side_of(const std::string& predictor) const;
  /// Every column that the predictors (with `with_response`, the response too) read, once.
  std::vector<std::string> columns(bool with_response) const;
};

/// Calls f with every atom that stands as a factor or a number in the formula, and the text it is in.
void for_each_atom(const Formula& formula, const std::function<void(const Expression&, const std::string&)>& f);

/// A column's name as an expression.
Expression name_expression(const std::string& name);

/// Interprets the formula of the response and those of single predictors, "shape ~ x"; `candidates` are the columns
/// that '.' may stand for (those not named elsewhere). Throws ModelError with a caret under the place.
Formula parse_formula(const std::vector<std::string>& texts, const std::vector<std::string>& candidates);

/// The formulas with these in place of `auto` in the options of deep(), and its knots where it says nothing of them.
std::vector<std::string> with_network(std::vector<std::string> texts, const std::vector<int>& layers,
                                      const std::string& activation, int knots);

}  // namespace bdglm
