// A model formula: response, fixed terms, a network of inputs, random-effect terms, offsets, trials, weights.
#pragma once

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

/// `deep(x1, x2, layers = c(32, 16), activation = relu)`.
struct DeepTerm {
  std::vector<Expression> inputs;
  std::vector<int> layers = {32, 32};
  std::string activation = "relu";
};

/// `(1 + x | g)`, one factor or a nesting of several (`a:b`); `deep` for effects on the output weights.
struct Term {
  std::vector<std::string> factors;
  bool intercept = true;
  bool deep = false;
  std::vector<FormulaTerm> terms;
  std::string group_name() const;  ///< "a:b"
};

/// An interpreted formula; made by `parse_formula`.
struct Formula {
  std::string text;
  Expression response;
  std::optional<Expression> trials;
  std::optional<Expression> weights;
  bool intercept = true;
  std::vector<FormulaTerm> terms;
  std::vector<Expression> offsets;
  std::optional<DeepTerm> deep;
  std::vector<Term> groups;
  std::vector<std::string> by_dot;  ///< columns that entered by '.'

  /// Every column that the predictors (with `with_response`, the response too) read, once.
  std::vector<std::string> columns(bool with_response) const;
};

/// A column's name as an expression.
Expression name_expression(const std::string& name);

/// Interprets `text`; `candidates` are the columns that '.' may stand for (those not named elsewhere).
/// Throws ModelError with a caret under the place.
Formula parse_formula(const std::string& text, const std::vector<std::string>& candidates);

}  // namespace bdglm
