// Prior of a random effect's covariance, and the scaling of fixed coefficients.
#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>

#include "model/model.hpp"
#include "sampling/gamma.hpp"

namespace bdglm {

double RandomEffect::log_density(const Eigen::MatrixXd& covariance) const {
  const auto q = static_cast<double>(width());
  const Eigen::LLT<Eigen::MatrixXd> llt(covariance);
  if (llt.info() != Eigen::Success) return -INFINITY;
  const double log_determinant = 2 * llt.matrixLLT().diagonal().array().log().sum();
  const Eigen::MatrixXd inverse = llt.solve(Eigen::MatrixXd::Identity(width(), width()));
  return -0.5 * (sd.a + 2 * q) * log_determinant -
         0.5 * (sd.a + q) * (sd.a * inverse.diagonal().array() + 1 / (sd.b * sd.b)).log().sum();
}

Eigen::MatrixXd RandomEffect::draw_prior(Stream& stream) const {
  // a_k ~ IG(1/2, 1/A^2), Sigma | a ~ IW(nu + q - 1, 2 nu diag(1/a)), by Bartlett's decomposition.
  const Eigen::Index q = width();
  const double nu = sd.a;
  const double degrees = nu + static_cast<double>(q) - 1;
  Eigen::MatrixXd wishart_factor = Eigen::MatrixXd::Zero(q, q);
  Eigen::MatrixXd scale = Eigen::MatrixXd::Zero(q, q);
  for (Eigen::Index k = 0; k < q; ++k) scale(k, k) = 2 * nu / draw_inverse_gamma(stream, 0.5, 1 / (sd.b * sd.b));
  for (Eigen::Index i = 0; i < q; ++i) {
    wishart_factor(i, i) = std::sqrt(2 * draw_gamma<double>(stream, 0.5 * (degrees - static_cast<double>(i))));
    for (Eigen::Index j = 0; j < i; ++j) wishart_factor(i, j) = draw_normal<double>(stream);
  }
  const Eigen::MatrixXd half = scale.cwiseSqrt().inverse() * wishart_factor;
  return (half * half.transpose()).inverse();
}

Eigen::VectorXd FixedScaling::to_user(const Eigen::VectorXd& internal) const {
  Eigen::VectorXd user = internal.cwiseQuotient(scale);
  if (intercept >= 0) user[intercept] -= user.dot(center);
  return user;
}

Eigen::VectorXd FixedScaling::to_internal(const Eigen::VectorXd& user) const {
  Eigen::VectorXd internal = user.cwiseProduct(scale);
  if (intercept >= 0) internal[intercept] += user.dot(center);
  return internal;
}

Eigen::VectorXd Model::user_coefficients(const Eigen::VectorXd& theta) const {
  Eigen::VectorXd all(shape.all_fixed());
  Eigen::Index at = 0;
  for (int c = 0; c < shape.predictors(); ++c) {
    const int fixed = shape.head(c).fixed;
    all.segment(at, fixed) =
        scaling[sides[static_cast<std::size_t>(c)]].to_user(theta.segment(shape.fixed_offset(c), fixed));
    at += fixed;
  }
  return all;
}

}  // namespace bdglm
