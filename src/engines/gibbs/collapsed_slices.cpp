// Palindromes of slice moves under a covariance's collapsed density.
#include "engines/gibbs/collapsed_slices.hpp"

#include <Eigen/Cholesky>
#include <cmath>
#include <limits>

#include "engines/gibbs/covariance_move.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

constexpr int kWidest = 4;
/// Without storage on the heap.
using Small = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, kWidest, kWidest>;
using SmallVector = Eigen::Matrix<double, Eigen::Dynamic, 1, Eigen::ColMajor, kWidest, 1>;

/// A Sigma A'.
Small moved(const Small& covariance, const CovarianceMove& by, double t) {
  Small result = covariance;
  const double a = by.amount(t);
  result.row(by.k) += a * covariance.row(by.l);
  const SmallVector column = result.col(by.l);
  result.col(by.k) += a * column;
  return result;
}

/// Whether a covariance is so far from singular that its inverse is positive definite in doubles too.
bool regular(const Eigen::LLT<Small>& factor, const Small& covariance) {
  constexpr double kLeastPivot = 1e-13;
  return factor.info() == Eigen::Success &&
         (factor.matrixLLT().diagonal().array().square() > kLeastPivot * covariance.diagonal().array()).all();
}

double log_density(const RandomEffect& effect, const GroupMarginal& marginal, const Small& covariance) {
  const Eigen::LLT<Small> factor(covariance);
  const double determinant = std::pow(factor.matrixLLT().diagonal().prod(), 2);
  if (!regular(factor, covariance) || !(determinant > 0)) return -std::numeric_limits<double>::infinity();
  const Small precision = factor.solve(Small::Identity(covariance.rows(), covariance.cols()));
  const double log_determinant = std::log(determinant);
  const double prior = effect.huang_wand()
                           ? effect.huang_wand_log_density(log_determinant, SmallVector(precision.diagonal()))
                           : effect.log_density_of_parts(log_determinant, SmallVector(covariance.diagonal()));
  return prior + marginal(precision, determinant);
}

}  // namespace

void slice_collapsed(const RandomEffect& effect, const GroupMarginal& marginal, Stream& stream,
                     const SliceTuning& tuning, Eigen::MatrixXd& covariance) {
  std::vector<CovarianceMove> moves;
  for_each_covariance_move(effect.width(), [&](const CovarianceMove& by) { moves.push_back(by); });
  const bool one = moves.size() == 1;
  for (std::size_t k = moves.size(); k-- > 0 && !one;) moves.push_back(moves[k]);
  Small sigma = covariance;
  double here = log_density(effect, marginal, sigma);
  for (int round = 0; round < (one ? 1 : 2); ++round)
    for (const CovarianceMove& by : moves) {
      double there = here;
      const auto density = [&](double t) {
        there = log_density(effect, marginal, moved(sigma, by, t));
        return there + by.log_jacobian(t);
      };
      const double t = slice_move(stream, tuning.widths.of(tuning.term, by.k, by.l), tuning.adapting, here, density);
      if (t == 0) continue;
      sigma = moved(sigma, by, t);
      here = there;
    }
  covariance = sigma;
}

}  // namespace bdglm
