// Advice for what users of R, lme4 and brms write and this grammar says otherwise or does not have.
#pragma once

#include <string>

#include "design/expression.hpp"

namespace bdglm {

/// What is wrong with a call of a function that formulas do not have, and what to write instead.
std::string unknown_function_advice(const Expression& call);

/// What to write for a left side that is `call`, as cbind(s, f); empty where there is nothing special to say.
std::string response_advice(const Expression& call);

/// What is wrong with a word after '|' on the left side.
std::string modifier_advice(const Expression& modifier);

/// The random-effect term that 'x | g' without parentheses was probably meant to be.
std::string bar_advice(const Expression& e);

}  // namespace bdglm
