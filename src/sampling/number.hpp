// The operations on numbers that sampler texts (.inl) are written in, for doubles and floats; CPU lanes have their own.
#pragma once

#include <cmath>

#include "base/host_device.hpp"

namespace bdglm {

/// True for numbers of 24-bit precision.
template <class Real>
inline constexpr bool kSingle = sizeof(Real) == 4;

template <class Real>
BDGLM_HOST_DEVICE inline Real select(bool condition, Real yes, Real no) {
  return condition ? yes : no;
}
template <class Real>
BDGLM_HOST_DEVICE inline Real multiply_add(Real a, Real b, Real c) {
  return a * b + c;
}
BDGLM_HOST_DEVICE inline double positive_part(double x) { return x > 0 ? x : 0; }
BDGLM_HOST_DEVICE inline bool any(bool condition) { return condition; }
BDGLM_HOST_DEVICE inline bool both(bool a, bool b) { return a && b; }
BDGLM_HOST_DEVICE inline bool either(bool a, bool b) { return a || b; }

BDGLM_HOST_DEVICE inline bool negation(bool condition) { return !condition; }

#include "sampling/polynomial.inl"

#include "sampling/clamp.inl"

}  // namespace bdglm
