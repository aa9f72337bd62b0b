// Standard normal and exponential draws, and the normal tail functions that other samplers share.
#pragma once

#include <cmath>

#include "bdglm/base/host_device.hpp"
#include "bdglm/random/stream.hpp"

namespace bdglm {

/// The upper-tail normal quantile as a function of log tail probability.
/// Returns N with P(Z > N) = exp(log_tail), for log_tail <= ln(1/2). With s = sqrt(-2 log_tail),
/// N = s + polynomial in 1 / (1 + s/2); least-squares fit on Chebyshev nodes, absolute error
/// 4e-9 for s <= 12 (double, degree 12) and 7e-8 for s <= 7.2 (float, degree 8).
template <class Real>
BDGLM_HOST_DEVICE inline Real normal_upper_quantile_from_log(Real log_tail) {
  const Real s = std::sqrt(Real(-2) * log_tail);
  const Real t = Real(1) / (Real(1) + Real(0.5) * s);
  if constexpr (sizeof(Real) == 4) {
    const Real c[9] = {Real(-0.024171197482310336), Real(-2.09376531379238),  Real(2.7546986573926864),
                       Real(-8.012092121926157),    Real(13.185806488212075), Real(-13.88524495092206),
                       Real(5.461077054804621),     Real(2.8121613469701536), Real(-3.094532851195774)};
    Real value = c[8];
    for (int k = 7; k >= 0; --k) value = value * t + c[k];
    return s + value;
  } else {
    const Real c[13] = {Real(-0.01235163277483764), Real(-2.4310513915726926), Real(7.13999342055585),
                        Real(-42.49479887712039),   Real(196.45868704978903),  Real(-709.2309600453832),
                        Real(1938.4758590265278),   Real(-3961.769753164669),  Real(5938.31157163602),
                        Real(-6325.211113273055),   Real(4524.706092095338),   Real(-1945.9632882334424),
                        Real(379.3157931654988)};
    Real value = c[12];
    for (int k = 11; k >= 0; --k) value = value * t + c[k];
    return s + value;
  }
}

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

/// Two independent standard normals (Box and Muller 1958) from two uniforms.
template <class Real>
BDGLM_HOST_DEVICE inline void draw_normal_pair(Stream& stream, Real& first, Real& second) {
  const Real radius = std::sqrt(Real(-2) * std::log(stream.uniform<Real>()));
  const Real angle = Real(6.283185307179586) * stream.uniform<Real>();
  first = radius * std::cos(angle);
  second = radius * std::sin(angle);
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
