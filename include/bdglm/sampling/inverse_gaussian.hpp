// Inverse Gaussian draws (Michael, Schucany, Haas 1976) in a form without cancellation.
#pragma once

#include "bdglm/sampling/standard.hpp"

namespace bdglm {

/// Inverse Gaussian with the given mean > 0 and shape > 0 (variance mean^3 / shape).
/// The smaller root of the quadratic of Michael et al. is formed as mean * 2 / (2 + r + sqrt(r^2 + 4 r)),
/// r = mean N^2 / shape, in which nothing cancels.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_inverse_gaussian(Stream& stream, Real mean, Real shape) {
  const Real n = draw_normal<Real>(stream);
  const Real r = mean * n * n / shape;
  const Real root = Real(2) / (Real(2) + r + std::sqrt(r * (r + Real(4))));
  const Real u = stream.uniform<Real>();
  return u * (Real(1) + root) <= Real(1) ? mean * root : mean / root;
}

}  // namespace bdglm
