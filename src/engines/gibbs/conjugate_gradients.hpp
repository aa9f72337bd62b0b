// Systems too wide to be factored, solved by conjugate gradients.
#pragma once

#include <Eigen/Core>
#include <cmath>

#include "bdglm/error.hpp"

namespace bdglm {

/// x with A x = b for a positive definite A, by conjugate gradients from the x that is given, preconditioned by
/// `solve`, z = M^-1 r for an M near A. Ends where sqrt(r' M^-1 r / size) is at most `tolerance`: where A is the
/// precision of a normal distribution, the error then is of that many of its standard deviations. Returns the number of
/// products. Throws NumericalError where it does not converge, as where A is not positive definite.
template <class Product, class Solve>
int conjugate_gradients(const Product& product, const Solve& solve, const Eigen::VectorXd& b, double tolerance,
                        Eigen::VectorXd& x) {
  // Rounding stops progress at last, long before that many steps.
  const int most = 1000 + 2 * static_cast<int>(x.size());
  const double goal = tolerance * tolerance * static_cast<double>(x.size());
  Eigen::VectorXd residual = b - product(x);
  Eigen::VectorXd direction = solve(residual);
  double size = residual.dot(direction);
  for (int done = 1; done <= most; ++done) {
    if (size <= goal) return done;
    const Eigen::VectorXd image = product(direction);
    const double curvature = direction.dot(image);
    if (!(curvature > 0) || !std::isfinite(size)) break;
    const double length = size / curvature;
    x += length * direction;
    residual -= length * image;
    const Eigen::VectorXd conditioned = solve(residual);
    const double next = residual.dot(conditioned);
    direction = conditioned + next / size * direction;
    size = next;
  }
  throw NumericalError(
      "the coefficients' system is too far from one that conjugate gradients solve; rescale columns of very different "
      "size, or give coefficients narrower priors");
}

}  // namespace bdglm
