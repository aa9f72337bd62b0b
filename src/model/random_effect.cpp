// Prior of a random effect's covariance, the scaling of fixed coefficients, and which of them have a horseshoe.
#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>

#include "model/model.hpp"
#include "sampling/gamma.hpp"

namespace bdglm {
namespace {

/// L lower triangular, L L' ~ Wishart(degrees, I), by Bartlett's decomposition.
Eigen::MatrixXd bartlett_factor(Stream& stream, double degrees, Eigen::Index q) {
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(q, q);
  for (Eigen::Index i = 0; i < q; ++i) {
    factor(i, i) = std::sqrt(2 * draw_gamma<double>(stream, 0.5 * (degrees - static_cast<double>(i))));
    for (Eigen::Index j = 0; j < i; ++j) factor(i, j) = draw_normal<double>(stream);
  }
  return factor;
}

}  // namespace

double RandomEffect::log_density(const Eigen::MatrixXd& covariance) const {
  const Eigen::LLT<Eigen::MatrixXd> llt(covariance);
  if (llt.info() != Eigen::Success) return -INFINITY;
  const double log_determinant = 2 * llt.matrixLLT().diagonal().array().log().sum();
  if (!huang_wand()) return log_density_of_parts(log_determinant, covariance.diagonal());
  const Eigen::MatrixXd inverse = llt.solve(Eigen::MatrixXd::Identity(width(), width()));
  return huang_wand_log_density(log_determinant, Eigen::VectorXd(inverse.diagonal()));
}

double RandomEffect::huang_wand_log_density(double log_determinant,
                                            const Eigen::Ref<const Eigen::VectorXd>& precisions) const {
  const auto q = static_cast<double>(width());
  return -0.5 * (sd.a + 2 * q) * log_determinant -
         0.5 * (sd.a + q) * (sd.a * precisions.array() + 1 / (sd.b * sd.b)).log().sum();
}

double RandomEffect::log_density_of_parts(double log_determinant,
                                          const Eigen::Ref<const Eigen::VectorXd>& variances) const {
  // |R|^(eta - 1), and dSigma = prod_k s_k^(q - 1) dv_k dR.
  const double power = lkj - 1 + 0.5 * static_cast<double>(width() - 1);
  double sum = (lkj - 1) * log_determinant;
  for (Eigen::Index k = 0; k < variances.size(); ++k)
    sum += sd_of(k).log_density(variances[k]) - power * std::log(variances[k]);
  return sum;
}

Eigen::MatrixXd RandomEffect::draw_prior(Stream& stream) const {
  const Eigen::Index q = width();
  if (!huang_wand()) {
    // Correlations of a Wishart(nu, I) have density |R|^((nu - q - 1) / 2) (Muirhead 1982, theorem 5.1.3).
    Eigen::MatrixXd factor = bartlett_factor(stream, 2 * lkj + static_cast<double>(q) - 1, q);
    factor.rowwise().normalize();
    for (Eigen::Index k = 0; k < q; ++k) factor.row(k) *= std::sqrt(sd_of(k).draw_prior(stream));
    return factor * factor.transpose();
  }
  // a_k ~ IG(1/2, 1/A^2), Sigma | a ~ IW(nu + q - 1, 2 nu diag(1/a)).
  const double nu = sd.a;
  Eigen::MatrixXd scale = Eigen::MatrixXd::Zero(q, q);
  for (Eigen::Index k = 0; k < q; ++k) scale(k, k) = 2 * nu / draw_inverse_gamma(stream, 0.5, 1 / (sd.b * sd.b));
  const Eigen::MatrixXd half =
      scale.cwiseSqrt().inverse() * bartlett_factor(stream, nu + static_cast<double>(q) - 1, q);
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

std::vector<Eigen::Index> Model::horseshoe_coefficients(int predictor) const {
  Eigen::Index first = 0;
  for (int c = 0; c < predictor; ++c) first += shape.head(c).fixed;
  std::vector<Eigen::Index> all;
  for (Eigen::Index k = first; k < first + shape.head(predictor).fixed; ++k)
    if (priors.fixed[static_cast<std::size_t>(k)].kind == CoefficientPrior::Kind::horseshoe) all.push_back(k);
  return all;
}

Eigen::VectorXd Model::user_coefficients(const Eigen::VectorXd& theta) const {
  Eigen::VectorXd all(shape.all_fixed());
  Eigen::Index at = 0;
  for (int c = 0; c < shape.predictors(); ++c) {
    const int fixed = shape.head(c).fixed;
    Eigen::VectorXd own = theta.segment(shape.fixed_offset(c), fixed);
    if (!rotation.empty() && own.size() > 0) own = rotation[static_cast<std::size_t>(c)] * own;
    all.segment(at, fixed) = scaling[sides[static_cast<std::size_t>(c)]].to_user(own);
    at += fixed;
  }
  return all;
}

}  // namespace bdglm
