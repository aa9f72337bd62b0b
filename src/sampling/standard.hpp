// Standard normal and exponential draws, and the normal tail functions that other samplers share.
#pragma once

#include <cmath>

#include "base/host_device.hpp"
#include "random/stream.hpp"
#include "sampling/number.hpp"

namespace bdglm {

#include "sampling/normal_pair.inl"
#include "sampling/normal_quantile.inl"

/// log of P(Z > t), accurate in both tails.
BDGLM_HOST_DEVICE inline double log_normal_tail(double t) {
  if (t < 25.0) return std::log(0.5 * std::erfc(t * 0.70710678118654752));
  const double r = 1.0 / (t * t);
  const double series = 1.0 - r * (1.0 - 3.0 * r * (1.0 - 5.0 * r * (1.0 - 7.0 * r)));
  return -0.5 * t * t - 0.91893853320467274 - std::log(t) + std::log(series);
}

/// Standard exponential by inversion.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_exponential(Stream& stream) {
  return -std::log(stream.uniform<Real>());
}

/// Two independent standard normals from two uniforms of a stream.
template <class Real>
BDGLM_HOST_DEVICE inline void draw_normal_pair(Stream& stream, Real& first, Real& second) {
  const Real u1 = stream.uniform<Real>();
  const Real u2 = stream.uniform<Real>();
  normal_pair(u1, u2, first, second);
}

/// One standard normal; consumes two uniforms.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_normal(Stream& stream) {
  Real first;
  Real second;
  draw_normal_pair(stream, first, second);
  return first;
}

}  // namespace bdglm
