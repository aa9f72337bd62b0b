// Kernel density estimates over sorted draws: each place reads those within the kernel's reach.
#include "report/density_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "diagnostics/diagnostics.hpp"

namespace bdglm {
namespace {

double deviation_of(const std::vector<double>& x) {
  const double n = static_cast<double>(x.size());
  const double mean = std::accumulate(x.begin(), x.end(), 0.0) / n;
  double squares = 0;
  for (const double v : x) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / std::max(n - 1, 1.0));
}

/// sqrt(2 pi).
constexpr double kRootTwoPi = 2.5066282746310002;

}  // namespace

DensityEstimate estimate_density(std::vector<double> draws, std::size_t points, double least, double most) {
  draws.erase(std::remove_if(draws.begin(), draws.end(), [](double x) { return !std::isfinite(x); }), draws.end());
  DensityEstimate result;
  if (draws.size() < 2) return result;
  std::sort(draws.begin(), draws.end());
  const double range = sorted_quantile(draws, 0.75) - sorted_quantile(draws, 0.25);
  // Of a heavy tail the standard deviation says nothing.
  const double spread = range > 0 ? std::min(deviation_of(draws), range / 1.34) : deviation_of(draws);
  if (!(spread > 0)) return result;
  const auto n = static_cast<double>(draws.size());
  const double bandwidth = 0.9 * spread * std::pow(n, -0.2);
  const double from = std::max(least, sorted_quantile(draws, 0.005) - bandwidth);
  const double to = std::min(most, sorted_quantile(draws, 0.995) + bandwidth);
  const double step = (to - from) / static_cast<double>(points - 1);
  for (std::size_t k = 0; k < points; ++k) {
    const double x = from + static_cast<double>(k) * step;
    constexpr double kReach = 6;
    double sum = 0;
    const auto add = [&](double centre) {
      const auto first = std::lower_bound(draws.begin(), draws.end(), centre - kReach * bandwidth);
      const auto last = std::upper_bound(first, draws.end(), centre + kReach * bandwidth);
      for (auto draw = first; draw != last; ++draw) {
        const double z = (centre - *draw) / bandwidth;
        sum += std::exp(-0.5 * z * z);
      }
    };
    add(x);
    // The kernel's mass beyond a bound comes back: the mirror image of x.
    if (std::isfinite(least)) add(2 * least - x);
    if (std::isfinite(most)) add(2 * most - x);
    result.x.push_back(x);
    result.density.push_back(sum / (n * bandwidth * kRootTwoPi));
  }
  return result;
}

}  // namespace bdglm
