// What a predictor holds at a time: a block of rows with the levels that occur in it, and a block of draws.
#pragma once

#include <vector>

#include "posterior/fit_parameters.hpp"
#include "posterior/predict.hpp"

namespace bdglm {

/// Rows [first, first + count) of a design. For each random effect, the levels that occur, known ones first.
struct Predictor::Rows {
  struct Term {
    std::vector<std::size_t> known;   ///< ascending indices into the frame's levels
    std::vector<std::size_t> fresh;   ///< indices into the design's new levels
    std::vector<std::int32_t> level;  ///< of each row, an index into known, then fresh
    Eigen::Index width = 0;
    Eigen::Index levels() const { return static_cast<Eigen::Index>(known.size() + fresh.size()); }
  };
  Eigen::Index first = 0;
  Eigen::Index count = 0;
  std::vector<Term> terms;
};

/// Consecutive ones of the predictor's draws, all of one chain.
struct Predictor::Draws {
  Eigen::Index from = 0;
  DrawRange range;
  std::vector<std::size_t> kept;   ///< of thinned effects, the numbers
  RowMatrix fixed;                 ///< draws x all predictors' coefficients
  RowMatrix theta;                 ///< draws x the network's parameters
  RowMatrix layer_noise;           ///< draws x layers
  std::vector<RowMatrix> effects;  ///< of each random effect: (levels * width) x draws
  /// Of each of those, the sums that a plug-in effect is the mean of: levels * width; from moments, count times the
  /// mean.
  std::vector<Eigen::VectorXd> effect_sums;
  Eigen::Index count() const { return fixed.rows(); }
};

/// The same label gets the same random numbers in every call (FNV-1a).
inline std::uint32_t label_hash(const std::string& label) {
  std::uint32_t hash = 2166136261U;
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

}  // namespace bdglm
