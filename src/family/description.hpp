// What everybody outside a family may ask of it besides its formulae.
#pragma once

#include <cmath>
#include <cstddef>

#include "base/host_device.hpp"

namespace bdglm {

/// What a response is.
enum class ResponseKind {
  number,
  two_levels,  ///< 0 and 1
  successes,   ///< out of trials
  count,
  levels,         ///< 0 .. K - 1, of which level 0 has no predictor of its own and every other has one
  ordered_levels  ///< 0 .. K - 1 in order, with one predictor and K - 1 cutpoints
};

/// What the weight of a row says: how precise it is (its variance is divided by the weight), or how often it stands for
/// an observation like it (its log likelihood is multiplied); or there are no weights.
enum class WeightKind { precision, frequency, none };

/// How the likelihood becomes Gaussian in one linear predictor given the others and latent variables: not at all; as it
/// is; by Pólya-Gamma variables.
enum class Augmentation { none, exact, polya_gamma };

struct FamilyDescription {
  const char* name;
  const char* link;
  ResponseKind response;
  WeightKind weight;
  Augmentation augmentation;
  bool residual_scale;     ///< has sigma, in the response's units: a row's size is weight / sigma^2
  bool bounded_curvature;  ///< by the size: predictors may then be read rounded to 24 bits
  bool discrete;           ///< whether distribution functions have steps
  double output_scale;     ///< default scale of a network's output, in units of the predictor
};

/// Prior of a positive number: gamma(shape, rate), inverse gamma(shape, rate), half-t(df, scale), beta(a, b), or all
/// mass at `a`.
struct PositivePrior {
  enum class Kind { gamma, inverse_gamma, half_t, beta, constant };
  Kind kind = Kind::inverse_gamma;
  double a = 0.4;
  double b = 0.3;
};

/// What a family has beside the predictor of its mean: a number for all rows, or a linear predictor where a formula
/// says so. x is what the sampler moves or the linear predictor; the parameter is `lower` + e^x, where the prior is cut
/// off, or a probability, 1 / (1 + e^-x).
struct FamilyParameter {
  enum class Link { log, logit };
  const char* name;
  double lower;
  PositivePrior prior;  ///< default
  Link link = Link::log;
  bool response_units = false;  ///< a scale of the response: the default is in units of its spread

  double value(double x) const { return link == Link::log ? lower + std::exp(x) : 1 / (1 + std::exp(-x)); }
  double inverse(double value) const {
    return link == Link::log ? std::log(value - lower) : std::log(value) - std::log1p(-value);
  }
  /// ln of the derivative of `value`.
  double log_slope(double x) const {
    return link == Link::log ? x : -std::fabs(x) - 2 * std::log1p(std::exp(-std::fabs(x)));
  }
  bool admits(double value) const { return value > lower && (link == Link::log || value < 1); }
};

/// Where a family's parameters come from at a state: each from a linear predictor, or one number x for all rows. Those
/// of ordered levels are the cutpoints between them.
struct FamilyParameters {
  static constexpr int kMost = 4;
  static constexpr int kMostCuts = 63;
  int predictor[kMost] = {-1, -1, -1, -1};
  double value[kMost] = {};
  /// Whether likelihoods are compared at these values alone, so that what depends on nothing else may be left out.
  bool held = false;
  int cuts = 0;
  double cut[kMostCuts] = {};
};

/// The units that default priors are given in: the intercept is about `center`, predictors vary by `spread`.
struct PredictorUnits {
  double center = 0;
  double spread = 1;
};

/// The linear predictors of a row, `stride` apart, and what the family's parameters are where it has any.
struct Predictors {
  const double* first;
  std::size_t stride = 0;
  int count = 1;
  const FamilyParameters* parameters = nullptr;

  BDGLM_HOST_DEVICE double operator[](int c) const { return first[static_cast<std::size_t>(c) * stride]; }
  /// x of the family's k-th parameter.
  BDGLM_HOST_DEVICE double parameter(int k) const {
    const int c = parameters->predictor[k];
    return c < 0 ? parameters->value[k] : (*this)[c];
  }
};

/// The probabilities of less than a response, and of no more than it.
struct DistributionStep {
  double below;
  double upto;
};

/// A Gaussian factor of the likelihood in one predictor: exp(kappa eta - omega eta^2 / 2).
template <class Real>
struct GaussianFactor {
  Real omega;
  Real kappa;
};

/// omega ~ PG(shape, tilt); then kappa = linear + omega * shift.
template <class Real>
struct PolyaGammaLatent {
  Real shape;
  Real tilt;
  Real linear;
  Real shift;
};

}  // namespace bdglm
