// Gamma draws (Marsaglia and Tsang 2000) with a logarithmic boost for shapes below one, and inverse gamma.
#pragma once

#include "sampling/standard.hpp"

namespace bdglm {

#include "sampling/gamma_trip.inl"

/// log of a Gamma(shape, 1) draw; shape > 0. In logarithms since G^(1/shape) underflows for tiny shapes.
/// Boost G_b = G_{b+1} U^{1/b} of Marsaglia and Tsang (2000).
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_log_gamma(Stream& stream, Real shape) {
  const bool boost = shape < Real(1);
  const Real above_one = boost ? shape + Real(1) : shape;
  Real log_value = Real(NAN);
  for (int trip = 0; trip < 64; ++trip) {
    const Real normal = draw_normal<Real>(stream);
    const GammaTrip<Real> result = gamma_trip(above_one, normal, stream.uniform<Real>());
    if (result.accepted) {
      log_value = std::log(result.value);
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
