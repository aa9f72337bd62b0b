// Scores of predictions against observed responses: proper scores, errors, calibration, coverage.
#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "posterior/predict.hpp"

namespace bdglm {

/// What `bdglm evaluate` reports; absent where a score does not fit the family.
struct Evaluation {
  Eigen::Index rows = 0;  ///< of positive weight
  /// Sum of the frequency weights of bernoulli and binomial rows, where they are not all one; every score is then a
  /// weighted mean over the rows.
  std::optional<double> total_weight;
  double log_score = 0;         ///< mean log of the predictive density, averaged over draws first
  double log_score_plugin = 0;  ///< mean log density at the posterior mean of the parameters
  std::optional<double> rmse;   ///< of the expected response; of proportions for binomial
  std::optional<double> mae;
  /// Of classes. The Brier score of several levels is summed over them (Brier 1950), of two it is that of one level;
  /// the calibration error of several is the mean of theirs.
  std::optional<double> accuracy, brier, ece;
  std::map<std::string, double> ece_by_level;
  /// Share of responses within the central predictive interval. For discrete responses the expected
  /// coverage of the randomised interval, whose nominal value is exact (Czado, Gneiting, Held 2009).
  std::map<std::string, double> coverage;
};

/// `design` must hold the response. Throws DataError where it does not fit the family, or where a weight is negative.
Evaluation evaluate_design(const Predictor& predictor, const Design& design);

void to_json(nlohmann::json& json, const Evaluation& evaluation);

}  // namespace bdglm
