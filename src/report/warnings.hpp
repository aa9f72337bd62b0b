// What the draws cannot carry, as data.
#pragma once

#include <vector>

#include "bdglm/report.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

/// The warnings of a fit whose parameters are summarised, by those that are judged; none before the first draw.
std::vector<Warning> warnings_of(const DrawSource& draws, const std::vector<ParameterSummary>& parameters);

}  // namespace bdglm
