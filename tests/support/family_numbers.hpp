// Numbers of the families' parameters, as the sampler moves them, and cutpoints of four levels.
#pragma once

#include "family/response.hpp"

namespace bdglm::test {

inline const FamilyParameters kNumbers = {{-1, -1, -1, -1}, {0.7, 0.4, 0.2, 0.1}, false, 3, {-1.3, 0.2, 1.9}};

/// Four levels, or one predictor.
inline int predictors_of(Family family) { return describe(family).response == ResponseKind::levels ? 3 : 1; }

}  // namespace bdglm::test
