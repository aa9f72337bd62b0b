// What tests of updates share: runs of a seed, and a parameter's summary.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "bdglm/bdglm.hpp"

namespace bdglm::test {

inline RunOptions run_of(int draws, std::uint64_t seed) {
  RunOptions run;
  run.warmup = 300;
  run.draws = draws;
  run.seed = seed;
  return run;
}

inline ParameterSummary of(const Posterior& posterior, const std::string& name) {
  for (const ParameterSummary& p : posterior.summary())
    if (p.name == name) return p;
  ADD_FAILURE() << "no parameter " << name;
  return {};
}

}  // namespace bdglm::test
