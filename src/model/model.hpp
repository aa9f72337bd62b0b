// The validated, immutable model: family, predictor, random effects, priors, and the scaling the sampler works in.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/network_shape.hpp"
#include "design/design.hpp"
#include "family/response.hpp"
#include "model/prior.hpp"

namespace bdglm {

/// How the layers' noise Delta is handled: none (an exact deterministic network), fixed, or learned.
struct LayerNoise {
  enum class Kind { zero, fixed, learned };
  Kind kind = Kind::zero;
  double value = 0;
};

/// "learned", "0" or a positive number; throws ModelError.
LayerNoise parse_layer_noise(const std::string& text);

/// u[g] ~ N(0, Sigma) for `levels` groups with `coefficients` each; Sigma by Huang and Wand (2013), or of independent
/// standard deviations and correlations by Lewandowski, Kurowicka and Joe (2009).
struct RandomEffect : TermNames {
  int predictor = 0;
  std::size_t term = 0;  ///< of the groups on its predictor's right side
  Eigen::Index levels = 0;
  ScalePrior sd;
  std::vector<ScalePrior> own_sd;  ///< of each coefficient, in place of `sd`; or none
  double lkj = 0;                  ///< eta of the correlations; 0: Huang and Wand's prior

  const ScalePrior& sd_of(Eigen::Index k) const { return own_sd.empty() ? sd : own_sd[static_cast<std::size_t>(k)]; }
  /// About what the standard deviations may be.
  Eigen::VectorXd sd_scales() const {
    Eigen::VectorXd scales(width());
    for (Eigen::Index k = 0; k < width(); ++k) scales[k] = sd_of(k).scale();
    return scales;
  }
  bool huang_wand() const {
    return own_sd.empty() && sd.kind == ScalePrior::Kind::half_t && (lkj == 0 || width() == 1);
  }
  /// Log density of Sigma up to a constant, the mixing variables integrated out (math note, eq. 8 and 16).
  double log_density(const Eigen::MatrixXd& covariance) const;
  /// The same by the logarithm of Sigma's determinant and the diagonal of its inverse, of Huang and Wand's prior, or
  /// its own, of another.
  double huang_wand_log_density(double log_determinant, const Eigen::Ref<const Eigen::VectorXd>& precisions) const;
  double log_density_of_parts(double log_determinant, const Eigen::Ref<const Eigen::VectorXd>& variances) const;
  /// A draw of Sigma from its prior.
  Eigen::MatrixXd draw_prior(Stream& stream) const;
};

/// beta in the user's units is scale^-1 times the sampler's; the intercept takes up the centring.
struct FixedScaling {
  Eigen::VectorXd center;  ///< 0 where not centred
  Eigen::VectorXd scale;
  Eigen::Index intercept = -1;

  Eigen::VectorXd to_user(const Eigen::VectorXd& internal) const;
  Eigen::VectorXd to_internal(const Eigen::VectorXd& user) const;
};

struct ModelOptions {
  std::vector<std::string> priors;  ///< statements over the defaults
  LayerNoise layer_noise;
  bool horseshoe = true;
  bool augmented = true;  ///< by latent variables, where the family has any; else by the moves that need none
  std::optional<Priors> resolved = std::nullopt;  ///< of an earlier fit, in place of statements and defaults
};

/// A contiguous part of theta.
struct ThetaRows {
  Eigen::Index start;
  Eigen::Index count;
};

struct Model {
  Family family{};
  std::size_t levels = 0;  ///< of a response that has some
  NetworkShape shape;
  std::vector<std::string> weight_layers;  ///< names of the weights' scales: hidden layers, then output weights
  std::vector<int> output_scales;  ///< of each predictor, which of them its output weights have; -1 without network
  std::vector<std::string> predictors;   ///< their names: a level each, or "" for the only one
  std::vector<std::size_t> sides;        ///< of each predictor, the right side that it has
  std::vector<int> sparse;               ///< of each predictor, how many coefficients, the last, have sparse columns
  std::vector<int> parameters;           ///< of the family, those that are one number for all rows
  FamilyParameters places;               ///< of all its parameters, without their values
  Eigen::VectorXd start_cuts;            ///< of levels in order: cutpoints by their shares, the anchor at zero
  int anchor = -1;                       ///< the cutpoint that is zero, since the intercept is free; or -1
  std::vector<std::string> fixed_names;  ///< of all coefficients, predictor by predictor: "x", or "LEVEL_x"
  InputGroups inputs;                    ///< of the network
  std::vector<RandomEffect> effects;
  std::string sigma_name;                 ///< the column of residual scales; empty for a common sigma
  std::vector<std::string> sigma_levels;  ///< its levels, or one ""
  Priors priors;
  LayerNoise layer_noise;
  bool horseshoe = false;
  Augmentation augmentation = Augmentation::none;  ///< that the sampler uses
  double most_trials = 0;                          ///< of a row, by its weight; of one that is not binomial, its weight
  std::vector<FixedScaling> scaling;               ///< of each right side
  Eigen::VectorXd spread;                          ///< of each predictor: about how far apart its values lie
  Eigen::VectorXd fixed_prior_mean;                ///< of the sampler's betas, as fixed_names
  Eigen::VectorXd fixed_prior_precision;
  /// Of an updated fit, for each predictor: its coefficients are this times theta's, whose prior is then independent.
  std::vector<Eigen::MatrixXd> rotation;
  EarlierLikelihood earlier;
  PriorCoupling prior_coupling;

  /// The coefficients of theta in the user's units, as fixed_names.
  Eigen::VectorXd user_coefficients(const Eigen::VectorXd& theta) const;
  /// The right side of a predictor.
  const SideDesign& side(const Design& design, std::size_t predictor) const { return design.sides[sides[predictor]]; }
  /// The design of a random effect.
  const TermDesign& term(const Design& design, const RandomEffect& effect) const {
    return side(design, static_cast<std::size_t>(effect.predictor)).groups[effect.term];
  }
  /// Where theta has the first layer's weights of the g-th of `inputs`.
  ThetaRows input_weights(Eigen::Index g) const {
    const int start = inputs.starts[static_cast<std::size_t>(g)];
    const int count = inputs.starts[static_cast<std::size_t>(g) + 1] - start;
    return {shape.weight_offset(0) + Eigen::Index{start} * shape.width(0), Eigen::Index{count} * shape.width(0)};
  }
  /// The k-th of `parameters`.
  const FamilyParameter& parameter(std::size_t k) const {
    return parameters_of(family)[static_cast<std::size_t>(parameters[k])];
  }
  /// Whether a predictor is that of a parameter of the family, in place of one of its mean's.
  bool is_parameter(std::size_t predictor) const {
    return std::count(std::begin(places.predictor), std::end(places.predictor), static_cast<int>(predictor)) > 0;
  }
  /// Where theta has the first predictor's intercept.
  Eigen::Index intercept_place() const { return shape.fixed_offset(0) + scaling.front().intercept; }
  /// Of a predictor's output weights, of the variances of all weights.
  template <class Variances>
  auto& output_variance(int predictor, Variances& variances) const {
    return variances[static_cast<std::size_t>(output_scales[static_cast<std::size_t>(predictor)])];
  }
  bool has_cuts() const { return anchor >= 0; }
  bool has_sparse() const {
    return std::any_of(sparse.begin(), sparse.end(), [](int width) { return width > 0; });
  }
  /// Output weights and coefficients of a predictor whose columns are dense.
  Eigen::Index dense_width(int predictor) const {
    return shape.head(predictor).size() - sparse[static_cast<std::size_t>(predictor)];
  }
  bool has_sigma() const { return describe(family).residual_scale; }
  /// Whether some coefficient's prior has a variance that is unknown.
  bool has_coefficient_variances() const {
    return std::any_of(priors.fixed.begin(), priors.fixed.end(), [](const CoefficientPrior& p) { return p.mixture(); });
  }
  /// The horseshoe coefficients of a predictor, as indices of fixed_names.
  std::vector<Eigen::Index> horseshoe_coefficients(int predictor) const;
  bool has_noise() const { return shape.layers() > 0 && layer_noise.kind != LayerNoise::Kind::zero; }
};

/// Names of the linear predictors: those of the levels but the first for a response of levels, else that of the mean,
/// "", and the family's parameters that have a formula.
std::vector<std::string> predictor_names(Family family, const Frame& frame);

/// Which of the predictors stand for parameters of the family.
FamilyParameters parameter_places(Family family, const std::vector<std::string>& predictors);

/// "LEVEL_x", or "x" for the only predictor.
std::string name_in_predictor(const std::string& predictor, const std::string& name);

/// The family and link asked for (empty: by the response, and the usual one), checked against the response; throws
/// ModelError.
Family choose_family(const std::string& name, const std::string& link, const Frame& frame, const Design& design);

/// Checks weights, trials and, where the design has one, the response; throws DataError that names value and row.
void check_observations(Family family, const Frame& frame, const Design& design);

/// Removes the rows whose weight is zero, as where there are no trials: they say nothing, and a Gaussian precision of 0
/// has no density. Throws DataError where none is left.
void drop_zero_weights(Design& design);

/// Checks the observations, drops rows of weight zero from the design,
/// centres and scales its fixed columns in place, resolves the priors. Notes for the user go to design.notes.
Model make_model(const Frame& frame, Design& design, Family family, const ModelOptions& options);

}  // namespace bdglm
