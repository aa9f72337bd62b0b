// The formula's grammar: what it accepts, what it expands to, and where it points when it refuses.
#include <gtest/gtest.h>

#include "bdglm/error.hpp"
#include "design/formula.hpp"

namespace bdglm {
namespace {

std::string terms_of(const std::string& text, const std::vector<std::string>& candidates = {}) {
  const Formula f = parse_formula({text}, candidates);
  const RightSide& side = f.sides[0];
  std::string out = side.intercept ? "1" : "0";
  for (const FormulaTerm& t : side.terms) out += " " + t.name();
  for (const Term& g : side.groups) {
    out += " (" + std::string(g.deep ? "deep" : g.intercept ? "1" : "0");
    for (const FormulaTerm& t : g.terms) out += " " + t.name();
    out += "|" + g.group_name() + ")";
  }
  return out;
}

TEST(Formula, ExpandsTermsAsRDoes) {
  EXPECT_EQ(terms_of("y ~ a + b"), "1 a b");
  EXPECT_EQ(terms_of("y ~ a*b"), "1 a b a:b");
  EXPECT_EQ(terms_of("y ~ a*b*c"), "1 a b c a:b a:c b:c a:b:c");
  EXPECT_EQ(terms_of("y ~ (a + b)^2"), "1 a b a:b");
  EXPECT_EQ(terms_of("y ~ a/b"), "1 a a:b");
  EXPECT_EQ(terms_of("y ~ a:b + a"), "1 a a:b");
  EXPECT_EQ(terms_of("y ~ a + b + a - b"), "1 a");
  EXPECT_EQ(terms_of("y ~ 0 + a"), "0 a");
  EXPECT_EQ(terms_of("y ~ a - 1"), "0 a");
  EXPECT_EQ(terms_of("y ~ 1"), "1");
  EXPECT_EQ(terms_of("y ~ I(x^2) + log(x) + factor(z)"), "1 I(x^2) log(x) factor(z)");
  EXPECT_EQ(terms_of("y ~ a:b + b:a"), "1 a:b");
  EXPECT_EQ(terms_of("y ~ `odd name` + b"), "1 odd name b");
}

TEST(Formula, DotIsEveryColumnNotNamedElsewhere) {
  const std::vector<std::string> columns = {"y", "a", "b", "g"};
  EXPECT_EQ(terms_of("y ~ .", columns), "1 a b g");
  EXPECT_EQ(terms_of("y ~ . + (1 | g)", columns), "1 a b (1|g)");
  const Formula f = parse_formula({"y ~ deep(., layers = c(4)) + a"}, columns);
  ASSERT_EQ(f.deep->inputs.size(), 2U);
  EXPECT_EQ(f.deep->inputs[0].text, "b");
}

TEST(Formula, RandomEffects) {
  EXPECT_EQ(terms_of("y ~ (1 + x | g)"), "1 (1 x|g)");
  EXPECT_EQ(terms_of("y ~ (0 + x | g)"), "1 (0 x|g)");
  EXPECT_EQ(terms_of("y ~ (x || g)"), "1 (1|g) (0 x|g)");
  EXPECT_EQ(terms_of("y ~ (1 | a/b)"), "1 (1|a) (1|a:b)");
  EXPECT_EQ(terms_of("y ~ (1 | a/b/c)"), "1 (1|a) (1|a:b) (1|a:b:c)");
  EXPECT_EQ(terms_of("y ~ (1 | a) + (1 | b)"), "1 (1|a) (1|b)");
  EXPECT_EQ(terms_of("y ~ deep(x) + (deep | g)"), "1 (deep|g)");
}

TEST(Formula, DeepOffsetTrialsWeights) {
  const Formula f = parse_formula(
      {"s | trials(n) + weights(w) ~ deep(a, I(b^2), layers = c(10, 5), activation = leaky_relu) + offset(log(e)) + x"},
      {});
  EXPECT_EQ(f.deep->layers, (std::vector<int>{10, 5}));
  EXPECT_EQ(f.deep->activation, "leaky_relu");
  EXPECT_EQ(f.deep->inputs.size(), 2U);
  EXPECT_EQ(deparse(*f.trials), "n");
  EXPECT_EQ(deparse(*f.weights), "w");
  EXPECT_EQ(deparse(f.sides[0].offsets.at(0)), "log(e)");
  EXPECT_EQ(f.columns(true), (std::vector<std::string>{"s", "n", "w", "x", "e", "a", "b"}));
}

TEST(Formula, ErrorsPointAtThePlace) {
  const struct {
    std::string text;
    std::size_t caret;
  } cases[] = {{"y ~ a + ", 8},
               {"y ~ a b", 6},
               {"y ~ (1 | g", 10},
               {"y a", 2},
               {"y ~ foo(x)", 4},
               {"y ~ deep()", 4},
               {"y ~ deep(x, layers = c(0))", 23},
               {"y ~ a ^ 2.5", 8},
               {"y ~ 3 + a", 4},
               {"y ~ deep(x, depth = 3)", 12},
               {"y ~ deep(x, layers = 3, layers = auto)", 24},
               {"y ~ deep(x, activation = automatic)", 25},
               {"y ~ `a", 4},
               {"y | cats(n) ~ x", 4},
               {"y ~ x ~ z", 6},
               {"y ~ x + y", 8},
               {"", 0},
               {"~ x", 0}};
  for (const auto& c : cases) {
    try {
      parse_formula({c.text}, {});
      ADD_FAILURE() << "accepted: " << c.text;
    } catch (const ModelError& error) {
      const std::string message = error.what();
      const std::size_t last_line = message.rfind('\n');
      ASSERT_NE(last_line, std::string::npos) << message;
      EXPECT_EQ(message.size() - last_line - 1 - 4 - 1, c.caret) << message;
    }
  }
}

TEST(Expression, ArithmeticFollowsR) {
  const auto value = [](const std::string& text) {
    return evaluate(parse_expression(text), [](const std::string& name) { return name == "x" ? 3.0 : 5.0; });
  };
  EXPECT_EQ(value("-x^2"), -9);
  EXPECT_EQ(value("2^3^2"), 512);
  EXPECT_EQ(value("1 + 2 * x"), 7);
  EXPECT_EQ(value("(x - y) / 2"), -1);
  EXPECT_EQ(value("8 / 2 / 2"), 2);
  EXPECT_EQ(value("1e2 + .5"), 100.5);
  EXPECT_DOUBLE_EQ(value("log(exp(x))"), 3);
  EXPECT_EQ(deparse(parse_expression("I( x ^2+ y/ 2)")), "I(x^2 + y/2)");
}

TEST(Expression, DeepNestingIsRefusedNotCrashed) {
  EXPECT_THROW(parse_expression(std::string(100000, '(')), ModelError);
  EXPECT_THROW(parse_expression(std::string(100000, '-') + "x"), ModelError);
}

}  // namespace
}  // namespace bdglm
