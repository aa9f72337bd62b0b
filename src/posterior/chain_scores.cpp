// Densities and expected responses averaged by chain.
#include "posterior/chain_scores.hpp"

#include <cmath>
#include <limits>

namespace bdglm {
namespace {

/// Log of the mean of e^x with weights.
double log_mean_exp(const Eigen::ArrayXd& x, const Eigen::ArrayXd& weights) {
  const double top = (weights > 0).select(x, -INFINITY).maxCoeff();
  if (!std::isfinite(top)) return top;
  return top + std::log((weights > 0).select(weights * (x - top).exp(), 0).sum() / weights.sum());
}

}  // namespace

ChainSegments chain_segments(const Predictor& predictor) {
  const std::vector<DrawPlace>& draws = predictor.draws();
  ChainSegments segments;
  for (std::size_t s = 0; s < draws.size(); ++s) {
    const bool next = s == 0 || (draws[s].chain != draws[s - 1].chain && predictor.chains_apart());
    if (next) segments.push_back({static_cast<Eigen::Index>(s), 0});
    ++segments.back().count;
  }
  return segments;
}

LogMeans::LogMeans(const Eigen::ArrayXd& log_densities, const ChainSegments& chains)
    : alone_(static_cast<Eigen::Index>(chains.size())), counts_(static_cast<Eigen::Index>(chains.size())) {
  for (std::size_t c = 0; c < chains.size(); ++c) {
    const auto own = log_densities.segment(chains[c].first, chains[c].count);
    const auto at = static_cast<Eigen::Index>(c);
    const double top = own.maxCoeff();
    alone_[at] = std::isfinite(top) ? top + std::log((own - top).exp().mean()) : top;
    counts_[at] = static_cast<double>(chains[c].count);
  }
}

double LogMeans::of_all() const { return log_mean_exp(alone_, counts_); }

Eigen::ArrayXd LogMeans::without() const {
  const Eigen::Index chains = alone_.size();
  const double top = alone_.maxCoeff();
  const Eigen::ArrayXd terms =
      std::isfinite(top) ? Eigen::ArrayXd(counts_ * (alone_ - top).exp()) : Eigen::ArrayXd::Zero(chains);
  Eigen::ArrayXd before = Eigen::ArrayXd::Zero(chains + 1);
  for (Eigen::Index c = 0; c < chains; ++c) before[c + 1] = before[c] + terms[c];
  Eigen::ArrayXd result(chains);
  double after = 0;
  for (Eigen::Index c = chains - 1; c >= 0; --c) {
    const double others = before[c] + after;
    after += terms[c];
    if (others > 0) {
      result[c] = top + std::log(others / (counts_.sum() - counts_[c]));
      continue;
    }
    // The others are nothing beside this chain, but not beside each other.
    Eigen::ArrayXd weights = counts_;
    weights[c] = 0;
    result[c] = log_mean_exp(alone_, weights);
  }
  return result;
}

ExpectationSums::ExpectationSums(Eigen::Index outcomes, std::size_t chains)
    : counts_(Eigen::ArrayXd::Zero(static_cast<Eigen::Index>(chains))),
      sums_(Eigen::ArrayXXd::Zero(outcomes, static_cast<Eigen::Index>(chains))) {}

void ExpectationSums::add(std::size_t chain, const Eigen::ArrayXd& expected) {
  if (shift_.size() == 0) shift_ = expected.isFinite().select(expected, 0);
  const Eigen::ArrayXd shifted = expected - shift_;
  counts_[static_cast<Eigen::Index>(chain)] += 1;
  sums_.col(static_cast<Eigen::Index>(chain)) += shifted;
  squares_ += shifted.square().sum();
}

Eigen::ArrayXd ExpectationSums::mean() const { return shift_ + sums_.rowwise().sum() / counts_.sum(); }

double ExpectationSums::share_between() const {
  const double draws = counts_.sum();
  const Eigen::ArrayXd mean = sums_.rowwise().sum() / draws;
  double between = 0;
  for (Eigen::Index c = 0; c < counts_.size(); ++c)
    between += counts_[c] / draws * (sums_.col(c) / counts_[c] - mean).square().sum();
  const double variance = squares_ / draws - mean.square().sum();
  // All but nothing is what rounding leaves of nothing.
  const bool any = variance > 1e-13 * squares_ / draws && std::isfinite(variance) && std::isfinite(between);
  return any ? between / variance : std::numeric_limits<double>::quiet_NaN();
}

void ChainScoreMeans::add(const RowChainScores& row, double weight) {
  if (weight_ == 0) alone_ = without_ = Eigen::ArrayXd::Zero(row.alone.size());
  alone_ += weight * row.alone;
  without_ += weight * row.without;
  weight_ += weight;
  if (std::isnan(row.share_between)) return;
  share_ += weight * row.share_between;
  weight_of_shares_ += weight;
}

ChainScores ChainScoreMeans::result() const {
  const auto listed = [&](const Eigen::ArrayXd& sums) {
    const Eigen::ArrayXd means = sums / weight_;
    return std::vector<double>(means.begin(), means.end());
  };
  return {listed(alone_), listed(without_), share_ / weight_of_shares_};
}

}  // namespace bdglm
