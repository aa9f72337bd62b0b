// The Gaussian conditional of an arrow system on the device; the CPU's twin is src/backend/cpu_arrow.
#pragma once

#include "bdglm/backend/arrow_base.hpp"
#include "kernels/operations.cuh"

namespace bdglm::cuda {

/// Everything is public, since nvcc allows device lambdas in public functions only.
struct CudaArrow final : ArrowBase {
  CudaArrow(Queue& queue, ArrowSystem system, const Matrix& omega, const Matrix& linear);

  double log_marginal() override;
  void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) override;

  /// Arrays of one level of the chain, group after group: sums over rows, then what elimination makes of them. In the
  /// letters of the math note, section 4: D_g (diagonal; factor with the prior, then L_g), C_g (coupling), r_g
  /// (linear); of the core P (gram) and r (rhs).
  struct Level {
    std::size_t groups, q, width;
    double *row_diagonal, *row_coupling, *row_linear;
    double *factor, *coupling, *linear;
  };

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
  const double* omega_;
  const double* linear_;
  std::size_t rows_;
  std::size_t core_width_;
  int arrays_ = 0;
  double *row_gram_, *row_rhs_, *reduced_gram_, *reduced_rhs_, *gram_, *core_;
  std::vector<Level> levels_;
  double chain_marginal_ = 0;
};

}  // namespace bdglm::cuda
