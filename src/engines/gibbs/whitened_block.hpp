// One block's coefficients and effects in whitened coordinates, and the moves from there (math note, section 11).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engines/gibbs/block_system.hpp"
#include "engines/gibbs/pseudo_data.hpp"
#include "engines/gibbs/slice_widths.hpp"

namespace bdglm {

/// How a part of the coordinates, or a covariance, has moved lately, and what follows for the Hamiltonian move's number
/// of turns.
struct Tuning {
  double turns;  ///< 0: the independence move alone; of a covariance: the surrogate transition
  double tried = 0;
  double accepted = 0;

  void add(double probability) {
    tried += 1;
    accepted += probability;
  }
};

/// The block's Gaussian conditional given the factors that stand in for the likelihood, at the present scales.
class WhitenedBlock {
 public:
  /// `number` tells the block's random numbers from those of others; the block must outlive this.
  WhitenedBlock(const ResidentBlock& block, std::uint32_t number, const PseudoData& pseudo, State& state,
                const Context& context, const SweepPosition& position);

  /// Moves the core, the groups, and the covariances with the coordinates held; leaves the state to be refreshed.
  void move(Tuning& core, Tuning& tree, Tuning& covariance, SliceWidths& widths);
  /// Newton's step with halving towards the mode at the present scales; false where it gains nothing.
  bool climb();

 private:
  /// A part of the coordinates, moved alone: the core, or the chain of nested terms.
  enum class Part { core, tree };

  ArrowCoordinates coordinates(const std::string& name);
  Address address(Site site, std::uint32_t number) const { return position_.address.at(site, 64 * number_ + number); }
  double at(const ArrowCoordinates& xi, Matrix& terms, Matrix& scores);
  void keep_dense();

  static void each(Part part, const ArrowCoordinates& x, const std::function<void(const Matrix&, std::size_t)>& f);
  static Matrix& of(Part part, ArrowCoordinates& x, std::size_t level);
  void copy(const ArrowCoordinates& from, ArrowCoordinates& to) const;
  double squares(Part part, const ArrowCoordinates& x) const;
  double squares(const ArrowCoordinates& x) const { return squares(Part::core, x) + squares(Part::tree, x); }
  void draw_momentum(Part part, std::uint32_t number);

  void move(Part part, Tuning& tuning);
  double jump(Part part);
  double turn(Part part, int turns);
  void kick(Part part, double step);
  double accept_core(double value, double ratio, std::uint32_t number);
  double accept_tree(const std::vector<const ArrowCoordinates*>& before,
                     const std::vector<const ArrowCoordinates*>& after, std::uint32_t number);
  void move_chain(Tuning& tuning, SliceWidths& widths);
  void move_covariance(std::size_t r, std::size_t k, SliceWidths& widths);

  const ResidentBlock& block_;
  std::uint32_t number_;
  State& state_;
  const Context& context_;
  const Backend& backend_;
  const SweepPosition& position_;
  std::unique_ptr<ArrowConditional> conditional_;
  ArrowEffects effects_;
  LinearPredictor predictor_;
  Matrix omega_, kappa_;  ///< the block's predictor's
  Matrix all_eta_;        ///< of all predictors
  Matrix linear_, terms_, new_terms_, scores_;
  Matrix none_;
  ArrowCoordinates xi_, other_, momentum_, start_, force_;
  double value_ = 0;  ///< the sum of terms_ at xi_
};

}  // namespace bdglm
