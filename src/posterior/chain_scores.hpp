// How far a row's score, and the mean of many, rests on single chains.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "bdglm/report.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// Where a chain's draws stand among all.
struct ChainSegment {
  Eigen::Index first = 0;
  Eigen::Index count = 0;
};
using ChainSegments = std::vector<ChainSegment>;

/// Of the predictor's draws, which come chain by chain; one of them all where a draw does not rest on its chain alone,
/// since random effects are drawn by moments that all chains share.
ChainSegments chain_segments(const Predictor& predictor);

/// A row's scores by chain.
struct RowChainScores {
  Eigen::ArrayXd alone, without;  ///< log of the density averaged over a chain's draws, and over all others
  double share_between = 0;       ///< of its expected response's variance; NaN where there is none, or no finite one
};

/// Means of densities by chain, in logarithms.
class LogMeans {
 public:
  LogMeans(const Eigen::ArrayXd& log_densities, const ChainSegments& chains);

  const Eigen::ArrayXd& alone() const { return alone_; }
  Eigen::ArrayXd without() const;
  double of_all() const;

 private:
  Eigen::ArrayXd alone_;
  Eigen::ArrayXd counts_;
};

/// Sums of a row's expected responses, `outcomes` numbers each, by chain.
class ExpectationSums {
 public:
  ExpectationSums(Eigen::Index outcomes, std::size_t chains);

  void add(std::size_t chain, const Eigen::ArrayXd& expected);
  Eigen::ArrayXd mean() const;
  double share_between() const;

 private:
  Eigen::ArrayXd shift_;  ///< the first one, since variances of numbers far from zero lose digits
  Eigen::ArrayXd counts_;
  Eigen::ArrayXXd sums_;
  double squares_ = 0;
};

/// Means over rows.
class ChainScoreMeans {
 public:
  void add(const RowChainScores& row, double weight);
  ChainScores result() const;

 private:
  Eigen::ArrayXd alone_, without_;
  double share_ = 0;
  double weight_ = 0;
  double weight_of_shares_ = 0;
};

}  // namespace bdglm
