// Building a model from a frame and a design: checks, scaling of the fixed columns, priors.
#include "model/model.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/sparse_columns.hpp"
#include "family/response.hpp"
#include "model/data_notes.hpp"
#include "model/matrix_priors.hpp"
#include "model/observations.hpp"
#include "model/predictors.hpp"

namespace bdglm {

LayerNoise parse_layer_noise(const std::string& text) {
  if (text == "learned") return {LayerNoise::Kind::learned, 0.05};
  double value = -1;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !(value >= 0) || value > 1e6)
    throw ModelError(setting("layer_noise") + " is 'learned', 0 or a positive number, not '" + text + "'");
  return {value == 0 ? LayerNoise::Kind::zero : LayerNoise::Kind::fixed, value};
}

namespace {

/// Columns as they are.
FixedScaling no_scaling(const SideDesign& side) {
  const Eigen::Index p = side.columns();
  FixedScaling scaling;
  scaling.center.setZero(p);
  scaling.scale.setOnes(p);
  for (Eigen::Index j = 0; j < side.fixed.cols(); ++j)
    if (side.fixed_names[static_cast<std::size_t>(j)] == "Intercept") scaling.intercept = j;
  return scaling;
}

/// Centres the columns of an updated fit, in place, where the prior of its intercept is.
FixedScaling centre_at(const Eigen::VectorXd& center, SideDesign& side) {
  FixedScaling scaling = no_scaling(side);
  scaling.center = center;
  side.fixed.rowwise() -= center.transpose();
  return scaling;
}

/// Centres and scales the dense columns of a right side in place; zeros of sparse ones stay zeros.
FixedScaling scale_fixed(SideDesign& side, bool intercept_at_means) {
  const Eigen::Index p = side.fixed.cols();
  FixedScaling scaling = no_scaling(side);
  const bool centre = scaling.intercept >= 0 && intercept_at_means;
  for (Eigen::Index j = 0; j < p; ++j) {
    if (j == scaling.intercept) continue;
    const double mean = side.fixed.col(j).mean();
    const double about = centre ? mean : 0;
    const double square = (side.fixed.col(j).array() - about).square().mean();
    if (centre) scaling.center[j] = mean;
    if (square > 0) scaling.scale[j] = std::sqrt(square);
    side.fixed.col(j) = (side.fixed.col(j).array() - scaling.center[j]) / scaling.scale[j];
  }
  return scaling;
}

/// The priors of the sampler's coefficients.
void scale_priors(Model& model) {
  if (model.priors.earlier) return set_prior_coordinates(model);
  const auto coefficients = static_cast<Eigen::Index>(model.priors.fixed.size());
  model.fixed_prior_mean.resize(coefficients);
  model.fixed_prior_precision.resize(coefficients);
  Eigen::Index k = 0;
  for (const std::size_t side : model.sides) {
    for (const double scale : model.scaling[side].scale) {
      const CoefficientPrior& prior = model.priors.fixed[static_cast<std::size_t>(k)];
      const double sd = prior.sd * scale;
      model.fixed_prior_mean[k] = prior.mean * scale;
      model.fixed_prior_precision[k++] = 1 / (sd * sd);
    }
  }
  // The intercept is less one cutpoint, and moves all of them (Context::theta_prior_mean).
  if (model.has_cuts())
    model.fixed_prior_precision[model.scaling.front().intercept] =
        static_cast<double>(model.start_cuts.size()) / (model.priors.cut.sd * model.priors.cut.sd);
}

void check_columns(const SideDesign& side) {
  for (Eigen::Index j = 0; j < side.fixed.cols(); ++j) {
    const std::string& name = side.fixed_names[static_cast<std::size_t>(j)];
    if (name == "Intercept" || name.find(':') != std::string::npos) continue;
    const double first = side.fixed(0, j);
    if (side.fixed.rows() > 1 && (side.fixed.col(j).array() == first).all())
      throw DataError(
          "column '" + name +
          "' is constant in the rows used; it cannot be told from the intercept, take it out of the formula");
  }
}

/// Cutpoints of levels in order by the levels' shares; the one that divides the rows most evenly is zero, and the
/// intercept stands for it.
void start_cutpoints(const Design& design, Model& model) {
  const auto cuts = static_cast<Eigen::Index>(model.levels) - 1;
  if (cuts > FamilyParameters::kMostCuts)
    throw ModelError("family " + family_name(model.family) + " takes up to " +
                     std::to_string(FamilyParameters::kMostCuts + 1) + " levels, and the response has " +
                     std::to_string(model.levels) + "; merge some of them, or take the response as a number");
  Eigen::VectorXd share = Eigen::VectorXd::Constant(cuts + 1, 0.5);
  for (Eigen::Index i = 0; i < design.size(); ++i)
    share[static_cast<Eigen::Index>(design.response[i])] += design.weights[i];
  const double total = share.sum();
  double below = 0;
  double most_even = 1;
  model.start_cuts.resize(cuts);
  for (Eigen::Index k = 0; k < cuts; ++k) {
    below += share[k] / total;
    model.start_cuts[k] = std::log(below) - std::log1p(-below);
    if (std::fabs(below - 0.5) >= most_even) continue;
    most_even = std::fabs(below - 0.5);
    model.anchor = static_cast<int>(k);
  }
  if (model.priors.earlier) {
    // The intercept is that of the earlier fit, and the new rows may lack levels.
    model.anchor = model.priors.earlier->anchor;
    const Eigen::VectorXd distances = model.priors.earlier->joint.mean.tail(cuts - 1).array().exp();
    for (Eigen::Index k = 1; k < cuts; ++k) model.start_cuts[k] = model.start_cuts[k - 1] + distances[k - 1];
  }
  model.start_cuts.array() -= model.start_cuts[model.anchor];
  if (model.scaling.front().intercept < 0)
    throw ModelError("family " + family_name(model.family) +
                     " has cutpoints in place of an intercept; take '0 +' or '- 1' out of the formula");
}

/// Latent variables where the family has them, but for rare events: there draws given them hardly move, and moves that
/// need none are faster (math note, section 11).
Augmentation choose_augmentation(const Model& model, const Design& design, const ModelOptions& options) {
  constexpr double kLeastInformation = 0.4;
  const Augmentation own = describe(model.family).augmentation;
  if (!options.augmented) return Augmentation::none;
  // Moves that need no latents need a matrix of all coefficients, squared.
  constexpr Eigen::Index kMostSparse = 2000;
  for (const SideDesign& side : design.sides)
    if (side.sparse.cols() > kMostSparse) return own;
  if (own != Augmentation::polya_gamma || model.shape.layers() > 0) return own;
  double response = 0;
  double size = 0;
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    response += sampler_response(model.family, design.response[i], design.weights[i]);
    size += sampler_size(model.family, design.trials[i], design.weights[i]);
  }
  return augmented_information(model.family, response, size) < kLeastInformation ? Augmentation::none : own;
}

/// Whether sparse columns had better be held whole: where there are more of them than rows, sigma hardly moves given
/// the coefficients, and by way of the rows it moves with these integrated out (math note, section 4).
bool drawn_whole(const Model& model, const Design& design) {
  constexpr double kMostOperations = 1e10;
  if (!model.has_sigma() || model.shape.layers() > 0) return false;
  const auto rows = static_cast<double>(design.size());
  return std::all_of(design.sides.begin(), design.sides.end(), [&](const SideDesign& side) {
    const auto columns = static_cast<double>(side.columns());
    return side.groups.empty() && columns > rows && rows * rows * columns <= kMostOperations;
  });
}

}  // namespace

Model make_model(const Frame& frame, Design& design, Family family, const ModelOptions& options) {
  if (frame.response_levels.size() == 1)
    throw DataError("the response has one level ('" + frame.response_levels[0] + "'); there is nothing to explain");
  if (family == Family::gaussian_sigma && !frame.sigma_text.empty())
    throw ModelError(setting("sigma") + " gives each level of '" + frame.sigma_text +
                     "' a residual scale, and a formula of 'sigma' gives every row one; keep one of them: 'sigma ~ " +
                     frame.sigma_text + "' does the same");
  if (!describe(family).residual_scale && !frame.sigma_text.empty())
    throw ModelError(setting("sigma") + " goes with families that have a residual scale, such as " +
                     family_name(family_for(ResponseKind::number)) + "; " + family_name(family) + " has none");
  check_observations(family, frame, design);
  drop_zero_weights(design);
  // Where earlier rows tell, these need not.
  const EarlierRows* earlier =
      options.resolved && options.resolved->earlier ? &options.resolved->earlier.value() : nullptr;
  if (has_levels(family) && earlier == nullptr) check_levels(frame, design);
  Model model;
  model.family = family;
  model.levels = frame.response_levels.size();
  model.predictors = predictor_names(family, frame);
  model.places = parameter_places(family, model.predictors);
  for (std::size_t k = 0; k < parameters_of(family).size(); ++k)
    if (model.places.predictor[k] < 0) model.parameters.push_back(static_cast<int>(k));
  const Formula formula = frame.formula();
  assign_sides(formula, frame, model);
  for (const SideDesign& side : design.sides)
    if (earlier == nullptr) check_columns(side);
  name_coefficients(design, model);
  model.inputs = input_groups(frame);
  set_shape(formula, design, model);
  model.spread.setOnes(model.shape.predictors());
  const double spread = predictor_units(family, design.response, model.side(design, 0).offset).spread;
  for (std::size_t c = 0; c < model.predictors.size(); ++c)
    if (!model.is_parameter(c)) model.spread[static_cast<Eigen::Index>(c)] = spread;
  model.layer_noise = options.layer_noise;
  if (options.resolved) {
    model.priors = *options.resolved;
    if (model.priors.weight.size() != model.weight_layers.size())
      throw DataError("the fit has " + std::to_string(model.priors.weight.size()) +
                      " scales of weights where its model has " + std::to_string(model.weight_layers.size()) +
                      "; an earlier version of the program made it, fit it anew");
  } else {
    std::vector<PriorStatement> statements;
    for (const std::string& text : options.priors) statements.push_back(parse_prior(text));
    const bool stated =
        std::any_of(statements.begin(), statements.end(), [](const PriorStatement& s) { return s.name == "sigma"; });
    if (!frame.sigma_text.empty()) check_sigma_levels(frame, design, stated);
    model.priors = resolve_priors(with_matrix_columns(statements, frame, model), model, design,
                                  options.layer_noise.kind == LayerNoise::Kind::learned);
  }
  add_effects(frame, design, model);
  model.sigma_name = frame.sigma_text;
  model.sigma_levels = frame.sigma_levels.empty() ? std::vector<std::string>{""} : frame.sigma_levels;
  model.augmentation = choose_augmentation(model, design, options);
  if (earlier != nullptr)
    fill_in(design, "an update");
  else if (model.augmentation == Augmentation::none)
    fill_in(design, describe(family).augmentation == Augmentation::none ? "family " + family_name(family)
                                                                        : "events that are rare or common");
  else if (drawn_whole(model, design))
    fill_in(design, "draws of fewer rows");
  if (options.layer_noise.kind != LayerNoise::Kind::zero) fill_in_inputs(design, "layer noise");
  for (const std::size_t side : model.sides) model.sparse.push_back(static_cast<int>(design.sides[side].sparse.cols()));
  for (Eigen::Index i = 0; i < design.size(); ++i)
    model.most_trials = std::max(model.most_trials, sampler_size(family, design.trials[i], design.weights[i]));
  if (options.layer_noise.kind != LayerNoise::Kind::zero && model.shape.layers() == 0)
    throw ModelError(setting("layer_noise") + " is the noise of hidden layers; the formula has no deep(...)");
  if (model.has_noise() && !homogeneous(model.shape.activation))
    throw ModelError(setting("layer_noise") + " needs hidden units that are straight on each side of zero; write " +
                     "deep(..., activation = relu), leaky_relu or abs");
  if (options.layer_noise.kind != LayerNoise::Kind::zero &&
      (model.augmentation == Augmentation::none || model.shape.predictors() > 1))
    throw ModelError(setting("layer_noise") +
                     " needs latent variables that make the likelihood Gaussian in its only linear predictor; family " +
                     family_name(family) + " has " +
                     (model.augmentation == Augmentation::none ? "none" : "several predictors") + ", leave it at 0");
  if (earlier == nullptr) note_response(family, frame, design);
  note_empty_columns(design);
  model.horseshoe = options.horseshoe && model.shape.layers() > 0;
  for (SideDesign& side : design.sides) {
    if (earlier != nullptr) {
      model.scaling.push_back(centre_at(earlier->centers.at(model.scaling.size()), side));
      continue;
    }
    note_collinear(side, design.notes);
    note_same_groups(side, design.notes);
    model.scaling.push_back(scale_fixed(side, model.priors.intercept_at_means));
  }
  if (has_cutpoints(family)) start_cutpoints(design, model);
  scale_priors(model);
  return model;
}

}  // namespace bdglm
