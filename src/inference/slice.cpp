// Univariate slice sampling (Neal 2003, Annals of Statistics 31, section 4).
#include <cmath>

#include "bdglm/inference/sweep.hpp"
#include "bdglm/sampling/standard.hpp"

namespace bdglm {

double slice_sample(Stream& stream, double from, double width, const std::function<double(double)>& log_density) {
  constexpr int kMaximumExpansions = 12;
  const double level = log_density(from) - draw_exponential<double>(stream);
  double left = from - width * stream.uniform53();
  double right = left + width;
  int left_steps = static_cast<int>(stream.uniform53() * kMaximumExpansions);
  int right_steps = kMaximumExpansions - 1 - left_steps;
  while (left_steps-- > 0 && log_density(left) > level) left -= width;
  while (right_steps-- > 0 && log_density(right) > level) right += width;
  for (int trip = 0; trip < 100; ++trip) {
    const double at = left + (right - left) * stream.uniform53();
    if (log_density(at) > level) return at;
    (at < from ? left : right) = at;
  }
  return from;
}

}  // namespace bdglm
