// Inverse Gaussian draws.
#pragma once

#include "sampling/standard.hpp"

namespace bdglm {

#include "sampling/inverse_gaussian.inl"

/// Inverse Gaussian with the given mean > 0 and shape > 0 (variance mean^3 / shape).
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_inverse_gaussian(Stream& stream, Real mean, Real shape) {
  const Real n = draw_normal<Real>(stream);
  return mean * inverse_gaussian_factor(mean * n * n / shape, stream.uniform<Real>());
}

}  // namespace bdglm
