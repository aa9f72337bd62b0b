// Times and effective draws at which a run ends; sweeps for each kept draw.
#include "cli/limits.hpp"

#include <charconv>
#include <cmath>

#include "bdglm/error.hpp"

namespace bdglm::cli {
namespace {

/// The number at the beginning of `text`, which loses it; NaN where there is none.
double take_number(std::string& text) {
  double value = NAN;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc()) return NAN;
  text.erase(0, static_cast<std::size_t>(result.ptr - text.data()));
  return value;
}

double seconds_of(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    default:
      return NAN;
  }
}

}  // namespace

double parse_time(const std::string& text) {
  std::string rest = text;
  const bool clock = text.find(':') != std::string::npos;
  double total = 0;
  int parts = 0;
  while (!rest.empty() && !std::isnan(total)) {
    const double value = take_number(rest);
    if (clock) {
      total = 60 * total + value;
      // 1:75 is a slip, and 1:2:3:4 has no unit to begin with.
      if (++parts > 3 || (parts > 1 && !(value >= 0 && value < 60))) total = NAN;
      // What follows a colon is a number too.
      if (!rest.empty() && (rest.front() != ':' || rest.size() == 1)) total = NAN;
    } else {
      total += value * (rest.empty() ? 1 : seconds_of(rest.front()));
    }
    if (!rest.empty()) rest.erase(0, 1);
  }
  if (!(total > 0) || !std::isfinite(total))
    throw ModelError(
        "a time is written as 90s, 45m, 2h, 1h30m, 1:30:00 (hours), 2:30 (minutes) or a number of seconds, and above "
        "0, not '" +
        text + "'");
  return total;
}

double parse_until(const std::string& text) {
  constexpr char kStart[] = "ess=";
  std::string rest = text.rfind(kStart, 0) == 0 ? text.substr(sizeof kStart - 1) : "";
  const double value = take_number(rest);
  if (!rest.empty() || !(value > 0) || !std::isfinite(value))
    throw ModelError("it is ess=N, with a number N above 0, the effective draws of every judged parameter, not '" +
                     text + "'");
  return value;
}

int parse_thin(const std::string& text) {
  if (text == "auto") return 0;
  constexpr double kMost = 1e6;
  std::string rest = text;
  const double value = take_number(rest);
  if (!rest.empty() || !(value >= 1) || value > kMost || value != std::floor(value))
    throw ModelError("it is auto or a whole number from 1 to 1000000, not '" + text + "'");
  return static_cast<int>(value);
}

}  // namespace bdglm::cli
