// Sums over groups in lanes: Cholesky factors of small blocks, their determinants multiplied before a logarithm is
// taken.
#include "engines/gibbs/group_marginal.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bdglm {
namespace {

constexpr int entries(int q) { return q * (q + 1) / 2 + q; }

}  // namespace

GroupMarginal::GroupMarginal(const GroupFactors& factors)
    : q_(static_cast<int>(factors.precision.cols())),
      blocks_((static_cast<std::size_t>(factors.linear.size() / q_) + kLanes - 1) / kLanes),
      // Groups beyond the last say nothing: zeros.
      numbers_(blocks_ * kLanes * static_cast<std::size_t>(entries(q_)), 0.0) {
  for (Eigen::Index g = 0; g < factors.linear.size() / q_; ++g) {
    const auto block = static_cast<std::size_t>(g) / kLanes;
    double* at =
        numbers_.data() + block * kLanes * static_cast<std::size_t>(entries(q_)) + static_cast<std::size_t>(g) % kLanes;
    for (int i = 0; i < q_; ++i)
      for (int j = 0; j <= i; ++j, at += kLanes) *at = factors.precision(g * q_ + i, j);
    for (int i = 0; i < q_; ++i, at += kLanes) *at = factors.linear[g * q_ + i];
  }
}

double GroupMarginal::operator()(const Eigen::Ref<const Eigen::MatrixXd>& precision, double determinant) const {
  switch (q_) {
    case 1:
      return sum<1>(precision, determinant);
    case 2:
      return sum<2>(precision, determinant);
    case 3:
      return sum<3>(precision, determinant);
    default:
      return sum<4>(precision, determinant);
  }
}

template <int Q>
double GroupMarginal::sum(const Eigen::Ref<const Eigen::MatrixXd>& precision, double scale) const {
  // Determinants of D + P are taken times Sigma's, |I + Sigma D|, so that their products stay in range.
  double prior[Q * (Q + 1) / 2];
  for (int i = 0, k = 0; i < Q; ++i)
    for (int j = 0; j <= i; ++j) prior[k++] = precision(i, j);
  double squares[kLanes] = {};
  double product[kLanes];
  std::fill_n(product, kLanes, 1.0);
  double least[kLanes];
  std::fill_n(least, kLanes, std::numeric_limits<double>::infinity());
  double logs = 0;
  for (std::size_t block = 0; block < blocks_; ++block) {
    const double* at = numbers_.data() + block * kLanes * static_cast<std::size_t>(entries(Q));
    double largest = 0;
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      double lower[Q][Q];
      double reciprocal[Q];
      double x[Q];
      double determinant = scale;
      double square = 0;
      for (int i = 0, k = 0; i < Q; ++i) {
        x[i] = at[static_cast<std::size_t>(Q * (Q + 1) / 2 + i) * kLanes + lane];
        // L D L' without roots: lower[i][j] holds L_ij d_j.
        for (int j = 0; j <= i; ++j, ++k) {
          double value = at[static_cast<std::size_t>(k) * kLanes + lane] + prior[k];
          for (int l = 0; l < j; ++l) value -= lower[i][l] * reciprocal[l] * lower[j][l];
          lower[i][j] = value;
        }
        for (int l = 0; l < i; ++l) x[i] -= lower[i][l] * reciprocal[l] * x[l];
        reciprocal[i] = 1 / lower[i][i];
        square += x[i] * x[i] * reciprocal[i];
        determinant *= lower[i][i];
        least[lane] = std::min(least[lane], lower[i][i]);
      }
      squares[lane] += square;
      product[lane] *= determinant;
      largest = std::max(largest, product[lane]);
    }
    if (largest < 1e50) continue;
    for (double& p : product) {
      logs += std::log(p);
      p = 1;
    }
  }
  double total = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    if (!(least[lane] > 0)) return -std::numeric_limits<double>::infinity();
    total += squares[lane];
    logs += std::log(product[lane]);
  }
  const double value = 0.5 * (total - logs);
  return std::isfinite(value) ? value : -std::numeric_limits<double>::infinity();
}

}  // namespace bdglm
