// The stages of a linear move's warm-up (math note, section 14).
#pragma once

#include <algorithm>
#include <cstdint>

namespace bdglm {

/// The sweeps at which stages end: two averages, the choice of the move, a last average.
struct LinearStages {
  explicit LinearStages(std::int64_t warmup)
      : first(std::min<std::int64_t>(50, warmup / 20)),
        second(std::min<std::int64_t>(300, warmup / 4)),
        chosen(second + std::min<std::int64_t>(100, warmup / 8)),
        last(chosen + (warmup - chosen) / 2) {}

  /// Whether this sweep's draw is taken into the averages: of the second stage about a hundred.
  bool averaged(std::int64_t sweep) const {
    const std::int64_t every = std::max<std::int64_t>(1, (second - first) / 100);
    return sweep < first || (sweep < second && (sweep - first) % every == 0);
  }

  std::int64_t first, second, chosen, last;
};

/// Probabilities of acceptance since they were counted anew.
struct Tally {
  double tried = 0;
  double accepted = 0;

  void add(double probability) {
    tried += 1;
    accepted += probability;
  }
  double rate() const { return tried > 0 ? accepted / tried : 0; }
};

}  // namespace bdglm
