// Priors: densities and draws of variances, JSON.
#include "model/prior.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "model/horseshoe.hpp"
#include "sampling/gamma.hpp"
#include "sampling/inverse_gaussian.hpp"

namespace bdglm {
namespace {

const std::map<PositivePrior::Kind, std::string> kPositive = {{PositivePrior::Kind::gamma, "gamma"},
                                                              {PositivePrior::Kind::inverse_gamma, "inv_gamma"},
                                                              {PositivePrior::Kind::half_t, "half_t"},
                                                              {PositivePrior::Kind::beta, "beta"},
                                                              {PositivePrior::Kind::constant, "constant"}};

}  // namespace

const std::string& distribution_name(PositivePrior::Kind kind) { return kPositive.at(kind); }

double CoefficientPrior::log_density_of_variance(double psi) const {
  switch (kind) {
    case Kind::normal:
      return 0;
    case Kind::student_t:
      return -(0.5 * df + 1) * std::log(psi) - 0.5 * df / psi;
    case Kind::laplace:
      return -0.5 * psi;
    case Kind::horseshoe:
      return kHalfCauchy.log_density(psi);
  }
  return 0;
}

double CoefficientPrior::draw_variance(Stream& stream, double z) const {
  switch (kind) {
    case Kind::normal:
      return 1;
    case Kind::student_t:
      return draw_inverse_gamma(stream, 0.5 * (df + 1), 0.5 * (df + z * z));
    case Kind::laplace:
      // Park and Casella (2008), section 2; at z = 0 the limit is chi^2 of one degree of freedom.
      return 1 / draw_inverse_gaussian(stream, 1 / std::max(std::fabs(z), 1e-100), 1.0);
    case Kind::horseshoe:
      return draw_horseshoe_variance(stream, z);
  }
  return 1;
}

double CoefficientPrior::draw_prior_variance(Stream& stream) const {
  switch (kind) {
    case Kind::normal:
      return 1;
    case Kind::student_t:
      return draw_inverse_gamma(stream, 0.5 * df, 0.5 * df);
    case Kind::laplace:
      return 2 * draw_exponential<double>(stream);
    case Kind::horseshoe:
      return kHalfCauchy.draw_prior(stream);
  }
  return 1;
}

double ScalePrior::log_density(double variance) const {
  // Of densities on s those of v have ds/dv = 1 / (2 s).
  switch (kind) {
    case Kind::half_t:
      return -0.5 * (a + 1) * std::log1p(variance / (a * b * b)) - 0.5 * std::log(variance);
    case Kind::inverse_gamma:
      return -(a + 1) * std::log(variance) - b / variance;
    case Kind::half_normal:
      return -0.5 * variance / (b * b) - 0.5 * std::log(variance);
    case Kind::gamma:
      return (0.5 * a - 1) * std::log(variance) - b * std::sqrt(variance);
  }
  return 0;
}

double ScalePrior::scale() const {
  switch (kind) {
    case Kind::half_t:
    case Kind::half_normal:
      return b;
    case Kind::inverse_gamma:
      return std::sqrt(b / a);
    case Kind::gamma:
      return a / b;
  }
  return b;
}

double ScalePrior::draw_variance(Stream& stream, double variance, double n, double squares) const {
  switch (kind) {
    case Kind::half_t: {
      const double auxiliary = draw_inverse_gamma(stream, 0.5 * (a + 1), a / variance + 1 / (b * b));
      return draw_inverse_gamma(stream, 0.5 * (a + n), a / auxiliary + 0.5 * squares);
    }
    case Kind::inverse_gamma:
      return draw_inverse_gamma(stream, a + 0.5 * n, b + 0.5 * squares);
    case Kind::half_normal:
    case Kind::gamma:
      break;
  }
  // The step is reversible under the half-t prior: of the two posteriors' ratio the priors' is left.
  const ScalePrior stand_in{Kind::half_t, 4, scale()};
  const double proposal = stand_in.draw_variance(stream, variance, n, squares);
  const double ratio =
      log_density(proposal) - stand_in.log_density(proposal) - log_density(variance) + stand_in.log_density(variance);
  return std::log(stream.uniform53()) < ratio ? proposal : variance;
}

double ScalePrior::draw_prior(Stream& stream) const {
  switch (kind) {
    case Kind::half_t: {
      const double auxiliary = draw_inverse_gamma(stream, 0.5, 1 / (b * b));
      return draw_inverse_gamma(stream, 0.5 * a, a / auxiliary);
    }
    case Kind::inverse_gamma:
      return draw_inverse_gamma(stream, a, b);
    case Kind::half_normal: {
      const double normal = b * draw_normal<double>(stream);
      return normal * normal;
    }
    case Kind::gamma: {
      const double deviation = draw_gamma(stream, a) / b;
      return deviation * deviation;
    }
  }
  return 1;
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

namespace {

/// The kind of that name.
template <class Kind>
Kind kind_of(const std::map<Kind, std::string>& names, const nlohmann::json& name) {
  for (const auto& [kind, text] : names)
    if (name == text) return kind;
  throw DataError("a prior of the fit is of a distribution that this version does not know");
}

const std::map<ScalePrior::Kind, std::string> kScale = {{ScalePrior::Kind::half_t, "half_t"},
                                                        {ScalePrior::Kind::inverse_gamma, "inv_gamma"},
                                                        {ScalePrior::Kind::half_normal, "half_normal"},
                                                        {ScalePrior::Kind::gamma, "gamma"}};

nlohmann::json values_of(const ScalePrior& p) { return {{"distribution", kScale.at(p.kind)}, {"a", p.a}, {"b", p.b}}; }

ScalePrior scale_from(const nlohmann::json& json) {
  return {kind_of(kScale, json.at("distribution")), json.at("a"), json.at("b")};
}

const std::map<CoefficientPrior::Kind, std::string> kCoefficient = {{CoefficientPrior::Kind::normal, "normal"},
                                                                    {CoefficientPrior::Kind::student_t, "student_t"},
                                                                    {CoefficientPrior::Kind::laplace, "laplace"},
                                                                    {CoefficientPrior::Kind::horseshoe, "horseshoe"}};

nlohmann::json values_of(const CoefficientPrior& p) {
  nlohmann::json json = {{"mean", p.mean}, {"sd", p.sd}};
  if (p.kind != CoefficientPrior::Kind::normal) json["distribution"] = kCoefficient.at(p.kind);
  if (p.kind == CoefficientPrior::Kind::student_t) json["df"] = p.df;
  return json;
}

CoefficientPrior coefficient_from(const nlohmann::json& json) {
  return {json.at("mean"), json.at("sd"), kind_of(kCoefficient, json.value("distribution", "normal")),
          json.value("df", 0.0)};
}

nlohmann::json values_of(const PositivePrior& p) {
  return {{"distribution", kPositive.at(p.kind)}, {"a", p.a}, {"b", p.b}};
}

PositivePrior positive_from(const nlohmann::json& json) {
  return {kind_of(kPositive, json.at("distribution")), json.at("a"), json.at("b")};
}

}  // namespace

void to_json(nlohmann::json& json, const Priors& priors) {
  json = {{"intercept_at_means", priors.intercept_at_means},
          {"sigma", values_of(priors.sigma)},
          {"bias_sd", priors.bias_sd},
          {"cut", values_of(priors.cut)},
          {"layer_noise", values_of(priors.layer_noise)},
          {"statements", priors.statements},
          {"fixed", nlohmann::json::array()},
          {"sd", nlohmann::json::array()},
          {"lkj", priors.lkj},
          {"weight", nlohmann::json::array()},
          {"parameters", nlohmann::json::array()}};
  for (const CoefficientPrior& p : priors.fixed) json["fixed"].push_back(values_of(p));
  for (const ScalePrior& p : priors.sd) json["sd"].push_back(values_of(p));
  for (const ScalePrior& p : priors.weight) json["weight"].push_back(values_of(p));
  for (const PositivePrior& p : priors.parameters) json["parameters"].push_back(values_of(p));
  if (!priors.earlier) return;
  json["earlier"] = *priors.earlier;
  json["own_sigma"] = nlohmann::json::array();
  json["own_sd"] = nlohmann::json::array();
  for (const ScalePrior& p : priors.own_sigma) json["own_sigma"].push_back(values_of(p));
  for (const std::vector<ScalePrior>& term : priors.own_sd) {
    json["own_sd"].push_back(nlohmann::json::array());
    for (const ScalePrior& p : term) json["own_sd"].back().push_back(values_of(p));
  }
}

void from_json(const nlohmann::json& json, Priors& priors) {
  priors = {};
  priors.intercept_at_means = json.at("intercept_at_means");
  priors.sigma = scale_from(json.at("sigma"));
  priors.bias_sd = json.at("bias_sd");
  if (json.contains("cut")) priors.cut = coefficient_from(json.at("cut"));
  priors.layer_noise = scale_from(json.at("layer_noise"));
  priors.statements = json.at("statements").get<std::vector<std::string>>();
  for (const nlohmann::json& p : json.at("fixed")) priors.fixed.push_back(coefficient_from(p));
  for (const nlohmann::json& p : json.at("sd")) priors.sd.push_back(scale_from(p));
  // Fits of before there was a choice have none.
  priors.lkj = json.value("lkj", std::vector<double>(priors.sd.size(), 0.0));
  for (const nlohmann::json& p : json.at("weight")) priors.weight.push_back(scale_from(p));
  // Fits of before there were such families have none.
  for (const nlohmann::json& p : json.value("parameters", nlohmann::json::array()))
    priors.parameters.push_back(positive_from(p));
  if (!json.contains("earlier")) return;
  priors.earlier = json.at("earlier").get<EarlierRows>();
  for (const nlohmann::json& p : json.at("own_sigma")) priors.own_sigma.push_back(scale_from(p));
  for (const nlohmann::json& term : json.at("own_sd")) {
    priors.own_sd.emplace_back();
    for (const nlohmann::json& p : term) priors.own_sd.back().push_back(scale_from(p));
  }
}

}  // namespace bdglm
