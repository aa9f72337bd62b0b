// Sums from which the statistics follow, exact where responses are whole numbers, so that ties are ties.
#include "posterior/response_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "posterior/predict.hpp"

namespace bdglm {
namespace {

/// Bytes for the sums of a grouping's levels.
constexpr Eigen::Index kGroupingBytes = Eigen::Index{256} << 20U;

}  // namespace

ResponseStatistics::ResponseStatistics(Family family, const Frame& frame, const Design& design, Eigen::Index sets)
    : kind_(has_levels(family) ? ResponseKind::levels : describe(family).response), design_(design) {
  if (kind_ == ResponseKind::levels) {
    levels_ = frame.response_levels;
    shares_ = RowMatrix::Zero(static_cast<Eigen::Index>(levels_.size()), sets);
    return;
  }
  center_ = design.response.mean();
  if (describe(family).discrete) center_ = kind_ == ResponseKind::successes ? 0 : std::round(center_);
  for (Eigen::ArrayXd* sums : {&sum_, &shifted_, &squares_, &zeros_}) sums->setZero(sets);
  low_.setConstant(sets, std::numeric_limits<double>::infinity());
  high_ = -low_;
  std::set<std::string> done;
  for (const SideDesign& side : design.sides) {
    for (const TermDesign& term : side.groups) {
      if (!done.insert(term.group).second) continue;
      const Eigen::Index levels = *std::max_element(term.index.begin(), term.index.end()) + 1;
      const Eigen::Index most = std::max<Eigen::Index>(kGroupingBytes / 8 / levels, 1);
      Grouping grouping{term.group, &term.index, spread_draws(most, sets - 1), Eigen::ArrayXd::Zero(levels), {}};
      grouping.sets.push_back(sets - 1);
      grouping.sums.setZero(levels, static_cast<Eigen::Index>(grouping.sets.size()));
      groupings_.push_back(std::move(grouping));
    }
  }
}

double ResponseStatistics::unit(Eigen::Index row) const {
  return kind_ == ResponseKind::successes ? design_.trials[row] : 1;
}

void ResponseStatistics::count(const std::vector<Eigen::Index>& rows) {
  for (const Eigen::Index row : rows) {
    // Rows without trials have no share of successes.
    entries_ += unit(row) > 0 ? 1 : 0;
    units_ += unit(row);
    for (Grouping& grouping : groupings_) grouping.units[(*grouping.level)[static_cast<std::size_t>(row)]] += unit(row);
  }
}

void ResponseStatistics::add(const std::vector<Eigen::Index>& rows, const RowMatrix& y, Eigen::Index first,
                             Eigen::Index count) {
  for (std::size_t v = 0; v < rows.size(); ++v) {
    const auto at = static_cast<Eigen::Index>(v);
    if (kind_ == ResponseKind::levels) {
      for (Eigen::Index s = first; s < first + count; ++s) shares_(static_cast<Eigen::Index>(y(at, s)), s) += 1;
      continue;
    }
    const double unit = this->unit(rows[v]);
    if (unit == 0) continue;
    const Eigen::ArrayXd sums = y.row(at).segment(first, count).transpose().array();
    const Eigen::ArrayXd values = sums / unit;
    sum_.segment(first, count) += sums;
    shifted_.segment(first, count) += values - center_;
    squares_.segment(first, count) += (values - center_).square();
    zeros_.segment(first, count) += (values == 0).cast<double>();
    low_.segment(first, count) = low_.segment(first, count).min(values);
    high_.segment(first, count) = high_.segment(first, count).max(values);
    for (Grouping& grouping : groupings_) {
      const Eigen::Index level = (*grouping.level)[static_cast<std::size_t>(rows[v])];
      const auto begin = std::lower_bound(grouping.sets.begin(), grouping.sets.end(), first);
      for (auto set = begin; set != grouping.sets.end() && *set < first + count; ++set)
        grouping.sums(level, set - grouping.sets.begin()) += sums[*set - first];
    }
  }
}

void ResponseStatistics::add_number_statistics(std::vector<ResponseStatistic>& results) const {
  const Eigen::ArrayXd mean = sum_ / units_;
  results.push_back({"mean", "the data's mean lies above what the model makes",
                     "the data's mean lies below what the model makes", mean});
  if (kind_ == ResponseKind::two_levels) return;
  const double freedom = std::max(entries_ - 1, 1.0);
  const Eigen::ArrayXd variance = ((squares_ - shifted_.square() / entries_) / freedom).max(0.0);
  results.push_back(
      {"sd", "the data vary more than the model makes", "the data vary less than the model makes", variance.sqrt()});
  results.push_back({"min", "the data's minimum lies above what the model makes",
                     "the data's minimum lies below what the model makes", low_});
  results.push_back({"max", "the data's maximum lies above what the model makes",
                     "the data's maximum lies below what the model makes", high_});
  if (kind_ == ResponseKind::number) return;
  results.push_back({"zeros", "the data have more zeros than the model makes",
                     "the data have fewer zeros than the model makes", zeros_ / entries_});
  if (kind_ == ResponseKind::count)
    results.push_back({"dispersion", "the data's variance is larger, for their mean, than the model makes",
                       "the data's variance is smaller, for their mean, than the model makes",
                       (mean > 0).select(variance / mean, 0.0)});
}

void ResponseStatistics::add_group_statistics(std::vector<ResponseStatistic>& results) const {
  for (const Grouping& grouping : groupings_) {
    const double levels = static_cast<double>((grouping.units > 0).count());
    if (levels < 2) continue;
    const auto sets = static_cast<Eigen::Index>(grouping.sets.size());
    Eigen::ArrayXd sd(sets);
    for (Eigen::Index s = 0; s < sets; ++s) {
      const Eigen::ArrayXd mean = (grouping.units > 0).select(grouping.sums.col(s).array() / grouping.units, 0.0);
      const double center = mean.sum() / levels;
      sd[s] = std::sqrt((grouping.units > 0).select((mean - center).square(), 0.0).sum() / (levels - 1));
    }
    results.push_back({"sd_of_means[" + grouping.name + "]",
                       "the means of '" + grouping.name + "' lie further apart in the data than the model makes",
                       "the means of '" + grouping.name + "' lie closer together in the data than the model makes",
                       sd});
  }
}

std::vector<ResponseStatistic> ResponseStatistics::results() const {
  std::vector<ResponseStatistic> results;
  if (kind_ != ResponseKind::levels) {
    add_number_statistics(results);
    add_group_statistics(results);
    return results;
  }
  for (std::size_t k = 0; k < levels_.size(); ++k) {
    const Eigen::ArrayXd counts = shares_.row(static_cast<Eigen::Index>(k)).transpose().array();
    results.push_back({"share[" + levels_[k] + "]",
                       "the data have the level '" + levels_[k] + "' more often than the model makes",
                       "the data have the level '" + levels_[k] + "' more seldom than the model makes",
                       counts / shares_.col(0).sum()});
  }
  return results;
}

}  // namespace bdglm
