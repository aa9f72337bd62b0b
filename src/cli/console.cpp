// Stop signals, warnings, and how long a time is in words.
#include "cli/console.hpp"

#include <cmath>
#include <csignal>
#include <cstdio>
#include <iostream>

namespace bdglm::cli {
namespace {

std::atomic<bool> stop_requested = false;

extern "C" void on_stop_signal(int signal_number) {
  if (stop_requested) {
    std::signal(signal_number, SIG_DFL);
    std::raise(signal_number);
  }
  stop_requested = true;
}

}  // namespace

const std::atomic<bool>& install_stop_signals() {
  std::signal(SIGINT, on_stop_signal);
  std::signal(SIGTERM, on_stop_signal);
  return stop_requested;
}

std::string duration(double seconds) {
  char text[32];
  const auto whole = std::llround(seconds);
  if (whole >= 3600)
    std::snprintf(text, sizeof text, "%lldh%02lldm", whole / 3600, whole / 60 % 60);
  else if (whole >= 60)
    std::snprintf(text, sizeof text, "%lldm%02llds", whole / 60, whole % 60);
  else
    std::snprintf(text, sizeof text, "%llds", whole);
  return text;
}

void warn(const std::string& message) { std::cerr << "warning: " << message << '\n'; }

}  // namespace bdglm::cli
