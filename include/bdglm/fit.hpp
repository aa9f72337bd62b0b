// Running a fit: chains, draws and seeds, a watcher that may stop it, draws in memory or in a file.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "bdglm/model.hpp"
#include "bdglm/posterior.hpp"
#include "bdglm/stop.hpp"

namespace bdglm {

struct RunOptions {
  int chains = 4;
  int warmup = 1000;                       ///< sweeps of each chain before the first kept one
  int draws = 1000;                        ///< kept draws of each chain
  int thin = 0;                            ///< sweeps for each kept draw; 0: one, ten where a small model mixes badly
  std::optional<std::uint64_t> seed = {};  ///< the same seed gives the same draws; none: a random one
  int threads = 0;                         ///< 0: as many as the machine has
  std::string device = "auto";             ///< "auto", "cpu" or "cuda"
  std::vector<std::string> save = {};      ///< "log_likelihood", "posterior_predictive"
  std::string save_effects =
      "auto";              ///< random effects: "all", "moments", "none", "every=K"; auto: up to half a GiB all
  bool overwrite = false;  ///< an older fit in the file stays until the new one can be resumed
  /// Ends the run, complete, once the judged parameter with fewest effective draws (bulk, all chains together) has so
  /// many; `draws` is then the most. 0: all `draws` are made.
  double until_ess = 0;
  /// Stops the run after so long, within a sweep too but not before its first round, its state kept; 0: no limit.
  double max_seconds = 0;
};

/// What a run tells while it goes.
struct Progress {
  std::string phase = {};   ///< "choosing a network", "warm start", "warm-up", "sampling", "saved"
  std::int64_t sweeps = 0;  ///< done, of each chain; steps in the warm start, hundredths of a choice
  std::int64_t total = 0;
  double seconds = 0;
  std::int64_t divergences =
      0;  ///< kept draws whose gradient moves diverged, all chains together, since the run began or was resumed
  /// Effective draws (bulk) of the judged parameter that has fewest, over all chains, since the run began or was
  /// resumed; none before there are four draws
  /// of each. Takes its time, so that a watcher asks when it wants to know, and only while it is called.
  std::function<std::optional<double>()> least_effective_draws = {};
};

/// Called a few times a second from the caller's thread; the run stops, its state kept, where it returns false.
/// What it throws ends the run, whose file then stands at its last commit.
using Watcher = std::function<bool(const Progress&)>;

/// Fits a model and keeps its draws in memory. Fits may run in several threads at once; each sets OpenBLAS to one
/// thread, since chains are what runs side by side. Throws DataError, ModelError, NumericalError, DeviceError.
Posterior fit(const ModelSpec& model, const RunOptions& run = {}, const Watcher& watcher = {},
              const StopRequest& stop = {});

/// Fits a model and writes `path`, a netCDF-4 file that ArviZ opens, as it goes; a run that is stopped or killed can be
/// resumed. Throws as `fit` does, and DataError where an older fit is there and `run.overwrite` is false.
Posterior fit_to_file(const ModelSpec& model, const std::string& path, const RunOptions& run = {},
                      const Watcher& watcher = {}, const StopRequest& stop = {});

/// Updates a fit by further rows: the same model on `rows`, with `posterior` as prior, at the cost of these rows alone.
/// Rows with missing values are left out. Exact, by sufficient statistics, where a gaussian response has fixed effects
/// with normal priors and one residual scale: the posterior is that of all rows together. Else coefficients, parameters
/// and cutpoints have a joint normal prior with the draws' moments, scales one each, fitted to the draws; `notes()`
/// says which, and `warnings()` repeats those of the draws. Throws as `fit` does, and DataError for a fit with a
/// network, with too few draws, an R-hat above 1.1 (but where the update is exact) or not complete, for columns that
/// are missing or do not fit, levels of factors that the fit has not seen, and groups of random effects that it has:
/// their effects are not taken over.
Posterior update(const Posterior& posterior, const Data& rows, const RunOptions& run = {}, const Watcher& watcher = {},
                 const StopRequest& stop = {});

/// The same into the file `path`, which is not that of `posterior`. Throws as `update` and `fit_to_file` do.
Posterior update_to_file(const Posterior& posterior, const Data& rows, const std::string& path,
                         const RunOptions& run = {}, const Watcher& watcher = {}, const StopRequest& stop = {});

/// What a resumed run may change.
struct ResumeOptions {
  int threads = 0;
  int draws = 0;                           ///< kept draws of each chain in all; 0: as many as were asked for
  std::optional<std::uint64_t> seed = {};  ///< another seed from here on
  double max_seconds = 0;                  ///< stops the run after so long, its state kept; 0: no limit
};

/// Continues the fit in `path` to its end: the same draws that an uninterrupted run would have given; a complete fit is
/// extended where more draws are asked for, else left as it is. Throws as `fit_to_file` does.
Posterior resume(const std::string& path, const ResumeOptions& options = {}, const Watcher& watcher = {},
                 const StopRequest& stop = {});

}  // namespace bdglm
