// The program's terminal: results on standard output, progress and warnings on standard error, stop signals.
#pragma once

#include <atomic>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bdglm/draws/fit_file.hpp"
#include "bdglm/inference/fit.hpp"
#include "bdglm/posterior/diagnostics.hpp"

namespace bdglm::cli {

/// Becomes true at SIGINT or SIGTERM; a second signal ends the program at once.
const std::atomic<bool>& install_stop_signals();

/// Draws one bar for all chains on a terminal, else a line now and then.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(bool quiet);
  void operator()(const Progress& progress);
  ~ProgressPrinter();

 private:
  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  double last_ = -1e9;
  double sampling_from_ = 0;
  int first_sweeps_ = -1;
  std::string phase_;
};

/// Summaries of the named parameters of a fit, random effects included where `all` is true.
std::vector<ParameterSummary> summarise_fit(const FitReader& file, bool all);

nlohmann::json summary_json(const FitReader& file, const std::vector<ParameterSummary>& parameters);

/// The table of a fit: what was fitted, the parameters, and the warnings in words on standard error.
void print_summary(const FitReader& file, const std::vector<ParameterSummary>& parameters);
void print_warnings(const FitReader& file, const std::vector<ParameterSummary>& parameters);

void warn(const std::string& message);

}  // namespace bdglm::cli
