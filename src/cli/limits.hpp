// When a run ends early, and sweeps for each kept draw, as options say it.
#pragma once

#include <string>

namespace bdglm::cli {

/// Seconds of "90s", "45m", "2h", "1h30m", "2d", "1:30:00" (hours, minutes, seconds) or a number of seconds; throws
/// ModelError.
double parse_time(const std::string& text);

/// N of "ess=N"; throws ModelError.
double parse_until(const std::string& text);

/// A number of sweeps, 0 of "auto"; throws ModelError.
int parse_thin(const std::string& text);

}  // namespace bdglm::cli
