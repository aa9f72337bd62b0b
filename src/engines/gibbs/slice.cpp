// Univariate slice sampling (Neal 2003, Annals of Statistics 31, section 4).
#include <cmath>

#include "engines/gibbs/sweep.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

/// Shrinks [left, right] around `from` until a point above `level` is found.
double shrink(Stream& stream, double from, double left, double right, double level,
              const std::function<double(double)>& log_density) {
  for (int trip = 0; trip < 100; ++trip) {
    const double at = left + (right - left) * stream.uniform53();
    if (log_density(at) > level) return at;
    (at < from ? left : right) = at;
  }
  return from;
}

}  // namespace

double slice_sample(Stream& stream, double from, double width, const std::function<double(double)>& log_density) {
  constexpr int kMaximumExpansions = 12;
  const double level = log_density(from) - draw_exponential<double>(stream);
  double left = from - width * stream.uniform53();
  double right = left + width;
  int left_steps = static_cast<int>(stream.uniform53() * kMaximumExpansions);
  int right_steps = kMaximumExpansions - 1 - left_steps;
  while (left_steps-- > 0 && log_density(left) > level) left -= width;
  while (right_steps-- > 0 && log_density(right) > level) right += width;
  return shrink(stream, from, left, right, level, log_density);
}

double slice_move(Stream& stream, double& width, bool adapting, double log_density_here,
                  const std::function<double(double)>& log_density) {
  constexpr double kWeight = 0.05;
  // A normal law moves by about 0.8 standard deviations: the interval becomes about eight, which spans most
  // slices; from too short an interval, whose moves average a third of it, the width grows.
  constexpr double kWidthPerMove = 10;
  const double level = log_density_here - draw_exponential<double>(stream);
  const double left = -width * stream.uniform53();
  const double t = shrink(stream, 0, left, left + width, level, log_density);
  if (adapting) width += kWeight * (kWidthPerMove * std::fabs(t) - width);
  return t;
}

}  // namespace bdglm
