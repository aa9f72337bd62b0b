// How many sweeps a run makes, and for each kept draw where nobody said so: one, or ten of a small model that mixes
// badly.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bdglm/fit.hpp"
#include "compute/backend.hpp"
#include "design/design.hpp"
#include "fitfile/draw_store.hpp"
#include "model/model.hpp"

namespace bdglm {

/// Sweeps of each chain; their number is a word of every random number's address. Throws ModelError.
std::int64_t total_sweeps(const RunOptions& run);

/// Batch means of scalars over sweeps of all chains: their variance beside that of single draws tells how many sweeps
/// say as much as one independent draw (Flegal & Jones 2010).
class BatchMeans {
 public:
  /// Batches of so many sweeps.
  explicit BatchMeans(std::int64_t length) : length_(length) {}

  /// The scalars after a sweep of a chain; what is not finite, or vast, counts as the first.
  void add(int chain, const std::vector<double>& scalars);
  /// The integrated autocorrelation time, in sweeps, of the scalar that has the longest, from 1 to about `length`; 1
  /// before there are twenty batches in all.
  double autocorrelation_time() const;

  Spec save() const;
  void load(const Spec& saved);

 private:
  /// Of one chain, scalar by scalar.
  struct Sums {
    std::int64_t count = 0;
    std::vector<double> batch, batch_squares;              ///< of the batch that is not finished
    std::vector<double> sum, squares, squares_of_batches;  ///< of those that are
  };

  std::int64_t length_;
  std::vector<double> anchor_;  ///< the first scalars, about which all is summed
  std::vector<Sums> chains_;
};

/// Decides at the end of the warm-up on `run.thin`, where it is 0. A sweep of a small model costs next to nothing: ten
/// are made for each kept draw where, in the second half of the warm-up, fewer than one draw in eight would count.
class Thinning {
 public:
  /// Where there is no choice `run`, which outlives this, has one sweep for each draw from now on.
  Thinning(RunOptions& run, const Model& model, const Design& design, const Workload& work);

  bool undecided() const { return run_.thin == 0; }
  /// Judged scalars after a sweep of the warm-up's second half.
  void add(int chain, const std::vector<double>& scalars) { batches_.add(chain, scalars); }
  /// Sets `run.thin`; `notes` tell where that is more than one.
  void decide(std::vector<std::string>& notes);
  /// The end of the draw that a sweep belongs to.
  std::int64_t whole_draws(std::int64_t sweeps) const;

  Spec save() const { return undecided() ? batches_.save() : Spec::object(); }
  void load(const Spec& saved) { batches_.load(saved); }

 private:
  RunOptions& run_;
  int most_ = 1;
  BatchMeans batches_;
};

}  // namespace bdglm
