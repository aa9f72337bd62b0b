// The arrow system of one block of coefficients and random effects at the present state.
#pragma once

#include <algorithm>
#include <vector>

#include "engines/gibbs/sweep.hpp"

namespace bdglm {

/// A planned block (arrow_blocks.hpp) with its nestings resident.
struct ResidentBlock {
  std::uint32_t number = 0;  ///< among the blocks of all predictors, for addresses
  int predictor = 0;
  std::vector<std::size_t> chain;
  std::vector<std::size_t> crossed;
  std::vector<Indices> parent;

  bool holds(std::size_t r) const {
    return std::count(chain.begin(), chain.end(), r) + std::count(crossed.begin(), crossed.end(), r) > 0;
  }
  /// Crossed terms, then the chain's: the order of an arrow conditional's terms.
  std::vector<std::size_t> terms() const {
    std::vector<std::size_t> all = crossed;
    all.insert(all.end(), chain.begin(), chain.end());
    return all;
  }
};

/// The blocks of all predictors.
std::vector<ResidentBlock> resident_blocks(const Context& context, const Design& design);

/// Whether the covariance of a block's only nested term moves with the effects integrated out group by group, given
/// all else (collapsed_slices.hpp).
bool collapses(const ResidentBlock& block, const Context& context);

/// Of each random effect.
std::vector<bool> collapsed_terms(const std::vector<ResidentBlock>& blocks, const Context& context);

/// The predictor's part of state.base = offset and the effects of its terms outside the block.
void set_base_outside(const ResidentBlock& block, State& state, const Context& context);

/// The predictor's dense coefficients (output weights and fixed effects) and the block's terms, at the state's scales.
ArrowSystem block_system(const ResidentBlock& block, const State& state, const Context& context);

/// Where the block's coefficients and effects lie: a copy of theta's part, and the state's own effects.
ArrowEffects block_effects(const ResidentBlock& block, State& state, const Context& context);

}  // namespace bdglm
