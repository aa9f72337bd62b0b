// Following the draws of a run while it goes.
#include "run/monitor.hpp"

#include <algorithm>
#include <cmath>

#include "diagnostics/diagnostics.hpp"

namespace bdglm {
namespace {

constexpr std::size_t kMostScalars = 200;

}  // namespace

Monitor::Monitor(std::vector<DrawVariable> variables, const JudgedParameters& judged, int chains)
    : chains_(static_cast<std::size_t>(chains)) {
  for (const DrawVariable& variable : variables) {
    Range range{variable.size(), variable.every, false, false};
    range.diverging = variable.group == "sample_stats" && variable.name == "diverging";
    range.kept = variable.group == "posterior" && variable.name.rfind("r_", 0) != 0 && judged.contains(variable.name) &&
                 scalars_ + range.size <= kMostScalars;
    if (range.kept) scalars_ += range.size;
    ranges_.push_back(range);
  }
}

std::vector<double> Monitor::scalars(const std::vector<double>& values, std::int64_t draw) const {
  std::vector<double> own;
  own.reserve(scalars_);
  auto from = values.begin();
  for (const Range& range : ranges_) {
    if ((draw + 1) % range.every != 0) continue;
    const auto to = from + static_cast<std::ptrdiff_t>(range.size);
    if (range.kept) own.insert(own.end(), from, to);
    from = to;
  }
  return own;
}

void Monitor::add(int chain, const std::vector<double>& values, std::int64_t draw) {
  const std::vector<double> own = scalars(values, draw);
  std::vector<double>& all = chains_[static_cast<std::size_t>(chain)];
  all.insert(all.end(), own.begin(), own.end());
  auto from = values.begin();
  for (const Range& range : ranges_) {
    if ((draw + 1) % range.every != 0) continue;
    if (range.diverging && *from != 0) ++divergences_;
    from += static_cast<std::ptrdiff_t>(range.size);
  }
}

std::optional<double> Monitor::least_effective_draws() const {
  if (scalars_ == 0) return std::nullopt;
  std::size_t draws = chains_.front().size() / scalars_;
  for (const std::vector<double>& chain : chains_) draws = std::min(draws, chain.size() / scalars_);
  if (draws < 4) return std::nullopt;
  std::optional<double> least;
  ChainDraws one(static_cast<Eigen::Index>(draws), static_cast<Eigen::Index>(chains_.size()));
  for (std::size_t k = 0; k < scalars_; ++k) {
    for (std::size_t c = 0; c < chains_.size(); ++c)
      for (std::size_t d = 0; d < draws; ++d)
        one(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(c)) = chains_[c][d * scalars_ + k];
    const double effective = bulk_ess(one);
    if (std::isfinite(effective)) least = std::min(least.value_or(effective), effective);
  }
  return least;
}

}  // namespace bdglm
