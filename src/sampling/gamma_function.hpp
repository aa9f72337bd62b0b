// ln Gamma and its derivatives in doubles, on both machines.
#pragma once

#include "sampling/number.hpp"

namespace bdglm {

#include "sampling/gamma_function.inl"

}  // namespace bdglm
