// The binomial distribution function: sums from the smaller side, or the uniform normal expansion for wide ones.
#include "family/binomial_cdf.hpp"

#include <algorithm>
#include <cmath>

namespace bdglm {
namespace {

/// ratio - 1 - log(ratio), with difference = ratio - 1 known to all its digits.
double excess(double ratio, double difference) {
  if (std::fabs(difference) > 0.05) return difference - std::log(ratio);
  double sum = 0;
  double power = difference;
  for (int k = 2; k < 14; ++k) {
    power *= -difference;
    sum -= power / k;
  }
  return sum;
}

/// Relative entropy of Bernoulli(x) to Bernoulli(p), x strictly between 0 and 1, without loss where they are close.
double divergence(double x, double p, double q) {
  return x * excess(p / x, (p - x) / x) + (1 - x) * excess(q / (1 - x), (x - p) / (1 - x));
}

/// log k! less Stirling's formula.
double stirling_error(double k) {
  if (k < 16) return std::lgamma(k + 1) - (k + 0.5) * std::log(k) + k - 0.91893853320467274;
  const double square = 1 / (k * k);
  return (1.0 / 12 - square * (1.0 / 360 - square * (1.0 / 1260 - square / 1680))) / k;
}

/// The saddle-point form of the probability of k (Loader 2000), exact to rounding.
double mass(double k, double n, double eta, double p, double q) {
  const double tail = std::log1p(std::exp(-std::fabs(eta)));
  if (k == 0) return std::exp(-n * (std::max(eta, 0.0) + tail));
  if (k == n) return std::exp(-n * (std::max(-eta, 0.0) + tail));
  const double error = stirling_error(n) - stirling_error(k) - stirling_error(n - k);
  return std::sqrt(n / (2 * M_PI * k * (n - k))) * std::exp(error - n * divergence(k / n, p, q));
}

/// P(Y <= k) = I_q(n - k, k + 1) by the leading terms of Temme's uniform expansion (DLMF 8.18.9); the error is of the
/// order of the variance to the power -3/2.
double wide_cdf(double k, double n, double p, double q) {
  const double total = n + 1;
  const double x0 = (n - k) / total;
  const double entropy = divergence(x0, q, p);
  const double eta = std::copysign(std::sqrt(2 * entropy), q - x0);
  const double spread = std::sqrt(x0 * (1 - x0));
  const double first = std::fabs(eta) < 1e-5 ? (1 - 2 * x0) / (3 * spread) : 1 / eta - spread / (q - x0);
  const double correction = std::exp(-total * entropy) / std::sqrt(2 * M_PI * total) * first;
  return std::clamp(0.5 * std::erfc(-eta * std::sqrt(0.5 * total)) + correction, 0.0, 1.0);
}

}  // namespace

double binomial_cdf(double count, double trials, double eta) {
  const double n = std::floor(trials);
  double k = std::floor(count);
  if (k < 0) return 0;
  if (k >= n) return 1;
  const double p = 1 / (1 + std::exp(-eta));
  const double q = 1 / (1 + std::exp(eta));
  if (n == 1) return q;
  if (p == 0) return 1;
  if (q == 0) return 0;
  constexpr double kWide = 1e5;
  if (n * p * q > kWide) return wide_cdf(k, n, p, q);
  constexpr double kSmall = 1e-17;
  const bool lower = k < n * p;
  if (!lower) k += 1;
  double term = mass(k, n, eta, p, q);
  double sum = term;
  if (lower) {
    for (const double odds = std::exp(-eta); k > 0 && term > kSmall * sum; --k) sum += term *= k * odds / (n - k + 1);
    return std::min(sum, 1.0);
  }
  for (const double odds = std::exp(eta); k < n && term > kSmall * sum; ++k) sum += term *= (n - k) * odds / (k + 1);
  return std::max(1 - sum, 0.0);
}

}  // namespace bdglm
