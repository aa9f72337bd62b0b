// What is said of a posterior, as data: summaries of parameters, warnings, scores.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace bdglm {

/// One scalar over all draws; diagnostics after Vehtari et al. (2021), equal to ArviZ's.
struct ParameterSummary {
  std::string name = {};
  double mean = 0, sd = 0, q2_5 = 0, q50 = 0, q97_5 = 0;
  double ess_bulk = 0, ess_tail = 0, rhat = 1;
  double mcse = 0;     ///< of the mean
  bool judged = true;  ///< whether convergence is judged by it; not where it shares its meaning with a network
};

/// Something that the draws cannot carry.
struct Warning {
  enum class Kind { few_draws, one_chain, not_finite, chains_apart, few_effective_draws, divergences };
  Kind kind = Kind::few_draws;
  std::string parameter = {};                                    ///< the worst one, where it is about parameters
  std::size_t parameters = 0;                                    ///< how many it is about
  std::string message = {};                                      ///< what is wrong
  std::vector<std::pair<std::string, long long>> settings = {};  ///< run options to fit again with: {"draws", 4000}
  std::string advice = {};                                       ///< what else may help
};

/// Scores of predictions; absent where one does not fit the family.
struct Evaluation {
  long long rows = 0;  ///< of positive weight
  /// Sum of the rows' weights where these are frequencies, as in all families but gaussian, and are not all one; every
  /// score is then a weighted mean over the rows.
  std::optional<double> total_weight = {};
  double log_score = 0;             ///< mean log of the predictive density, averaged over draws first
  double log_score_plugin = 0;      ///< mean log density at the posterior mean of the parameters
  std::optional<double> rmse = {};  ///< of the expected response; of proportions for binomial
  std::optional<double> mae = {};
  /// Of classes. The Brier score of several levels is summed over them (Brier 1950), of two it is that of one level;
  /// the calibration error of several is the mean of theirs.
  std::optional<double> accuracy = {}, brier = {}, ece = {};
  std::map<std::string, double> ece_by_level = {};
  /// Share of responses within the central predictive interval. For discrete responses the expected
  /// coverage of the randomised interval, whose nominal value is exact (Czado, Gneiting, Held 2009).
  std::map<std::string, double> coverage = {};
  std::vector<std::string> notes = {};  ///< what the user should know of rows and weights
};

}  // namespace bdglm
