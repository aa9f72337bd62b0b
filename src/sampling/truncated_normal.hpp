// Standard normal draws restricted to a half-line: inversion in log-tail form, rejection in the far tail.
#pragma once

#include "sampling/standard.hpp"

namespace bdglm {

/// A standard normal conditioned on exceeding `lower`, any real `lower`.
/// Inversion of the tail below lower = 5; beyond, Marsaglia's (1964) tail rejection
/// x = sqrt(lower^2 - 2 ln u1), accepted if u2 x <= lower.
BDGLM_HOST_DEVICE inline double draw_normal_above(Stream& stream, double lower) {
  if (lower > 5.0) {
    for (int trip = 0; trip < 64; ++trip) {
      const double x = std::sqrt(lower * lower - 2.0 * std::log(stream.uniform53()));
      if (stream.uniform53() * x <= lower) return x;
    }
    return lower;
  }
  const double tail = 0.5 * std::erfc(lower * 0.70710678118654752);
  const double p = tail * stream.uniform53();
  const double x =
      p <= 0.5 ? normal_upper_quantile_from_log(std::log(p)) : -normal_upper_quantile_from_log(std::log1p(-p));
  return x > lower ? x : lower;
}

}  // namespace bdglm
