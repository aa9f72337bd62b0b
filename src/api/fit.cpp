// The public ways to run a fit.
#include "bdglm/fit.hpp"

#include <filesystem>

#include "api/network_choice.hpp"
#include "api/network_trials.hpp"
#include "api/update_job.hpp"
#include "family/family.hpp"
#include "fitfile/fit_file.hpp"
#include "run/run.hpp"

namespace bdglm {
namespace {

/// The path from the root, since a watcher may change the working directory.
std::string from_root(const std::string& path) {
  std::error_code unknown;  // a path that cannot be made absolute is not found
  return path.empty() ? path : std::filesystem::absolute(path, unknown).string();
}

}  // namespace

std::vector<std::string> families() { return family_names(); }

Posterior fit(const ModelSpec& model, const RunOptions& run, const Watcher& watcher, const StopRequest& stop) {
  const Watch watch{watcher, stop};
  return Posterior(run_in_memory(make_chosen_job(model, run, watch), watch));
}

Posterior fit_to_file(const ModelSpec& model, const std::string& path, const RunOptions& run, const Watcher& watcher,
                      const StopRequest& stop) {
  check_output(path, run.overwrite);
  const std::string place = from_root(path);
  const Watch watch{watcher, stop};
  run_fit(make_chosen_job(model, run, watch), place, watch);
  return Posterior::open(place);
}

Posterior update(const Posterior& posterior, const Data& rows, const RunOptions& run, const Watcher& watcher,
                 const StopRequest& stop) {
  return Posterior(run_in_memory(make_update_job(*posterior.source(), rows.table(), run), {watcher, stop}));
}

Posterior update_to_file(const Posterior& posterior, const Data& rows, const std::string& path, const RunOptions& run,
                         const Watcher& watcher, const StopRequest& stop) {
  check_other_file(posterior.path_, path);
  check_output(path, run.overwrite);
  const std::string place = from_root(path);
  run_fit(make_update_job(*posterior.source(), rows.table(), run), place, {watcher, stop});
  return Posterior::open(place);
}

Posterior resume(const std::string& path, const ResumeOptions& options, const Watcher& watcher,
                 const StopRequest& stop) {
  const std::string place = from_root(path);
  resume_fit(place, options, {watcher, stop});
  return Posterior::open(place);
}

}  // namespace bdglm
