// The step of a Hamiltonian move, adapted in the warm-up.
#pragma once

#include <string>

#include "target/state.hpp"

namespace bdglm {

/// Dual averaging of a step size (Hoffman and Gelman 2014, eq. 6) during warm-up; fixed afterwards.
class StepSize {
 public:
  explicit StepSize(double first);

  void update(double acceptance, double target);
  /// The step of a move: the latest try while adapting, the average afterwards.
  double log_current(bool adapting) const { return adapting ? log_step_ : log_average_; }

  void save(Archive& archive) const;
  void load(const Archive& archive);

 private:
  double log_step_;
  double log_average_;
  double error_ = 0;
  double center_;
  double count_ = 0;
};

}  // namespace bdglm
