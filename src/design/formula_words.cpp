// Tables of words from other packages and the words for them here; unknown ones get the nearest known.
#include "design/formula_words.hpp"

#include <algorithm>
#include <vector>

#include "base/names.hpp"
#include "data/table.hpp"

namespace bdglm {
namespace {

struct Advice {
  const char* word;
  const char* advice;
};

constexpr Advice kFunctions[] = {
    {"s", "smooths are not in formulas; deep(x) learns the shape of x, or give terms such as x + I(x^2)"},
    {"t2", "smooths are not in formulas; deep(x, z) learns a surface"},
    {"te", "smooths are not in formulas; deep(x, z) learns a surface"},
    {"gp", "Gaussian processes are not in formulas; deep(x) learns the shape of x"},
    {"bs", "splines are not in formulas; deep(x) learns the shape of x, or give columns of the basis"},
    {"ns", "splines are not in formulas; deep(x) learns the shape of x, or give columns of the basis"},
    {"lo", "smooths are not in formulas; deep(x) learns the shape of x"},
    {"poly", "write the powers: x + I(x^2) (raw, not orthogonal, polynomials)"},
    {"mo", "monotonic effects are not in formulas; take the levels as a factor, factor(x, levels = c(...))"},
    {"scale", "no scaling is needed; priors follow the units as given, and deep() standardises its inputs"},
    {"as.factor", "write factor(x)"},
    {"as.numeric", "a column of numbers is a number already; take factor() away"},
    {"ordered", "write factor(x, levels = c(\"low\", \"medium\", \"high\"))"},
    {"C", "contrasts are treatment contrasts; relevel(x, \"ref\") chooses the reference"},
    {"cs", "category-specific effects are not in formulas"},
    {"gr", "write the column alone: (1 | g)"},
    {"mm", "multi-membership terms are not in formulas"},
    {"me", "measurement error is not in formulas"},
    {"mi", "missing values are not modelled; rows that have one are left out"},
    {"ar", "correlated residuals are not in formulas; a grouping (1 | time) takes up what rows of one time share"},
    {"arma", "correlated residuals are not in formulas; a grouping (1 | time) takes up what rows of one time share"},
    {"Error", "write a random effect: (1 | g)"},
    {"strata", "write a random effect, (1 | g), or a factor"},
    {"trials", "trials stand on the left side: successes | trials(n) ~ ..."},
    {"weights", "weights stand on the left side: y | weights(w) ~ ..."},
    {"cbind", "a column stands by its name; counts of successes are written successes | trials(total) ~ ..."},
    {"c", "c() lists the values of an option; terms are joined by +"},
    {"ifelse", "make the column in the data first"},
    {"cut", "make the column in the data first"}};

constexpr const char* kKnown[] = {"deep",  "offset", "factor", "relevel", "I",   "log", "log2", "log10",
                                  "log1p", "exp",    "expm1",  "sqrt",    "abs", "sin", "cos",  "tan"};

constexpr const char* kFamilyNames[] = {"gaussian",          "bernoulli",   "binomial",    "poisson",
                                        "negative_binomial", "negbinomial", "ordinal",     "student_t",
                                        "student",           "lognormal",   "categorical", "beta_binomial"};

template <std::size_t N>
bool holds(const char* const (&list)[N], const std::string& word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

/// An expression as a part of a sum.
std::string summand(const Expression& e) { return e.is_operator("-") ? "(" + deparse(e) + ")" : deparse(e); }

}  // namespace

std::string unknown_function_advice(const Expression& call) {
  for (const Advice& entry : kFunctions)
    if (call.text == entry.word) return call.text + "() cannot stand here; " + entry.advice;
  if (holds(kFamilyNames, call.text))
    return "'" + call.text + "' is a family, which stands outside the formula: " + setting("family") + " " + call.text;
  std::vector<std::string> known(std::begin(kKnown), std::end(kKnown));
  const std::vector<std::string> near = nearest_names(call.text, known);
  std::string message = "unknown function '" + call.text + "'" +
                        (near.empty() ? "" : "; the nearest known is '" + near.front() + "'") + "; known are ";
  for (std::size_t k = 0; k < known.size(); ++k) message += (k == 0 ? "" : ", ") + known[k];
  return message;
}

std::string response_advice(const Expression& call) {
  if (call.is_call("cbind") && call.children.size() == 2) {
    const std::string s = deparse(call.children[0]);
    const Expression& second = call.children[1];
    // glm's usual idiom cbind(s, n - s) names the total already.
    if (second.is_operator("-") && deparse(second.children[1]) == s)
      return "cbind() is not used here; write '" + s + " | trials(" + deparse(second.children[0]) + ") ~ ...'";
    return "cbind() is not used here; write '" + s + " | trials(total) ~ ...' with a column total = " + s + " + " +
           summand(second) + ", or '" + s + " | trials(" + s + " + " + summand(second) + ") ~ ...'";
  }
  if (call.is_call("cbind") || call.is_call("mvbind"))
    return "a model has one response; for successes out of trials write 'successes | trials(total) ~ ...'";
  if (call.is_call("Surv")) return "survival times are not fitted by this program";
  return "";
}

std::string modifier_advice(const Expression& modifier) {
  std::string message = "after '|' on the left stand trials(n) or weights(w)";
  const std::string& word = modifier.text;
  if (modifier.kind == Expression::Kind::name && (word == "trials" || word == "weights"))
    return message + "; '" + word + "' needs its column in parentheses";
  if (modifier.kind == Expression::Kind::name)
    return message + "; for successes out of '" + word + "' write 'successes | trials(" + word +
           ") ~ ...', for a random effect '(1 | " + word + ")' on the right";
  if (modifier.kind != Expression::Kind::call) return message;
  for (const char* foreign : {"cens", "trunc", "se", "mi", "rate", "thres", "dec", "subset", "index"})
    if (word == foreign) return message + "; brms' " + word + "() has no counterpart here";
  const std::vector<std::string> near = nearest_names(word, {"trials", "weights"});
  if (near.empty() || near.front() == word) return message;
  return message + "; the nearest to '" + word + "' is '" + near.front() + "'";
}

std::string bar_advice(const Expression& e) {
  return "; a random-effect term stands in parentheses: (1 " + e.text + " " + deparse(e.children[1]) +
         ") for an intercept, (1 + x " + e.text + " " + deparse(e.children[1]) + ") for a slope too" +
         (e.text == "|" ? "" : " ('||' makes them independent, '|' lets them be correlated)");
}

}  // namespace bdglm
