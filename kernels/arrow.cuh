// The Gaussian conditional of an arrow system on the device; the CPU's twin is src/compute/cpu/arrow.
#pragma once

#include "compute/arrow_base.hpp"
#include "kernels/operations.cuh"

namespace bdglm::cuda {

/// Everything is public, since nvcc allows device lambdas in public functions only.
struct CudaArrow final : ArrowBase {
  CudaArrow(Queue& queue, ArrowSystem system, const Matrix& omega, const Matrix& linear, const RowPart& part);

  double log_marginal() override;
  double log_density_of_rows() override;
  double largest_spread() override;
  void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) override;
  void place(const ArrowCoordinates& xi, ArrowEffects& theta) override;
  void whiten(const ArrowEffects& theta, ArrowCoordinates& xi) override;
  void place_chain(const ArrowCoordinates& xi, ArrowEffects& theta) override;
  GroupFactors groups_given(const ArrowEffects& theta) override;
  void pull(const Matrix& v, ArrowCoordinates& out) override;
  double accept_groups(const Address& address, const Matrix& change, const std::vector<const ArrowCoordinates*>& before,
                       const std::vector<const ArrowCoordinates*>& after, const ArrowCoordinates& from,
                       ArrowCoordinates& to) override;

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

  /// Sums over rows of all but wide systems, which are summed when something other than a draw is asked of them.
  void sum_rows();
  /// The rows' covariance under the prior, and what it leaves of the linear term, unless they stand.
  void sum_wide();
  /// Factors the rows' system at the present factors, unless that stands; false where it cannot.
  bool factor_wide();
  /// Draws the dense columns' coefficients by way of the rows (math note, section 4).
  void draw_wide(const Address& address, Matrix& dense);
  void sum_dense();
  void sum_crossed(std::size_t a);
  void sum_level(std::size_t level);
  void add_products(const ResidentTerm& term, const double* x, std::size_t cols, double* out, std::size_t group_step,
                    std::size_t row_step);
  void add_cross_products(const ResidentTerm& term, const ResidentTerm& other, double* out, std::size_t group_step,
                          std::size_t row_step);
  void add_linear(const ResidentTerm& term, const double* v, double* out);
  /// Sums over this part's rows become those over all.
  void add_up(double* sums, std::size_t count) { cuda::add_up(queue_, part_, sums, count); }

  /// Failures are recorded at `failure`; trials, whose failures are answers, pass null.
  void eliminate(unsigned long long* failure);
  double eliminate(std::size_t level, unsigned long long* failure);
  void pass_up(std::size_t level);
  bool factor_core();
  /// Eliminates and factors; throws NumericalError.
  void factor();
  void take_core(const ArrowEffects& theta);
  void place_levels(const ArrowCoordinates& xi, ArrowEffects& theta);
  void solve_core(Matrix& dense, std::vector<Matrix>& crossed);
  /// u += sign (L^-1 linear term - L^-1 couplings times the core's coefficients and coarser levels' effects).
  void add_residual(std::size_t level, const std::vector<Matrix>& chain, double sign, double* u);
  /// Effects of a level from their coordinates, which stand in their place.
  void back_substitute(std::size_t level, std::vector<Matrix>& chain);
  /// ratio of each group of the coarsest level += factor times the squares of a level's coordinates.
  void add_group_squares(std::size_t level, const ArrowCoordinates& xi, double factor, double* ratio);
  /// The map from a level's groups to their ancestors; null for the level itself.
  IndexStorage* ancestors(std::size_t level, std::size_t up);

  Queue& queue_;
  const double* omega_;
  const double* linear_;
  std::size_t rows_;
  std::size_t core_width_;
  int arrays_ = 0;
  double *row_gram_ = nullptr, *row_rhs_, *reduced_gram_, *reduced_rhs_, *gram_, *reduced_, *core_;
  /// In the letters of src/compute/cpu/arrow_wide: prior precisions, means, and ones where the prior scales; Phi D Phi'
  /// of the columns whose prior does not and does scale; Omega^-1/2 linear less Phi times the prior's mean; the factor
  /// of the rows' system; coefficients; numbers of the rows.
  double *prior_ = nullptr, *wide_gram_, *wide_scaled_, *wide_rest_, *wide_factor_, *wide_core_, *wide_rows_;
  double wide_factored_ = 0;
  double wide_factored_prior_ = 0;
  std::vector<Level> levels_;
  double chain_marginal_ = 0;
};

}  // namespace bdglm::cuda
