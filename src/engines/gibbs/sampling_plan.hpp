// How a model is sampled, in words.
#pragma once

#include <string>
#include <vector>

#include "engines/gibbs/sweep.hpp"

namespace bdglm {

/// What stands for the likelihood, which terms are drawn together and by which structure, the updates of a sweep.
std::vector<std::string> sampling_plan(const Context& context, const Design& design);

}  // namespace bdglm
