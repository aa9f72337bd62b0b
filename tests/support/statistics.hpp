// Statistics that tests judge samplers by: Kolmogorov-Smirnov distance, batch means, z scores.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <vector>

namespace bdglm::test {

/// Kolmogorov-Smirnov statistic sqrt(N) * D; above 1.95 has probability 0.001 under the null.
inline double ks_statistic(std::vector<double> draws, const std::function<double(double)>& cdf) {
  std::sort(draws.begin(), draws.end());
  const auto n = static_cast<double>(draws.size());
  double distance = 0;
  for (std::size_t i = 0; i < draws.size(); ++i) {
    const double f = cdf(draws[i]);
    distance =
        std::max({distance, std::fabs(f - static_cast<double>(i) / n), std::fabs(f - static_cast<double>(i + 1) / n)});
  }
  return std::sqrt(n) * distance;
}

/// Draws a sampler's test: 2e5 by default; BDGLM_SLOW=1 (label slow) raises it to 2e7.
inline std::size_t sample_size() { return std::getenv("BDGLM_SLOW") != nullptr ? 20000000 : 200000; }

/// Kolmogorov-Smirnov distance at 59 quantiles, for distribution functions that are dear; sorts the draws.
inline double distance_at_quantiles(std::vector<double>& draws, const std::function<double(double)>& cdf) {
  std::sort(draws.begin(), draws.end());
  double distance = 0;
  for (std::size_t k = 1; k < 60; ++k) {
    const std::size_t at = draws.size() * k / 60;
    const double empirical = static_cast<double>(at) / static_cast<double>(draws.size());
    distance = std::max(distance, std::fabs(empirical - cdf(draws[at])));
  }
  return distance;
}

/// Means of the powers of (draw - mean) / sd.
struct PowerMoments {
  double power[9] = {};
  double n = 0;

  /// Standard errors between the k-th power's mean and its expectation, given the power's variance.
  double error(int k, double expectation, double variance) const {
    return (power[k] - expectation) / std::sqrt(variance / n);
  }
};

inline PowerMoments standardised_moments(const std::vector<double>& draws, double mean, double sd) {
  PowerMoments moments;
  moments.n = static_cast<double>(draws.size());
  for (const double draw : draws) {
    const double d = (draw - mean) / sd;
    double power = 1;
    for (double& sum : moments.power) {
      sum += power / moments.n;
      power *= d;
    }
  }
  return moments;
}

/// Mean and its standard error from batch means, for correlated draws.
struct BatchMeans {
  double mean = 0;
  double error = 0;
};

inline BatchMeans batch_means(const std::vector<double>& draws, std::size_t batches) {
  const std::size_t size = draws.size() / batches;
  std::vector<double> means(batches, 0.0);
  BatchMeans result;
  for (std::size_t b = 0; b < batches; ++b) {
    for (std::size_t i = 0; i < size; ++i) means[b] += draws[b * size + i];
    means[b] /= static_cast<double>(size);
    result.mean += means[b] / static_cast<double>(batches);
  }
  double squares = 0;
  for (const double m : means) squares += (m - result.mean) * (m - result.mean);
  result.error = std::sqrt(squares / static_cast<double>(batches - 1) / static_cast<double>(batches));
  return result;
}

/// The z score of the difference of two estimated means.
inline double z_score(const BatchMeans& a, const BatchMeans& b) {
  const double error = std::sqrt(a.error * a.error + b.error * b.error);
  return error > 0 ? (a.mean - b.mean) / error : 0;
}

inline double normal_cdf(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace bdglm::test
