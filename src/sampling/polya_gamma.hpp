// Pólya-Gamma draws PG(b, z) for every b > 0 and every z, by regime; one text for host, CPU lanes and device.
#pragma once

#include <cstdint>

#include "sampling/gamma.hpp"
#include "sampling/inverse_gaussian.hpp"

namespace bdglm {

#include "sampling/polya_gamma_one.inl"
#include "sampling/polya_gamma_regimes.inl"

/// Cumulants of PG(b, z), any z.
BDGLM_HOST_DEVICE inline PolyaGammaCumulants<double> polya_gamma_cumulants(double b, double z) {
  const PolyaGammaCumulants<double> k = polya_gamma_unit_cumulants(std::fabs(z));
  return {b * k.k1, b * k.k2, b * k.k3, b * k.k4};
}

/// How PG(b, z) is drawn. Kolmogorov distances of the regimes to the exact law are in docs/math.md.
enum class PolyaGammaRegime : std::uint8_t {
  invalid,  ///< b < 0 or infinite, or a NaN: NaN, which the caller reports
  zero,     ///< b = 0 or z infinite
  one,
  ones,
  inverse_gaussian,
  gammas4,
  gammas8,
  gammas16,
  large,
  small,  ///< b < 1
};

BDGLM_HOST_DEVICE inline PolyaGammaRegime polya_gamma_regime(double b, double z) {
  z = std::fabs(z);
  if (!(b >= 0) || b > 1e300 || z != z) return PolyaGammaRegime::invalid;
  if (b == 0 || z > 1e8) return PolyaGammaRegime::zero;
  if (b == 1) return PolyaGammaRegime::one;
  if (z >= 17 && z >= 17 + (b > 1 ? std::log(b) : 0)) return PolyaGammaRegime::inverse_gaussian;
  if (b < 1) return PolyaGammaRegime::small;
  if (b <= 8 && b == std::floor(b)) return PolyaGammaRegime::ones;
  if (b >= 170) return PolyaGammaRegime::large;
  if (b >= 2 && z <= 4) return PolyaGammaRegime::gammas4;
  return z <= 10 ? PolyaGammaRegime::gammas8 : PolyaGammaRegime::gammas16;
}

/// Whether 24-bit draws of a regime serve as latents: PG(b, z) of the others would be too coarse, or are no draws.
BDGLM_HOST_DEVICE inline bool is_drawn_in_single(PolyaGammaRegime regime, double b) {
  return regime != PolyaGammaRegime::invalid && regime != PolyaGammaRegime::zero && regime != PolyaGammaRegime::small &&
         b < 1e6;
}

/// Advances a sampler by trips of four uniforms until it has drawn; NaN if it never does.
template <class Sampler, class Real>
BDGLM_HOST_DEVICE inline Real draw_by_trips(Stream& stream, Sampler sampler, Real /*number*/) {
  for (int trip = 0; trip < 1024; ++trip) {
    Real u[4];
    stream.four_uniforms(u);
    if (sampler.advance(u)) return sampler.value;
  }
  return Real(NAN);
}

/// PG(1, z); mean trips 1.0 to 1.34. Not finite z: infinite gives 0, NaN gives NaN.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_polya_gamma_one(Stream& stream, Real z) {
  const Real h = Real(0.5) * std::fabs(z);
  if (!(h <= Real(5e7))) return h > Real(5e7) ? Real(0) : h;
  return draw_by_trips(stream, PolyaGammaOne<Real>::start(h, Real(1)), h);
}

/// PG(b, z), b < 1, as 48 exact gammas, each with its boost in logarithms, and the tail.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_polya_gamma_small(Stream& stream, Real b, Real h) {
  const Real c2 = Real(0.10132118364233778) * h * h;
  const auto tail = PolyaGammaTail<Real, 48>::of(b, c2);
  Real value = tail.shift + tail.scale * draw_gamma<Real>(stream, tail.shape);
  for (int k = 0; k < 48; ++k) {
    const Real half = Real(k) + Real(0.5);
    value += Real(0.05066059182116889) / (half * half + c2) * draw_gamma<Real>(stream, b);
  }
  return value;
}

/// A draw from PG(b, z): b = 0 or z infinite gives 0; b < 0, b infinite or a NaN gives NaN.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_polya_gamma(Stream& stream, Real b, Real z) {
  const Real h = Real(0.5) * std::fabs(z);
  switch (polya_gamma_regime(static_cast<double>(b), static_cast<double>(z))) {
    case PolyaGammaRegime::invalid:
      return Real(NAN);
    case PolyaGammaRegime::zero:
      return Real(0);
    case PolyaGammaRegime::one:
      return draw_polya_gamma_one(stream, z);
    case PolyaGammaRegime::ones:
      return draw_by_trips(stream, PolyaGammaOnes<Real>::start(h, b), h);
    case PolyaGammaRegime::inverse_gaussian:
      return draw_by_trips(stream, PolyaGammaInverseGaussian<Real>::start(h, b), h);
    case PolyaGammaRegime::gammas4:
      return draw_by_trips(stream, PolyaGammaGammas<Real, 4>::start(h, b), h);
    case PolyaGammaRegime::gammas8:
      return draw_by_trips(stream, PolyaGammaGammas<Real, 8>::start(h, b), h);
    case PolyaGammaRegime::gammas16:
      return draw_by_trips(stream, PolyaGammaGammas<Real, 16>::start(h, b), h);
    case PolyaGammaRegime::large:
      return draw_by_trips(stream, PolyaGammaLarge<Real>::start(h, b), h);
    default:
      return draw_polya_gamma_small(stream, b, h);
  }
}

/// A draw from PG(b, z) as a latent: in single precision where that serves, as lanes and devices compute it.
BDGLM_HOST_DEVICE inline double draw_polya_gamma_latent(Stream& stream, double b, double z) {
  if (!is_drawn_in_single(polya_gamma_regime(b, z), b)) return draw_polya_gamma(stream, b, z);
  return static_cast<double>(draw_polya_gamma(stream, static_cast<float>(b), static_cast<float>(z)));
}

}  // namespace bdglm
