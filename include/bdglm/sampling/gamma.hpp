// Gamma draws (Marsaglia and Tsang 2000) with a logarithmic boost for shapes below one, and inverse gamma.
#pragma once

#include "bdglm/sampling/standard.hpp"

namespace bdglm {

/// log of a Gamma(shape, 1) draw; shape > 0. In logarithms since G^(1/shape) underflows for tiny shapes.
/// Marsaglia and Tsang 2000, ACM TOMS 26; boost G_b = G_{b+1} U^{1/b}.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_log_gamma(Stream& stream, Real shape) {
  const bool boost = shape < Real(1);
  const Real d = (boost ? shape + Real(1) : shape) - Real(1) / Real(3);
  const Real c = Real(1) / std::sqrt(Real(9) * d);
  Real log_value = std::log(d);
  for (int trip = 0; trip < 64; ++trip) {
    const Real x = draw_normal<Real>(stream);
    const Real root = Real(1) + c * x;
    if (root <= Real(0)) continue;
    const Real v = root * root * root;
    const Real u = stream.uniform<Real>();
    const Real x2 = x * x;
    if (u < Real(1) - Real(0.0331) * x2 * x2 || std::log(u) < Real(0.5) * x2 + d * (Real(1) - v + std::log(v))) {
      log_value = std::log(d * v);
      break;
    }
  }
  if (boost) log_value += std::log(stream.uniform<Real>()) / shape;
  return log_value;
}

/// Gamma(shape, rate 1); shape > 0.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_gamma(Stream& stream, Real shape) {
  return std::exp(draw_log_gamma(stream, shape));
}

/// Inverse gamma with density proportional to x^(-shape-1) exp(-scale / x); shape, scale > 0.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_inverse_gamma(Stream& stream, Real shape, Real scale) {
  return scale * std::exp(-draw_log_gamma(stream, shape));
}

}  // namespace bdglm
