// The gradient move alone: momenta that last from move to move, and turn where a move is refused.
#include <gtest/gtest.h>

#include <Eigen/Cholesky>

#include "support/problem.hpp"

namespace bdglm::test {
namespace {

/// A linear predictor whose posterior is normal.
struct Gaussian {
  Problem problem{small_table(30), "y ~ x + w", Family::gaussian, {{"b ~ normal(0.5, 1)"}, {}, false}};
  const Context& context = *problem.context;
  State state = make_state(context);
  Eigen::MatrixXd factor;  ///< L of the precision L L'
  Eigen::VectorXd mean;

  Gaussian() {
    refresh(state, context);
    const RowMatrix x = context.backend.download(problem.data.fixed[0]);
    const Eigen::VectorXd y = context.backend.download(problem.data.response).reshaped();
    Eigen::MatrixXd precision = x.transpose() * x / state.sigma2[0];
    precision.diagonal() += context.theta_prior_precision(state);
    const Eigen::LLT<Eigen::MatrixXd> llt(precision);
    factor = llt.matrixL();
    mean = llt.solve(x.transpose() * y / state.sigma2[0] +
                     context.theta_prior_precision(state).cwiseProduct(context.theta_prior_mean(state)));
  }
  /// Coordinates in which the posterior's standard deviations are 1, .6 and .4.
  MoveMetric metric() const {
    return MoveMetric(context.backend.uploaded(RowMatrix(factor * Eigen::Vector3d(1, 0.6, 0.4).asDiagonal())));
  }
  Eigen::VectorXd coordinates() const {
    return factor.transpose() * (context.backend.download(state.theta).reshaped() - mean);
  }
};

/// Steps so long that many moves are refused.
const Trajectory kLong = {
    .maximum_steps = 3, .path = 1.8, .memory = 100, .shortest = 0.9, .longest = 1.1, .first_step = 0.7};

RowMatrix momentum_of(const Update& move, const Context& context) {
  Archive archive;
  move.save(archive, context);
  return archive.at("momentum");
}

TEST(GradientMove, RefusedMovesTurnTheMomentum) {
  Gaussian gaussian;
  const auto move = make_gradient_move({.maximum_steps = 2, .path = 1e6, .memory = 1e15, .first_step = 1e4});
  move->begin(gaussian.metric());
  RowMatrix before;
  for (std::uint32_t k = 0; k < 5; ++k) {
    const RowMatrix theta = gaussian.context.backend.download(gaussian.state.theta);
    move->apply(gaussian.state, gaussian.context, {{7, 0, k, Site::latents, 0}, 0});
    EXPECT_EQ(theta, gaussian.context.backend.download(gaussian.state.theta));
    const RowMatrix now = momentum_of(*move, gaussian.context);
    if (k > 0) {
      EXPECT_LT((now + before).norm(), 1e-3 * before.norm());
    }
    before = now;
  }
}

TEST(GradientMove, AnArchiveHoldsTheMomentum) {
  Gaussian gaussian;
  State other = make_state(gaussian.context);
  const auto move = make_gradient_move(kLong);
  const auto fresh = make_gradient_move(kLong);
  move->begin(gaussian.metric());
  for (std::uint32_t k = 0; k < 20; ++k) {
    Archive archive = save_state(gaussian.state, gaussian.context);
    move->save(archive, gaussian.context);
    load_state(archive, other, gaussian.context);
    fresh->load(archive, gaussian.context);
    const SweepPosition position{{8, 0, k, Site::latents, 0}, 0};
    move->apply(gaussian.state, gaussian.context, position);
    fresh->apply(other, gaussian.context, position);
    EXPECT_EQ(gaussian.context.backend.download(gaussian.state.theta), gaussian.context.backend.download(other.theta));
  }
}

/// The largest |z|, by means of batches, of the moments of the coordinates; the share of moves refused goes to
/// `refused`. With `turning` undone the momentum goes on as if the move had been made.
double largest_deviation(bool turning, double& refused) {
  constexpr std::uint32_t kMoves = 240000;
  constexpr std::uint32_t kBatch = 2400;
  Gaussian gaussian;
  const auto move = make_gradient_move(kLong);
  move->begin(gaussian.metric());
  Eigen::ArrayXXd batches(6, kMoves / kBatch);
  batches.setZero();
  refused = 0;
  for (std::uint32_t k = 0; k < kMoves; ++k) {
    const RowMatrix theta = gaussian.context.backend.download(gaussian.state.theta);
    move->apply(gaussian.state, gaussian.context, {{9, 0, k, Site::latents, 0}, 0});
    const bool stays = theta == gaussian.context.backend.download(gaussian.state.theta);
    refused += stays ? 1.0 / kMoves : 0.0;
    if (stays && !turning) {
      Archive archive;
      move->save(archive, gaussian.context);
      archive["momentum"] *= -1;
      move->load(archive, gaussian.context);
    }
    const Eigen::Array3d z = gaussian.coordinates();
    batches.col(k / kBatch).head(3) += z / kBatch;
    batches.col(k / kBatch).tail(3) += (z.square() - 1) / kBatch;
  }
  const Eigen::ArrayXd mean = batches.rowwise().mean();
  const double count = static_cast<double>(batches.cols());
  const Eigen::ArrayXd variance = (batches.colwise() - mean).square().rowwise().sum() / (count - 1);
  return (mean / (variance / count).sqrt()).abs().maxCoeff();
}

TEST(GradientMove, LastingMomentaKeepAGaussian) {
  double refused = 0;
  EXPECT_LT(largest_deviation(true, refused), 4);
  EXPECT_GT(refused, 0.2);
}

TEST(GradientMove, ThatIsFalseOfMomentaThatDoNotTurn) {
  double refused = 0;
  EXPECT_GT(largest_deviation(false, refused), 8);
}

}  // namespace
}  // namespace bdglm::test
