// The Gaussian conditional of an arrow system on the device; the CPU's twin is src/backend/cpu_arrow.
#pragma once

#include "bdglm/backend/arrow_shape.hpp"
#include "kernels/operations.cuh"

namespace bdglm::cuda {

/// Everything is public, since nvcc allows device lambdas in public functions only.
struct CudaArrow final : ArrowConditional {
  CudaArrow(Queue& queue, ArrowSystem system, const Matrix& omega, const Matrix& linear);

  bool light(std::size_t term) const override {
    return term < system_.crossed.size() ? shape_.core_light : shape_.chain_light;
  }
  void set_prior_precision(std::size_t term, const RowMatrix& precision) override;
  double log_marginal() override;
  void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) override;

  /// Arrays of one level of the chain, group after group: sums over rows, then what elimination makes of them.
  struct Level {
    std::size_t groups, q, width;
    double *row_diagonal, *row_coupling, *row_linear;
    double *factor, *coupling, *linear;
  };

  ArrowGroup& group(std::size_t term) {
    return term < system_.crossed.size() ? system_.crossed[term] : system_.chain[term - system_.crossed.size()];
  }
  /// The next of this system's arrays, from the queue's store of them.
  double* array(std::size_t count);

  void sum_dense();
  void sum_crossed(std::size_t a);
  void sum_level(std::size_t level);
  void add_products(const GroupTerm& term, const double* x, std::size_t cols, double* out, std::size_t group_step,
                    std::size_t row_step);
  void add_cross_products(const GroupTerm& term, const GroupTerm& other, double* out, std::size_t group_step,
                          std::size_t row_step);
  void add_linear(const GroupTerm& term, double* out);

  /// Failures are recorded at `failure`; trials, whose failures are answers, pass null.
  void eliminate(unsigned long long* failure);
  double eliminate(std::size_t level, unsigned long long* failure);
  void pass_up(std::size_t level);
  bool factor_core();
  void back_substitute(std::size_t level, const Address& address, std::vector<Matrix>& chain);

  Queue& queue_;
  ArrowSystem system_;
  Matrix omega_matrix_;  ///< held, with linear_matrix_, so that the arrays below stay
  Matrix linear_matrix_;
  const double* omega_;
  const double* linear_;
  std::size_t rows_;
  ArrowShape shape_;
  std::size_t core_width_;
  int arrays_ = 0;
  double *row_gram_, *row_rhs_, *reduced_gram_, *reduced_rhs_, *gram_, *core_;
  std::vector<Level> levels_;
  bool eliminated_ = false;
  double chain_marginal_ = 0;
};

}  // namespace bdglm::cuda
