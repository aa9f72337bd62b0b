// Available memory by Linux' own accounts: /proc/meminfo, control groups, the limit of the address space.
#include "data/memory.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <limits>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {
namespace {

constexpr double kUnlimited = std::numeric_limits<double>::infinity();

/// The number in a file that holds one; infinite where there is none, as "max" of a control group.
double number_in(const char* path) {
  double value = kUnlimited;
  std::ifstream in(path);
  return in >> value ? value : kUnlimited;
}

double system_available() {
  std::ifstream in("/proc/meminfo");
  std::string word;
  while (in >> word) {
    double kilobytes = 0;
    if (word == "MemAvailable:" && in >> kilobytes) return 1024 * kilobytes;
  }
  return kUnlimited;
}

/// Pages of files count as used by a control group, and are given up when memory is needed.
double group_available() {
  const double most = number_in("/sys/fs/cgroup/memory.max");
  if (std::isinf(most)) return kUnlimited;
  double used = number_in("/sys/fs/cgroup/memory.current");
  std::ifstream in("/sys/fs/cgroup/memory.stat");
  std::string word;
  double bytes = 0;
  while (in >> word >> bytes)
    if (word == "inactive_file" || word == "active_file") used -= bytes;
  return std::isinf(used) ? most : std::max(most - used, 0.0);
}

double process_available() {
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kUnlimited;
  double pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return std::max(static_cast<double>(limit.rlim_cur) - pages * static_cast<double>(sysconf(_SC_PAGESIZE)), 0.0);
}

}  // namespace

double available_memory() { return std::min({system_available(), group_available(), process_available()}); }

std::string bytes_text(double bytes) {
  char text[32];
  if (bytes >= 1e9)
    std::snprintf(text, sizeof text, bytes >= 1e11 ? "%.0f GB" : "%.1f GB", bytes / 1e9);
  else
    std::snprintf(text, sizeof text, "%.0f MB", std::max(bytes / 1e6, 1.0));
  return text;
}

void require_memory(std::size_t rows, std::size_t columns, const std::string& what, const std::string& todo) {
  // The table, the design that is made of it, and what sampling or a fit file copies of that.
  constexpr double kCopies = 3;
  constexpr double kColumn = 512;  // what a column takes beside its numbers
  const double bytes = 8.0 * static_cast<double>(rows) * static_cast<double>(columns);
  const double available = available_memory();
  const double overhead = kColumn * static_cast<double>(columns);
  if (kCopies * bytes + overhead <= available) return;
  throw DataError(what + ": " + bytes_text(bytes + overhead / kCopies) +
                  " as a table of numbers, which a fit holds three times, and " + bytes_text(available) +
                  " of memory are available; " + todo);
}

}  // namespace bdglm
