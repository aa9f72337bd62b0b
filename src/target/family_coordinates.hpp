// The family's unknown numbers as coordinates without bounds: parameters that are one number, distances of cutpoints.
#pragma once

#include <vector>

#include "target/state.hpp"

namespace bdglm {

/// First x of each of the model's parameters that is not held (its logarithm above its lower bound, or its log odds),
/// in order; then the logarithms of the distances between neighbouring cutpoints, from below.
class FamilyCoordinates {
 public:
  explicit FamilyCoordinates(const Model& model);

  Eigen::Index size() const { return parameters() + cuts_; }
  /// Those that are not distances of cutpoints.
  Eigen::Index parameters() const { return static_cast<Eigen::Index>(free_.size()); }
  /// The family's number of the k-th of these.
  int parameter(Eigen::Index k, const Model& model) const {
    return model.parameters[free_[static_cast<std::size_t>(k)]];
  }
  Eigen::VectorXd of(const State& state, const Context& context) const;
  /// Sets the state's parameters and cutpoints, and the likelihood's.
  void put(const Eigen::VectorXd& x, State& state, const Context& context) const;
  /// The log prior density of the coordinates `x`, which the state is at; without the coefficients' given them.
  double log_prior(const Eigen::VectorXd& x, const State& state, const Context& context) const;
  /// ln of the derivative of parameters and cutpoints by the coordinates.
  double log_slope(const Eigen::VectorXd& x, const Model& model) const;

 private:
  std::vector<std::size_t> free_;  ///< places in the model's parameters
  Eigen::Index cuts_ = 0;          ///< distances
};

}  // namespace bdglm
