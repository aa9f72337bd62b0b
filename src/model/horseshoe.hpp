// The horseshoe's law of one coefficient in units of the global scale, x ~ N(0, psi) with sqrt(psi) half-Cauchy.
#pragma once

#include "random/stream.hpp"

namespace bdglm {

/// Log density of x, up to a constant: that of e^m E1(m) with m = x^2 / 2 (Carvalho, Polson and Scott 2010, proof of
/// theorem 1). It has a pole at zero, where it is cut off.
double log_horseshoe_density(double x);

/// A draw of psi given x.
double draw_horseshoe_variance(Stream& stream, double x);

}  // namespace bdglm
