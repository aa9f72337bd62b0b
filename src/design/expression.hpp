// The syntax tree of a formula, its parser, and the arithmetic of expressions such as I(x^2) or log(x).
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace bdglm {

/// A node of a formula: a number, a name, a string, a call (text = function), an operator (text = sign),
/// a parenthesis, or a named argument (text = its name).
struct Expression {
  enum class Kind { number, name, string, call, binary, unary, parenthesis, argument };
  Kind kind = Kind::number;
  std::string text;
  double value = 0;
  std::vector<Expression> children;
  std::size_t position = 0;  ///< first character in the source, for messages
  std::size_t closing = 0;   ///< of a call, its closing parenthesis in the source

  bool is_operator(const char* sign) const { return kind == Kind::binary && text == sign; }
  bool is_call(const char* function) const { return kind == Kind::call && text == function; }
};

/// Parses R's formula grammar: ~ | || + - * / : ^ calls, named arguments, `quoted names`.
/// Throws ModelError with a caret under the place.
Expression parse_expression(const std::string& source);

/// A ModelError whose message shows `source` with a caret under `position`.
[[noreturn]] void throw_at(const std::string& source, std::size_t position, const std::string& what);

/// The expression as R would print it: `I(age^2)`, `a * b`.
std::string deparse(const Expression& expression);

/// The value of an arithmetic expression, with names looked up by `value_of`.
double evaluate(const Expression& expression, const std::function<double(const std::string&)>& value_of);

/// Adds every column name that the expression reads to `names`, in order, once.
void collect_names(const Expression& expression, std::vector<std::string>& names);

/// True for the functions that `evaluate` knows: I, log, log2, log10, log1p, exp, expm1, sqrt, abs, sin, cos, tan.
bool is_arithmetic_function(const std::string& name);

}  // namespace bdglm
