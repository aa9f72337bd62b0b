// What is asked for: a formula over columns, a family, priors.
#pragma once

#include <string>
#include <vector>

#include "bdglm/data.hpp"

namespace bdglm {

/// The specification of a model. What it does not say is chosen from the data, as the guide tells.
struct ModelSpec {
  std::string formula = {};  ///< "y ~ deep(x1, x2) + x3 + (1 + x3 | group)"
  /// Further formulas, of single linear predictors: "LEVEL ~ x1 + deep()", where deep() is the network of another one.
  std::vector<std::string> predictor_formulas = {};
  Data data = {};           ///< the columns that the formula names
  std::string family = {};  ///< gaussian, bernoulli, binomial, ...; empty: by the response
  std::string link = {};    ///< logit, probit or cloglog where the family has a choice; empty: its usual one
  std::string sigma = {};   ///< column whose levels have a residual scale each; empty: one for all rows
  std::vector<std::string> factors = {};  ///< columns of numbers to take as factors
  std::vector<std::string> priors = {};   ///< "name ~ distribution(a, b)", over the defaults
  std::string layer_noise = "0";          ///< noise of hidden layers: "0", "learned" or a variance
  std::string input_prior = "horseshoe";  ///< of the network's input weights; or "normal"
  /// Rows with missing values are left out; "error": refused; "impute": those that miss the response alone are kept,
  /// apart, and every draw draws their responses, `predictions/y` of the posterior.
  std::string na = "omit";
};

/// The families that a model may name.
std::vector<std::string> families();

}  // namespace bdglm
