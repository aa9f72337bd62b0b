// Moves of a random effect's covariance along Sigma -> A Sigma A', by scales and shears.
#pragma once

#include <cmath>

#include "base/row_matrix.hpp"

namespace bdglm {

/// A = diag(.., e^t, ..) at coefficient k = l, or the shear A = I + t e_k e_l'.
struct CovarianceMove {
  Eigen::Index k;
  Eigen::Index l;
  Eigen::Index q;

  RowMatrix transformation(double t) const {
    RowMatrix a = RowMatrix::Identity(q, q);
    a(k, l) = k == l ? std::exp(t) : t;
    return a;
  }
  Eigen::MatrixXd moved(const Eigen::MatrixXd& covariance, double t) const {
    const RowMatrix a = transformation(t);
    return a * covariance * a.transpose();
  }
  /// A - I at its only entry.
  double amount(double t) const { return k == l ? std::expm1(t) : t; }
  /// log |A|^(q+1), the Jacobian of Sigma -> A Sigma A'.
  double log_jacobian(double t) const { return k == l ? t * static_cast<double>(q + 1) : 0; }
};

/// Calls f with every scale and, for narrow terms, every shear; shears of wide terms (a network's output effects) are
/// many and gain little.
template <class F>
void for_each_covariance_move(Eigen::Index q, F&& f) {
  for (Eigen::Index k = 0; k < q; ++k)
    for (Eigen::Index l = 0; l < q; ++l)
      if (k == l || q <= 4) f(CovarianceMove{k, l, q});
}

}  // namespace bdglm
