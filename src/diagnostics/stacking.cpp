// Stacking by a primal-dual interior point method, whose end carries a proof of how good it is.
#include "diagnostics/stacking.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "base/stop_point.hpp"
#include "bdglm/error.hpp"

namespace bdglm {
namespace {

/// Gradient by w of the mean of log(density w).
Eigen::VectorXd score(const Eigen::MatrixXd& density, const Eigen::VectorXd& w) {
  return density.transpose() * (density * w).cwiseInverse() / static_cast<double>(density.rows());
}

/// The longest step of at most one that keeps x + step * change above a hundredth of x.
double longest_step(const Eigen::VectorXd& x, const Eigen::VectorXd& change) {
  double step = 1;
  for (Eigen::Index k = 0; k < x.size(); ++k)
    if (change[k] < 0) step = std::min(step, -0.99 * x[k] / change[k]);
  return step;
}

}  // namespace

Eigen::VectorXd stacking_weights(const Eigen::MatrixXd& elpd) {
  const Eigen::Index models = elpd.cols();
  const auto count = static_cast<double>(models);
  const auto rows = static_cast<double>(elpd.rows());
  const Eigen::MatrixXd density = (elpd.colwise() - elpd.rowwise().maxCoeff()).array().exp();
  // mean log(density w) - sum w over w >= 0: along rays log t - t is largest at t = 1, so that its maximum has the sum
  // one. Where w and the multipliers z of w >= 0 are optimal, score - 1 + z = 0 and w z = 0.
  Eigen::VectorXd w = Eigen::VectorXd::Constant(models, 1 / count);
  Eigen::VectorXd z = Eigen::VectorXd::Ones(models);
  const auto residual = [&](const Eigen::VectorXd& at, const Eigen::VectorXd& multipliers, double target) {
    return std::sqrt((score(density, at).array() - 1 + multipliers.array()).square().sum() +
                     (at.array() * multipliers.array() - target).square().sum());
  };
  for (int iteration = 0; iteration < 100 && w.dot(z) > 1e-15; ++iteration) {
    stop_point();
    const double target = 0.1 * w.dot(z) / count;
    const Eigen::MatrixXd scaled = (density * w).cwiseInverse().asDiagonal() * density;
    Eigen::MatrixXd system = scaled.transpose() * scaled / rows;
    system.diagonal() += z.cwiseQuotient(w);
    const Eigen::VectorXd right = (score(density, w).array() - 1 + target * w.array().inverse()).matrix();
    const Eigen::VectorXd dw = system.llt().solve(right);
    const Eigen::VectorXd dz = (target * w.array().inverse() - z.array() - z.array() / w.array() * dw.array()).matrix();
    double step = std::min(longest_step(w, dw), longest_step(z, dz));
    const double before = residual(w, z, target);
    while (step > 1e-10 && residual(w + step * dw, z + step * dz, target) > (1 - 0.01 * step) * before) step /= 2;
    w += step * dw;
    z += step * dz;
  }
  w /= w.sum();
  // The objective is concave, so that no weights are better than these by more than the largest score - 1.
  if (score(density, w).maxCoeff() - 1 < 1e-10) return w;
  throw NumericalError("stacking weights could not be found: the models' predictive densities are too far apart");
}

}  // namespace bdglm
