// Parameters of a report: priors beside posteriors, densities, traces and ranks, random effects, relevance of inputs.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>

#include "base/stop_point.hpp"
#include "diagnostics/diagnostics.hpp"
#include "family/response.hpp"
#include "model/fit_spec.hpp"
#include "model/prior_density.hpp"
#include "report/density_estimate.hpp"
#include "report/report_data.hpp"
#include "report/summary.hpp"

namespace bdglm {
namespace {

constexpr std::size_t kMostParameters = 200;
constexpr std::size_t kMostDensities = 24;
constexpr std::size_t kPoints = 128;

bool begins(const std::string& text, const std::string& with) { return text.rfind(with, 0) == 0; }

/// The statement that is a parameter's prior; null where it has none of its own.
const std::string* statement_of(const std::string& name, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    const std::string of = statement.substr(0, statement.find(" ~ "));
    const bool group = begins(of, "sd_") || begins(of, "cor_");
    if (of == name || (group && begins(name, of + "__"))) return &statement;
    if (begins(name, of + "[") && name.back() == ']') return &statement;
  }
  return nullptr;
}

/// A statement of an intercept at the predictors' means: "Intercept" of "b_Intercept", "LEVEL_Intercept" of
/// "b_LEVEL_Intercept", or the general one.
const std::string* statement_at_means(const std::string& name, const std::vector<std::string>& statements) {
  constexpr const char kIntercept[] = "Intercept";
  constexpr std::size_t kLength = sizeof kIntercept - 1;
  if (!begins(name, "b_") || name.size() < kLength + 2 || name.substr(name.size() - kLength) != kIntercept)
    return nullptr;
  return statement_of(name.substr(2), statements);
}

/// Whether the predictor whose intercept `name` is reads no column.
bool has_intercept_alone(const std::string& name, const FitSpec& spec) {
  const Formula formula = spec.frame.formula();
  const std::size_t end = name.size() - std::string("_Intercept").size();
  const RightSide& side = formula.sides[formula.side_of(end > 2 ? name.substr(2, end - 2) : "")];
  return side.terms.empty();
}

/// What densities of priors need of a fit beside statements.
struct PriorPlace {
  const FitSpec& spec;
  std::map<std::string, std::size_t> widths;  ///< coefficients of each grouping that has one random-effect term
};

PriorPlace prior_place(const FitSpec& spec, const Design& rows) {
  PriorPlace place{spec, {}};
  std::map<std::string, std::size_t> terms;
  for (const SideDesign& side : rows.sides)
    for (const TermDesign& group : side.groups) {
      ++terms[group.group];
      place.widths[group.group] = group.coefficients.size();
    }
  for (const auto& [group, count] : terms)
    if (count > 1) place.widths.erase(group);
  return place;
}

/// The prior density of a correlation; nothing where the statements do not tell it.
std::function<double(double)> correlation_prior_of(const std::string& name, const PriorPlace& place) {
  if (place.spec.priors.earlier) return {};
  for (const auto& [group, width] : place.widths) {
    if (!begins(name, "cor_" + group + "__")) continue;
    const std::string* const deviations = statement_of("sd_" + group, place.spec.priors.statements);
    const std::string* const correlations = statement_of("cor_" + group, place.spec.priors.statements);
    if (deviations == nullptr) return {};
    const double df = deviation_prior(parse_prior(*deviations)).a;
    const double eta = correlations == nullptr ? 0 : correlation_prior(parse_prior(*correlations));
    return [=, q = static_cast<double>(width)](double r) { return correlation_density(eta, df, q, r); };
  }
  return {};
}

/// The density that a parameter's statement gives it; nothing where it has none in closed form.
std::function<double(double)> prior_of(const std::string& name, const std::string* statement, const PriorPlace& place) {
  if (begins(name, "cor_")) return correlation_prior_of(name, place);
  // Cut off at 1, or given the order of the others: not the density that the statement names.
  if (statement == nullptr || name == "nu" || begins(name, "cut[")) return {};
  const PriorStatement s = parse_prior("b" + statement->substr(statement->find(" ~ ")));
  if (s.distribution == "horseshoe" || s.distribution == "constant") return {};
  const bool scale = begins(name, "sigma") && describe(place.spec.family).residual_scale;
  if (begins(name, "b_") || begins(name, "bias"))
    return [p = coefficient_prior(s, false)](double x) { return density(p, x); };
  if (begins(name, "layer_noise")) return [p = deviation_prior(s, true)](double x) { return variance_density(p, x); };
  if (begins(name, "sd_") || begins(name, "weight_scale") || scale)
    return [p = deviation_prior(s, scale)](double x) { return deviation_density(p, x); };
  for (const FamilyParameter& parameter : parameters_of(place.spec.family))
    if (name == parameter.name) return [p = parameter_prior(s, parameter)](double x) { return density(p, x); };
  return {};
}

/// Where a parameter's values end.
std::pair<double, double> bounds_of(const std::string& name) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  if (begins(name, "cor_")) return {-1, 1};
  if (name == "nu") return {1, kNone};
  if (name == "zi" || begins(name, "prediction_share")) return {0, 1};
  for (const char* positive :
       {"sd_", "sigma", "shape", "phi", "nu", "layer_noise", "weight_scale", "input_relevance", "hs_"})
    if (begins(name, positive)) return {0, kNone};
  return {-kNone, kNone};
}

nlohmann::json numbers(const std::vector<double>& values) {
  nlohmann::json all = nlohmann::json::array();
  for (const double value : values) all.push_back(std::isfinite(value) ? nlohmann::json(value) : nlohmann::json());
  return all;
}

nlohmann::json density_of(const ParameterSummary& p, const std::vector<double>& draws,
                          const std::function<double(double)>& prior) {
  const auto [least, most] = bounds_of(p.name);
  const DensityEstimate estimate = estimate_density(draws, kPoints, least, most);
  if (estimate.x.empty()) return nullptr;
  nlohmann::json density = {
      {"name", p.name}, {"x", numbers(estimate.x)}, {"posterior", numbers(estimate.density)}, {"mean", p.mean},
      {"low", p.q2_5},  {"high", p.q97_5}};
  if (prior) {
    std::vector<double> values;
    for (const double x : estimate.x) values.push_back(prior(x));
    density["prior"] = numbers(values);
  }
  return density;
}

/// Traces of up to 250 points, and how the ranks of all draws fall into twenty bins, chain by chain (Vehtari et al.
/// 2021).
nlohmann::json chains_of(const ParameterSummary& p, const std::vector<double>& draws, int chains) {
  constexpr std::size_t kMostPoints = 250;
  constexpr std::size_t kBins = 20;
  const std::size_t each = draws.size() / static_cast<std::size_t>(chains);
  const std::size_t every = std::max<std::size_t>((each + kMostPoints - 1) / kMostPoints, 1);
  std::vector<std::size_t> order(draws.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return draws[a] < draws[b]; });
  std::vector<std::vector<int>> ranks(static_cast<std::size_t>(chains), std::vector<int>(kBins));
  for (std::size_t k = 0; k < order.size(); ++k) ++ranks[order[k] / each][k * kBins / order.size()];
  nlohmann::json traces = nlohmann::json::array();
  for (std::size_t c = 0; c < static_cast<std::size_t>(chains); ++c) {
    std::vector<double> trace;
    for (std::size_t k = 0; k < each; k += every) trace.push_back(draws[c * each + k]);
    traces.push_back(numbers(trace));
  }
  return {{"name", p.name},
          {"rhat", std::isfinite(p.rhat) ? nlohmann::json(p.rhat) : nlohmann::json()},
          {"ess_bulk", std::isfinite(p.ess_bulk) ? nlohmann::json(p.ess_bulk) : nlohmann::json()},
          {"every", every},
          {"traces", traces},
          {"ranks", ranks},
          {"expected", static_cast<double>(each) / kBins}};
}

}  // namespace

void add_parameters(const ReportSource& source, const std::vector<ParameterSummary>& parameters,
                    nlohmann::json& report) {
  const FitSpec spec = source.fit.spec().get<FitSpec>();
  std::map<std::string, ScalarPlace> places;
  for (const ScalarPlace& place : posterior_scalars(source.fit, false)) places.emplace(place.name, place);
  const PriorPlace place_of_priors = prior_place(spec, source.rows);
  nlohmann::json table = nlohmann::json::array();
  nlohmann::json densities = nlohmann::json::array();
  nlohmann::json chains = nlohmann::json::array();
  nlohmann::json relevance = nlohmann::json::array();
  std::string variable;  // whose draws `values` are
  RowMatrix values;
  for (const ParameterSummary& p : parameters) {
    stop_point();
    constexpr const char kRelevance[] = "input_relevance[";
    if (begins(p.name, kRelevance))
      relevance.push_back({{"name", p.name.substr(sizeof kRelevance - 1, p.name.size() - sizeof kRelevance)},
                           {"mean", p.mean},
                           {"low", p.q2_5},
                           {"high", p.q97_5}});
    if (table.size() == kMostParameters) continue;
    const std::string* const statement = statement_of(p.name, spec.priors.statements);
    table.push_back({{"name", p.name},
                     {"mean", p.mean},
                     {"sd", p.sd},
                     {"q2.5", p.q2_5},
                     {"q50", p.q50},
                     {"q97.5", p.q97_5},
                     {"ess_bulk", p.ess_bulk},
                     {"ess_tail", p.ess_tail},
                     {"rhat", p.rhat},
                     {"judged", p.judged}});
    const std::string* const at_means =
        statement == nullptr ? statement_at_means(p.name, spec.priors.statements) : nullptr;
    // Without other predictors their means are no other place.
    const bool alone = at_means != nullptr && has_intercept_alone(p.name, spec);
    if (statement != nullptr) table.back()["prior"] = statement->substr(statement->find(" ~ ") + 3);
    if (statement == nullptr && at_means != nullptr)
      table.back()["prior"] = at_means->substr(at_means->find(" ~ ") + 3) + (alone ? "" : ", at the predictors' means");
    if (densities.size() == kMostDensities || !p.judged) continue;
    const ScalarPlace& place = places.at(p.name);
    if (place.variable != variable) values = source.fit.read("posterior", place.variable);
    variable = place.variable;
    const Eigen::VectorXd column = values.col(place.column);
    const std::vector<double> draws(column.begin(), column.end());
    nlohmann::json density = density_of(p, draws, prior_of(p.name, alone ? at_means : statement, place_of_priors));
    if (!density.is_null()) densities.push_back(std::move(density));
    chains.push_back(chains_of(p, draws, source.fit.chains()));
  }
  report["parameters_left_out"] = parameters.size() - table.size();
  report["parameters"] = std::move(table);
  report["densities"] = std::move(densities);
  report["chains"] = std::move(chains);
  if (!relevance.empty()) report["relevance"] = std::move(relevance);
}

void add_random_effects(const ReportSource& source, nlohmann::json& report) {
  constexpr std::size_t kMostLevels = 400;
  nlohmann::json effects = nlohmann::json::array();
  bool kept = false;
  for (const std::string& name : source.fit.variables("posterior")) {
    if (!begins(name, "r_")) continue;
    kept = true;
    const std::vector<Dimension> dimensions = source.fit.dimensions("posterior", name);
    const std::vector<std::string>& levels = dimensions.at(0).labels;
    const std::vector<std::string>& coefficients = dimensions.at(1).labels;
    const RowMatrix draws = source.fit.read("posterior", name);
    for (std::size_t k = 0; k < coefficients.size(); ++k) {
      nlohmann::json all = nlohmann::json::array();
      for (std::size_t l = 0; l < levels.size(); ++l) {
        stop_point();
        const auto column = static_cast<Eigen::Index>(l * coefficients.size() + k);
        std::vector<double> values(draws.col(column).begin(), draws.col(column).end());
        std::sort(values.begin(), values.end());
        all.push_back({{"level", levels[l]},
                       {"mean", draws.col(column).mean()},
                       {"low", sorted_quantile(values, 0.025)},
                       {"high", sorted_quantile(values, 0.975)}});
      }
      // Of very many the lowest and the highest.
      std::stable_sort(all.begin(), all.end(), [](const nlohmann::json& a, const nlohmann::json& b) {
        return a.at("mean").get<double>() < b.at("mean").get<double>();
      });
      const std::size_t left_out = all.size() > kMostLevels ? all.size() - kMostLevels : 0;
      if (left_out > 0) {
        const auto from = all.begin() + kMostLevels / 2;
        all.erase(from, from + static_cast<std::ptrdiff_t>(left_out));
      }
      effects.push_back({{"group", name.substr(2)},
                         {"coefficient", coefficients[k]},
                         {"levels", std::move(all)},
                         {"left_out", left_out}});
    }
  }
  if (!effects.empty()) report["effects"] = std::move(effects);
  const FitSpec spec = source.fit.spec().get<FitSpec>();
  if (!kept && !spec.frame.group_levels.empty()) leave_out(report, "effects", understand(spec).effects);
}

}  // namespace bdglm
