// Priors of a model: defaults that follow the response's scale, with the statements of users over them.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <unordered_map>

#include "bdglm/error.hpp"
#include "design/sparse_columns.hpp"
#include "family/response.hpp"
#include "model/model.hpp"
#include "model/prior_names.hpp"

namespace bdglm {
namespace {

double standard_deviation(const Eigen::VectorXd& v) {
  if (v.size() < 2) return 0;
  return std::sqrt((v.array() - v.mean()).square().sum() / static_cast<double>(v.size() - 1));
}

/// Three significant digits, so that a stated default can be read and written again.
double rounded(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", value);
  return std::strtod(text, nullptr);
}

/// Statements with names as the summary prints single parameters: of many coefficients, "b[x]", as "b_x".
std::vector<PriorStatement> with_printed_names(std::vector<PriorStatement> statements) {
  for (PriorStatement& s : statements) {
    s.name = as_printed(s.name);
    if (s.name.rfind("b[", 0) == 0 && s.name.back() == ']') s.name = "b_" + s.name.substr(2, s.name.size() - 3);
    if (s.name.rfind("weight_scale[", 0) == 0 && s.name.back() == ']')
      s.name = weight_scale_name(s.name.substr(13, s.name.size() - 14));
  }
  return statements;
}

/// Whether a predictor is that of a scale of the response.
bool in_response_units(const Model& model, std::size_t predictor) {
  const auto parameters = parameters_of(model.family);
  for (std::size_t k = 0; k < parameters.size(); ++k)
    if (model.places.predictor[k] == static_cast<int>(predictor)) return parameters[k].response_units;
  return false;
}

/// The horseshoes of a predictor have one global scale, whose prior has one scale.
void check_horseshoes(const Model& model, const Design& design, const std::vector<CoefficientPrior>& fixed) {
  auto prior = fixed.begin();
  for (std::size_t c = 0; c < model.predictors.size(); ++c) {
    std::set<double> scales;
    for (std::size_t left = model.side(design, c).fixed_names.size(); left > 0; --left, ++prior)
      if (prior->kind == CoefficientPrior::Kind::horseshoe) scales.insert(prior->sd);
    if (scales.size() > 1)
      throw ModelError("horseshoe(" + number_text(*scales.begin()) + ") and horseshoe(" +
                       number_text(*scales.rbegin()) +
                       ") are priors of one linear predictor's coefficients, which share a global scale; write one");
  }
}

/// Coefficients by the names that statements give them, of which there may be tens of thousands.
struct NamedCoefficients {
  std::unordered_map<std::string, std::vector<std::size_t>> own;    ///< of one predictor
  std::unordered_map<std::string, std::vector<std::size_t>> every;  ///< of every predictor's, and "b" of all slopes
  std::vector<std::size_t> intercepts;

  explicit NamedCoefficients(const std::vector<CoefficientNames>& coefficients) {
    for (std::size_t j = 0; j < coefficients.size(); ++j) {
      const CoefficientNames& c = coefficients[j];
      own[c.own_at_zero].push_back(j);
      every[c.at_zero].push_back(j);
      if (c.at_means.empty()) {
        every["b"].push_back(j);
        continue;
      }
      own[c.own_at_means].push_back(j);
      every[c.at_means].push_back(j);
      intercepts.push_back(j);
    }
  }

  const std::vector<std::size_t>& of(const std::string& name, bool one_predictor) const {
    static const std::vector<std::size_t> none;
    const auto& names = one_predictor ? own : every;
    const auto found = names.find(name);
    return found == names.end() ? none : found->second;
  }
};

}  // namespace

Priors resolve_priors(const std::vector<PriorStatement>& given, const Model& model, const Design& design,
                      bool learned_noise) {
  Priors priors;
  const std::vector<PriorStatement> statements = with_printed_names(given);
  const NetworkShape& shape = model.shape;
  const FamilyDescription& description = describe(model.family);
  std::vector<CoefficientNames> coefficients;
  std::vector<double> column_sds;
  std::vector<const TermDesign*> groups;  // of each random effect
  const PredictorUnits units = predictor_units(model.family, design.response, model.side(design, 0).offset);
  std::vector<PredictorUnits> coefficient_units;
  std::vector<double> group_spread;
  for (std::size_t c = 0; c < model.predictors.size(); ++c) {
    const SideDesign& side = model.side(design, c);
    // Predictors of the family's other parameters are logarithms, or log odds.
    PredictorUnits own = units;
    if (model.is_parameter(c)) own = {in_response_units(model, c) ? rounded(std::log(units.spread)) : 0, 1};
    coefficient_units.insert(coefficient_units.end(), side.fixed_names.size(), own);
    group_spread.insert(group_spread.end(), side.groups.size(), own.spread);
    const bool in_units = !model.is_parameter(c) && std::string(description.link) == "identity";
    for (const std::string& name : side.fixed_names) coefficients.emplace_back(model.predictors[c], name);
    // A response in its own units has predictors in theirs.
    for (Eigen::Index j = 0; j < side.fixed.cols(); ++j)
      column_sds.push_back(in_units ? standard_deviation(side.fixed.col(j)) : 1);
    for (const double sd : standard_deviations(side.sparse)) column_sds.push_back(in_units ? sd : 1);
    for (const TermDesign& group : side.groups) groups.push_back(&group);
  }
  const double unit = units.spread;
  std::string at_means;
  std::string at_zero;
  const NamedCoefficients named(coefficients);
  for (const PriorStatement& s : statements)
    for (const std::size_t j : named.intercepts) {
      const CoefficientNames& c = coefficients[j];
      if (s.name == c.at_means || s.name == c.own_at_means) at_means = s.name;
      if (s.name == c.at_zero || s.name == c.own_at_zero) at_zero = s.name;
    }
  const bool cuts = has_cutpoints(model.family);
  if (cuts && !(at_means.empty() && at_zero.empty()))
    throw ModelError("prior of '" + (at_means.empty() ? at_zero : at_means) + "': family " + family_name(model.family) +
                     " has cutpoints in place of an intercept; write 'cut ~ normal(mean, sd)'");
  if (!at_means.empty() && !at_zero.empty())
    throw ModelError("priors of '" + at_means + "' (at the predictors' means) and of '" + at_zero +
                     "' (at predictors of zero) are both given; intercepts are one or the other, keep one of them");
  priors.intercept_at_means = at_zero.empty();
  for (std::size_t k = 0; k < coefficients.size(); ++k) {
    if (!coefficients[k].at_means.empty()) {
      priors.fixed.push_back({coefficient_units[k].center, rounded(5 * coefficient_units[k].spread)});
      continue;
    }
    const double sd = column_sds[k];
    priors.fixed.push_back({0, rounded(2.5 * coefficient_units[k].spread / (sd > 0 ? sd : 1))});
  }
  priors.cut = {0, 5};
  priors.sigma = {ScalePrior::Kind::half_t, 3, rounded(2.5 * unit)};
  for (std::size_t r = 0; r < groups.size(); ++r)
    priors.sd.push_back({ScalePrior::Kind::half_t, 2, rounded((groups[r]->deep ? 0.5 : 2.5) * group_spread[r])});
  priors.lkj.assign(groups.size(), 0);
  for (int l = 0; l < shape.layers(); ++l) {
    const int inputs = l == 0 ? model.inputs.all_active() : shape.input_width(l);
    priors.weight.push_back({ScalePrior::Kind::half_t, 3, std::sqrt(2.0 / inputs)});
  }
  for (std::size_t l = priors.weight.size(); l < model.weight_layers.size(); ++l) {
    // A logarithm that varies by one changes a scale's order of magnitude.
    const bool mean = model.weight_layers[l] == std::to_string(shape.layers() + 1);
    priors.weight.push_back({ScalePrior::Kind::half_t, 3,
                             (mean ? description.output_scale * unit : 0.5) * std::sqrt(2.0 / shape.last_width())});
  }
  priors.layer_noise = {ScalePrior::Kind::inverse_gamma, 2, 0.02};
  for (std::size_t k = 0; k < model.parameters.size(); ++k) {
    priors.parameters.push_back(model.parameter(k).prior);
    PositivePrior& prior = priors.parameters.back();
    if (model.parameter(k).response_units) prior.b = rounded(prior.b * unit);
  }

  std::set<std::string> given_names;
  for (const PriorStatement& s : statements)
    if (!given_names.insert(s.name).second)
      throw ModelError("the prior of '" + s.name + "' is given twice; keep one statement");
  // General statements first, so that the statement of one coefficient wins over that of its class, and that of one
  // predictor over that of all.
  enum class Reach { kind, every_predictor, one_predictor };
  const auto reach_of = [&](const std::string& name) {
    if (name == "b" || name == "sd" || name == "cor" || name == "weight_scale") return Reach::kind;
    // What the summary prints is one coefficient's name before it is that of every predictor's.
    return named.own.count(name) > 0 ? Reach::one_predictor : Reach::every_predictor;
  };
  for (const Reach reach : {Reach::kind, Reach::every_predictor, Reach::one_predictor}) {
    for (const PriorStatement& s : statements) {
      if (reach_of(s.name) != reach) continue;
      const std::vector<std::size_t>& of = named.of(s.name, reach == Reach::one_predictor);
      bool known = !of.empty();
      for (const std::size_t j : of) priors.fixed[j] = coefficient_prior(s, !coefficients[j].at_means.empty());
      for (std::size_t r = 0; r < priors.sd.size(); ++r) {
        const bool of_sd = s.name == "sd" || s.name == sd_name(*groups[r]);
        const std::string correlations = cor_name(*groups[r]);
        const bool of_cor = !correlations.empty() && (s.name == "cor" || s.name == correlations);
        if (of_sd) priors.sd[r] = deviation_prior(s);
        if (of_cor) priors.lkj[r] = correlation_prior(s);
        known = known || of_sd || of_cor;
      }
      if (s.name == "cut" && cuts) {
        if (s.distribution != "normal") throw ModelError("prior of 'cut': cutpoints take normal(mean, sd)");
        priors.cut = coefficient_prior(s, true);
        known = true;
      }
      if (s.name == "sigma" && description.residual_scale) {
        priors.sigma = deviation_prior(s, true);
        known = true;
      }
      for (std::size_t k = 0; k < priors.parameters.size(); ++k)
        if (s.name == model.parameter(k).name) {
          priors.parameters[k] = parameter_prior(s, model.parameter(k));
          known = true;
        }
      if (s.name == "weight_scale" && shape.layers() > 0) {
        for (ScalePrior& p : priors.weight) p = deviation_prior(s);
        known = true;
      }
      for (std::size_t l = 0; l < priors.weight.size(); ++l)
        if (s.name == weight_scale_name(model.weight_layers[l])) {
          priors.weight[l] = deviation_prior(s);
          known = true;
        }
      if (s.name == "bias" && shape.layers() > 0) {
        if (s.distribution != "normal" || s.a != 0) throw ModelError("prior of 'bias': it takes normal(0, sd)");
        priors.bias_sd = s.b;
        known = true;
      }
      if (s.name == "layer_noise" && shape.layers() > 0 && learned_noise) {
        if (s.distribution != "inv_gamma") throw ModelError("prior of 'layer_noise': it takes inv_gamma(shape, rate)");
        priors.layer_noise = deviation_prior(s, true);
        known = true;
      }
      if (!known && s.name != "b") refuse_prior_name(s.name, model, groups, coefficients);
    }
  }
  check_horseshoes(model, design, priors.fixed);
  for (std::size_t j = 0; j < priors.fixed.size(); ++j) {
    const CoefficientNames& c = coefficients[j];
    const bool means = !c.at_means.empty() && priors.intercept_at_means;
    if (means && cuts) continue;
    priors.statements.push_back(describe(means ? c.own_at_means : c.own_at_zero, priors.fixed[j]));
  }
  if (cuts) priors.statements.push_back(describe("cut", priors.cut));
  const auto add_once = [&](const std::string& line) {
    if (std::find(priors.statements.begin(), priors.statements.end(), line) == priors.statements.end())
      priors.statements.push_back(line);
  };
  for (std::size_t r = 0; r < priors.sd.size(); ++r) {
    add_once(describe(sd_name(*groups[r]), priors.sd[r]));
    // Huang and Wand's prior is that of half-t deviations alone.
    if (priors.lkj[r] == 0 && priors.sd[r].kind != ScalePrior::Kind::half_t) priors.lkj[r] = 1;
    if (priors.lkj[r] > 0 && !cor_name(*groups[r]).empty())
      add_once(cor_name(*groups[r]) + " ~ lkj(" + number_text(priors.lkj[r]) + ")");
  }
  if (description.residual_scale) priors.statements.push_back(describe("sigma", priors.sigma));
  for (std::size_t k = 0; k < priors.parameters.size(); ++k)
    priors.statements.push_back(describe(model.parameter(k).name, priors.parameters[k]));
  for (std::size_t l = 0; l < priors.weight.size(); ++l)
    priors.statements.push_back(describe(weight_scale_name(model.weight_layers[l]), priors.weight[l]));
  if (shape.layers() > 0) priors.statements.push_back(describe("bias", CoefficientPrior{0, priors.bias_sd}));
  if (shape.layers() > 0 && learned_noise) priors.statements.push_back(describe("layer_noise", priors.layer_noise));
  return priors;
}

}  // namespace bdglm
