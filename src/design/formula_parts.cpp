// Reading and refusing parts of a formula.
#include "design/formula_parts.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "base/activation.hpp"
#include "design/coding.hpp"
#include "design/formula_words.hpp"

namespace bdglm {
namespace {

[[noreturn]] void throw_at_expression(const std::string& text, const Expression& e, const std::string& what) {
  throw_at(text, e.position, what);
}

}  // namespace

void check_arithmetic(const Expression& e, const std::string& text) {
  using Kind = Expression::Kind;
  if (e.kind == Kind::string || e.kind == Kind::argument)
    throw_at_expression(text, e, "this cannot stand in arithmetic");
  if (e.kind == Kind::name && e.text == ".") throw_at_expression(text, e, "'.' cannot stand in arithmetic");
  if (e.kind == Kind::unary && e.text == "~") throw_at_expression(text, e, "a second '~' is not allowed");
  if (e.kind == Kind::binary && std::string("+-*/^").find(e.text) == std::string::npos)
    throw_at_expression(text, e, "'" + e.text + "' cannot stand in arithmetic");
  if (e.kind == Kind::call) {
    if (!is_arithmetic_function(e.text))
      throw_at_expression(
          text, e,
          is_factor_call(e) ? e.text + "() makes a factor and cannot stand in arithmetic" : unknown_function_advice(e));
    if (e.children.size() != 1) throw_at_expression(text, e, "'" + e.text + "' takes one argument");
  }
  for (const Expression& child : e.children) check_arithmetic(child, text);
}

void check_atom(const Expression& e, const std::string& text) {
  if (e.kind == Expression::Kind::name) return;
  if (is_factor_call(e)) {
    factor_coding(e, text);
    return;
  }
  if (e.kind == Expression::Kind::call) return check_arithmetic(e, text);
  throw_at_expression(text, e, "this cannot be a term; wrap arithmetic in I(...)");
}

bool is_auto(const Expression& value) {
  return value.text == "auto" && (value.kind == Expression::Kind::name || value.kind == Expression::Kind::string);
}

namespace {

void set_deep_option(const Expression& argument, const std::string& text, DeepTerm& term) {
  const Expression& value = argument.children[0];
  if (is_auto(value) && argument.text == "layers") {
    term.choose_layers = true;
  } else if (is_auto(value) && argument.text == "activation") {
    term.choose_activation = true;
  } else if (is_auto(value) && argument.text == "knots") {
    term.choose_knots = true;
  } else if (argument.text == "layers") {
    const std::vector<Expression> list = value.is_call("c") ? value.children : std::vector<Expression>{value};
    if (list.empty()) throw_at_expression(text, value, "layers needs at least one width");
    term.layers.clear();
    for (const Expression& width : list) {
      if (width.kind != Expression::Kind::number || width.value < 1 || width.value > 65536 ||
          width.value != std::floor(width.value))
        throw_at_expression(text, width, "a layer's width is a whole number from 1 to 65536; layers = auto tries some");
      term.layers.push_back(static_cast<int>(width.value));
    }
  } else if (argument.text == "activation") {
    if (std::find(kActivationNames.begin(), kActivationNames.end(), value.text) == kActivationNames.end())
      throw_at_expression(text, value, std::string("activation is ") + kActivationList + "; auto tries some");
    term.activation = value.text;
  } else if (argument.text == "knots") {
    if (value.kind != Expression::Kind::number || value.value < 0 || value.value > 1024 ||
        value.value != std::floor(value.value))
      throw_at_expression(
          text, value,
          "knots, places where an input's part may bend, are a whole number from 0 to 1024; auto tries some");
    term.knots = static_cast<int>(value.value);
  } else {
    throw_at_expression(text, argument,
                        "deep() has the options layers, activation and knots, not '" + argument.text + "'");
  }
}

}  // namespace

void set_deep_options(const Expression& call, const std::string& text, DeepTerm& term) {
  std::set<std::string> given;
  for (const Expression& argument : call.children) {
    if (argument.kind != Expression::Kind::argument) continue;
    if (!given.insert(argument.text).second)
      throw_at_expression(text, argument, argument.text + " is given twice; keep one");
    set_deep_option(argument, text, term);
  }
}

std::vector<std::vector<std::string>> read_grouping(const Expression& e, const std::string& text) {
  if (e.kind == Expression::Kind::name && e.text != ".") return {{e.text}};
  if (e.is_call("factor") && e.children.size() == 1 && factor_coding(e, text).plain()) return {{e.children[0].text}};
  if (e.kind == Expression::Kind::parenthesis) return read_grouping(e.children[0], text);
  if (e.is_operator("/") || e.is_operator(":")) {
    std::vector<std::vector<std::string>> left = read_grouping(e.children[0], text);
    std::vector<std::string> joined = left.back();
    const std::vector<std::string> right = read_grouping(e.children[1], text).back();
    joined.insert(joined.end(), right.begin(), right.end());
    if (e.text == ":") return {joined};
    left.push_back(joined);
    return left;
  }
  if (e.is_operator("+")) {
    std::vector<std::vector<std::string>> left = read_grouping(e.children[0], text);
    for (const auto& more : read_grouping(e.children[1], text)) left.push_back(more);
    return left;
  }
  if (e.is_operator("*"))
    throw_at_expression(text, e, "a grouping is a column, a/b or a:b; crossed groups are two terms, (1 | a) + (1 | b)");
  throw_at_expression(
      text, e,
      "a grouping is a column, a/b or a:b" +
          std::string(e.kind == Expression::Kind::call ? "; a column stands alone, without " + e.text + "()" : ""));
}

std::vector<Term> uncorrelated(const Term& term) {
  std::vector<Term> parts;
  Term one = term;
  one.terms.clear();
  if (term.intercept) parts.push_back(one);
  one.intercept = false;
  for (const FormulaTerm& slope : term.terms) {
    one.terms = {slope};
    parts.push_back(one);
  }
  return parts;
}

std::vector<std::string> with_network(std::vector<std::string> texts, const std::vector<int>& layers,
                                      const std::string& activation, int knots) {
  std::string widths;
  for (const int width : layers) widths += (widths.empty() ? "" : ", ") + std::to_string(width);
  for (std::string& text : texts) {
    // From the last to the first, so that positions stay.
    std::map<std::size_t, std::pair<std::size_t, std::string>, std::greater<>> changes;
    const std::function<void(const Expression&)> search = [&](const Expression& e) {
      const auto is_knots = [](const Expression& child) {
        return child.kind == Expression::Kind::argument && child.text == "knots";
      };
      if (e.is_call("deep") && !e.children.empty() && std::none_of(e.children.begin(), e.children.end(), is_knots))
        changes[e.closing] = {0, ", knots = " + std::to_string(knots)};
      for (const Expression& child : e.children) {
        search(child);
        if (!e.is_call("deep") || child.kind != Expression::Kind::argument || !is_auto(child.children[0])) continue;
        const Expression& value = child.children[0];
        const std::size_t size = value.text.size() + (value.kind == Expression::Kind::string ? 2 : 0);
        changes[value.position] = {size, child.text == "layers"  ? "c(" + widths + ")"
                                         : child.text == "knots" ? std::to_string(knots)
                                                                 : activation};
      }
    };
    search(parse_expression(text));
    for (const auto& [position, change] : changes) text.replace(position, change.first, change.second);
  }
  return texts;
}

bool same_network(const DeepTerm& a, const DeepTerm& b) {
  const bool activation = a.activation.empty() || b.activation.empty() || a.activation == b.activation;
  return a.layers == b.layers && activation && a.knots == b.knots && a.choose_layers == b.choose_layers &&
         a.choose_activation == b.choose_activation && a.choose_knots == b.choose_knots &&
         std::equal(a.inputs.begin(), a.inputs.end(), b.inputs.begin(), b.inputs.end(),
                    [](const Expression& x, const Expression& y) { return deparse(x) == deparse(y); });
}

}  // namespace bdglm
