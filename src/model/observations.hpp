// Checks of a response of levels.
#pragma once

#include "design/design.hpp"

namespace bdglm {

/// Refuses a response of levels of which one says nothing; throws DataError.
void check_levels(const Frame& frame, const Design& design);

}  // namespace bdglm
