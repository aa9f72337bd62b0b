// A fit from design to draws: chains in rounds, draws into a sink, states with them so that any run can be resumed.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fitfile/draw_store.hpp"
#include "run/job.hpp"

namespace bdglm {

/// Who looks on, and what may end a run early: `report` by returning false between rounds, `stop` by returning true,
/// within a sweep too. `plan` is told once how the model is sampled, line by line.
struct Watch {
  Watcher report = {};
  StopRequest stop = {};
  std::function<void(const std::vector<std::string>&)> plan = {};
};

struct FitOutcome {
  bool complete = false;  ///< false: stopped, state kept
  double seconds = 0;
  std::vector<std::string> notes;
  bool timed_out = false;  ///< stopped by `max_seconds`
};

/// Gives the sink for draws of this layout, which outlives the run.
using OpenSink = std::function<DrawSink&(FitLayout)>;

/// Runs the job into a sink. Throws ModelError, NumericalError, DeviceError, and what the sink throws.
FitOutcome run_fit(FitJob job, const OpenSink& open, const Watch& watch);

/// Gives the sink that goes on after what a source holds, from which nothing is read any more.
using ReopenSink = std::function<DrawSink&(std::vector<DrawVariable>)>;

/// Continues the job whose states and progress the source holds. Throws as `run_fit` does.
FitOutcome continue_fit(FitJob job, const DrawSource& source, const ReopenSink& reopen, const Watch& watch);

/// Runs the job and writes the fit file `path`. Throws DataError besides where an older fit is there and
/// `job.run.overwrite` is false.
FitOutcome run_fit(FitJob job, const std::string& path, const Watch& watch);

/// Continues the fit in `path` (see bdglm/fit.hpp, `resume`).
FitOutcome resume_fit(const std::string& path, const ResumeOptions& options, const Watch& watch);

}  // namespace bdglm
