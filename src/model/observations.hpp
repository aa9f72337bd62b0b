// Checks of observations: those of a fixed family, and of levels.
#pragma once

#include "design/design.hpp"
#include "family/family.hpp"

namespace bdglm {

/// As `check_observations`, of rows of a fit whose family is fixed: what to do does not name another.
void check_further_observations(Family family, const Frame& frame, const Design& design);

/// Refuses a response of levels of which one says nothing; throws DataError.
void check_levels(const Frame& frame, const Design& design);

/// Refuses residual scales by levels that have one row each, unless their prior is stated; throws DataError. Where more
/// than half of the levels have one row, a note goes to design.notes.
void check_sigma_levels(const Frame& frame, Design& design, bool prior_stated);

}  // namespace bdglm
