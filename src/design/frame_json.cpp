// The frame as JSON, as a fit keeps it for predictions.
#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "design/design.hpp"

namespace bdglm {

void to_json(nlohmann::json& json, const GroupLevels& levels) {
  json = {{"labels", levels.labels}};
  if (!levels.codes.empty()) json["codes"] = levels.codes;
}

void from_json(const nlohmann::json& json, GroupLevels& levels) {
  json.at("labels").get_to(levels.labels);
  if (json.contains("codes")) json.at("codes").get_to(levels.codes);
}

void to_json(nlohmann::json& json, const FrameBlock& block) {
  json = {{"columns", block.columns}, {"constant", block.constant}};
  if (block.sparse) json["sparse"] = true;
}

void from_json(const nlohmann::json& json, FrameBlock& block) {
  json.at("columns").get_to(block.columns);
  json.at("constant").get_to(block.constant);
  block.sparse = json.value("sparse", false);
}

void to_json(nlohmann::json& json, const Frame& f) {
  json = {{"formulas", f.formulas},
          {"sigma", f.sigma_text},
          {"candidates", f.candidates},
          {"blocks", f.blocks},
          {"factors", f.factors},
          {"levels", f.levels},
          {"response_levels", f.response_levels},
          {"activation", f.activation},
          {"deep_names", f.deep_names},
          {"deep_mean", f.deep_mean},
          {"deep_sd", f.deep_sd},
          {"ramps", f.deep_ramps},
          {"sparse_factors", f.sparse_factors},
          {"groupings", f.groupings},
          {"sigma_levels", f.sigma_levels},
          {"columns", f.columns}};
}

void from_json(const nlohmann::json& json, Frame& f) {
  json.at("formulas").get_to(f.formulas);
  json.at("sigma").get_to(f.sigma_text);
  json.at("candidates").get_to(f.candidates);
  // Fits of before there were matrices, ramps or sparse factors have none, and relu where no activation is stated.
  if (json.contains("blocks")) json.at("blocks").get_to(f.blocks);
  json.at("factors").get_to(f.factors);
  json.at("levels").get_to(f.levels);
  json.at("response_levels").get_to(f.response_levels);
  f.activation = json.contains("activation") ? json.at("activation").get<std::string>() : name_of(Activation::relu);
  json.at("deep_names").get_to(f.deep_names);
  json.at("deep_mean").get_to(f.deep_mean);
  json.at("deep_sd").get_to(f.deep_sd);
  if (json.contains("ramps")) json.at("ramps").get_to(f.deep_ramps);
  if (f.deep_ramps.size() > f.deep_names.size())
    throw DataError("the network has ramps of " + std::to_string(f.deep_ramps.size()) + " inputs, but " +
                    std::to_string(f.deep_names.size()) + " inputs: the file is damaged");
  if (json.contains("sparse_factors")) json.at("sparse_factors").get_to(f.sparse_factors);
  json.at("groupings").get_to(f.groupings);
  for (const auto& [name, levels] : f.groupings) f.group_levels[name] = levels.shown();
  json.at("sigma_levels").get_to(f.sigma_levels);
  json.at("columns").get_to(f.columns);
}

}  // namespace bdglm
