// Checks of observations: those of a fixed family, and of levels.
#pragma once

#include "design/design.hpp"
#include "family/family.hpp"

namespace bdglm {

/// As `check_observations`, of rows of a fit whose family is fixed: what to do does not name another.
void check_further_observations(Family family, const Frame& frame, const Design& design);

/// Refuses a response of levels of which one says nothing; throws DataError.
void check_levels(const Frame& frame, const Design& design);

}  // namespace bdglm
