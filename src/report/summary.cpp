// Summaries of a fit from its draws and its specification.
#include "report/summary.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/names.hpp"
#include "base/stop_point.hpp"
#include "diagnostics/diagnostics.hpp"
#include "family/family.hpp"
#include "model/judged.hpp"

namespace bdglm {
namespace {

/// "low < middle < high", of many levels the first and the last.
std::string in_order(const std::vector<std::string>& levels) {
  constexpr std::size_t kMost = 8;
  if (levels.size() > kMost) return levels.front() + " < ... < " + levels.back();
  std::string text;
  for (const std::string& level : levels) text += (text.empty() ? "" : " < ") + level;
  return text;
}

}  // namespace

Understanding understand(const FitSpec& spec) {
  Understanding u;
  const Frame& frame = spec.frame;
  const Formula formula = frame.formula();
  const std::string response = deparse(formula.response);
  const ResponseKind kind = describe(spec.family).response;
  u.link = describe(spec.family).link;
  if (kind == ResponseKind::two_levels && frame.response_levels.size() == 2)
    u.meaning = "P(" + response + " = " + frame.response_levels[1] + "); " + response + ": " +
                frame.response_levels[0] + " = 0, " + frame.response_levels[1] + " = 1";
  else if (kind == ResponseKind::two_levels)
    u.meaning = "P(" + response + " = 1)";
  else if (kind == ResponseKind::successes)
    u.meaning = "P(success), " + response + " successes out of " + (formula.trials ? deparse(*formula.trials) : "1");
  else if (kind == ResponseKind::levels)
    u.meaning = "log odds of each level against " + response + " = " + frame.response_levels[0];
  else if (kind == ResponseKind::ordered_levels)
    u.meaning = "P(" + response + " up to level k) = F(cut[k] - predictor), " + response + ": " +
                in_order(frame.response_levels);
  if (formula.deep) {
    for (const int width : formula.deep->layers) u.network += (u.network.empty() ? "" : ", ") + std::to_string(width);
    u.network = "layers c(" + u.network + "), activation " + formula.deep->activation;
  }
  u.why_dropped = formula.trials    ? "missing values, no trials or zero weight"
                  : formula.weights ? "missing values or zero weight"
                                    : "missing values";
  for (const auto& [group, levels] : frame.group_levels) u.groups.emplace_back(group, levels.size());
  const std::string& kept = spec.run.save_effects;
  if (!frame.group_levels.empty() && kept != "all") {
    u.effects = kept == "moments" ? "means and covariances of random effects are kept (effect_moments), not their draws"
                : kept == "none"
                    ? "random effects are not kept"
                    : "of random effects one draw in " + kept.substr(kept.find('=') + 1) + " is kept (thinned_effects)";
    u.effects += ": " + setting("save_effects") + " " + kept;
  }
  return u;
}

std::vector<ScalarPlace> posterior_scalars(const DrawSource& draws, bool all) {
  std::vector<ScalarPlace> places;
  for (const std::string& name : draws.variables("posterior")) {
    if (!all && name.rfind("r_", 0) == 0) continue;
    const std::vector<Dimension> dimensions = draws.dimensions("posterior", name);
    Eigen::Index size = 1;
    for (const Dimension& d : dimensions) size *= static_cast<Eigen::Index>(d.labels.size());
    for (Eigen::Index k = 0; k < size; ++k) {
      std::string label;
      Eigen::Index rest = k;
      for (std::size_t d = dimensions.size(); d-- > 0;) {
        const auto length = static_cast<Eigen::Index>(dimensions[d].labels.size());
        label = dimensions[d].labels[static_cast<std::size_t>(rest % length)] + (label.empty() ? "" : "," + label);
        rest /= length;
      }
      places.push_back({dimensions.empty() ? name : name + "[" + printable(label) + "]", name, k});
    }
  }
  return places;
}

std::vector<ParameterSummary> summarise_fit(const DrawSource& draws, bool all) {
  std::vector<ParameterSummary> parameters;
  const auto count = static_cast<Eigen::Index>(draws.draws());
  if (count == 0) return parameters;
  const FitSpec spec = draws.spec().get<FitSpec>();
  const JudgedParameters judged(spec.frame, spec.family);
  std::string variable;
  RowMatrix values;
  for (const ScalarPlace& place : posterior_scalars(draws, all)) {
    stop_point();
    if (place.variable != variable) values = draws.read("posterior", place.variable);
    variable = place.variable;
    const Eigen::VectorXd column = values.col(place.column);
    const ChainDraws chains = Eigen::Map<const Eigen::MatrixXd>(column.data(), count, draws.chains());
    parameters.push_back(summarise(place.name, chains));
    parameters.back().judged = judged.contains(place.name);
  }
  return parameters;
}

long long divergences(const DrawSource& draws) {
  if (draws.draws() == 0) return 0;
  return std::llround(draws.read("sample_stats", "diverging").sum());
}

nlohmann::json summary_json(const DrawSource& file, const std::vector<ParameterSummary>& parameters) {
  const FitSpec spec = file.spec().get<FitSpec>();
  const Understanding u = understand(spec);
  nlohmann::json list = nlohmann::json::array();
  for (const ParameterSummary& p : parameters)
    list.push_back({{"name", p.name},
                    {"mean", p.mean},
                    {"sd", p.sd},
                    {"q2.5", p.q2_5},
                    {"q50", p.q50},
                    {"q97.5", p.q97_5},
                    {"mcse", p.mcse},
                    {"ess_bulk", p.ess_bulk},
                    {"ess_tail", p.ess_tail},
                    {"rhat", p.rhat},
                    {"judged", p.judged}});
  nlohmann::json progress;
  for (const char* key : {"phase", "sweeps", "total"})
    if (file.spec().at("progress").contains(key)) progress[key] = file.spec().at("progress").at(key);
  nlohmann::json json = {{"chains", file.chains()},
                         {"draws", file.draws()},
                         {"warmup", spec.run.warmup},
                         {"rows", spec.rows},
                         {"table_rows", spec.table_rows},
                         {"rows_dropped", spec.dropped_rows()},
                         {"missing_responses", spec.missing_responses},
                         {"family", family_name(spec.family)},
                         {"link", u.link},
                         {"formula", spec.frame.formulas.front()},
                         {"predictor_formulas", further_formulas(spec.frame)},
                         {"groups", nlohmann::json::object()},
                         {"columns", nlohmann::json::object()},
                         {"notes", spec.notes},
                         {"save_effects", spec.run.save_effects},
                         {"device", spec.run.device},
                         {"seconds", spec.seconds},
                         {"seed", *spec.run.seed},
                         {"complete", file.spec().at("progress").at("complete")},
                         {"progress", progress},
                         {"priors", spec.priors.statements},
                         {"divergences", divergences(file)},
                         {"parameters", list}};
  if (!u.meaning.empty()) json["response"] = u.meaning;
  if (!u.network.empty()) json["network"] = u.network;
  if (!spec.frame.response_levels.empty()) json["response_levels"] = spec.frame.response_levels;
  for (const auto& [group, levels] : u.groups) json["groups"][group] = levels;
  for (const auto& [column, description] : spec.frame.columns) json["columns"][column] = description;
  return json;
}

}  // namespace bdglm
