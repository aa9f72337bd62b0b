// Statements of priors: a user's text to numbers, what each parameter takes of them, and back to text.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "model/prior.hpp"

namespace bdglm {
namespace {

/// The distributions that statements may name, with their arguments in order.
const std::vector<std::pair<std::string, std::vector<std::string>>>& distributions() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> all = {
      {"normal", {"mean", "sd"}},
      {"student_t", {"df", "mean", "scale"}},
      {"laplace", {"mean", "scale"}},
      {"horseshoe", {"scale"}},
      {"half_t", {"df", "scale"}},
      {"half_cauchy", {"scale"}},
      {"half_normal", {"scale"}},
      {"gamma", {"shape", "rate"}},
      {"inv_gamma", {"shape", "rate"}},
      {"exponential", {"rate"}},
      {"lkj", {"eta"}},
      {"beta", {"a", "b"}},
      {"constant", {"value"}}};
  return all;
}

/// "student_t(df, mean, scale)".
std::string usage(const std::string& distribution, const std::vector<std::string>& arguments) {
  std::string text = distribution + "(";
  for (const std::string& argument : arguments) text += (text.back() == '(' ? "" : ", ") + argument;
  return text + ")";
}

/// A number written without names, or NaN.
double number_of(const Expression& argument) {
  std::vector<std::string> names;
  collect_names(argument, names);
  if (!names.empty() || argument.kind == Expression::Kind::argument || argument.kind == Expression::Kind::string ||
      argument.kind == Expression::Kind::call)
    return NAN;
  return evaluate(argument, [](const std::string&) { return 0.0; });
}

/// Words of a refusal of a statement's text.
class Refusal {
 public:
  explicit Refusal(const std::string& text) : text_(text) {}
  [[noreturn]] void operator()(const std::string& what) const {
    throw ModelError("prior '" + text_ + "': " + what + (what.back() == '?' ? " Write" : "; write") +
                     ", for example, 'b ~ normal(0, 2.5)', 'sd ~ half_t(2, 2.5)' or 'shape ~ gamma(2, "
                     "0.1)'");
  }

 private:
  const std::string& text_;
};

/// Refuses the first number that no double holds.
void refuse_out_of_range(const std::string& text, const Refusal& fail) {
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at < end; ++at) {
    if (*at < '0' || *at > '9') continue;
    double value = 0;
    const auto result = std::from_chars(at, end, value);
    if (result.ec == std::errc::result_out_of_range)
      fail("the number " + std::string(at, result.ptr) + " is out of the range of numbers, about 1e-308 to 1e308");
    if (result.ec == std::errc()) at = result.ptr - 1;
  }
}

/// The arguments of a call in the order of `names`; those that are not there are NaN.
std::vector<double> arguments_of(const Expression& call, const std::vector<std::string>& names, const Refusal& fail) {
  std::vector<double> values(names.size(), NAN);
  for (std::size_t k = 0; k < call.children.size(); ++k) {
    const Expression& child = call.children[k];
    const bool named = child.kind == Expression::Kind::argument;
    const auto found = named ? std::find(names.begin(), names.end(), child.text)
                             : names.begin() + static_cast<std::ptrdiff_t>(std::min(k, names.size()));
    if (found == names.end()) fail("it must have the form 'name ~ " + usage(call.text, names) + "'");
    const double value = number_of(named ? child.children[0] : child);
    if (std::isnan(value)) fail("its arguments are numbers");
    values[static_cast<std::size_t>(found - names.begin())] = value;
  }
  return values;
}

}  // namespace

PriorStatement parse_prior(const std::string& text) {
  const Refusal fail(text);
  // Names are taken as the summary prints them, which need not be words of the formula language.
  const std::size_t tilde = text.rfind('~');
  if (tilde == std::string::npos) fail("it must have the form 'name ~ distribution(a, b)'");
  PriorStatement statement;
  statement.name = text.substr(0, tilde);
  statement.name.erase(std::remove(statement.name.begin(), statement.name.end(), '`'), statement.name.end());
  const std::size_t first = statement.name.find_first_not_of(' ');
  if (first == std::string::npos) fail("it must have the form 'name ~ distribution(a, b)'");
  statement.name = statement.name.substr(first, statement.name.find_last_not_of(' ') + 1 - first);
  const auto parsed = [&] {
    try {
      return parse_expression(text.substr(tilde + 1));
    } catch (const ModelError&) {
      refuse_out_of_range(text.substr(tilde + 1), fail);
      return Expression{};
    }
  };
  const Expression call = parsed();
  if (call.text == "flat" || call.text == "uniform" || call.text == "improper")
    fail(std::string(call.text == "uniform"
                         ? "a uniform prior holds a posterior back at its bounds, where nothing in the draws would tell"
                         : "a prior must be a probability distribution: without one the posterior need not exist (as "
                           "where a column separates the responses, or there are more columns than rows), and nothing "
                           "in the draws would tell") +
         "; for little information write a wide one, as normal(0, 1000) of a coefficient or half_t(3, 1000) of a "
         "scale, in its units; of a probability beta(1, 1) is uniform");
  if (call.kind != Expression::Kind::call) fail("it must have the form 'name ~ distribution(a, b)'");
  const auto known = std::find_if(distributions().begin(), distributions().end(),
                                  [&](const auto& entry) { return entry.first == call.text; });
  if (known == distributions().end()) {
    std::vector<std::string> names;
    std::string list;
    for (const auto& [name, arguments] : distributions()) {
      names.push_back(name);
      list += (list.empty() ? "" : ", ") + usage(name, arguments);
    }
    const std::vector<std::string> near = nearest_names(call.text, names);
    fail("the distributions are " + list + ", not '" + call.text + "'" +
         (near.empty() ? "" : "; did you mean '" + near.front() + "'?"));
  }
  const std::vector<std::string>& names = known->second;
  std::vector<double> values = arguments_of(call, names, fail);
  if (call.text == "horseshoe" && std::isnan(values[0])) values[0] = 1;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (std::isnan(values[k])) fail("it must have the form 'name ~ " + usage(call.text, names) + "'");
    if (!std::isfinite(values[k])) fail("its arguments are finite numbers");
    if (names[k] != "mean" && !(values[k] > 0))
      fail("its " + names[k] + " must be positive" +
           (values[k] == 0 && call.text != "constant" ? "; at zero it is no probability distribution" : ""));
  }
  statement.distribution = call.text;
  statement.b = values.back();
  if (values.size() > 1) statement.a = values[values.size() - 2];
  if (call.text == "constant") statement.a = statement.b;
  if (call.text == "student_t") statement.df = values[0];
  if (call.text == "exponential") statement = {statement.name, "gamma", 1, statement.b};
  if (call.text == "half_cauchy") statement = {statement.name, "half_t", 1, statement.b};
  return statement;
}

CoefficientPrior coefficient_prior(const PriorStatement& s, bool intercept) {
  using Kind = CoefficientPrior::Kind;
  if (s.distribution == "normal") return {s.a, s.b};
  if (s.distribution == "student_t") return {s.a, s.b, Kind::student_t, s.df};
  if (s.distribution == "laplace") return {s.a, s.b, Kind::laplace};
  if (s.distribution == "horseshoe" && !intercept) return {0, s.b, Kind::horseshoe};
  throw ModelError("prior of '" + s.name + "': " + (intercept ? "an intercept takes" : "coefficients take") +
                   " normal(mean, sd), student_t(df, mean, scale)" +
                   (intercept ? " or laplace(mean, scale)" : ", laplace(mean, scale) or horseshoe(scale)"));
}

ScalePrior deviation_prior(const PriorStatement& s, bool variance) {
  using Kind = ScalePrior::Kind;
  if (s.distribution == "inv_gamma" && variance) return {Kind::inverse_gamma, s.a, s.b};
  if (s.distribution == "half_t") return {Kind::half_t, s.a, s.b};
  if (s.distribution == "gamma") return {Kind::gamma, s.a, s.b};
  if (s.distribution == "half_normal") return {Kind::half_normal, 0, s.b};
  const bool symmetric = s.distribution == "normal" || s.distribution == "student_t";
  if (symmetric && s.a != 0)
    throw ModelError("prior of '" + s.name + "': standard deviations are positive, and the mean of the " +
                     s.distribution + " that is cut off there is 0");
  if (s.distribution == "normal") return {Kind::half_normal, 0, s.b};
  if (s.distribution == "student_t") return {Kind::half_t, s.df, s.b};
  throw ModelError("prior of '" + s.name +
                   "': it takes half_t(df, scale), half_cauchy(scale), half_normal(scale), normal(0, sd), "
                   "exponential(rate) or gamma(shape, rate)" +
                   (variance ? ", or inv_gamma(shape, rate) of its square" : ""));
}

double correlation_prior(const PriorStatement& s) {
  if (s.distribution != "lkj") throw ModelError("prior of '" + s.name + "': correlations take lkj(eta)");
  return s.b;
}

PositivePrior parameter_prior(const PriorStatement& s, const FamilyParameter& parameter) {
  using Kind = PositivePrior::Kind;
  const bool probability = parameter.link == FamilyParameter::Link::logit;
  if (s.distribution == "constant" && parameter.admits(s.a)) return {Kind::constant, s.a, s.b};
  if (s.distribution == "beta" && probability) return {Kind::beta, s.a, s.b};
  for (const Kind kind : {Kind::gamma, Kind::inverse_gamma, Kind::half_t})
    if (s.distribution == distribution_name(kind) && !probability) return {kind, s.a, s.b};
  throw ModelError("prior of '" + s.name + "': it takes " +
                   (probability ? "beta(a, b) or constant(value), a value between 0 and 1"
                                : "gamma(shape, rate), inv_gamma(shape, rate), half_t(df, scale), exponential(rate) or "
                                  "constant(value), a value above " +
                                      number_text(parameter.lower)));
}

std::string describe(const std::string& name, const CoefficientPrior& p) {
  const std::string location = number_text(p.mean) + ", " + number_text(p.sd) + ")";
  switch (p.kind) {
    case CoefficientPrior::Kind::normal:
      return name + " ~ normal(" + location;
    case CoefficientPrior::Kind::student_t:
      return name + " ~ student_t(" + number_text(p.df) + ", " + location;
    case CoefficientPrior::Kind::laplace:
      return name + " ~ laplace(" + location;
    case CoefficientPrior::Kind::horseshoe:
      return name + " ~ horseshoe(" + number_text(p.sd) + ")";
  }
  return name;
}

std::string describe(const std::string& name, const ScalePrior& p) {
  const std::string both = number_text(p.a) + ", " + number_text(p.b) + ")";
  switch (p.kind) {
    case ScalePrior::Kind::half_t:
      return name + " ~ half_t(" + both;
    case ScalePrior::Kind::inverse_gamma:
      return name + " ~ inv_gamma(" + both;
    case ScalePrior::Kind::half_normal:
      return name + " ~ half_normal(" + number_text(p.b) + ")";
    case ScalePrior::Kind::gamma:
      return p.a == 1 ? name + " ~ exponential(" + number_text(p.b) + ")" : name + " ~ gamma(" + both;
  }
  return name;
}

std::string describe(const std::string& name, const PositivePrior& p) {
  const bool single = p.kind == PositivePrior::Kind::constant;
  return name + " ~ " + distribution_name(p.kind) + "(" + number_text(p.a) + (single ? "" : ", " + number_text(p.b)) +
         ")";
}

}  // namespace bdglm
