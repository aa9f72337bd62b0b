// Progress of a fit: a bar on a terminal, else a line now and then.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "cli/console.hpp"

namespace bdglm::cli {
namespace {

/// The choice of a network counts hundredths, the warm start steps of its optimiser, the rest sweeps.
const char* unit_of(const Progress& progress) {
  return progress.phase == "warm-up" || progress.phase == "sampling" ? "sweep" : "step";
}

/// "250 sweeps/s", "2.5 sweeps/s", "8.1 s a sweep".
std::string rate_text(double rate, const std::string& unit) {
  char text[48];
  if (rate >= 1)
    std::snprintf(text, sizeof text, "%.*f %ss/s", rate < 10 ? 1 : 0, rate, unit.c_str());
  else
    std::snprintf(text, sizeof text, "%.1f s a %s", 1 / rate, unit.c_str());
  return text;
}

/// Of the terminal; 80 where it does not say.
std::size_t columns() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/// One line of at most `columns`, since a longer one could not be drawn over: the bar gives way to what is told.
std::string bar_line(const Progress& progress, const std::string& told, std::size_t columns) {
  constexpr std::size_t kWidest = 30, kNarrowest = 5;
  std::string line = progress.phase;
  line.resize(std::max<std::size_t>(line.size(), 10), ' ');
  const std::string count = " " + std::to_string(progress.sweeps) + "/" + std::to_string(progress.total) + told;
  const std::size_t rest = line.size() + count.size() + 4;
  if (rest + kNarrowest <= columns) {
    const std::size_t width = std::min(kWidest, columns - rest);
    const double share =
        progress.total > 0 ? static_cast<double>(progress.sweeps) / static_cast<double>(progress.total) : 0;
    std::string bar(static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(width)), '=');
    bar.resize(width, ' ');
    line += " [" + bar + "]";
  }
  return (line + count).substr(0, columns - 1);
}

}  // namespace

std::string ProgressPrinter::quality(const Progress& progress) {
  if (progress.phase != "sampling") return "";
  if (progress.least_effective_draws && progress.seconds >= ask_at_) {
    // The answer takes its time: it may cost a twentieth of the run's.
    const auto from = std::chrono::steady_clock::now();
    least_ = progress.least_effective_draws();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - from;
    ask_at_ = progress.seconds + std::max(2.0, 20 * took.count());
  }
  std::string text;
  if (progress.divergences > 0)
    text += ", " + std::to_string(progress.divergences) + (progress.divergences == 1 ? " divergence" : " divergences");
  if (least_) text += ", least ess " + std::to_string(std::llround(*least_));
  return text;
}

ProgressPrinter::ProgressPrinter(bool quiet) : quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressPrinter::~ProgressPrinter() {
  if (drawn_) std::fputc('\n', stderr);
}

void ProgressPrinter::operator()(const Progress& progress) {
  if (quiet_ || progress.phase == "saved") return;
  const bool new_phase = progress.phase != last_.phase;
  // Warm-up and sampling count on in the same sweeps, so that the rate starts at the last report of the phase before.
  if (new_phase) phase_from_ = last_.total == progress.total && last_.phase == "warm-up" ? last_ : progress;
  last_ = progress;
  const double interval = terminal_ ? 0.1 : 10;
  if (!new_phase && progress.seconds - printed_at_ < interval && progress.sweeps < progress.total) return;
  printed_at_ = progress.seconds;

  const std::string unit = unit_of(progress);
  const double ran = progress.seconds - phase_from_.seconds;
  const auto done = static_cast<double>(progress.sweeps - phase_from_.sweeps);
  std::string pace;
  if (ran > 0 && done > 0) {
    const double rate = done / ran;
    pace = ", " + rate_text(rate, unit) + ", " +
           duration(static_cast<double>(progress.total - progress.sweeps) / rate) + " left";
  }
  pace += quality(progress);
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", bar_line(progress, pace, columns()).c_str());
    drawn_ = true;
  } else {
    std::fprintf(stderr, "%s: %s %lld of %lld, %s gone%s\n", progress.phase.c_str(), unit.c_str(),
                 static_cast<long long>(progress.sweeps), static_cast<long long>(progress.total),
                 duration(progress.seconds).c_str(), pace.c_str());
  }
  std::fflush(stderr);
}

}  // namespace bdglm::cli
