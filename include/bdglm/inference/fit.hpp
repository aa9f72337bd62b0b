// A fit from design to file: chains in rounds, draws streamed, state saved so that any run can be resumed.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bdglm/backend/backend.hpp"
#include "bdglm/draws/fit_file.hpp"
#include "bdglm/model/model.hpp"

namespace bdglm {

struct RunOptions {
  int chains = 4;
  int warmup = 1000;
  int draws = 1000;
  int thin = 1;
  std::uint64_t seed = 1;
  int threads = 0;  ///< 0: as many as the machine has
  std::string device = "auto";
  std::vector<std::string> save;
};

/// Everything that decides a run.
struct FitJob {
  Frame frame;
  Design design;  ///< in the user's units
  Family family = Family::gaussian;
  ModelOptions model;
  RunOptions run;
};

/// What a run tells while it goes.
struct Progress {
  std::string phase;  ///< "warm start", "warm-up", "sampling", "saved"
  int sweeps = 0;     ///< done, of each chain
  int total = 0;
  double seconds = 0;
};

struct FitOutcome {
  bool complete = false;  ///< false: stopped by `stop`, state saved
  double seconds = 0;
  std::vector<std::string> notes;
};

/// Runs the job and writes `path`. Where `stop` becomes true the state is saved and the outcome is
/// incomplete. Throws DataError, ModelError, NumericalError, DeviceError.
FitOutcome fit(FitJob job, const std::string& path, const std::function<void(const Progress&)>& progress,
               const std::atomic<bool>& stop);

/// Continues the fit in `path` to the end it was started for; a complete fit is left as it is.
FitOutcome resume(const std::string& path, int threads, const std::function<void(const Progress&)>& progress,
                  const std::atomic<bool>& stop);

}  // namespace bdglm
