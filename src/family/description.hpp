// What everybody outside a family may ask of it besides its formulae.
#pragma once

#include <cstddef>

#include "base/host_device.hpp"

namespace bdglm {

/// What a response is.
enum class ResponseKind {
  number,
  two_levels,  ///< 0 and 1
  successes,   ///< out of trials
  count,
  levels  ///< 0 .. K - 1, of which level 0 has no predictor of its own and every other has one
};

/// What the weight of a row says: how precise it is (its variance is divided by the weight), or how often it stands for
/// an observation like it (its log likelihood is multiplied).
enum class WeightKind { precision, frequency };

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

/// The units that default priors are given in: the intercept is about `center`, predictors vary by `spread`.
struct PredictorUnits {
  double center = 0;
  double spread = 1;
};

/// The linear predictors of a row, `stride` apart.
struct Predictors {
  const double* first;
  std::size_t stride = 0;
  int count = 1;

  BDGLM_HOST_DEVICE double operator[](int c) const { return first[static_cast<std::size_t>(c) * stride]; }
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
