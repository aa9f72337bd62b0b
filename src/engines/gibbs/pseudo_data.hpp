// Gaussian factors that stand in for a likelihood's rows: made in the warm-up, held afterwards (math note, section 11).
#pragma once

#include "engines/gibbs/sweep.hpp"

namespace bdglm {

/// exp(kappa eta - omega eta^2 / 2) for each row and predictor, (C n) x 1 as those. From averages over sweeps of the
/// expected curvature, the score and the predictor: omega is the curvature's, and at the predictor's average the
/// factor's slope is the score's.
class PseudoData {
 public:
  bool empty() const { return omega_.empty(); }
  const Matrix& omega() const { return omega_; }
  const Matrix& kappa() const { return kappa_; }

  /// At the present predictor alone.
  void set_here(const State& state, const Context& context);
  /// Takes the present predictor into the averages, unless the sum of its curvatures is more than ten times their
  /// geometric mean so far; where it is less than a tenth the averages start anew with it.
  void add(const State& state, const Context& context);
  /// Sets the factors from the averages, which start anew.
  void set_averages(const Context& context);

  void save(Archive& archive, const Context& context) const;
  void load(const Archive& archive, const Context& context);

 private:
  void set(const Eigen::ArrayXd& curvature, const Eigen::ArrayXd& slope, const Context& context);

  Matrix omega_, kappa_;
  double count_ = 0;
  double level_ = 0;                        ///< sum of the logarithms of the sums of curvatures
  Eigen::ArrayXd curvature_, score_, eta_;  ///< sums over sweeps
};

}  // namespace bdglm
