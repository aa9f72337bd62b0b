// Runs that write fit files, and those that go on with one.
#include <algorithm>
#include <memory>
#include <optional>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "model/fit_spec.hpp"
#include "run/design_archive.hpp"
#include "run/run.hpp"

namespace bdglm {
namespace {

/// A way on after a failure, where there is one.
std::string another_seed(const std::optional<FitWriter>& writer, const std::string& path) {
  if (!writer || !writer->resumable()) return "";
  return "; " + setting("resume") + " '" + path + "' with another " + setting("seed") +
         " goes on from the last saved state";
}

}  // namespace

FitOutcome run_fit(FitJob job, const std::string& path, const Watch& watch) {
  check_output(path, job.run.overwrite);
  const bool overwrite = job.run.overwrite;
  std::optional<FitWriter> writer;
  try {
    return run_fit(
        std::move(job),
        [&](FitLayout layout) -> DrawSink& {
          return writer.emplace(FitWriter::create(path, std::move(layout), overwrite));
        },
        watch);
  } catch (const NumericalError& error) {
    throw NumericalError(error.what() + another_seed(writer, path));
  }
}

FitOutcome resume_fit(const std::string& path, const ResumeOptions& options, const Watch& watch) {
  auto file = std::make_unique<FitReader>(path);
  const FitSpec spec = file->spec().get<FitSpec>();
  if (options.draws < 0 || options.threads < 0)
    throw ModelError(setting("draws") + " and " + setting("threads") + " are whole numbers from 0, not " +
                     std::to_string(std::min(options.draws, options.threads)));
  if (options.draws != 0 && static_cast<std::size_t>(options.draws) < file->draws())
    throw ModelError("'" + path + "' has " + std::to_string(file->draws()) + " draws of each chain already; " +
                     setting("draws") + " is their number in all and cannot be below it");
  if (file->spec().at("progress").at("complete").get<bool>() && options.draws <= spec.run.draws)
    return {true, spec.seconds, {}, false};
  FitJob job;
  job.frame = spec.frame;
  job.family = spec.family;
  job.design = restore_design(*file, job.frame);
  job.missing = restore_missing(*file, job.frame);
  job.design.table_rows = static_cast<std::size_t>(spec.table_rows);
  job.design.notes = spec.notes;
  job.model.resolved = spec.priors;
  job.model.layer_noise = spec.layer_noise;
  job.model.horseshoe = spec.horseshoe;
  job.model.augmented = spec.augmented;
  job.rows_by_group = spec.rows_by_group;
  job.run = spec.run;
  if (options.draws > 0) {
    job.run.draws = options.draws;
    job.run.until_ess = 0;
  }
  if (options.seed) job.run.seed = options.seed;
  job.run.threads = options.threads;
  if (!(options.max_seconds >= 0))
    throw ModelError(setting("max_seconds") + " is a number from 0, not " + number_text(options.max_seconds));
  job.run.max_seconds = options.max_seconds;
  const std::size_t drawn = file->draws();
  std::optional<FitWriter> writer;
  try {
    const auto reopen = [&](std::vector<DrawVariable> variables) -> DrawSink& {
      file.reset();  // a reader keeps the writer waiting
      writer.emplace(FitWriter::reopen(path, std::move(variables)));
      if (writer->draws() != drawn)
        throw DataError("another run added draws to '" + path + "' in this moment; run " + setting("resume") +
                        " again");
      return *writer;
    };
    return continue_fit(std::move(job), *file, reopen, watch);
  } catch (const NumericalError& error) {
    throw NumericalError(error.what() + another_seed(writer, path));
  }
}

}  // namespace bdglm
