// The warm start of linear predictors.
#pragma once

#include <memory>

#include "engines/gibbs/sweep.hpp"

namespace bdglm {

/// Newton's method from the state to the mode of the coefficients; `state` must outlive it.
std::unique_ptr<WarmStart> make_newton_start(State& state, const Context& context, const Address& address);

}  // namespace bdglm
