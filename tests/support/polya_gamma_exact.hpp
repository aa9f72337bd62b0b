// Exact distribution functions of the Pólya-Gamma family, for tests only.
#pragma once

#include <cmath>
#include <complex>

namespace bdglm::test {

/// exp(x^2) erfc(x) without overflow.
inline double scaled_erfc(double x) {
  if (x < 20) return std::exp(x * x) * std::erfc(x);
  const double r = 1 / (2 * x * x);
  return (1 - r * (1 - 3 * r * (1 - 5 * r))) / (x * std::sqrt(M_PI));
}

/// CDF of PG(1, z) at omega (Devroye 2009; series in x = 4 omega from either side of 1.2).
inline double polya_gamma_one_cdf(double omega, double z) {
  const double x = 4 * omega;
  const double h = std::fabs(z) / 2;
  if (x <= 0) return 0;
  double sum = 0;
  if (x < 1.2) {
    for (int n = 0; n < 40; ++n) {
      const double a = 2 * n + 1;
      const double root = std::sqrt(2 * x);
      const double term = 0.5 * (std::exp(-(a - 1) * h) * std::erfc((a - h * x) / root) +
                                 std::exp(h - (a * a + h * h * x * x) / (2 * x)) * scaled_erfc((a + h * x) / root));
      sum += n % 2 == 0 ? term : -term;
      if (term < 1e-18) break;
    }
    return (1 + std::exp(-2 * h)) * sum;
  }
  for (int n = 0; n < 200; ++n) {
    const double k = n + 0.5;
    const double lambda = (k * k * M_PI * M_PI + h * h) / 2;
    // cosh(h) e^{-lambda x} in one exponent, since cosh alone overflows.
    const double term = M_PI * k / lambda * 0.5 * (std::exp(h - lambda * x) + std::exp(-h - lambda * x));
    sum += n % 2 == 0 ? term : -term;
    if (term < 1e-18) break;
  }
  return 1 - sum;
}

/// CDF of PG(b, z) by Gil-Pelaez inversion of its characteristic function (log form without overflow).
inline double polya_gamma_cdf(double omega, double b, double z, double sd) {
  z = std::fabs(z);
  const auto log_characteristic = [&](double u) {
    const std::complex<double> t(0, -u);
    const std::complex<double> y = std::sqrt(z * z + 2.0 * t);
    return -b * (t / (0.5 * (y + z)) / 2.0 + std::log(1.0 + std::exp(-y)) - std::log1p(std::exp(-z)));
  };
  // Trapezoid in u; the characteristic function decays like exp(-b sqrt(u)).
  const double step = 0.02 / sd;
  double sum = 0;
  for (int k = 0; k < 2000000; ++k) {
    const double u = (k + 0.5) * step;
    const std::complex<double> phi = std::exp(log_characteristic(u) - std::complex<double>(0, u * omega));
    sum += phi.imag() / u * step;
    if (std::abs(phi) / u * sd < 1e-12) break;
  }
  return 0.5 - sum / M_PI;
}

}  // namespace bdglm::test
