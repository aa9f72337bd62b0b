// Priors: densities and draws of variances, statements of users, JSON.
#include "model/prior.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "sampling/gamma.hpp"

namespace bdglm {
namespace {

const std::map<PositivePrior::Kind, std::string> kPositive = {{PositivePrior::Kind::gamma, "gamma"},
                                                              {PositivePrior::Kind::inverse_gamma, "inv_gamma"},
                                                              {PositivePrior::Kind::half_t, "half_t"},
                                                              {PositivePrior::Kind::beta, "beta"},
                                                              {PositivePrior::Kind::constant, "constant"}};

}  // namespace

const std::string& distribution_name(PositivePrior::Kind kind) { return kPositive.at(kind); }

double ScalePrior::log_density(double variance) const {
  if (kind == Kind::inverse_gamma) return -(a + 1) * std::log(variance) - b / variance;
  // Half-t on s, and ds/dv = 1 / (2 s).
  return -0.5 * (a + 1) * std::log1p(variance / (a * b * b)) - 0.5 * std::log(variance);
}

double ScalePrior::draw_variance(Stream& stream, double variance, double n, double squares) const {
  if (kind == Kind::inverse_gamma) return draw_inverse_gamma(stream, a + 0.5 * n, b + 0.5 * squares);
  const double auxiliary = draw_inverse_gamma(stream, 0.5 * (a + 1), a / variance + 1 / (b * b));
  return draw_inverse_gamma(stream, 0.5 * (a + n), a / auxiliary + 0.5 * squares);
}

double ScalePrior::draw_prior(Stream& stream) const {
  if (kind == Kind::inverse_gamma) return draw_inverse_gamma(stream, a, b);
  const double auxiliary = draw_inverse_gamma(stream, 0.5, 1 / (b * b));
  return draw_inverse_gamma(stream, 0.5 * a, a / auxiliary);
}

double log_density(const PositivePrior& prior, double value) {
  switch (prior.kind) {
    case PositivePrior::Kind::gamma:
      return (prior.a - 1) * std::log(value) - prior.b * value;
    case PositivePrior::Kind::inverse_gamma:
      return -(prior.a + 1) * std::log(value) - prior.b / value;
    case PositivePrior::Kind::half_t:
      return -0.5 * (prior.a + 1) * std::log1p(value * value / (prior.a * prior.b * prior.b));
    case PositivePrior::Kind::beta:
      return (prior.a - 1) * std::log(value) + (prior.b - 1) * std::log1p(-value);
    case PositivePrior::Kind::constant:
      return 0;
  }
  return 0;
}

double draw_prior(const PositivePrior& prior, Stream& stream) {
  switch (prior.kind) {
    case PositivePrior::Kind::gamma:
      return draw_gamma(stream, prior.a) / prior.b;
    case PositivePrior::Kind::inverse_gamma:
      return draw_inverse_gamma(stream, prior.a, prior.b);
    case PositivePrior::Kind::half_t:
      return std::sqrt(ScalePrior{ScalePrior::Kind::half_t, prior.a, prior.b}.draw_prior(stream));
    case PositivePrior::Kind::beta: {
      const double a = draw_log_gamma(stream, prior.a);
      return 1 / (1 + std::exp(draw_log_gamma(stream, prior.b) - a));
    }
    case PositivePrior::Kind::constant:
      return prior.a;
  }
  return 0;
}

PriorStatement parse_prior(const std::string& text) {
  const auto fail = [&](const std::string& what) -> void {
    throw ModelError(
        "prior '" + text + "': " + what +
        "; write, for example, 'b ~ normal(0, 2.5)', 'sd ~ half_t(2, 2.5)' or 'sigma ~ inv_gamma(0.5, 0.05)'");
  };
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
      return Expression{};
    }
  };
  const Expression call = parsed();
  const bool single = call.is_call("exponential") || call.is_call("constant");
  if (call.kind != Expression::Kind::call || call.children.size() != (single ? 1 : 2))
    fail(single ? call.text + " has one argument" : "it must have the form 'name ~ distribution(a, b)'");
  statement.distribution = call.text;
  static const std::vector<std::string> distributions = {"normal",      "half_t", "inv_gamma", "gamma",
                                                         "exponential", "beta",   "constant"};
  if (std::find(distributions.begin(), distributions.end(), call.text) == distributions.end()) {
    const std::vector<std::string> near = nearest_names(call.text, distributions);
    fail("the distributions are " + listed(distributions) + ", not '" + call.text + "'" +
         (near.empty() ? "" : "; did you mean '" + near.front() + "'?"));
  }
  for (const Expression& argument : call.children) {
    std::vector<std::string> names;
    collect_names(argument, names);
    if (!names.empty() || argument.kind == Expression::Kind::argument || argument.kind == Expression::Kind::string ||
        argument.kind == Expression::Kind::call)
      fail("its arguments are numbers");
  }
  const auto nothing = [](const std::string&) { return 0.0; };
  statement.a = single ? 1 : evaluate(call.children[0], nothing);
  statement.b = evaluate(call.children.back(), nothing);
  if (call.text == "exponential") statement.distribution = "gamma";
  if (call.text == "constant") statement.a = statement.b;
  const bool location = call.text == "normal";
  if (!std::isfinite(statement.a) || !(statement.b > 0) || !std::isfinite(statement.b) ||
      (!location && !(statement.a > 0)))
    fail("scales, shapes and degrees of freedom must be positive");
  return statement;
}

namespace {

nlohmann::json values_of(const ScalePrior& p) {
  return {{"distribution", p.kind == ScalePrior::Kind::half_t ? "half_t" : "inv_gamma"}, {"a", p.a}, {"b", p.b}};
}

ScalePrior scale_from(const nlohmann::json& json) {
  const bool half_t = json.at("distribution") == "half_t";
  return {half_t ? ScalePrior::Kind::half_t : ScalePrior::Kind::inverse_gamma, json.at("a"), json.at("b")};
}

nlohmann::json values_of(const PositivePrior& p) {
  return {{"distribution", kPositive.at(p.kind)}, {"a", p.a}, {"b", p.b}};
}

PositivePrior positive_from(const nlohmann::json& json) {
  PositivePrior prior{PositivePrior::Kind::gamma, json.at("a"), json.at("b")};
  for (const auto& [kind, name] : kPositive)
    if (json.at("distribution") == name) prior.kind = kind;
  return prior;
}

}  // namespace

void to_json(nlohmann::json& json, const Priors& priors) {
  json = {{"intercept_at_means", priors.intercept_at_means},
          {"sigma", values_of(priors.sigma)},
          {"bias_sd", priors.bias_sd},
          {"layer_noise", values_of(priors.layer_noise)},
          {"statements", priors.statements},
          {"fixed", nlohmann::json::array()},
          {"sd", nlohmann::json::array()},
          {"weight", nlohmann::json::array()},
          {"parameters", nlohmann::json::array()}};
  for (const NormalPrior& p : priors.fixed) json["fixed"].push_back({{"mean", p.mean}, {"sd", p.sd}});
  for (const ScalePrior& p : priors.sd) json["sd"].push_back(values_of(p));
  for (const ScalePrior& p : priors.weight) json["weight"].push_back(values_of(p));
  for (const PositivePrior& p : priors.parameters) json["parameters"].push_back(values_of(p));
}

void from_json(const nlohmann::json& json, Priors& priors) {
  priors = {};
  priors.intercept_at_means = json.at("intercept_at_means");
  priors.sigma = scale_from(json.at("sigma"));
  priors.bias_sd = json.at("bias_sd");
  priors.layer_noise = scale_from(json.at("layer_noise"));
  priors.statements = json.at("statements").get<std::vector<std::string>>();
  for (const nlohmann::json& p : json.at("fixed")) priors.fixed.push_back({p.at("mean"), p.at("sd")});
  for (const nlohmann::json& p : json.at("sd")) priors.sd.push_back(scale_from(p));
  for (const nlohmann::json& p : json.at("weight")) priors.weight.push_back(scale_from(p));
  // Fits of before there were such families have none.
  for (const nlohmann::json& p : json.value("parameters", nlohmann::json::array()))
    priors.parameters.push_back(positive_from(p));
}

}  // namespace bdglm
