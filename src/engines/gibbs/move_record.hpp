// What gradient moves did lately, for the statistics of a draw.
#pragma once

#include "target/state.hpp"

namespace bdglm {

/// Since the last kept draw; not every sweep makes a move.
struct MoveRecord {
  int moves = 0;
  int steps = 0;  ///< leapfrog steps
  double acceptance_sum = 0;
  double last_acceptance = 1;
  bool diverging = false;  ///< any of them
  double step_size = 0.5;  ///< averaged, as after the last move

  void add(double acceptance, int new_steps, bool diverged) {
    moves += 1;
    steps += new_steps;
    acceptance_sum += acceptance;
    last_acceptance = acceptance;
    diverging = diverging || diverged;
  }
  /// The mean, or the last move's where there was none since.
  double acceptance() const { return moves > 0 ? acceptance_sum / moves : last_acceptance; }
  void clear() { *this = {.last_acceptance = last_acceptance, .step_size = step_size}; }

  /// All but the step, which who adapts it archives.
  void save(Archive& archive) const {
    archive["move_record"] =
        (RowMatrix(5, 1) << moves, steps, acceptance_sum, last_acceptance, diverging ? 1.0 : 0.0).finished();
  }
  void load(const Archive& archive) {
    const RowMatrix& saved = archived(archive, "move_record", 5, 1);
    moves = static_cast<int>(saved(0));
    steps = static_cast<int>(saved(1));
    acceptance_sum = saved(2);
    last_acceptance = saved(3);
    diverging = saved(4) != 0;
  }
};

}  // namespace bdglm
