// The program's terminal: results on standard output, progress and warnings on standard error, stop signals.
#pragma once

#include <atomic>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bdglm/fit.hpp"
#include "bdglm/report.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm::cli {

/// From here on SIGINT, SIGTERM and SIGHUP end the program at once, with a line on standard error and without the file
/// that is being written (`remove_at_signals`).
void end_at_signals();
/// The file that is gone when a signal ends the program; none where it is empty. Call it while signals wait
/// (SignalsWait), with the file's coming and going.
void remove_at_signals(const std::string& path);

/// What else ending at a signal means, of static duration: "; nothing is saved".
void tell_at_signals(const char* consequence);

/// Becomes true at SIGINT or SIGTERM; a second signal ends the program at once.
const std::atomic<bool>& install_stop_signals();

/// Draws one bar for all chains on a terminal, else a line now and then. Steps, sweeps, rate and time left are those
/// of the phase; while draws are kept, divergences and the least effective draws so far stand beside them.
class ProgressPrinter {
 public:
  explicit ProgressPrinter(bool quiet);
  void operator()(const Progress& progress);
  ~ProgressPrinter();

 private:
  /// ", 3 divergences, least ess 812"; nothing before there are draws.
  std::string quality(const Progress& progress);

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  double printed_at_ = -1e9;
  Progress last_;        // the report before this one
  Progress phase_from_;  // where the rate of the phase is counted from
  std::optional<double> least_;
  double ask_at_ = 0;  // when the least effective draws are asked for next
};

/// How many characters a text has, of whatever number of bytes.
std::size_t characters(const std::string& text);
/// A text with spaces up to `width` characters.
std::string padded(const std::string& text, std::size_t width);

/// "2.5%".
std::string percent(double share);

/// "3h05m", "2m10s", "12s".
std::string duration(double seconds);

/// JSON text; labels that are no UTF-8 get replacement characters, and numbers that are not finite become null.
std::string json_text(const nlohmann::json& json);

/// The table of a fit: what was fitted and how the data were understood, then the parameters.
void print_summary(const DrawSource& file, const std::vector<ParameterSummary>& parameters, bool all = false);
/// Warnings in words on standard error, by the parameters that tell of convergence (JudgedParameters).
void print_warnings(const DrawSource& file, const std::vector<ParameterSummary>& parameters);

/// The warning that a fit's chains do not agree, for what rests on its draws, where there is one; after `fit` where
/// several are looked at.
void warn_of_convergence(const std::vector<Warning>& warnings, const std::string& fit = "");
void warn_of_convergence(const DrawSource& file);

void warn(const std::string& message);

}  // namespace bdglm::cli
