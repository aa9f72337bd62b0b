// The one typed description of a fit, to and from JSON: what was asked for, and what data and defaults made of it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "bdglm/fit.hpp"
#include "design/design.hpp"
#include "model/model.hpp"

namespace bdglm {

/// All that summaries, predictions and resumed runs need to know of a fit besides its data, draws and states.
struct FitSpec {
  std::string version;  ///< of the library that began it
  std::string machine;  ///< what last bits depend on
  Frame frame;
  Family family{};
  Priors priors;
  LayerNoise layer_noise;
  bool horseshoe = false;
  bool augmented = true;
  bool rows_by_group = true;                          ///< the states' order of the rows: see FitJob
  std::vector<std::vector<std::string>> fixed_names;  ///< of the columns of each right side
  std::vector<std::string> predictors;
  long long rows = 0;  ///< that the fit used, of `table_rows`
  long long table_rows = 0;
  long long missing_responses = 0;  ///< rows besides, whose responses are drawn
  double seconds = 0;
  std::vector<std::string> notes;
  RunOptions run;  ///< `device` is the backend's name; `seed` is there

  long long dropped_rows() const { return table_rows - rows - missing_responses; }
};

void to_json(nlohmann::json& json, const FitSpec& spec);
/// Throws nlohmann::json::exception where a member is missing.
void from_json(const nlohmann::json& json, FitSpec& spec);

}  // namespace bdglm
