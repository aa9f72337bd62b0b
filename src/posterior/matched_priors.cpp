// Gamma distributions by likelihood, normal ones by moments.
#include "posterior/matched_priors.hpp"

#include <algorithm>
#include <cmath>

#include "sampling/gamma_function.hpp"

namespace bdglm {

GammaFit fit_gamma(const Eigen::VectorXd& draws) {
  const double mean = draws.mean();
  // ln(shape) - digamma(shape) = ln(mean) - mean of logarithms; numbers that are all alike would have no spread.
  const double s = std::max(std::log(mean) - draws.array().log().mean(), 1e-12);
  double shape = (3 - s + std::sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s);
  for (int trip = 0; trip < 20; ++trip) {
    const double error = std::log(shape) - digamma(shape) - s;
    const double slope = 1 / shape - trigamma(shape);
    const double step = error / (shape * slope);  // Newton's method for the logarithm of the shape
    if (!std::isfinite(step)) break;
    shape *= std::exp(-std::clamp(step, -1.0, 1.0));
    if (std::fabs(step) < 1e-12) break;
  }
  return {shape, shape / mean};
}

namespace {

/// Of gamma distributed numbers.
double mean_log_density(const GammaFit& fit, const Eigen::VectorXd& draws) {
  return fit.shape * std::log(fit.rate) - std::lgamma(fit.shape) + (fit.shape - 1) * draws.array().log().mean() -
         fit.rate * draws.mean();
}

}  // namespace

ScalePrior matched_deviation(const Eigen::VectorXd& draws) {
  const GammaFit own = fit_gamma(draws);
  const ScalePrior square = matched_residual_scale(draws);
  const double of_own = mean_log_density(own, draws);
  // ds = s^3 d(1 / s^2) / 2.
  const double of_square = mean_log_density({square.a, square.b}, draws.array().square().inverse().matrix()) +
                           std::log(2.0) - 3 * draws.array().log().mean();
  return of_square > of_own ? square : ScalePrior{ScalePrior::Kind::gamma, own.shape, own.rate};
}

ScalePrior matched_residual_scale(const Eigen::VectorXd& draws) {
  const GammaFit fit = fit_gamma(draws.array().square().inverse().matrix());
  return {ScalePrior::Kind::inverse_gamma, fit.shape, fit.rate};
}

JointNormal matched_normals(const RowMatrix& draws) {
  JointNormal normal;
  normal.mean = draws.colwise().mean().transpose();
  const RowMatrix about = draws.rowwise() - normal.mean.transpose();
  const Eigen::MatrixXd products = about.transpose() * about;
  // A product is symmetric to rounding alone, and a file keeps one triangle.
  normal.covariance = products.selfadjointView<Eigen::Lower>();
  normal.covariance /= static_cast<double>(draws.rows() - 1);
  return normal;
}

}  // namespace bdglm
