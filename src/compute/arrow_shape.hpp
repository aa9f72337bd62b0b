// Sizes of an arrow system, and what trials of its precisions cost; the same for every backend, as is what follows.
#pragma once

#include "compute/backend.hpp"

namespace bdglm {

/// One term's groups and coefficients.
struct TermSize {
  Eigen::Index groups = 0;
  Eigen::Index q = 0;
};

struct ArrowSizes {
  Eigen::Index dense = 0;  ///< columns of the dense blocks
  std::vector<TermSize> crossed;
  std::vector<TermSize> chain;  ///< finest first
};

inline ArrowSizes sizes_of(const ArrowSystem& system) {
  ArrowSizes sizes;
  for (const Matrix& block : system.dense) sizes.dense += block.cols();
  for (const ArrowTerm& g : system.crossed) sizes.crossed.push_back({g.term.index.groups(), g.term.z.cols()});
  for (const ArrowTerm& g : system.chain) sizes.chain.push_back({g.term.index.groups(), g.term.z.cols()});
  return sizes;
}

struct ArrowShape {
  Eigen::Index dense = 0;             ///< columns of the dense blocks
  Eigen::Index core = 0;              ///< with the crossed terms' effects
  std::vector<Eigen::Index> start;    ///< of each crossed term's columns in the core
  std::vector<Eigen::Index> coarser;  ///< columns of all terms above each of the chain
  bool core_light = false;            ///< whether a trial of a crossed term's precision costs little
  bool chain_light = false;           ///< of one of the chain's
  bool keeps_finest = false;          ///< whether the sums over rows of the chain's finest term are kept

  /// `rows` of all parts, so that all find the same.
  ArrowShape(const ArrowSizes& sizes, Eigen::Index rows) : dense(sizes.dense), core(sizes.dense) {
    for (const TermSize& term : sizes.crossed) {
      start.push_back(core);
      core += term.groups * term.q;
    }
    Eigen::Index above = 0;
    for (const TermSize& term : sizes.chain) above += term.q;
    const Eigen::Index core_cost = core * core * core / 3;
    Eigen::Index cost = core_cost;
    for (const TermSize& term : sizes.chain) {
      above -= term.q;
      coarser.push_back(above);
      cost += term.groups * term.q * (core + above) * (core + above + term.q);
    }
    core_light = core_cost <= kLightPerRow * rows;
    chain_light = cost <= kLightPerRow * rows;
    keeps_finest =
        !sizes.chain.empty() && (chain_light || sizes.chain.front().groups * sizes.chain.front().q * width(0) <= kKept);
  }
  ArrowShape(const ArrowSystem& system, Eigen::Index rows) : ArrowShape(sizes_of(system), rows) {}

  /// Columns that a level of the chain couples with: the core's, then those of all coarser levels in turn.
  Eigen::Index width(std::size_t level) const { return core + coarser[level]; }

  /// Numbers that a device keeps of the system: three matrices and vectors of the core; each level's diagonal blocks,
  /// couplings and linear terms, as summed over rows and as elimination changes them.
  double numbers(const ArrowSizes& sizes) const {
    const auto c = static_cast<double>(core);
    double count = 3 * c * (c + 1);
    for (std::size_t level = 0; level < sizes.chain.size(); ++level) {
      const auto q = static_cast<double>(sizes.chain[level].q);
      count += 2 * static_cast<double>(sizes.chain[level].groups) * q * (q + static_cast<double>(width(level)) + 1);
    }
    return count;
  }

 private:
  /// Multiply-adds a row that a trial may cost: a few evaluations of a likelihood.
  static constexpr Eigen::Index kLightPerRow = 64;
  /// Sums with all other columns that are kept, in doubles.
  static constexpr Eigen::Index kKept = Eigen::Index{1} << 22U;
};

}  // namespace bdglm
