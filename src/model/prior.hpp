// Prior distributions: their densities, the text a user writes them in, and the defaults.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "design/design.hpp"
#include "family/description.hpp"
#include "random/stream.hpp"

namespace bdglm {

struct Model;

struct NormalPrior {
  double mean = 0;
  double sd = 1;
};

/// Prior of a scale s: half-t with `df` and `scale` on s, or inverse gamma(shape, rate) on s^2.
struct ScalePrior {
  enum class Kind { half_t, inverse_gamma };
  Kind kind = Kind::half_t;
  double a = 3;  ///< df, or shape
  double b = 1;  ///< scale, or rate

  /// Log density of the variance v = s^2, up to a constant.
  double log_density(double variance) const;
  /// A draw of the variance given n residuals with sum of squares `squares` about zero; exact for the
  /// inverse gamma, one step of the half-t's inverse-gamma mixture (Wand et al. 2011) from `variance` else.
  double draw_variance(Stream& stream, double variance, double n, double squares) const;
  /// A draw of the variance from the prior.
  double draw_prior(Stream& stream) const;
};

/// "half_t" and so on, as in statements.
const std::string& distribution_name(PositivePrior::Kind kind);

/// Log density of a positive number, up to a constant.
double log_density(const PositivePrior& prior, double value);
double draw_prior(const PositivePrior& prior, Stream& stream);

/// One `--prior 'name ~ distribution(a, b)'`.
struct PriorStatement {
  std::string name;
  std::string distribution;
  double a = 0;
  double b = 0;
};

/// Parses "b ~ normal(0, 2.5)", "Intercept ~ normal(3, 5)", "sd ~ half_t(2, 2.5)", "sigma ~ inv_gamma(0.5, 0.05)",
/// "shape ~ gamma(2, 0.1)", "shape ~ exponential(1)"; throws ModelError.
PriorStatement parse_prior(const std::string& text);

/// The priors of one model, resolved.
struct Priors {
  std::vector<NormalPrior> fixed;  ///< of each fixed coefficient, predictor by predictor, in the user's units
  bool intercept_at_means = true;  ///< the intercept's prior is at the predictors' means
  ScalePrior sigma;
  std::vector<ScalePrior> sd;      ///< of each random effect, predictor by predictor (half-t, Huang and Wand)
  std::vector<ScalePrior> weight;  ///< of each hidden layer's weight scale, then the output weights'
  double bias_sd = 1;
  ScalePrior layer_noise;                 ///< inverse gamma on Delta
  std::vector<PositivePrior> parameters;  ///< of the family's parameters that are one number

  /// What was chosen, one line a parameter, as a user would write it.
  std::vector<std::string> statements;
};

void to_json(nlohmann::json& json, const Priors& priors);
void from_json(const nlohmann::json& json, Priors& priors);

/// The defaults for the data with the user's statements applied; throws ModelError for a statement that
/// names no parameter of the model, or for two that contradict each other. Where there are several predictors,
/// statements name a coefficient of all or of one ("b_x", "b_LEVEL_x", "Intercept", "LEVEL_Intercept"). Of the model it
/// reads family, predictors with their right sides, and shape.
Priors resolve_priors(const std::vector<PriorStatement>& statements, const Model& model, const Design& design,
                      bool learned_noise);

}  // namespace bdglm
