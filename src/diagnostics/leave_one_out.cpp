// The tail of importance weights, and what follows for a row.
#include "diagnostics/leave_one_out.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

namespace bdglm {
namespace {

double log_sum_exp(const Eigen::ArrayXd& x) {
  const double top = x.maxCoeff();
  return top + std::log((x - top).exp().sum());
}

/// What the likelihood of exceedances x is maximal at for a given ratio b = -shape / scale: the mean of ln(1 - b x).
double shape_for(double b, const Eigen::ArrayXd& x) {
  double sum = 0;
  for (const double value : x) sum += std::log1p(-b * value);
  return sum / static_cast<double>(x.size());
}

/// The quantile of a generalised Pareto distribution.
double quantile(const ParetoFit& fit, double probability) {
  const double log_tail = std::log1p(-probability);
  if (std::fabs(fit.shape) < std::numeric_limits<double>::epsilon()) return -fit.scale * log_tail;
  return fit.scale * std::expm1(-fit.shape * log_tail) / fit.shape;
}

/// Shrinks a shape towards one half, as ten exceedances that say so would.
double with_prior(double shape, double exceedances) {
  constexpr double kPriorSize = 10;
  return (exceedances * shape + kPriorSize * 0.5) / (exceedances + kPriorSize);
}

}  // namespace

ParetoFit fit_pareto(const Eigen::ArrayXd& exceedances) {
  const Eigen::Index n = exceedances.size();
  const auto count = static_cast<double>(n);
  const Eigen::Index points = 30 + static_cast<Eigen::Index>(std::sqrt(count));
  const double quartile = exceedances[static_cast<Eigen::Index>(count / 4 + 0.5) - 1];
  Eigen::ArrayXd b(points);
  Eigen::ArrayXd profile(points);
  for (Eigen::Index j = 0; j < points; ++j) {
    const double spread = 1 - std::sqrt(static_cast<double>(points) / (static_cast<double>(j) + 0.5));
    b[j] = 1 / exceedances[n - 1] + spread / (3 * quartile);
    const double shape = shape_for(b[j], exceedances);
    profile[j] = count * (std::log(-b[j] / shape) - shape - 1);
  }
  Eigen::ArrayXd weight = (profile - log_sum_exp(profile)).exp();
  // Points of no weight may lie where a mean over them would lose its digits.
  weight = (weight >= 10 * std::numeric_limits<double>::epsilon()).select(weight, 0);
  const double mean = (weight * b).sum() / weight.sum();
  const double shape = shape_for(mean, exceedances);
  return {shape, -shape / mean};
}

double smooth_log_weights(Eigen::ArrayXd& log_weights, double relative_efficiency) {
  Eigen::ArrayXd& x = log_weights;
  const auto draws = static_cast<double>(x.size());
  x -= x.maxCoeff();
  const auto wanted =
      static_cast<Eigen::Index>(std::ceil(std::min(draws / 5, 3 * std::sqrt(draws / relative_efficiency))));
  double k = std::numeric_limits<double>::infinity();
  if (wanted < x.size()) {
    std::vector<double> ordered(x.begin(), x.end());
    std::nth_element(ordered.begin(), ordered.begin() + wanted, ordered.end(), std::greater<>());
    const double cut =
        std::max(ordered[static_cast<std::size_t>(wanted)], std::log(std::numeric_limits<double>::min()));
    std::vector<Eigen::Index> tail;
    for (Eigen::Index s = 0; s < x.size(); ++s)
      if (x[s] > cut) tail.push_back(s);
    std::sort(tail.begin(), tail.end(), [&](Eigen::Index a, Eigen::Index b) { return x[a] < x[b]; });
    if (tail.size() > 4) {
      const auto count = static_cast<double>(tail.size());
      const double threshold = std::exp(cut);
      const Eigen::ArrayXd exceedances = x(tail).exp() - threshold;
      ParetoFit fit = fit_pareto(exceedances);
      fit.shape = with_prior(fit.shape, count);
      if (std::isfinite(fit.shape) && fit.scale > 0) {
        k = fit.shape;
        for (std::size_t z = 0; z < tail.size(); ++z) {
          const double smoothed = threshold + quantile(fit, (static_cast<double>(z) + 0.5) / count);
          x[tail[z]] = std::min(std::log(smoothed), 0.0);  // no weight above the largest raw one
        }
      }
    }
  }
  x -= log_sum_exp(x);
  return k;
}

double pareto_k_threshold(double draws) { return std::min(1 - 1 / std::log10(draws), 0.7); }

RowAccuracy row_accuracy(const Eigen::ArrayXd& log_likelihood, double relative_efficiency) {
  RowAccuracy row;
  const auto draws = static_cast<double>(log_likelihood.size());
  row.lpd = log_sum_exp(log_likelihood) - std::log(draws);
  row.p_waic = (log_likelihood - log_likelihood.mean()).square().mean();
  Eigen::ArrayXd log_weights = -log_likelihood;
  row.pareto_k = smooth_log_weights(log_weights, relative_efficiency);
  row.elpd_loo = log_sum_exp(log_weights + log_likelihood);
  return row;
}

}  // namespace bdglm
