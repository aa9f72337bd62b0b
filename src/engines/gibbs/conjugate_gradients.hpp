// Systems too wide to be factored, solved by conjugate gradients.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "bdglm/error.hpp"

namespace bdglm {

/// x with A x = b for a positive definite A, by conjugate gradients from x = 0, preconditioned by `solve`, z = M^-1 r
/// for an M near A. Ends where what a quarter of the steps has taken off e' A e, the square of the error, shows that it
/// was at most `tolerance`^2 before them (Hestenes and Stiefel 1952; Strakos and Tichy 2002): where A is the precision
/// of a normal distribution, no linear function of x then is wrong by more than that many of its standard deviations.
/// Returns the number of products. Throws NumericalError where it does not converge, as where A is not positive
/// definite.
template <class Product, class Solve>
int conjugate_gradients(const Product& product, const Solve& solve, const Eigen::VectorXd& b, double tolerance,
                        Eigen::VectorXd& x) {
  constexpr int kLeastSteps = 4;
  // Rounding stops progress at last, long before that many steps.
  const int most = 1000 + 2 * static_cast<int>(x.size());
  x.setZero(b.size());
  Eigen::VectorXd residual = b;
  Eigen::VectorXd direction = solve(residual);
  double size = residual.dot(direction);
  std::vector<double> gained;  // of e' A e, by each step
  const auto converged = [&] {
    const auto last = std::max<std::size_t>(kLeastSteps, gained.size() / 4);
    return gained.size() >= last && std::accumulate(gained.end() - static_cast<std::ptrdiff_t>(last), gained.end(),
                                                    0.0) <= tolerance * tolerance;
  };
  while (static_cast<int>(gained.size()) < most) {
    if (size == 0 || converged()) return static_cast<int>(gained.size());
    const Eigen::VectorXd image = product(direction);
    const double curvature = direction.dot(image);
    if (!(curvature > 0) || !std::isfinite(size)) break;
    const double length = size / curvature;
    x += length * direction;
    residual -= length * image;
    gained.push_back(length * size);
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
