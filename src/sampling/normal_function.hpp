// The normal distribution function's logarithm in doubles, on both machines.
#pragma once

#include "sampling/number.hpp"

namespace bdglm {

#include "sampling/normal_function.inl"

}  // namespace bdglm
