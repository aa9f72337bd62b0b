// What a fit says of itself, as data: how data and model were understood, and its parameters' summaries.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "bdglm/report.hpp"
#include "fitfile/draw_store.hpp"
#include "model/fit_spec.hpp"

namespace bdglm {

/// What a fit says of the data and the model, in words.
struct Understanding {
  std::string link;
  std::string meaning;  ///< which level is 1: "P(use = Y); use: N = 0, Y = 1"; empty for numbers
  std::string network;  ///< "layers c(32, 32), activation mixed"; empty without one
  std::string why_dropped;
  std::vector<std::pair<std::string, std::size_t>> groups;  ///< group and its levels
  std::string effects;                                      ///< how they are kept, where not all
};

Understanding understand(const FitSpec& spec);

/// Names of the scalars in a source's posterior, and where each stands.
struct ScalarPlace {
  std::string name;  ///< "b_x", "r_g[level,coefficient]"
  std::string variable;
  Eigen::Index column = 0;
};

/// All scalars, random effects "r_..." too where `all` is true.
std::vector<ScalarPlace> posterior_scalars(const DrawSource& draws, bool all);

/// Their summaries; none before the first draw.
std::vector<ParameterSummary> summarise_fit(const DrawSource& draws, bool all);

/// Understanding, run, priors and parameters as JSON.
nlohmann::json summary_json(const DrawSource& draws, const std::vector<ParameterSummary>& parameters);

/// Kept draws whose gradient moves diverged.
long long divergences(const DrawSource& draws);

}  // namespace bdglm
