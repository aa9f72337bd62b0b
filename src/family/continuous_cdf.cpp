// The incomplete gamma and beta functions, by Eigen's, and by normal laws where those lose digits.
#include "family/continuous_cdf.hpp"

#include <Eigen/Core>
#include <cmath>
#include <unsupported/Eigen/SpecialFunctions>

namespace bdglm {
namespace {

double normal_cdf(double z) { return 0.5 * std::erfc(-z * 0.70710678118654752); }

}  // namespace

double gamma_cdf(double shape, double x) {
  if (!(x > 0)) return 0;
  if (!(x < 1e300)) return 1;
  // (X / shape)^(1/3) is nearly normal (Wilson and Hilferty 1931).
  if (shape > 1e5) return normal_cdf((std::cbrt(x / shape) - 1 + 1 / (9 * shape)) * 3 * std::sqrt(shape));
  return Eigen::numext::igamma(shape, x);
}

double beta_cdf(double a, double b, double x) {
  if (!(x > 0)) return 0;
  if (!(x < 1)) return 1;
  return Eigen::numext::betainc(a, b, x);
}

}  // namespace bdglm
