// Options of verbs that run chains, and their way from a job to the printed summary.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <string>

#include "bdglm/error.hpp"
#include "bdglm/fit.hpp"
#include "cli/options.hpp"
#include "run/run.hpp"

namespace bdglm::cli {

/// What the library refuses in a value is a wrong value of the option.
template <class F>
auto accepted(F read) {
  return [read](const std::string& text) {
    try {
      read(text);
    } catch (const ModelError& error) {
      return with_options(error.what());
    }
    return std::string();
  };
}

struct RunArguments {
  std::string out;
  RunOptions run;
  std::uint64_t seed = 0;
  std::string until, max_time;
  std::string thin = "auto";
  bool quiet = false;
  bool verbose = false;
  bool json = false;
};

/// Adds `--out` and the options of the run to a verb; `arguments` outlives it.
void add_run_options(CLI::App& verb, RunArguments& arguments);

/// Reads what has been parsed into `arguments.run`.
void read_run_options(const CLI::App& verb, RunArguments& arguments);

/// Makes the job, whose making may take time and tell of it, runs it into `arguments.out`, prints its summary; gives
/// the exit status.
int run_verb(const RunArguments& arguments, const std::function<FitJob(const Watch&)>& make);

/// Prints the summary of a finished or interrupted file and gives the exit status.
int finish_run(const std::string& path, const FitOutcome& outcome, bool quiet, bool json);

}  // namespace bdglm::cli
