// What the rows say of a random effect's covariance, with the effects of each group integrated out.
#pragma once

#include <vector>

#include "compute/operands.hpp"

namespace bdglm {

/// Sum over groups of log integral N(u; 0, Sigma) exp(r_g' u - u' D_g u / 2) du, as a function of Sigma (math
/// note, eq. 10): a few operations a group, which a compiler makes vector code of.
class GroupMarginal {
 public:
  /// Of factors with D of at most four columns.
  explicit GroupMarginal(const GroupFactors& factors);

  /// At Sigma's inverse (q x q) and determinant, up to a constant; minus infinity where a group's precision is not
  /// positive definite.
  double operator()(const Eigen::Ref<const Eigen::MatrixXd>& precision, double determinant) const;

 private:
  static constexpr std::size_t kLanes = 8;

  template <int Q>
  double sum(const Eigen::Ref<const Eigen::MatrixXd>& precision, double scale) const;

  int q_;
  std::size_t blocks_;
  std::vector<double> numbers_;  ///< of each block of groups the lower triangle of D, then r, each of all lanes
};

}  // namespace bdglm
