// Random effects on the way of a gradient move, in coordinates that a Gaussian of the rows' curvatures makes standard
// normal (math note, section 8).
#pragma once

#include <memory>
#include <vector>

#include "engines/gibbs/block_system.hpp"

namespace bdglm {

/// The effects u of blocks of terms as L' u = xi, L L' = D' Omega D + Sigma^-1 the block's precision where Omega stands
/// in for the likelihood's curvature. Without coefficients, and without terms whose design is the network.
class EffectCoordinates {
 public:
  /// At the state's effects; `curvature`, (C n) x 1, must not depend on coefficients or effects, and stay while this is
  /// used, as must the blocks.
  EffectCoordinates(const std::vector<ResidentBlock>& blocks, const Matrix& curvature, State& state,
                    const Context& context);

  void draw_momentum(const Address& address);
  double momentum_squares() const;
  /// xi += step * momentum, and what follows from it.
  void drift(double step);
  /// Offset and effects, (C n) x 1.
  const Matrix& base() const { return base_; }
  /// The effects' log prior at xi, up to a constant; given the derivatives of the log likelihood by the predictors
  /// keeps those of the log posterior by xi.
  double log_prior(const Matrix& scores);
  /// momentum += step * those derivatives.
  void kick(double step);
  /// xi += step * those derivatives, towards the effects' mode.
  void climb(double step);
  /// Copies the effects to the state, which is to be refreshed.
  void keep(State& state) const;

 private:
  struct Block {
    const ResidentBlock* plan;
    Matrix omega;
    std::unique_ptr<ArrowConditional> conditional;
    ArrowEffects effects;
    ArrowCoordinates xi, momentum, force;
    Matrix negative;  ///< less the predictor's part of the block, n x 1
  };

  Matrix& room(const std::string& name, const Block& block, Eigen::Index rows, Eigen::Index cols);
  ArrowCoordinates coordinates(const std::string& name, const Block& block);
  void place();

  State& state_;
  const Context& context_;
  const Backend& backend_;
  std::vector<Block> blocks_;
  Matrix base_, zero_, weighted_;
};

}  // namespace bdglm
