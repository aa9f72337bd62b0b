// Activations of hidden units: which units of a layer have which, their values and their slopes.
#pragma once

#include <array>
#include <cmath>
#include <string>

#include "base/host_device.hpp"
#include "bdglm/error.hpp"

namespace bdglm {

/// max(z, 0); z, or z / 100 below zero; |z|; tanh z; z / (1 + e^-z) (Elfwing, Uchibe and Doya 2018); of a layer's units
/// the first half, rounded down, max(z, 0), the others tanh z.
enum class Activation { relu, leaky_relu, abs, tanh, silu, mixed };

/// As a formula writes them, in the order above.
inline constexpr std::array<const char*, 6> kActivationNames = {"relu", "leaky_relu", "abs", "tanh", "silu", "mixed"};
inline constexpr const char* kActivationList = "relu, leaky_relu, abs, tanh, silu or mixed";

inline const char* name_of(Activation activation) { return kActivationNames[static_cast<std::size_t>(activation)]; }

/// Of a network that is not told otherwise; bent units take no layer noise.
inline constexpr Activation kUsualActivation = Activation::mixed;
inline constexpr Activation kUsualActivationWithNoise = Activation::relu;

/// Throws ModelError for a name that is none.
inline Activation activation_named(const std::string& name) {
  for (std::size_t k = 0; k < kActivationNames.size(); ++k)
    if (name == kActivationNames[k]) return static_cast<Activation>(k);
  throw ModelError("unknown activation '" + name + "'; it is " + kActivationList);
}

/// An activation's slopes below zero and above.
struct Slopes {
  double negative = 0;
  double positive = 1;
};

/// How many of a layer's units, the first ones, are straight on each side of zero, so that a(c z) = c a(z) for c > 0.
/// The others are silu units of silu, tanh units of tanh and mixed.
inline std::size_t straight_units(Activation activation, std::size_t units) {
  if (activation == Activation::tanh || activation == Activation::silu) return 0;
  return activation == Activation::mixed ? units / 2 : units;
}

/// Whether all units are straight on each side of zero.
inline bool homogeneous(Activation activation) { return straight_units(activation, 2) == 2; }

/// Of the units that are straight on each side of zero.
inline Slopes slopes_of(Activation activation) {
  if (activation == Activation::abs) return {-1, 1};
  return {activation == Activation::leaky_relu ? 0.01 : 0.0, 1};
}

/// A unit's value and its derivative, in double or single precision.
template <class T>
struct Activated {
  T value;
  T slope;
};

template <class T>
BDGLM_HOST_DEVICE Activated<T> tanh_unit(T z) {
  const T a = std::tanh(z);
  return {a, 1 - a * a};
}

template <class T>
BDGLM_HOST_DEVICE Activated<T> silu_unit(T z) {
  const T s = 1 / (1 + std::exp(-z));
  return {z * s, s * (1 + z * (1 - s))};
}

template <class T>
BDGLM_HOST_DEVICE Activated<T> piecewise_unit(T z, Slopes slopes) {
  const T slope = static_cast<T>(z < 0 ? slopes.negative : slopes.positive);
  return {slope * z, slope};
}

}  // namespace bdglm
