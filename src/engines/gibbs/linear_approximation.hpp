// A Gaussian that stands in for the posterior of coefficients and the family's numbers of linear predictors: made in
// the warm-up, held afterwards (math note, section 14).
#pragma once

#include <vector>

#include "engines/gibbs/gaussian_moments.hpp"
#include "target/family_coordinates.hpp"

namespace bdglm {

/// The likelihood's expected information of theta, by curvatures of each predictor with those up to it (of c:
/// (c + 1) x n, as `curvatures_with`), which have one sign across predictors; for models without network.
Eigen::MatrixXd likelihood_information(const Context& context, const std::vector<RowMatrix>& curvatures);

/// The gradient of log likelihood and prior by theta; the prior's variances are known.
Eigen::VectorXd coefficient_gradient(const Eigen::VectorXd& theta, const State& state, const Context& context);

/// N(x; m, S) of the family's coordinates, by averages over draws; and of theta given x, N(centre + A (x - m), P^-1): P
/// is the prior's precision plus the average of the rows' expected curvatures, the centre is where the slope of the
/// Gaussian at theta's average is that of the posterior, and A follows it as x changes.
class LinearApproximation {
 public:
  bool empty() const { return centre_.size() == 0; }
  /// Whether x's part is known.
  bool has_family() const { return family_.ready(); }

  /// Of theta, at the present coefficients alone.
  void set_here(const State& state, const Context& context);
  /// Takes the present coefficients into the averages.
  void add(const State& state, const Context& context);
  /// The same of the family's coordinates.
  void add_family(const Eigen::VectorXd& x) { family_.add(x); }
  /// Sets theta's part, then x's, from the averages, where there are enough; they start anew.
  void set_averages(State& state, const Context& context);
  void set_family_averages(State& state, const Context& context);

  /// Standard normal coordinates, of theta given x and of x, and back.
  Eigen::VectorXd place(const Eigen::VectorXd& xi, const Eigen::VectorXd& x) const {
    return centre(x) + factor_.matrixU().solve(xi);
  }
  Eigen::VectorXd whiten(const Eigen::VectorXd& theta, const Eigen::VectorXd& x) const {
    return factor_.matrixU() * (theta - centre(x));
  }
  /// A gradient by theta as one by xi.
  Eigen::VectorXd pull(const Eigen::VectorXd& gradient) const { return factor_.matrixL().solve(gradient); }
  const GaussianMoments& family() const { return family_; }

  /// A, and the principal axes of S, each a standard deviation long.
  const Eigen::MatrixXd& by_family() const { return by_family_; }
  const Eigen::MatrixXd& axes() const { return axes_; }

  void save(Archive& archive) const;
  void load(const Archive& archive);

 private:
  Eigen::VectorXd centre(const Eigen::VectorXd& x) const {
    return has_family() ? Eigen::VectorXd(centre_ + by_family_ * (x - family_.mean())) : centre_;
  }
  void factor(const Eigen::MatrixXd& precision);
  void set_axes();

  Eigen::MatrixXd precision_;  ///< P
  Eigen::LLT<Eigen::MatrixXd> factor_;
  Eigen::VectorXd centre_;
  GaussianMoments family_;
  Eigen::MatrixXd axes_;
  Eigen::MatrixXd by_family_;  ///< A

  double count_ = 0;
  std::vector<RowMatrix> curvatures_;  ///< sums over draws, of each predictor
  RowMatrix sums_;                     ///< of theta and of the gradient, in two columns
};

}  // namespace bdglm
