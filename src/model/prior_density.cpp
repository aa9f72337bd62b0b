// The constants that the sampler's log densities leave out, and densities of what is a function of a variance.
#include "model/prior_density.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace bdglm {
namespace {

constexpr double kNoDensity = std::numeric_limits<double>::quiet_NaN();

/// Of Student's t.
double t_constant(double df, double scale) {
  return std::lgamma(0.5 * (df + 1)) - std::lgamma(0.5 * df) - 0.5 * std::log(df * std::numbers::pi) - std::log(scale);
}

double normal_constant(double sd) { return -0.5 * std::log(2 * std::numbers::pi) - std::log(sd); }

double gamma_constant(double shape, double rate) { return shape * std::log(rate) - std::lgamma(shape); }

double beta_constant(double a, double b) { return std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b); }

}  // namespace

double log_constant(const ScalePrior& prior) {
  switch (prior.kind) {
    case ScalePrior::Kind::half_t:
      return t_constant(prior.a, prior.b);
    case ScalePrior::Kind::inverse_gamma:
      return gamma_constant(prior.a, prior.b);
    case ScalePrior::Kind::half_normal:
      return normal_constant(prior.b);
    case ScalePrior::Kind::gamma:
      return gamma_constant(prior.a, prior.b) - std::numbers::ln2;
  }
  return kNoDensity;
}

double log_constant(const PositivePrior& prior) {
  switch (prior.kind) {
    case PositivePrior::Kind::gamma:
    case PositivePrior::Kind::inverse_gamma:
      return gamma_constant(prior.a, prior.b);
    case PositivePrior::Kind::half_t:
      return std::numbers::ln2 + t_constant(prior.a, prior.b);
    case PositivePrior::Kind::beta:
      return beta_constant(prior.a, prior.b);
    case PositivePrior::Kind::constant:
      return kNoDensity;
  }
  return kNoDensity;
}

double density(const CoefficientPrior& prior, double value) {
  const double z = (value - prior.mean) / prior.sd;
  switch (prior.kind) {
    case CoefficientPrior::Kind::normal:
      return std::exp(normal_constant(prior.sd) - 0.5 * z * z);
    case CoefficientPrior::Kind::student_t:
      return std::exp(t_constant(prior.df, prior.sd) - 0.5 * (prior.df + 1) * std::log1p(z * z / prior.df));
    case CoefficientPrior::Kind::laplace:
      return std::exp(-std::fabs(z)) / (2 * prior.sd);
    case CoefficientPrior::Kind::horseshoe:
      return kNoDensity;
  }
  return kNoDensity;
}

double variance_density(const ScalePrior& prior, double variance) {
  if (variance < 0) return 0;
  constexpr double kLeast = 1e-200;  // at zero itself logarithms end
  return std::exp(prior.log_density(std::max(variance, kLeast)) + log_constant(prior));
}

double deviation_density(const ScalePrior& prior, double deviation) {
  if (deviation < 0) return 0;
  const double s = std::max(deviation, 1e-100);
  return 2 * s * variance_density(prior, s * s);
}

double density(const PositivePrior& prior, double value) {
  if (value < 0 || (prior.kind == PositivePrior::Kind::beta && value > 1)) return 0;
  constexpr double kLeast = 1e-200;
  const double most = prior.kind == PositivePrior::Kind::beta ? 1 - 1e-16 : value;
  return std::exp(log_density(prior, std::clamp(value, kLeast, std::max(most, kLeast))) + log_constant(prior));
}

double correlation_density(double eta, double df, double width, double correlation) {
  if (std::fabs(correlation) >= 1) return 0;
  // Huang and Wand (2013), section 2; Lewandowski, Kurowicka and Joe (2009), section 3.2.
  const double power = eta > 0 ? eta - 2 + 0.5 * width : 0.5 * df - 1;
  return std::exp(power * std::log1p(-correlation * correlation) + beta_constant(0.5, power + 1));
}

}  // namespace bdglm
