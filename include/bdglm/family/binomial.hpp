// The Bernoulli and binomial families with logit link, augmented by Pólya-Gamma variables.
#pragma once

#include <cmath>

#include "bdglm/random/stream.hpp"
#include "bdglm/sampling/polya_gamma.hpp"

namespace bdglm {

/// Weighted successes a = w y out of b = w n: log likelihood a eta - b ln(1 + e^eta).
/// `response` is a, `size` is b; Bernoulli has b = 1. Functions take doubles or Eigen arrays.
struct BinomialFamily {
  /// Log likelihood without the binomial coefficient; ln(1 + e^eta) = max(eta, 0) + ln(1 + e^-|eta|).
  template <class A, class B, class E>
  BDGLM_HOST_DEVICE static auto log_likelihood(const A& response, const B& size, const E& eta) {
    using std::abs;
    using std::exp;
    using std::log;
    return response * eta - size * (0.5 * (eta + abs(eta)) + log(1.0 + exp(-abs(eta))));
  }

  /// Derivative of the log likelihood by eta.
  template <class A, class B, class E>
  BDGLM_HOST_DEVICE static auto score(const A& response, const B& size, const E& eta) {
    using std::exp;
    return response - size / (1.0 + exp(-eta));
  }

  /// omega ~ PG(b, eta), kappa = a - b/2 (Polson, Scott, Windle 2013, eq. 4).
  BDGLM_HOST_DEVICE static void draw_latent(Stream& stream, double response, double size, double eta, double& precision,
                                            double& kappa) {
    precision = draw_polya_gamma_latent(stream, size, eta);
    kappa = response - 0.5 * size;
  }

  /// Successes out of round(size) trials with probability logistic(eta), by a sum of Bernoulli draws
  /// for up to 64 trials and by counting waiting times beyond.
  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, double eta) {
    const double p = 1.0 / (1.0 + std::exp(-eta));
    const auto trials = std::llround(size);
    double count = 0;
    if (trials <= 64) {
      for (long long k = 0; k < trials; ++k) count += stream.uniform53() < p ? 1 : 0;
      return count;
    }
    // Devroye 1986, X.4.3, second waiting-time method, with the rarer outcome counted.
    const double rare = p < 0.5 ? p : 1 - p;
    const double limit = -std::log1p(-rare);
    double sum = 0;
    while (rare > 0) {
      const double left = static_cast<double>(trials) - count;
      if (left <= 0) break;
      sum += draw_exponential<double>(stream) / left;
      if (sum > limit) break;
      count += 1;
    }
    return p < 0.5 ? count : static_cast<double>(trials) - count;
  }
};

}  // namespace bdglm
