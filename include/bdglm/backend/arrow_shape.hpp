// Sizes of an arrow system, and what trials of its precisions cost; the same for every backend, as is what follows.
#pragma once

#include "bdglm/backend/backend.hpp"

namespace bdglm {

struct ArrowShape {
  Eigen::Index dense = 0;             ///< columns of the dense blocks
  Eigen::Index core = 0;              ///< with the crossed terms' effects
  std::vector<Eigen::Index> start;    ///< of each crossed term's columns in the core
  std::vector<Eigen::Index> coarser;  ///< columns of all terms above each of the chain
  bool core_light = false;            ///< whether a trial of a crossed term's precision costs little
  bool chain_light = false;           ///< of one of the chain's

  explicit ArrowShape(const ArrowSystem& system, Eigen::Index rows) {
    for (const Matrix& block : system.dense) dense += block.cols();
    core = dense;
    for (const ArrowGroup& group : system.crossed) {
      start.push_back(core);
      core += group.term.index.groups() * group.term.z.cols();
    }
    Eigen::Index above = 0;
    for (const ArrowGroup& group : system.chain) above += group.term.z.cols();
    const Eigen::Index core_cost = core * core * core / 3;
    Eigen::Index cost = core_cost;
    for (const ArrowGroup& group : system.chain) {
      const Eigen::Index q = group.term.z.cols();
      above -= q;
      coarser.push_back(above);
      cost += group.term.index.groups() * q * (core + above) * (core + above + q);
    }
    core_light = core_cost <= kLightPerRow * rows;
    chain_light = cost <= kLightPerRow * rows;
  }

  /// Columns that a level of the chain couples with: the core's, then those of all coarser levels in turn.
  Eigen::Index width(std::size_t level) const { return core + coarser[level]; }

 private:
  /// Multiply-adds a row that a trial may cost: a few evaluations of a likelihood.
  static constexpr Eigen::Index kLightPerRow = 64;
};

}  // namespace bdglm
