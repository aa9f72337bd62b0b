// The exponential integral, and rejection from e^(-m eta) / (1 + eta), the density of eta = 1 / psi.
#include "model/horseshoe.hpp"

#include <algorithm>
#include <cmath>

#include "sampling/standard.hpp"

namespace bdglm {
namespace {

double half_square(double x) { return std::max(0.5 * x * x, 1e-200); }

/// e^m E1(m) by the series at zero (Abramowitz and Stegun 1964, 5.1.11) or the even part of the continued fraction
/// (5.1.22), to some 1e-14 of itself.
double scaled_exponential_integral(double m) {
  if (m < 1) {
    constexpr double kEuler = 0.57721566490153286;
    double sum = -kEuler - std::log(m);
    double term = 1;
    for (int k = 1; k < 20; ++k) {
      term *= -m / k;
      sum -= term / k;
    }
    return std::exp(m) * sum;
  }
  double fraction = 0;
  for (int k = m < 8 ? 100 : 30; k > 0; --k) fraction = k * k / (m + 2 * k + 1 - fraction);
  return 1 / (m + 1 - fraction);
}

}  // namespace

double log_horseshoe_density(double x) { return std::log(scaled_exponential_integral(half_square(x))); }

double draw_horseshoe_variance(Stream& stream, double x) {
  const double m = half_square(x);
  // Above the density: where m eta < 1 its second factor, beyond it the first, times the second where they meet; for
  // m > 1 the first alone. At least two of five are accepted.
  const double inner = std::log1p(1 / m);
  const double outer = std::exp(-1.0) / (1 + m);
  for (;;) {
    double eta;
    double acceptance;
    if (m >= 1) {
      eta = draw_exponential<double>(stream) / m;
      acceptance = 1 / (1 + eta);
    } else if (stream.uniform53() * (inner + outer) < inner) {
      eta = std::expm1(inner * stream.uniform53());
      acceptance = std::exp(-m * eta);
    } else {
      eta = (1 + draw_exponential<double>(stream)) / m;
      acceptance = (1 + 1 / m) / (1 + eta);
    }
    if (stream.uniform53() < acceptance) return 1 / eta;
  }
}

}  // namespace bdglm
