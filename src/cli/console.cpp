// Stop signals, warnings, and how long a time is in words.
#include "cli/console.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>

#include "cli/verbs.hpp"

namespace bdglm::cli {
namespace {

std::atomic<bool> stop_requested = false;

std::atomic<std::time_t> first_signal = 0;

/// The first asks for a stop that saves; others close behind it come from the same hand, and later ones from one that
/// will not wait.
extern "C" void on_stop_signal(int /*signal_number*/) {
  constexpr std::time_t kTogether = 2;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (!stop_requested) {
    first_signal = now.tv_sec;
    stop_requested = true;
  } else if (now.tv_sec - first_signal > kTogether) {
    constexpr char kWords[] = "\nbdglm: stopped at once; what came after the last save is lost\n";
    const auto ignored = ::write(STDERR_FILENO, kWords, sizeof kWords - 1);
    static_cast<void>(ignored);
    _exit(kExitFailed);
  }
}

/// What a signal removes; the empty text is none.
std::array<char, 4096> unfinished{};

/// What its end means where there is no such file.
std::atomic<const char*> consequence{""};

/// As the system's own way to end, of which shells say 128 and the signal's number.
extern "C" void on_end_signal(int signal_number) {
  if (unfinished[0] != 0) ::unlink(unfinished.data());
  const char* told = unfinished[0] != 0 ? "; what was written is removed" : consequence.load();
  for (const char* words : {"bdglm: interrupted", told, "\n"}) {
    const auto ignored = ::write(STDERR_FILENO, words, std::strlen(words));
    static_cast<void>(ignored);
  }
  std::signal(signal_number, SIG_DFL);
  ::raise(signal_number);
}

void install(void (*handler)(int)) {
  // What was ignored before stays so: a hang-up under nohup, an interrupt of a shell's background job.
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    if (sigaction(number, nullptr, &before) == 0 && before.sa_handler != SIG_IGN) std::signal(number, handler);
  }
}

}  // namespace

void end_at_signals() { install(on_end_signal); }

void tell_at_signals(const char* words) { consequence = words; }

void remove_at_signals(const std::string& path) {
  unfinished[0] = 0;
  if (path.size() < unfinished.size()) std::copy_n(path.c_str(), path.size() + 1, unfinished.data());
}

const std::atomic<bool>& install_stop_signals() {
  install(on_stop_signal);
  return stop_requested;
}

std::string percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g%%", 100 * share);
  return text;
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

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t count = characters(text);
  return text + std::string(count < width ? width - count : 0, ' ');
}

}  // namespace bdglm::cli
