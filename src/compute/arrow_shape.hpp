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
  bool wide = false;                  ///< whether draws go by way of the rows, of which there are fewer than columns

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
    wide = sizes.crossed.empty() && sizes.chain.empty() && is_wide(dense, rows);
    keeps_finest =
        !sizes.chain.empty() && (chain_light || sizes.chain.front().groups * sizes.chain.front().q * width(0) <= kKept);
  }
  ArrowShape(const ArrowSystem& system, Eigen::Index rows) : ArrowShape(sizes_of(system), rows) {}

  /// Whether so many columns are drawn at less cost by way of the rows, n^2 p instead of p^3.
  static bool is_wide(Eigen::Index columns, Eigen::Index rows) { return columns > kWide && columns > rows; }

  /// Columns that a level of the chain couples with: the core's, then those of all coarser levels in turn.
  Eigen::Index width(std::size_t level) const { return core + coarser[level]; }

  /// Numbers that a device keeps of a system of so many rows: of a wide one rows scaled, their products and vectors;
  /// else three matrices and vectors of the core; each level's diagonal blocks, couplings and linear terms, as summed
  /// over rows and as elimination changes them.
  double numbers(const ArrowSizes& sizes, Eigen::Index rows) const {
    const auto c = static_cast<double>(core);
    if (wide) return static_cast<double>(rows) * (c + 3 * static_cast<double>(rows) + 5) + 5 * c;
    double count = 3 * c * (c + 1);
    for (std::size_t level = 0; level < sizes.chain.size(); ++level) {
      const auto q = static_cast<double>(sizes.chain[level].q);
      count += 2 * static_cast<double>(sizes.chain[level].groups) * q * (q + static_cast<double>(width(level)) + 1);
    }
    return count;
  }

 private:
  /// Columns below which their cube is small.
  static constexpr Eigen::Index kWide = 256;
  /// Multiply-adds a row that a trial may cost: a few evaluations of a likelihood.
  static constexpr Eigen::Index kLightPerRow = 64;
  /// Sums with all other columns that are kept, in doubles.
  static constexpr Eigen::Index kKept = Eigen::Index{1} << 22U;
};

}  // namespace bdglm
