// Slices of a covariance along scales and shears, each of whose points costs as many operations as there are columns.
#include "engines/gibbs/covariance_slices.hpp"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <cmath>

#include "engines/gibbs/covariance_move.hpp"

namespace bdglm {
namespace {

/// T = C^-1 Sigma C^-T with its inverse P and the variances of Sigma, and M = C^-1 squares C^-T.
struct Coordinates {
  Eigen::MatrixXd c, m, t, p;
  Eigen::VectorXd variances;
  double log_determinant;  ///< of Sigma

  Coordinates(const RandomEffect& effect, const Eigen::MatrixXd& squares, const Eigen::MatrixXd& covariance) {
    Eigen::MatrixXd regular = squares;
    regular.diagonal() += effect.sd_scales().cwiseAbs2();
    c = regular.llt().matrixL();
    m = whitened(squares);
    t = whitened(covariance);
    p = t.inverse();
    variances = covariance.diagonal();
    log_determinant = 2 * Eigen::MatrixXd(covariance.llt().matrixL()).diagonal().array().log().sum();
  }

  Eigen::MatrixXd whitened(const Eigen::MatrixXd& a) const {
    const Eigen::MatrixXd half = c.triangularView<Eigen::Lower>().solve(a);
    return c.triangularView<Eigen::Lower>().solve(half.transpose());
  }
};

/// A = I + a e_k e_l' and A^-1 = I - b e_k e_l' at t.
struct Amounts {
  double a, b;

  Amounts(const CovarianceMove& by, double t) : a(by.amount(t)), b(by.k == by.l ? -std::expm1(-t) : t) {}
};

void move(const RandomEffect& effect, const CovarianceMove& by, Stream& stream, Coordinates& at) {
  const auto groups = static_cast<double>(effect.levels);
  const Eigen::VectorXd column = at.c.col(by.k);
  const Eigen::VectorXd cross = column.cwiseProduct(at.c * at.t.col(by.l));
  const Eigen::VectorXd square = at.t(by.l, by.l) * column.cwiseAbs2();
  const double linear = at.m.col(by.l).dot(at.p.col(by.k));
  const double quadratic = at.p(by.k, by.k) * at.m(by.l, by.l);
  const double power = by.k == by.l ? 1 : 0;  // log |A| = power t
  const auto variances = [&](double a) -> Eigen::VectorXd { return at.variances + 2 * a * cross + a * a * square; };
  const auto log_density = [&](double t) -> double {
    const Amounts by_t(by, t);
    const Eigen::VectorXd moved = variances(by_t.a);
    if (!(moved.minCoeff() > 0)) return -INFINITY;
    return by.log_jacobian(t) - groups * power * t + by_t.b * linear - 0.5 * by_t.b * by_t.b * quadratic +
           effect.log_density_of_parts(at.log_determinant + 2 * power * t, moved);
  };
  const double t = slice_sample(stream, 0, 3 / std::sqrt(groups + 1), log_density);
  const Amounts by_t(by, t);
  at.variances = variances(by_t.a);
  at.log_determinant += 2 * power * t;
  // Rows, then columns, of A T A' and A^-T P A^-1.
  at.t.row(by.k) += by_t.a * at.t.row(by.l);
  at.t.col(by.k) += by_t.a * at.t.col(by.l);
  at.p.row(by.l) -= by_t.b * at.p.row(by.k);
  at.p.col(by.l) -= by_t.b * at.p.col(by.k);
}

}  // namespace

void slice_covariance(const RandomEffect& effect, const Eigen::MatrixXd& squares, const Address& address,
                      Eigen::MatrixXd& covariance) {
  const Eigen::Index q = effect.width();
  Coordinates at(effect, squares, covariance);
  std::uint32_t element = 0;
  for (Eigen::Index k = 0; k < q; ++k)
    for (Eigen::Index l = 0; l < q; ++l) {
      Stream stream(address, element++);
      move(effect, {k, l, q}, stream, at);
    }
  const Eigen::MatrixXd factor = at.c * at.t.llt().matrixL().toDenseMatrix();
  covariance = factor * factor.transpose();
}

}  // namespace bdglm
