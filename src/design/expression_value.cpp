// What an expression is worth: its arithmetic, its text, the columns that it reads.
#include <algorithm>
#include <cmath>

#include "design/expression.hpp"

namespace bdglm {
namespace {

using UnaryFunction = double (*)(double);

UnaryFunction arithmetic_function(const std::string& name) {
  struct Entry {
    const char* name;
    UnaryFunction function;
  };
  static const Entry table[] = {{"I", [](double x) { return x; }},
                                {"log", [](double x) { return std::log(x); }},
                                {"log2", [](double x) { return std::log2(x); }},
                                {"log10", [](double x) { return std::log10(x); }},
                                {"log1p", [](double x) { return std::log1p(x); }},
                                {"exp", [](double x) { return std::exp(x); }},
                                {"expm1", [](double x) { return std::expm1(x); }},
                                {"sqrt", [](double x) { return std::sqrt(x); }},
                                {"abs", [](double x) { return std::fabs(x); }},
                                {"sin", [](double x) { return std::sin(x); }},
                                {"cos", [](double x) { return std::cos(x); }},
                                {"tan", [](double x) { return std::tan(x); }}};
  for (const Entry& entry : table)
    if (name == entry.name) return entry.function;
  return nullptr;
}

}  // namespace

bool is_arithmetic_function(const std::string& name) { return arithmetic_function(name) != nullptr; }

std::string deparse(const Expression& e) {
  switch (e.kind) {
    case Expression::Kind::number:
    case Expression::Kind::name:
      return e.text;
    case Expression::Kind::string:
      return "\"" + e.text + "\"";
    case Expression::Kind::parenthesis:
      return "(" + deparse(e.children[0]) + ")";
    case Expression::Kind::argument:
      return e.text + " = " + deparse(e.children[0]);
    case Expression::Kind::unary:
      return e.text + deparse(e.children[0]);
    case Expression::Kind::call: {
      std::string text = e.text + "(";
      for (std::size_t k = 0; k < e.children.size(); ++k) text += (k == 0 ? "" : ", ") + deparse(e.children[k]);
      return text + ")";
    }
    case Expression::Kind::binary: {
      const bool tight = e.text == "^" || e.text == ":" || e.text == "/";
      const std::string sign = tight ? e.text : " " + e.text + " ";
      return deparse(e.children[0]) + sign + deparse(e.children[1]);
    }
  }
  return "";
}

double evaluate(const Expression& e, const std::function<double(const std::string&)>& value_of) {
  switch (e.kind) {
    case Expression::Kind::number:
      return e.value;
    case Expression::Kind::name:
      return value_of(e.text);
    case Expression::Kind::parenthesis:
      return evaluate(e.children[0], value_of);
    case Expression::Kind::unary: {
      const double value = evaluate(e.children[0], value_of);
      return e.text == "-" ? -value : value;
    }
    case Expression::Kind::call:
      return arithmetic_function(e.text)(evaluate(e.children[0], value_of));
    case Expression::Kind::binary: {
      const double a = evaluate(e.children[0], value_of);
      const double b = evaluate(e.children[1], value_of);
      switch (e.text[0]) {
        case '+':
          return a + b;
        case '-':
          return a - b;
        case '*':
          return a * b;
        case '/':
          return a / b;
        default:
          return std::pow(a, b);
      }
    }
    default:
      return 0;
  }
}

void collect_names(const Expression& e, std::vector<std::string>& names) {
  if (e.kind == Expression::Kind::name && std::find(names.begin(), names.end(), e.text) == names.end())
    names.push_back(e.text);
  for (const Expression& child : e.children) collect_names(child, names);
}

}  // namespace bdglm
