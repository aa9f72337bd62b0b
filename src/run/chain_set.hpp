// The chains of a run: begun, sought for, moved and saved together.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "engines/gibbs/sweep.hpp"
#include "run/recorder.hpp"
#include "run/state_archive.hpp"

namespace bdglm {

/// What a file keeps of the chains, as vectors with their layouts.
struct SavedChains {
  std::vector<std::vector<double>> flat;
  Spec layouts = Spec::array();
};

class ChainSet {
 public:
  /// `moments` are the groups whose means and covariances are kept; `threads` move the chains, all of which, the
  /// caller's among them, look at `stopped` while they do.
  ChainSet(const Context& context, const Design& design, const RunOptions& run, int threads,
           std::vector<EffectGroup> moments, std::function<bool()> stopped);

  /// Numbers of a chain's state, roughly.
  std::size_t state_size() const;

  /// Begins the warm start of every chain.
  void begin();
  /// Takes up saved chains; those that were in the warm start go on with it. Throws DataError.
  void load(const SavedChains& saved);
  SavedChains save() const;

  bool searching() const;
  /// Steps that the slowest chain in the warm start has made, of how many at most.
  struct Steps {
    std::int64_t done = 0;
    std::int64_t total = 0;
  };
  /// Goes on with the warm start for about so many seconds, or until it is stopped.
  Steps search(double seconds);

  /// Values of the draws that chains keep, by chain.
  using Drawn = std::vector<std::vector<std::vector<double>>>;
  /// Sweeps [from, until) of every chain; without a number of sweeps for each kept draw those of the
  /// second half of the warm-up are kept. Nothing where it was stopped within a sweep: the chains are then to be saved
  /// as they were before, and moved no more.
  std::optional<Drawn> advance(std::int64_t from, std::int64_t until, const Recorder& recorder);

  /// Of all chains together.
  EffectMoments moments() const;

 private:
  struct Chain {
    Sweep sweep;
    State state;
    std::unique_ptr<WarmStart> search;  ///< until the warm start is done
    EffectMoments moments;
    /// As it was when the round began, while there is one; and what is saved of a chain that was stopped in it.
    Archive before;
  };

  Address address(int chain, std::int64_t sweep) const {
    return {*run_.seed, static_cast<std::uint32_t>(chain), static_cast<std::uint32_t>(sweep), Site::latents, 0};
  }
  void begin(int chain);
  Archive archive_of(const Chain& chain) const;
  Archive saved_of(const Chain& chain) const;
  void advance(int chain, std::int64_t from, std::int64_t until, const Recorder& recorder,
               std::vector<std::vector<double>>& drawn);

  const Context& context_;
  const RunOptions& run_;
  int threads_;
  std::vector<EffectGroup> moment_groups_;
  std::function<bool()> stopped_;
  /// Whether sweeps are left where they are when the run is stopped.
  bool leaves_sweeps_ = true;
  std::deque<Chain> chains_;
};

}  // namespace bdglm
