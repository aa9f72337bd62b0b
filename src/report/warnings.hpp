// What the draws cannot carry, as data.
#pragma once

#include <string>
#include <vector>

#include "bdglm/report.hpp"
#include "fitfile/draw_store.hpp"

namespace bdglm {

/// The warnings of a fit whose parameters are summarised, by those that are judged; none before the first draw.
std::vector<Warning> warnings_of(const DrawSource& draws, const std::vector<ParameterSummary>& parameters);

/// The judged parameter whose R-hat is largest; null where there is none.
const ParameterSummary* least_converged(const std::vector<ParameterSummary>& parameters);

/// R-hat with three decimals, or as many as show that it is above `limit`; "1.0e+15" from 100 on.
std::string rhat_text(double rhat, double limit = 0);

}  // namespace bdglm
