// Networks of one model fitted briefly to parts of the rows, and their log scores of the rest.
#pragma once

#include <chrono>
#include <exception>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "fitfile/memory_draws.hpp"
#include "run/run.hpp"

namespace bdglm {

/// Table rows to fit and to score.
struct Split {
  std::vector<char> train, held;
};

/// A fifth of the rows is held out, of few rows another one several times. Rows of weight zero are in neither, and rows
/// of a response level that has next to none are always fitted, as some rows of every level are.
std::vector<Split> make_splits(const Design& design, Family family, std::uint64_t seed);

/// A network, with the weighted log scores of the held-out rows, split by split, where it has been tried.
struct NetworkTrial {
  std::vector<int> layers;
  std::string activation;
  int knots = 0;
  int inputs = 1;  ///< columns of the first layer
  std::vector<double> scores = {};
  double weight = 0;         ///< of the rows scored
  std::string refusal = {};  ///< why it could not be fitted

  bool scored() const { return !scores.empty(); }
  double mean() const { return std::accumulate(scores.begin(), scores.end(), 0.0) / weight; }
  std::string words() const;
  /// Weights of its layers, as progress counts.
  double size() const;
};

/// Tries networks of one model on the same splits.
class NetworkTrials {
 public:
  /// All of these outlive it; `planned` are the networks that will be tried, for its progress.
  NetworkTrials(const ModelSpec& model, const FitJob& job, const Watch& watch,
                const std::vector<NetworkTrial>& planned);

  double seconds() const;
  /// Tries those that have no scores yet and that there is time for, one of all at least. Rethrows the last error where
  /// none can be fitted; throws Stopped where the watch ends it.
  void try_all(std::vector<NetworkTrial>& networks);
  /// Tries each that has no scores yet, until a quarter of the run's time has gone; those that cannot be fitted, or in
  /// that time, are left without scores and with the reason. Throws Stopped where the watch ends it.
  void try_each(std::vector<NetworkTrial>& networks);

 private:
  bool out_of_time() const;
  void score_once(NetworkTrial& network);
  void score(NetworkTrial& network);
  void score(NetworkTrial& network, const Split& split, double from, double share);

  const ModelSpec& model_;
  const FitJob& job_;
  const Watch& watch_;
  std::vector<Split> splits_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  double planned_ = 0;
  double tried_ = 0;
  bool bounded_ = false;  ///< trials end where a quarter of the run's time has gone
  std::exception_ptr refusal_;
};

/// Runs the job; its draws stay in memory.
std::shared_ptr<MemoryDraws> run_in_memory(FitJob job, const Watch& watch);

}  // namespace bdglm
