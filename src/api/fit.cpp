// The public ways to run a fit.
#include "bdglm/fit.hpp"

#include "family/family.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/memory_draws.hpp"
#include "run/run.hpp"

namespace bdglm {

std::vector<std::string> families() { return family_names(); }

Posterior fit(const ModelSpec& model, const RunOptions& run, const Watcher& watcher) {
  std::shared_ptr<MemoryDraws> draws;
  run_fit(make_job(model, run),
          [&](FitLayout layout) -> DrawSink& {
            draws = std::make_shared<MemoryDraws>(std::move(layout));
            return *draws;
          },
          {watcher});
  return Posterior(draws);
}

Posterior fit_to_file(const ModelSpec& model, const std::string& path, const RunOptions& run, const Watcher& watcher) {
  check_output(path, run.overwrite);
  run_fit(make_job(model, run), path, {watcher});
  return Posterior::open(path);
}

Posterior resume(const std::string& path, const ResumeOptions& options, const Watcher& watcher) {
  resume_fit(path, options, {watcher});
  return Posterior::open(path);
}

}  // namespace bdglm
