// Convergence diagnostics after Vehtari et al. (2021) and Geyer's (1992) initial monotone sequence.
#include "bdglm/posterior/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "bdglm/sampling/standard.hpp"

namespace bdglm {
namespace {

ChainDraws split(const ChainDraws& draws) {
  const Eigen::Index half = draws.rows() / 2;
  ChainDraws halves(half, 2 * draws.cols());
  for (Eigen::Index c = 0; c < draws.cols(); ++c) {
    halves.col(2 * c) = draws.col(c).head(half);
    halves.col(2 * c + 1) = draws.col(c).tail(half);
  }
  return halves;
}

/// Normal scores of the average ranks over all chains, (rank - 3/8) / (S + 1/4).
ChainDraws normal_scores(const ChainDraws& draws) {
  const Eigen::Index size = draws.size();
  std::vector<Eigen::Index> order(static_cast<std::size_t>(size));
  std::iota(order.begin(), order.end(), 0);
  const double* x = draws.data();
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return x[a] < x[b]; });
  ChainDraws scores(draws.rows(), draws.cols());
  for (std::size_t i = 0; i < order.size();) {
    std::size_t end = i + 1;
    while (end < order.size() && x[order[end]] == x[order[i]]) ++end;
    const double rank = 0.5 * static_cast<double>(i + 1 + end);
    const double score = normal_quantile((rank - 0.375) / (static_cast<double>(size) + 0.25));
    for (; i < end; ++i) scores.data()[order[i]] = score;
  }
  return scores;
}

double quantile_of(const ChainDraws& draws, double probability) {
  std::vector<double> sorted(draws.data(), draws.data() + draws.size());
  std::sort(sorted.begin(), sorted.end());
  return sorted_quantile(sorted, probability);
}

double rhat(const ChainDraws& draws) {
  const auto n = static_cast<double>(draws.rows());
  const Eigen::RowVectorXd means = draws.colwise().mean();
  const double within = ((draws.rowwise() - means).colwise().squaredNorm() / (n - 1)).mean();
  const double between = n * (means.array() - means.mean()).square().sum() / static_cast<double>(draws.cols() - 1);
  return std::sqrt((between / within + n - 1) / n);
}

/// Effective sample size of chains that are already split or transformed.
double ess(const ChainDraws& draws) {
  const Eigen::Index n = draws.rows();
  const Eigen::Index chains = draws.cols();
  const auto total = static_cast<double>(draws.size());
  if (!draws.allFinite()) return std::numeric_limits<double>::quiet_NaN();
  if (draws.maxCoeff() - draws.minCoeff() < 1e-15) return total;
  const Eigen::RowVectorXd means = draws.colwise().mean();
  const ChainDraws centered = draws.rowwise() - means;
  const auto count = static_cast<double>(n);
  const auto autocovariance = [&](Eigen::Index lag) {
    double sum = 0;
    for (Eigen::Index c = 0; c < chains; ++c) sum += centered.col(c).head(n - lag).dot(centered.col(c).tail(n - lag));
    return sum / count / static_cast<double>(chains);
  };
  const double mean_variance = autocovariance(0) * count / (count - 1);
  double variance = mean_variance * (count - 1) / count;
  if (chains > 1) variance += (means.array() - means.mean()).square().sum() / static_cast<double>(chains - 1);
  const auto correlation = [&](Eigen::Index lag) { return 1 - (mean_variance - autocovariance(lag)) / variance; };
  std::vector<double> rho(static_cast<std::size_t>(n) + 2, 0.0);
  double even = 1;
  double odd = correlation(1);
  rho[0] = 1;
  rho[1] = odd;
  Eigen::Index t = 1;
  while (t < n - 3 && even + odd > 0) {
    even = correlation(t + 1);
    odd = correlation(t + 2);
    if (even + odd >= 0) {
      rho[static_cast<std::size_t>(t + 1)] = even;
      rho[static_cast<std::size_t>(t + 2)] = odd;
    }
    t += 2;
  }
  const Eigen::Index last = t - 2;
  if (even > 0) rho[static_cast<std::size_t>(last + 1)] = even;
  for (Eigen::Index k = 1; k <= last - 2; k += 2) {
    const auto i = static_cast<std::size_t>(k);
    if (rho[i + 1] + rho[i + 2] > rho[i - 1] + rho[i]) {
      rho[i + 1] = (rho[i - 1] + rho[i]) / 2;
      rho[i + 2] = rho[i + 1];
    }
  }
  double tau = -1;
  for (Eigen::Index k = 0; k <= last; ++k) tau += 2 * rho[static_cast<std::size_t>(k)];
  tau += rho[static_cast<std::size_t>(last + 1)];
  return total / std::max(tau, 1 / std::log10(total));
}

}  // namespace

double normal_quantile(double p) {
  if (p <= 0) return -std::numeric_limits<double>::infinity();
  if (p >= 1) return std::numeric_limits<double>::infinity();
  const double tail = std::min(p, 1 - p);
  // Halley steps on the upper tail from the approximation, which is good to 4e-9.
  double x = normal_upper_quantile_from_log(std::log(tail));
  for (int k = 0; k < 2; ++k) {
    const double error = 0.5 * std::erfc(x * 0.70710678118654752) - tail;
    const double step = error / (0.39894228040143268 * std::exp(-0.5 * x * x));
    x += step / (1 - 0.5 * x * step);
  }
  return p < 0.5 ? -x : x;
}

double sorted_quantile(const std::vector<double>& sorted, double probability) {
  if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double at = probability * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(std::floor(at));
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

double split_rhat(const ChainDraws& draws) {
  if (draws.rows() < 4) return std::numeric_limits<double>::quiet_NaN();
  const ChainDraws halves = split(draws);
  const double median = quantile_of(halves, 0.5);
  const ChainDraws folded = (halves.array() - median).abs().matrix();
  return std::max(rhat(normal_scores(halves)), rhat(normal_scores(folded)));
}

double bulk_ess(const ChainDraws& draws) {
  return draws.rows() < 4 ? std::numeric_limits<double>::quiet_NaN() : ess(normal_scores(split(draws)));
}

double tail_ess(const ChainDraws& draws) {
  if (draws.rows() < 4) return std::numeric_limits<double>::quiet_NaN();
  double smallest = std::numeric_limits<double>::infinity();
  for (const double probability : {0.05, 0.95}) {
    const double limit = quantile_of(draws, probability);
    const ChainDraws below = (draws.array() <= limit).cast<double>().matrix();
    smallest = std::min(smallest, ess(split(below)));
  }
  return smallest;
}

double mean_ess(const ChainDraws& draws) {
  return draws.rows() < 4 ? std::numeric_limits<double>::quiet_NaN() : ess(split(draws));
}

double mcse_mean(const ChainDraws& draws) {
  const double variance = (draws.array() - draws.mean()).square().sum() / static_cast<double>(draws.size() - 1);
  return std::sqrt(variance / mean_ess(draws));
}

ParameterSummary summarise(const std::string& name, const ChainDraws& draws) {
  ParameterSummary s;
  s.name = name;
  std::vector<double> sorted(draws.data(), draws.data() + draws.size());
  std::sort(sorted.begin(), sorted.end());
  s.mean = draws.mean();
  s.sd =
      draws.size() > 1 ? std::sqrt((draws.array() - s.mean).square().sum() / static_cast<double>(draws.size() - 1)) : 0;
  s.q2_5 = sorted_quantile(sorted, 0.025);
  s.q50 = sorted_quantile(sorted, 0.5);
  s.q97_5 = sorted_quantile(sorted, 0.975);
  s.ess_bulk = bulk_ess(draws);
  s.ess_tail = tail_ess(draws);
  s.rhat = split_rhat(draws);
  s.mcse = mcse_mean(draws);
  return s;
}

}  // namespace bdglm
