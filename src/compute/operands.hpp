// What the backend's operations are given: likelihoods, networks, metrics, and arrow systems over resident arrays.
#pragma once

#include <algorithm>
#include <vector>

#include "base/network_shape.hpp"
#include "base/row_matrix.hpp"
#include "compute/matrix.hpp"
#include "family/family.hpp"

namespace bdglm {

/// n observations of a family; what `response` and `size` (n x 1) mean is in its header. Arrays of its C linear
/// predictors are (C n) x 1, predictor by predictor: eta, and what is added to or made of it.
struct Likelihood {
  Family family{};
  Matrix response, size;
  FamilyParameters parameters = {};
};

/// The likelihood as a function of the predictors, up to a constant, while the family's numbers stay.
inline Likelihood held(Likelihood likelihood) {
  likelihood.parameters.held = true;
  return likelihood;
}

/// Rows' effects z_i' u[group(i)]: `z` is n x q, u is groups x q.
struct ResidentTerm {
  Matrix z;
  Indices index;
};

/// A linear predictor as a sum: base + dense columns times coefficients + the effects of terms.
struct LinearPredictor {
  Matrix base;                ///< n x 1
  std::vector<Matrix> dense;  ///< blocks of columns, each n x c_k
  Matrix coefficients;        ///< of all blocks in turn, c x 1
  std::vector<ResidentTerm> terms;
  std::vector<Matrix> effects;  ///< of each term, groups x q
};

/// Where not empty, what adds to a predictor's output weights B in each group of rows (groups x last width).
struct OutputEffects {
  Matrix weights;
  Indices index;

  bool empty() const { return weights.empty(); }
};

/// The differentiable predictors and the data they read. `noise` holds, where a layer has any, the
/// fixed additive noise of its pre-activations (n x width). With `single_precision` the fixed columns may be
/// read rounded to 24 bits, which moves the predictor by 6e-8 of its terms: for responses of bounded curvature. With
/// `rough_layers` a gradient, and the predictors that come with it, may go through the layers in single precision where
/// its range holds them; with both, products within the layers may round what they multiply to 11 bits.
struct Network {
  NetworkShape shape;
  Matrix inputs;              ///< n x d0
  std::vector<Matrix> fixed;  ///< of each predictor, n x p
  std::vector<Matrix> noise;
  std::vector<OutputEffects> output_effects;  ///< of each predictor; none at all where this is empty
  bool single_precision = false;
  bool rough_layers = false;

  /// The number of predictors from `first` on that read the same columns by heads of one shape.
  int alike(int first) const {
    const auto at = static_cast<std::size_t>(first);
    std::size_t end = at + 1;
    while (end < fixed.size() && shape.heads[end] == shape.heads[at] && fixed[end].storage() == fixed[at].storage())
      ++end;
    return static_cast<int>(end - at);
  }
  /// Whether its layers may be passed in single precision: there are layers, without noise and without effects on
  /// output weights.
  bool passes_rough() const {
    const auto empty = [](const auto& each) { return each.empty(); };
    return rough_layers && shape.layers() > 0 && std::all_of(noise.begin(), noise.end(), empty) &&
           std::all_of(output_effects.begin(), output_effects.end(), empty);
  }
  const OutputEffects* effects_of(int predictor) const {
    if (output_effects.empty()) return nullptr;
    const OutputEffects& own = output_effects[static_cast<std::size_t>(predictor)];
    return own.empty() ? nullptr : &own;
  }
};

/// Second moments over rows, weighted by the likelihood's curvature, that one layer's Fisher information is made
/// of; it is near their Kronecker product over the sum of the weights (Martens and Grosse 2015, section 3).
/// Diagonals, in a column, where they are wide.
struct FisherFactors {
  RowMatrix inputs;       ///< of the layer's inputs and a one for the bias; of a head, of B's and beta's columns
  RowMatrix derivatives;  ///< of the predictors' derivatives by the layer's pre-activations; 1 x 1 of a head
};

/// A part of theta, rows x cols in row-major order, that a metric rotates; empty bases are the identity.
struct MetricBlock {
  Eigen::Index offset = 0;
  Eigen::Index rows = 0;
  Eigen::Index cols = 0;
  Matrix left;   ///< rows x rows
  Matrix right;  ///< cols x cols
};

/// A linear change of coordinates theta = T xi in which moves are made: L^-T of a Cholesky factor L of the
/// metric, or a diagonal, then in each block left * block * right', then another diagonal, `scale`, if there is one.
struct Metric {
  Matrix diagonal;
  std::vector<MetricBlock> blocks;
  Matrix scale;
  Matrix cholesky;
};

/// One random-effect term within an arrow system.
struct ArrowTerm {
  ResidentTerm term;
  RowMatrix prior_precision;  ///< q x q
};

/// A Gaussian with precision D' Omega D + prior over the core (dense columns, then the effects of
/// `crossed` terms) and over a chain of nested terms, finest first, eliminated group by group.
struct ArrowSystem {
  std::vector<Matrix> dense;  ///< blocks of columns, each n x c_k
  Eigen::VectorXd dense_prior_precision;
  Eigen::VectorXd dense_prior_mean;
  std::vector<Eigen::Index> dense_scaled;  ///< columns, ascending, whose priors ArrowConditional::scale_prior scales
  std::vector<ArrowTerm> crossed;
  std::vector<ArrowTerm> chain;
  std::vector<Indices> parent;  ///< of chain[k]'s groups among chain[k + 1]'s
};

/// Coordinates of an arrow system's coefficients and effects in which its Gaussian is standard normal: those of the
/// core, then of each level of the chain, groups x q.
struct ArrowCoordinates {
  Matrix core;
  std::vector<Matrix> chain;
};

/// Where coefficients (c x 1) and effects of an arrow system lie; an empty `dense` or list holds none.
struct ArrowEffects {
  Matrix dense;
  std::vector<Matrix> crossed;
  std::vector<Matrix> chain;
};

/// What is left of a Gaussian for the effects u of a term's groups when all else is given: exp(r_g' u - u' D_g u / 2).
struct GroupFactors {
  RowMatrix precision;     ///< D_g without the prior, q x q a group: (groups q) x q
  Eigen::VectorXd linear;  ///< r_g, groups q
};

/// The conditional of one hidden layer given the layer above (math note, section 5).
struct HiddenLayer {
  double noise = 0;              ///< Delta of this layer
  Matrix mean;                   ///< n x d, A_{l-1} W_l + b_l
  Matrix weights_up;             ///< d x k; k = 1 at the top
  Matrix target;                 ///< n x k: next layer's Z - b; at the top kappa - omega * base
  Matrix row_precision;          ///< top: omega, n x 1; else empty
  double precision_up = 0;       ///< interior: 1 / Delta of the next layer
  OutputEffects output_effects;  ///< top: as in Network
};

}  // namespace bdglm
