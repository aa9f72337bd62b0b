// A fit from design to file: chains in rounds, draws streamed, state saved so that any run can be resumed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compute/backend.hpp"
#include "fitfile/fit_file.hpp"
#include "model/model.hpp"

namespace bdglm {

struct RunOptions {
  int chains = 4;
  int warmup = 1000;
  int draws = 1000;
  int thin = 1;
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: as many as the machine has
  std::string device = "auto";
  std::vector<std::string> save;  ///< "log_likelihood", "posterior_predictive"
  /// Random effects in the file: "all", "moments", "none", "every=K", or "auto": all of what fits into half a GiB.
  std::string save_effects = "auto";
  bool overwrite = false;  ///< an older fit at the path stays until the new one can be resumed
};

/// K of a word of `save_effects`, "every=K"; 1 for the others. Throws ModelError for a word that is none.
int check_effects_word(const std::string& word);

/// Everything that decides a run.
struct FitJob {
  Frame frame;
  Design design;  ///< in the user's units
  Family family{};
  ModelOptions model;
  RunOptions run;
};

/// What a run tells while it goes.
struct Progress {
  std::string phase;        ///< "warm start", "warm-up", "sampling", "saved"
  std::int64_t sweeps = 0;  ///< done, of each chain; steps in the warm start
  std::int64_t total = 0;
  double seconds = 0;
};

struct FitOutcome {
  bool complete = false;  ///< false: stopped by `stop`, state saved
  double seconds = 0;
  std::vector<std::string> notes;
};

/// Runs the job and writes `path`. Where `stop` becomes true the state is saved and the outcome is
/// incomplete. Throws DataError (an older fit is there and `overwrite` is false), ModelError, NumericalError,
/// DeviceError.
FitOutcome fit(FitJob job, const std::string& path, const std::function<void(const Progress&)>& progress,
               const std::atomic<bool>& stop);

/// What a resumed run may change.
struct ResumeOptions {
  int threads = 0;
  int draws = 0;                      ///< kept draws of each chain in all; 0: as many as were asked for
  std::optional<std::uint64_t> seed;  ///< another seed from here on
};

/// Continues the fit in `path` to its end: the same draws that an uninterrupted run would have given; a complete fit is
/// extended where more draws are asked for, else left as it is. Throws as `fit` does.
FitOutcome resume(const std::string& path, const ResumeOptions& options,
                  const std::function<void(const Progress&)>& progress, const std::atomic<bool>& stop);

}  // namespace bdglm
