// The Gaussian family with identity link: a likelihood that is its own augmentation.
#pragma once

#include <cmath>

#include "bdglm/random/stream.hpp"
#include "bdglm/sampling/standard.hpp"

namespace bdglm {

/// y ~ N(eta, 1 / precision). Array arguments: `response` is y, `size` the precision (weight / sigma^2).
/// The functions take doubles or Eigen arrays, so that a loop and a vectorised expression share one text.
struct GaussianFamily {
  /// Log density without its constant -ln(2 pi)/2.
  template <class A, class B, class E>
  BDGLM_HOST_DEVICE static auto log_likelihood(const A& response, const B& size, const E& eta) {
    using std::log;
    return 0.5 * log(size) - 0.5 * size * (response - eta) * (response - eta);
  }

  /// Derivative of the log density by eta.
  template <class A, class B, class E>
  BDGLM_HOST_DEVICE static auto score(const A& response, const B& size, const E& eta) {
    return size * (response - eta);
  }

  /// Working precision omega and kappa = omega * (working response); exact and not random.
  BDGLM_HOST_DEVICE static void draw_latent(Stream& /*stream*/, double response, double size, double /*eta*/,
                                            double& precision, double& kappa) {
    precision = size;
    kappa = size * response;
  }

  /// A new observation with the given precision.
  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, double eta) {
    return eta + draw_normal<double>(stream) / std::sqrt(size);
  }
};

}  // namespace bdglm
