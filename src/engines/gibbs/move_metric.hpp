// The coordinates of a gradient move (math note, section 8): found by the warm start, averaged in the warm-up.
#pragma once

#include <vector>

#include "target/state.hpp"

namespace bdglm {

/// A dense metric, as Newton's warm start finds it, follows the variances of coefficients' priors and else stays as it
/// is. A network's is made of Kronecker factors of its layers' Fisher information, which are averaged, and scaled at
/// every sweep.
class MoveMetric {
 public:
  MoveMetric() = default;
  /// The dense metric with this Cholesky factor.
  explicit MoveMetric(const Matrix& cholesky) : found_(cholesky) { metric_.cholesky = cholesky; }

  const Metric& metric() const { return metric_; }
  bool dense() const { return !found_.empty(); }

  /// Moves the averaged information towards the present one by `weight` (wholly where there is none yet) and rotates
  /// the metric to its eigenvectors.
  void average(const State& state, const Context& context, double weight);
  /// Sets the metric's diagonals for prior precision plus information at the present scales.
  void scale(const State& state, const Context& context);

  void save(Archive& archive, const Context& context) const;
  void load(const Archive& archive, const Context& context);

 private:
  /// A layer's information without the scales that a gradient move holds, and its eigenvectors and eigenvalues; bases
  /// are empty where a factor is a diagonal.
  struct Layer {
    FisherFactors factors;
    RowMatrix left;
    RowMatrix right;
    RowMatrix eigenvalues;
  };

  template <class Self, class F>
  static void each_part(Self& self, F&& f);
  void upload_bases(const Context& context);
  void scale_dense(const State& state, const Context& context);

  Metric metric_;
  Matrix found_;                 ///< the dense metric at the warm start's prior variances
  Matrix scaled_;                ///< and at the present ones
  Eigen::MatrixXd information_;  ///< found_ without the prior
  std::vector<Layer> layers_;    ///< then the heads
};

}  // namespace bdglm
