// Pólya-Gamma draws PG(b, z) for every b > 0 and every z, by regime; one text for host and device.
#pragma once

#include "bdglm/sampling/gamma.hpp"
#include "bdglm/sampling/inverse_gaussian.hpp"

namespace bdglm {

/// Mean and the next three cumulants of PG(b, z).
struct PolyaGammaCumulants {
  double k1, k2, k3, k4;
};

/// Cumulants of PG(b, z) (derivatives of b ln cosh(sqrt(z^2 + 2t)/2)); series in z^2 below |z| = 0.2.
BDGLM_HOST_DEVICE inline PolyaGammaCumulants polya_gamma_cumulants(double b, double z) {
  z = std::fabs(z);
  const double s = z * z;
  if (z < 0.2) {
    return {b / 4 * (1 - s / 12 + s * s / 120 - 17 * s * s * s / 20160 + 31 * s * s * s * s / 362880),
            b / 4 * (1.0 / 6 - s / 30 + 17 * s * s / 3360 - 31 * s * s * s / 45360 + 691 * s * s * s * s / 7983360),
            b / 4 * (1.0 / 15 - 17 * s / 840 + 31 * s * s / 7560 - 691 * s * s * s / 997920),
            b * (17.0 / 1680 - 31 * s / 7560)};
  }
  const double t = std::tanh(z / 2);
  const double e = std::exp(-z);
  const double sech2 = 4 * e / ((1 + e) * (1 + e));
  const double z3 = s * z;
  return {b * t / (2 * z), b * (1 - e * e - 2 * z * e) / (2 * z3 * (1 + e) * (1 + e)),
          b / 4 * (6 * t / (z3 * s) - 3 * sech2 / (s * s) - t * sech2 / z3),
          b / 4 *
              (30 * t / (z3 * s * s) - 15 * sech2 / (s * s * s) - 6 * t * sech2 / (z3 * s) -
               (t * t - sech2 / 2) * sech2 / (s * s))};
}

#include "bdglm/sampling/polya_gamma_one.inl"

/// PG(1, z); mean trips 1.0 to 1.34. Not finite z: infinite gives 0, NaN gives NaN.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_polya_gamma_one(Stream& stream, Real z) {
  const Real h = Real(0.5) * std::fabs(z);
  if (!(h <= Real(5e7))) return h > Real(5e7) ? Real(0) : h;
  const PolyaGammaEnvelope<Real> envelope = polya_gamma_envelope(h);
  for (int trip = 0; trip < 64; ++trip) {
    const Real u1 = stream.uniform<Real>();
    const Real u2 = stream.uniform<Real>();
    const Real u3 = stream.uniform<Real>();
    const Real u4 = stream.uniform<Real>();
    const PolyaGammaTrip<Real> result = polya_gamma_trip(envelope, u1, u2, u3, u4);
    if (result.accepted) return result.value;
  }
  return Real(0.16);
}

/// PG(b, z) as a sum of `terms` exact gammas and one gamma that matches the tail's mean and variance
/// (Polson, Scott, Windle 2013, eq. 2 for the sum).
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_polya_gamma_sum(Stream& stream, Real b, Real z, int terms) {
  const PolyaGammaCumulants total = polya_gamma_cumulants(b, z);
  const double c2 = static_cast<double>(z) * z / 39.47841760435743;
  double mean = total.k1;
  double variance = total.k2;
  Real value = 0;
  for (int k = 0; k < terms; ++k) {
    const double half = k + 0.5;
    const double a = 1.0 / (19.739208802178716 * (half * half + c2));
    mean -= b * a;
    variance -= b * a * a;
    value += Real(a) * draw_gamma<Real>(stream, b);
  }
  return value + Real(variance / mean) * draw_gamma<Real>(stream, Real(mean * mean / variance));
}

/// PG(b, z) for large b: one normal with a four-cumulant Cornish-Fisher correction.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_polya_gamma_large(Stream& stream, Real b, Real z) {
  const PolyaGammaCumulants k = polya_gamma_cumulants(b, z);
  const double sd = std::sqrt(k.k2);
  const double skew = k.k3 / (k.k2 * sd);
  const double kurtosis = k.k4 / (k.k2 * k.k2);
  const double w = draw_normal<double>(stream);
  const double w2 = w * w;
  return Real(k.k1 +
              sd * (w + skew * (w2 - 1) / 6 + kurtosis * (w2 - 3) * w / 24 - skew * skew * (2 * w2 - 5) * w / 36));
}

/// A draw from PG(b, z): b = 0 gives 0; b < 0, b infinite or a NaN gives NaN (the caller reports it);
/// z infinite gives 0. Regimes and their Kolmogorov distances to the exact law are in docs/math.md.
template <class Real>
BDGLM_HOST_DEVICE inline Real draw_polya_gamma(Stream& stream, Real b, Real z) {
  z = std::fabs(z);
  if (b == Real(1)) return draw_polya_gamma_one(stream, z);
  if (!(b >= Real(0)) || b > Real(1e300) || z != z) return Real(NAN);
  if (b == Real(0) || z > Real(1e8)) return Real(0);
  if (z >= Real(17) + (b > Real(1) ? std::log(b) : Real(0)))
    return draw_inverse_gaussian(stream, b / (Real(2) * z), b * b / Real(4));
  if (b <= Real(8) && b == std::floor(b)) {
    Real value = 0;
    for (int k = 0; k < static_cast<int>(b); ++k) value += draw_polya_gamma_one(stream, z);
    return value;
  }
  if (b >= Real(170)) return draw_polya_gamma_large(stream, b, z);
  return draw_polya_gamma_sum(stream, b, z, b < Real(1) ? 48 : 16);
}

}  // namespace bdglm
