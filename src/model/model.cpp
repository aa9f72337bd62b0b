// Building a model from a frame and a design: checks, scaling of the fixed columns, priors.
#include "model/model.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "family/response.hpp"
#include "model/observations.hpp"
#include "sampling/gamma.hpp"

namespace bdglm {

LayerNoise parse_layer_noise(const std::string& text) {
  if (text == "learned") return {LayerNoise::Kind::learned, 0.05};
  double value = -1;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size() || !(value >= 0) || value > 1e6)
    throw ModelError(setting("layer_noise") + " is 'learned', 0 or a positive number, not '" + text + "'");
  return {value == 0 ? LayerNoise::Kind::zero : LayerNoise::Kind::fixed, value};
}

double RandomEffect::log_density(const Eigen::MatrixXd& covariance) const {
  const auto q = static_cast<double>(width());
  const Eigen::LLT<Eigen::MatrixXd> llt(covariance);
  if (llt.info() != Eigen::Success) return -INFINITY;
  const double log_determinant = 2 * llt.matrixLLT().diagonal().array().log().sum();
  const Eigen::MatrixXd inverse = llt.solve(Eigen::MatrixXd::Identity(width(), width()));
  return -0.5 * (sd.a + 2 * q) * log_determinant -
         0.5 * (sd.a + q) * (sd.a * inverse.diagonal().array() + 1 / (sd.b * sd.b)).log().sum();
}

Eigen::MatrixXd RandomEffect::draw_prior(Stream& stream) const {
  // a_k ~ IG(1/2, 1/A^2), Sigma | a ~ IW(nu + q - 1, 2 nu diag(1/a)), by Bartlett's decomposition.
  const Eigen::Index q = width();
  const double nu = sd.a;
  const double degrees = nu + static_cast<double>(q) - 1;
  Eigen::MatrixXd wishart_factor = Eigen::MatrixXd::Zero(q, q);
  Eigen::MatrixXd scale = Eigen::MatrixXd::Zero(q, q);
  for (Eigen::Index k = 0; k < q; ++k) scale(k, k) = 2 * nu / draw_inverse_gamma(stream, 0.5, 1 / (sd.b * sd.b));
  for (Eigen::Index i = 0; i < q; ++i) {
    wishart_factor(i, i) = std::sqrt(2 * draw_gamma<double>(stream, 0.5 * (degrees - static_cast<double>(i))));
    for (Eigen::Index j = 0; j < i; ++j) wishart_factor(i, j) = draw_normal<double>(stream);
  }
  const Eigen::MatrixXd half = scale.cwiseSqrt().inverse() * wishart_factor;
  return (half * half.transpose()).inverse();
}

Eigen::VectorXd FixedScaling::to_user(const Eigen::VectorXd& internal) const {
  Eigen::VectorXd user = internal.cwiseQuotient(scale);
  if (intercept >= 0) user[intercept] -= user.dot(center);
  return user;
}

Eigen::VectorXd FixedScaling::to_internal(const Eigen::VectorXd& user) const {
  Eigen::VectorXd internal = user.cwiseProduct(scale);
  if (intercept >= 0) internal[intercept] += user.dot(center);
  return internal;
}

Eigen::VectorXd Model::user_coefficients(const Eigen::VectorXd& theta) const {
  Eigen::VectorXd all(shape.all_fixed());
  Eigen::Index at = 0;
  for (int c = 0; c < shape.predictors(); at += shape.head(c++).fixed)
    all.segment(at, shape.head(c).fixed) = scaling.to_user(theta.segment(shape.fixed_offset(c), shape.head(c).fixed));
  return all;
}

std::vector<std::string> predictor_names(Family family, const Frame& frame) {
  if (describe(family).response != ResponseKind::levels) return {""};
  return {frame.response_levels.begin() + 1, frame.response_levels.end()};
}

std::string name_in_predictor(const std::string& predictor, const std::string& name) {
  return predictor.empty() ? name : predictor + "_" + name;
}

namespace {

/// Notes of data that say nothing about what is asked of them.
void note_response(Family family, const Frame& frame, Design& design) {
  const std::string response = deparse(frame.formula().response);
  const bool constant = (design.response.array() == design.response[0]).all();
  if (constant && describe(family).response != ResponseKind::successes)
    design.notes.push_back("the response '" + response + "' is " + number_text(design.response[0]) +
                           " in every row: what explains it cannot be learned");
  if (!describe(family).residual_scale) return;
  for (const TermDesign& group : design.groups)
    if (frame.group_levels.at(group.group).size() == design.rows.size())
      design.notes.push_back("each row has a level of '" + group.group +
                             "' of its own: only the priors tell its effects from the residuals");
}

/// Refuses networks whose weights an int does not count.
void check_size(const NetworkShape& shape) {
  double weights = 0;
  for (int l = 0; l < shape.layers(); ++l) weights += (shape.input_width(l) + 1.0) * shape.width(l);
  if (weights < std::numeric_limits<int>::max() / 2) return;
  char words[160];
  std::snprintf(words, sizeof words,
                "deep(): layers of these widths have %.3g weights, which take %.3g GB of memory a chain several times "
                "over; make them narrower",
                weights, 8e-9 * weights);
  throw ModelError(words);
}

/// Names the columns that earlier ones span; they stay, and the prior identifies them.
void note_collinear(Design& design) {
  const Eigen::Index p = design.fixed.cols();
  if (p < 2 || p > 2000) return;
  Eigen::MatrixXd gram = design.fixed.transpose() * design.fixed;
  const Eigen::VectorXd norm = gram.diagonal().cwiseSqrt();
  for (Eigen::Index j = 0; j < p; ++j) {
    if (!(norm[j] > 0)) continue;
    // Modified Cholesky by columns: a pivot that vanishes means that earlier columns span this one.
    const double pivot = gram(j, j) / (norm[j] * norm[j]);
    if (pivot < 1e-10) {
      design.notes.push_back(
          "column '" + design.fixed_names[static_cast<std::size_t>(j)] +
          "' is a combination of the columns before it (collinear): only the prior separates their coefficients");
      gram.row(j).tail(p - j).setZero();
      gram.col(j).tail(p - j).setZero();
      continue;
    }
    const Eigen::VectorXd column = gram.col(j).tail(p - j - 1) / gram(j, j);
    gram.bottomRightCorner(p - j - 1, p - j - 1) -= column * gram.col(j).tail(p - j - 1).transpose();
  }
}

void scale_fixed(Design& design, Model& model) {
  const Eigen::Index p = design.fixed.cols();
  FixedScaling& scaling = model.scaling;
  scaling.center.setZero(p);
  scaling.scale.setOnes(p);
  for (Eigen::Index j = 0; j < p; ++j)
    if (design.fixed_names[static_cast<std::size_t>(j)] == "Intercept") scaling.intercept = j;
  const bool centre = scaling.intercept >= 0 && model.priors.intercept_at_means;
  for (Eigen::Index j = 0; j < p; ++j) {
    if (j == scaling.intercept) continue;
    const double mean = design.fixed.col(j).mean();
    const double about = centre ? mean : 0;
    const double square = (design.fixed.col(j).array() - about).square().mean();
    if (centre) scaling.center[j] = mean;
    if (square > 0) scaling.scale[j] = std::sqrt(square);
    design.fixed.col(j) = (design.fixed.col(j).array() - scaling.center[j]) / scaling.scale[j];
  }
  const auto coefficients = static_cast<Eigen::Index>(model.priors.fixed.size());
  model.fixed_prior_mean.resize(coefficients);
  model.fixed_prior_precision.resize(coefficients);
  for (Eigen::Index j = 0; j < coefficients; ++j) {
    const NormalPrior& prior = model.priors.fixed[static_cast<std::size_t>(j)];
    const double scale = scaling.scale[j % p];
    const double sd = prior.sd * scale;
    model.fixed_prior_mean[j] = prior.mean * scale;
    model.fixed_prior_precision[j] = 1 / (sd * sd);
  }
}

void check_columns(const Design& design) {
  for (Eigen::Index j = 0; j < design.fixed.cols(); ++j) {
    const std::string& name = design.fixed_names[static_cast<std::size_t>(j)];
    if (name == "Intercept" || name.find(':') != std::string::npos) continue;
    const double first = design.fixed(0, j);
    if (design.size() > 1 && (design.fixed.col(j).array() == first).all())
      throw DataError(
          "column '" + name +
          "' is constant in the rows used; it cannot be told from the intercept, take it out of the formula");
  }
}

}  // namespace

Model make_model(const Frame& frame, Design& design, Family family, const ModelOptions& options) {
  if (frame.response_levels.size() == 1)
    throw DataError("the response has one level ('" + frame.response_levels[0] + "'); there is nothing to explain");
  if (!describe(family).residual_scale && !frame.sigma_text.empty())
    throw ModelError(setting("sigma") + " goes with families that have a residual scale, such as " +
                     family_name(family_for(ResponseKind::number)) + "; " + family_name(family) + " has none");
  check_observations(family, frame, design);
  drop_zero_weights(design);
  if (has_levels(family)) check_levels(frame, design);
  check_columns(design);
  Model model;
  model.family = family;
  model.predictors = predictor_names(family, frame);
  for (const std::string& predictor : model.predictors)
    for (const std::string& name : design.fixed_names) model.fixed_names.push_back(name_in_predictor(predictor, name));
  std::set<std::string> names;
  for (std::string name : model.fixed_names) {
    std::replace(name.begin(), name.end(), '/', '|');  // as the fit file names it
    if (!names.insert(name).second)
      throw ModelError("two coefficients would be named 'b_" + name +
                       "', a level of the response with a column each; rename one of them");
  }
  model.deep_names = design.deep_names;
  const Formula formula = frame.formula();
  if (formula.deep) {
    model.shape.inputs = static_cast<int>(design.deep.cols());
    model.shape.widths = formula.deep->layers;
    model.shape.set_activation(formula.deep->activation);
    check_size(model.shape);
  }
  model.shape.set_heads(static_cast<int>(model.predictors.size()), static_cast<int>(design.fixed.cols()));
  if (model.shape.size() == 0 && design.groups.empty())
    throw ModelError("the formula has no terms at all; '~ 1' fits an intercept");
  if (options.resolved) {
    model.priors = *options.resolved;
  } else {
    std::vector<PriorStatement> statements;
    for (const std::string& text : options.priors) statements.push_back(parse_prior(text));
    model.priors = resolve_priors(statements, family, design, model.shape, model.predictors,
                                  options.layer_noise.kind == LayerNoise::Kind::learned);
  }
  std::set<std::string> seen;
  for (std::size_t c = 0; c < model.predictors.size(); ++c) {
    for (std::size_t r = 0; r < design.groups.size(); ++r) {
      const TermDesign& group = design.groups[r];
      RandomEffect effect;
      effect.predictor = static_cast<int>(c);
      effect.term = r;
      effect.group = group.group;
      for (const std::string& name : group.coefficients)
        effect.coefficients.push_back(name_in_predictor(model.predictors[c], name));
      effect.levels = static_cast<Eigen::Index>(frame.group_levels.at(group.group).size());
      effect.deep = group.deep;
      effect.sd = model.priors.sd[model.effects.size()];
      for (const std::string& name : effect.coefficients)
        if (!seen.insert(effect.group + "__" + name).second)
          throw ModelError("two random-effect terms have the coefficient '" + name + "' for '" + effect.group +
                           "'; write one of them once");
      model.effects.push_back(effect);
    }
  }
  model.sigma_name = frame.sigma_text;
  model.sigma_levels = frame.sigma_levels.empty() ? std::vector<std::string>{""} : frame.sigma_levels;
  model.layer_noise = options.layer_noise;
  model.augmentation = options.augmented ? describe(family).augmentation : Augmentation::none;
  if (options.layer_noise.kind != LayerNoise::Kind::zero && model.shape.layers() == 0)
    throw ModelError(setting("layer_noise") + " is the noise of hidden layers; the formula has no deep(...)");
  if (options.layer_noise.kind != LayerNoise::Kind::zero &&
      (model.augmentation == Augmentation::none || model.shape.predictors() > 1))
    throw ModelError(setting("layer_noise") +
                     " needs latent variables that make the likelihood Gaussian in its only linear predictor; family " +
                     family_name(family) + " has " +
                     (model.augmentation == Augmentation::none ? "none" : "several predictors") + ", leave it at 0");
  note_response(family, frame, design);
  model.horseshoe = options.horseshoe && model.shape.layers() > 0;
  note_collinear(design);
  scale_fixed(design, model);
  return model;
}

}  // namespace bdglm
