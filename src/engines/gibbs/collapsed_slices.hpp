// Slices of a random effect's covariance with its effects integrated out, given all else.
#pragma once

#include "engines/gibbs/group_marginal.hpp"
#include "engines/gibbs/slice_widths.hpp"
#include "model/model.hpp"
#include "random/stream.hpp"

namespace bdglm {

/// Where the moves' widths are kept, and whether they are learned now.
struct SliceTuning {
  SliceWidths& widths;
  Eigen::Index term;
  bool adapting;
};

/// Moves Sigma (q x q, q up to 4) along scales and shears under its prior times the marginal: of one column once, of
/// more all moves forth and back, twice. The kernel is reversible as a whole (math note, section 6).
void slice_collapsed(const RandomEffect& effect, const GroupMarginal& marginal, Stream& stream,
                     const SliceTuning& tuning, Eigen::MatrixXd& covariance);

}  // namespace bdglm
