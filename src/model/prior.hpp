// Prior distributions: their densities, the text a user writes them in, and the defaults.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "design/design.hpp"
#include "family/description.hpp"
#include "model/earlier_rows.hpp"
#include "random/stream.hpp"

namespace bdglm {

struct Model;

/// Prior of a coefficient: normal, Student's t with `df` or Laplace about `mean`; or the horseshoe (Carvalho, Polson
/// and Scott 2010) about zero, whose global scale, one for each linear predictor, is half-Cauchy with scale `sd`.
struct CoefficientPrior {
  enum class Kind { normal, student_t, laplace, horseshoe };
  double mean = 0;
  double sd = 1;  ///< or scale
  Kind kind = Kind::normal;
  double df = 0;

  /// Normal with the variance sd^2 psi, where psi is unknown; a horseshoe's is multiplied by a global one too. In each
  /// function `z` is (coefficient - mean) / (sd times the global scale).
  bool mixture() const { return kind != Kind::normal; }
  /// Log density of psi, up to a constant.
  double log_density_of_variance(double psi) const;
  /// A draw of psi given z.
  double draw_variance(Stream& stream, double z) const;
  /// A draw of psi from its prior.
  double draw_prior_variance(Stream& stream) const;
};

/// Prior of a scale s: half-t with `df` and `scale`, half-normal with `scale` or gamma(shape, rate) on s, or inverse
/// gamma(shape, rate) on s^2.
struct ScalePrior {
  enum class Kind { half_t, inverse_gamma, half_normal, gamma };
  Kind kind = Kind::half_t;
  double a = 3;  ///< df, or shape
  double b = 1;  ///< scale, or rate

  /// Log density of the variance v = s^2, up to a constant.
  double log_density(double variance) const;
  /// About what s may be.
  double scale() const;
  /// A draw of the variance given n residuals with sum of squares `squares` about zero: exact for the inverse gamma,
  /// one step from `variance` else, of the half-t's inverse-gamma mixture (Wand et al. 2011), which for other densities
  /// is a proposal.
  double draw_variance(Stream& stream, double variance, double n, double squares) const;
  /// A draw of the variance from the prior.
  double draw_prior(Stream& stream) const;
};

/// "half_t" and so on, as in statements.
const std::string& distribution_name(PositivePrior::Kind kind);
/// Of a horseshoe's scales.
inline constexpr ScalePrior kHalfCauchy{ScalePrior::Kind::half_t, 1, 1};

/// Log density of a positive number, up to a constant.
double log_density(const PositivePrior& prior, double value);
double draw_prior(const PositivePrior& prior, Stream& stream);

/// One `--prior 'name ~ distribution(a, b)'`.
struct PriorStatement {
  std::string name;
  std::string distribution;
  double a = 0;   ///< location, df or shape
  double b = 0;   ///< scale, rate, or lkj's eta
  double df = 0;  ///< Student's t
};

/// Parses "b ~ normal(0, 2.5)", "b_x ~ student_t(3, 0, 2.5)", "b ~ horseshoe(scale = 1)", "sd ~ half_t(2, 2.5)", "cor ~
/// lkj(2)", "sigma ~ inv_gamma(0.5, 0.05)", "shape ~ gamma(2, 0.1)"; exponential(r) is gamma(1, r), and half_cauchy(s)
/// is half_t(1, s). Throws ModelError.
PriorStatement parse_prior(const std::string& text);

/// What a statement says of a coefficient, of standard deviations (or of their squares, where it may be of a variance),
/// of correlations (eta); throws ModelError for a distribution that these do not take.
CoefficientPrior coefficient_prior(const PriorStatement& statement, bool intercept);
ScalePrior deviation_prior(const PriorStatement& statement, bool variance = false);
double correlation_prior(const PriorStatement& statement);
/// Of a parameter of a family.
PositivePrior parameter_prior(const PriorStatement& statement, const FamilyParameter& parameter);

/// "name ~ distribution(a, b)", as a user would write it.
std::string describe(const std::string& name, const CoefficientPrior& prior);
std::string describe(const std::string& name, const ScalePrior& prior);
std::string describe(const std::string& name, const PositivePrior& prior);

/// The priors of one model, resolved.
struct Priors {
  std::vector<CoefficientPrior> fixed;  ///< of each fixed coefficient, predictor by predictor, in the user's units
  bool intercept_at_means = true;       ///< the intercept's prior, and the cutpoints', is at the predictors' means
  CoefficientPrior cut;                 ///< normal, of each cutpoint between levels in order, given their order
  ScalePrior sigma;
  std::vector<ScalePrior> sd;  ///< of each random effect, predictor by predictor
  std::vector<double> lkj;     ///< eta of its correlations, independent of sd; 0: Huang and Wand's prior of half-t sd
  std::vector<ScalePrior> weight;  ///< of each hidden layer's weight scale, then the output weights'
  double bias_sd = 1;
  ScalePrior layer_noise;                 ///< inverse gamma on Delta
  std::vector<PositivePrior> parameters;  ///< of the family's parameters that are one number
  /// Of a fit that updates an earlier one: the prior of coefficients, parameters and cutpoints, in place of `fixed`,
  /// `parameters` and `cut`; the others in place of `sigma` and `sd`, or none.
  std::optional<EarlierRows> earlier;
  std::vector<ScalePrior> own_sigma;            ///< of each level
  std::vector<std::vector<ScalePrior>> own_sd;  ///< of each random effect's coefficients

  /// Of the residual scale of a level.
  const ScalePrior& sigma_of(Eigen::Index level) const {
    return own_sigma.empty() ? sigma : own_sigma[static_cast<std::size_t>(level)];
  }

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
