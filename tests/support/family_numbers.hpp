// Numbers of the families' parameters, as the sampler moves them.
#pragma once

#include "family/description.hpp"

namespace bdglm::test {

inline const FamilyParameters kNumbers = {{-1, -1, -1, -1}, {0.7, 0.4, 0.2, 0.1}};

}  // namespace bdglm::test
