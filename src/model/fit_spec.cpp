// The description of a fit as JSON.
#include "model/fit_spec.hpp"

#include <nlohmann/json.hpp>

namespace bdglm {

void to_json(nlohmann::json& json, const FitSpec& spec) {
  json = {{"program", "bdglm"},
          {"version", spec.version},
          {"machine", spec.machine},
          {"formula", spec.frame.formulas.front()},
          {"predictor_formulas", further_formulas(spec.frame)},
          {"family", family_name(spec.family)},
          {"link", describe(spec.family).link},
          {"frame", spec.frame},
          {"priors", spec.priors},
          {"prior_statements", spec.priors.statements},
          {"layer_noise", {{"kind", static_cast<int>(spec.layer_noise.kind)}, {"value", spec.layer_noise.value}}},
          {"horseshoe", spec.horseshoe},
          {"augmented", spec.augmented},
          {"rows_by_group", spec.rows_by_group},
          {"fixed_names", spec.fixed_names},
          {"predictors", spec.predictors},
          {"rows", spec.rows},
          {"table_rows", spec.table_rows},
          {"missing_responses", spec.missing_responses},
          {"seconds", spec.seconds},
          {"notes", spec.notes},
          {"run",
           {{"chains", spec.run.chains},
            {"warmup", spec.run.warmup},
            {"draws", spec.run.draws},
            {"thin", spec.run.thin},
            {"until_ess", spec.run.until_ess},
            {"seed", spec.run.seed.value_or(0)},
            {"device", spec.run.device},
            {"save", spec.run.save},
            {"save_effects", spec.run.save_effects}}}};
}

void from_json(const nlohmann::json& json, FitSpec& spec) {
  json.at("version").get_to(spec.version);
  json.at("machine").get_to(spec.machine);
  json.at("frame").get_to(spec.frame);
  const Formula formula = spec.frame.formula();
  std::vector<std::string> parameters;
  for (std::size_t k = 1; k < formula.sides.size(); ++k) parameters.push_back(formula.sides[k].predictor);
  // Fits of before there was a choice have the usual link.
  spec.family = family_from_name(json.at("family").get<std::string>(), json.value("link", ""), parameters);
  json.at("priors").get_to(spec.priors);
  const nlohmann::json& noise = json.at("layer_noise");
  spec.layer_noise = {static_cast<LayerNoise::Kind>(noise.at("kind").get<int>()), noise.at("value").get<double>()};
  json.at("horseshoe").get_to(spec.horseshoe);
  spec.augmented = json.value("augmented", true);
  spec.rows_by_group = json.value("rows_by_group", false);
  json.at("fixed_names").get_to(spec.fixed_names);
  json.at("predictors").get_to(spec.predictors);
  json.at("rows").get_to(spec.rows);
  json.at("table_rows").get_to(spec.table_rows);
  spec.missing_responses = json.value("missing_responses", 0LL);
  json.at("seconds").get_to(spec.seconds);
  spec.notes = json.value("notes", std::vector<std::string>());
  const nlohmann::json& run = json.at("run");
  run.at("chains").get_to(spec.run.chains);
  run.at("warmup").get_to(spec.run.warmup);
  run.at("draws").get_to(spec.run.draws);
  run.at("thin").get_to(spec.run.thin);
  spec.run.until_ess = run.value("until_ess", 0.0);
  spec.run.seed = run.at("seed").get<std::uint64_t>();
  run.at("device").get_to(spec.run.device);
  run.at("save").get_to(spec.run.save);
  run.at("save_effects").get_to(spec.run.save_effects);
}

}  // namespace bdglm
