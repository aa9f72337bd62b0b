// What a watcher is told of the draws so far: divergences, and the least number of effective draws.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fitfile/draw_store.hpp"
#include "model/judged.hpp"

namespace bdglm {

/// Keeps the draws of the judged scalars, random effects left out, of up to 200.
class Monitor {
 public:
  Monitor(std::vector<DrawVariable> variables, const JudgedParameters& judged, int chains);

  /// Of a draw's values, as a sink takes them, those that are kept here.
  std::vector<double> scalars(const std::vector<double>& values, std::int64_t draw) const;
  /// The values of a chain's next draw, as a sink takes them.
  void add(int chain, const std::vector<double>& values, std::int64_t draw);
  std::int64_t divergences() const { return divergences_; }
  /// Of the scalar that has fewest; none before each chain has four draws.
  std::optional<double> least_effective_draws() const;

 private:
  /// A variable's values within a draw, where all are kept or none.
  struct Range {
    std::size_t size = 0;
    int every = 1;
    bool kept = false;
    bool diverging = false;
  };

  std::vector<Range> ranges_;
  std::size_t scalars_ = 0;
  std::vector<std::vector<double>> chains_;  ///< draws x scalars
  std::int64_t divergences_ = 0;
};

}  // namespace bdglm
