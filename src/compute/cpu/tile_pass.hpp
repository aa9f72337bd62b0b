// A network's gradient over a block of rows in single precision, on the lanes' tiles.
#pragma once

#include <vector>

#include "compute/cpu/fixed_columns.hpp"

namespace bdglm::cpu {

/// Weights packed for the lanes, and scratch for one block of rows. Of a network that passes rough.
class TilePass {
 public:
  TilePass(const Network& network, const Matrix& theta);

  /// Rows of a block whose numbers stay in cache, a whole number of tiles.
  Eigen::Index block() const { return block_; }

  /// As BlockPass: `eta` (predictors x m) gets the predictors of rows [at, at + m) without base.
  void forward(Eigen::Index at, Eigen::Index m, RowMatrix& eta);
  /// As BlockPass: adds the gradient of the sum of score(c, i) eta_ic over the block to `gradient`; that by weights of
  /// ramps follows at `finish`.
  void backward(const RowMatrix& score, double* gradient);
  void finish(double* gradient);

 private:
  struct Layer {
    std::size_t inputs = 0;
    std::size_t units = 0;
    Eigen::ArrayXf weights;     ///< packed from inputs to units
    Eigen::ArrayXf transposed;  ///< and from units to inputs, where a layer is below
    Eigen::ArrayXf values;      ///< activations of a block
    Eigen::ArrayXf slopes;      ///< then what the layer passes down
  };

  const float* inputs_of(std::size_t layer) const;
  void add_ramp_sums();

  const NetworkShape& shape_;
  const double* theta_;
  const float* inputs_;  ///< tiles of all rows' dense columns
  std::size_t dense_;
  const RampRows& ramps_;
  std::size_t stride_;           ///< of the tables of ramps
  std::vector<float> at_knots_;  ///< what the ramps' weights add up to
  std::vector<float> by_knots_;  ///< gradient by it of the last rows, which are `summed_`
  std::vector<double> by_all_;   ///< and of those before
  Eigen::Index summed_ = 0;
  FixedColumns fixed_;
  std::vector<Layer> layers_;
  Eigen::ArrayXf outputs_;          ///< packed output weights, from units to predictors, zero where a head has none
  Eigen::ArrayXf transposed_;       ///< and from predictors to units
  Eigen::ArrayXf etas_;             ///< predictors of a block; then their scores
  Eigen::ArrayXf below_;            ///< what a layer's units pass down
  std::vector<double> by_outputs_;  ///< gradient by the output weights, last width x predictors
  Eigen::Index block_ = 0, at_ = 0, rows_ = 0;
  std::size_t tiles_ = 0;
};

}  // namespace bdglm::cpu
