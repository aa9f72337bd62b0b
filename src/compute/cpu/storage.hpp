// What the CPU backend keeps behind the opaque handles.
#pragma once

#include <mutex>
#include <numeric>
#include <vector>

#include "compute/backend.hpp"
#include "compute/cpu/lanes/lanes.hpp"
#include "compute/cpu/ramp_rows.hpp"

namespace bdglm::cpu {

/// Rows that one pass over a design keeps in cache.
constexpr Eigen::Index kRowBlock = 256;

/// A number of a sparse row.
struct SparseEntry {
  std::int32_t column;
  float value;
};

struct MatrixStorage final : Matrix::Storage {
  RowMatrix values;
  RampRows ramps;     ///< further columns of a design
  SparseRows sparse;  ///< and still further ones

  /// The sparse columns' numbers in their order, where all are floats, as counts are: two thirds of the bytes of a
  /// pass. Else null. Made at first use.
  const SparseEntry* entries();

  /// A copy of `values` in the lanes' tiles, rounded to 24 bits: half the bytes of a pass over the rows. Made at
  /// first use; for designs, whose values do not change.
  const float* tiles();

 private:
  std::once_flag tiles_made_;
  std::vector<float> tiles_;
  std::once_flag entries_made_;
  std::vector<SparseEntry> entries_;
};

/// Row-to-group map, and the rows sorted by group (rows of group g: order[start[g]] .. order[start[g+1]-1]).
struct IndexStorage final : Indices::Storage {
  std::vector<std::int32_t> group;
  std::vector<std::int32_t> order;
  std::vector<std::int32_t> start;
};

/// Of a design's columns, the dense ones.
inline Eigen::Map<RowMatrix> values(const Matrix& m) {
  if (m.storage() == nullptr) return {nullptr, 0, 0};
  auto* storage = static_cast<MatrixStorage*>(m.storage());
  return {storage->values.data() + m.offset(), m.rows(), m.cols() - storage->ramps.columns() - storage->sparse.cols()};
}

inline const IndexStorage& groups(const Indices& index) { return *static_cast<IndexStorage*>(index.storage()); }

/// The n x 1 matrix as a contiguous array.
inline Eigen::Map<Eigen::ArrayXd> array(const Matrix& m) { return {values(m).data(), m.size()}; }

/// Linear predictors in `eta`.
inline int predictors(const Likelihood& likelihood, const Matrix& eta) {
  return likelihood.response.empty() ? 1 : static_cast<int>(eta.size() / likelihood.response.size());
}

// Sums over rows, here, are those over this part's rows, which the backend adds up, but for draws, which take the part.

void forward(const Network& network, const Matrix& theta, const Matrix& base, std::vector<Matrix>& pre_activations,
             std::vector<Matrix>& activations, Matrix& eta);
double gradient(const Network& network, const Matrix& theta, const Matrix& base, const Likelihood& likelihood,
                Matrix& gradient, Matrix& eta);
std::vector<FisherFactors> fisher_factors(const Network& network, const Matrix& theta, const Matrix& weights,
                                          Eigen::Index largest);
RowMatrix weighted_gram(const std::vector<Matrix>& blocks, const Matrix& weights);
Eigen::VectorXd weighted_product(const std::vector<Matrix>& blocks, const Matrix& weights, const Eigen::VectorXd& v);
Eigen::VectorXd transposed_times(const std::vector<Matrix>& blocks, const Matrix& v);
Eigen::VectorXd weighted_squares(const std::vector<Matrix>& blocks, const Matrix& weights);
RowMatrix moments_of_columns(const Matrix& design, const std::vector<Eigen::Index>& columns, const Matrix& weights);
void add_noise(const Matrix& precision, const Address& address, Eigen::Index first_row, Matrix& linear);
/// Working precisions and kappa of every row in one predictor, not checked.
void draw_latents(const Likelihood& likelihood, const Matrix& eta, int predictor, const Address& address,
                  Eigen::Index first_row, Matrix& omega, Matrix& kappa);
/// Likelihood rows with the resident responses, sizes and predictors.
lanes::LikelihoodRows likelihood_rows(const Likelihood& likelihood, const Matrix& eta);
/// See Backend; the sum over this part's rows.
double residual_likelihood(const Likelihood& likelihood, const LinearPredictor& own, const Matrix& omega,
                           const Matrix& kappa, int predictor, Matrix& eta, Matrix& terms, Matrix& scores);
void draw_hidden_units(const HiddenLayer& layer, Slopes slopes, const Address& address, Eigen::Index first_row,
                       Matrix& z, Matrix& activations);
void draw_regression(const Matrix& inputs, const Matrix& targets, double variance,
                     const Eigen::VectorXd& prior_precision, const Address& address, const RowPart& part,
                     Matrix& weights);

}  // namespace bdglm::cpu
