// The Gaussian conditional of an arrow system on the CPU: groups are eliminated one by one into a dense core.
#pragma once

#include <vector>

#include "compute/arrow_base.hpp"
#include "compute/cpu/gaussian.hpp"
#include "compute/cpu/group_sums.hpp"

namespace bdglm::cpu {

class CpuArrow final : public ArrowBase {
 public:
  CpuArrow(ArrowSystem system, const Matrix& omega, const Matrix& linear, const RowPart& part);

  double log_marginal() override;
  double log_density_of_rows() override;
  void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) override;
  void place(const ArrowCoordinates& xi, ArrowEffects& theta) override;
  void whiten(const ArrowEffects& theta, ArrowCoordinates& xi) override;
  void place_chain(const ArrowCoordinates& xi, ArrowEffects& theta) override;
  GroupFactors groups_given(const ArrowEffects& theta) override;
  void pull(const Matrix& v, ArrowCoordinates& out) override;
  double accept_groups(const Address& address, const Matrix& change, const std::vector<const ArrowCoordinates*>& before,
                       const std::vector<const ArrowCoordinates*>& after, const ArrowCoordinates& from,
                       ArrowCoordinates& to) override;

 private:
  /// One level of the chain; rows g q .. g q + q - 1 are group g's. Sums over rows come first, then what elimination
  /// makes of them: factors of the groups' precisions, and couplings and linear terms less those of finer levels.
  /// Letters are those of the math note, section 4.
  struct Level {
    RowMatrix row_diagonal;      ///< D_g without the prior, q x q a group
    RowMatrix row_coupling;      ///< C_g: with the core's columns, then the widths of all coarser levels in turn
    Eigen::VectorXd row_linear;  ///< r_g
    RowMatrix factor;            ///< D_g with the prior, then its Cholesky factor L_g
    RowMatrix coupling;          ///< C_g less what finer levels took
    Eigen::VectorXd linear;      ///< r_g likewise
  };

  /// What the elimination of all finer levels has left, from which a trial of a level's precision goes on.
  struct Stage {
    RowMatrix gram;
    Eigen::VectorXd rhs;
    double marginal = 0;
    std::vector<Level> above;  ///< factor (without the prior), coupling and linear of this level and coarser ones
  };

  Eigen::Index width(std::size_t level) const { return shape_.width(level); }
  double largest_spread() override;

  /// A term's products with the dense columns and where they go.
  struct DenseProducts {
    const TermView& term;
    GroupBlocks out;
  };

  /// Sums over rows of all but wide systems, which are summed when something other than a draw is asked of them.
  void sum_rows();
  /// The rows' covariance under the prior, and what it leaves of the linear term, unless they stand.
  void sum_wide();
  /// Prior variances of the dense columns at the present factor.
  Eigen::ArrayXd prior_variance() const;
  /// Factors the rows' system at the present factors, unless that stands; false where it cannot.
  bool factor_wide();
  /// Draws the dense columns' coefficients by way of the rows (math note, section 4).
  void draw_wide(const Address& address, Matrix& dense);
  bool narrow() const { return system_.dense.size() == 1 && dense_width_ <= kNarrow; }
  void sum_core();
  void add_dense_moments();
  void add_dense_products(const DenseProducts& products, Eigen::Index first, Eigen::Index count) const;
  void add_crossed(std::size_t a);
  void add_dense(const ResidentTerm& term, Eigen::Index first, Eigen::Index last, GroupBlocks out) const;
  void add_rows(std::size_t level, Eigen::Index first, Eigen::Index last, GroupBlocks diagonal, double* coupling,
                double* linear) const;
  void sum_level(std::size_t level);
  void add_up_parts();
  void take_rows(Eigen::Index first, Eigen::Index last, RowMatrix& coupling, Eigen::VectorXd& linear);

  void eliminate();
  void eliminate(std::size_t level);
  void begin_elimination();
  void keep_stage(std::size_t level);
  void take_stage(std::size_t level);
  void pass_up(std::size_t level, Eigen::Index g, const double* reduced, const double* reduced_linear);
  void factor_core();
  void take_core(const ArrowEffects& theta);
  void place_levels(const ArrowCoordinates& xi, ArrowEffects& theta);
  void solve_core(Matrix& dense, std::vector<Matrix>& crossed);
  /// Effects of a level given the core's coefficients and all coarser levels; noise(g, x) adds group g's coordinates.
  template <class Noise>
  void back_substitute(std::size_t level, std::vector<Matrix>& chain, Noise&& noise);
  /// Calls f(g, x, L_g) with x = L_g^-1 (linear term less what coefficients and coarser levels predict) of each group.
  template <class F>
  void for_each_residual(std::size_t level, const std::vector<Matrix>& chain, F&& f);
  Eigen::VectorXd finest_residual(const std::vector<Matrix>& chain) const;
  /// The group's ancestor at a coarser level.
  Eigen::Index ancestor(std::size_t level, Eigen::Index g, std::size_t up) const {
    for (std::size_t k = level; k < up; ++k) g = groups(system_.parent[k]).group[static_cast<std::size_t>(g)];
    return g;
  }

  const double* omega_;
  const double* linear_;
  Eigen::Index rows_;
  Eigen::Index dense_width_;
  Eigen::Index core_width_;
  std::vector<TermView> crossed_;
  std::vector<TermView> chain_;
  bool keeps_finest_;  ///< else the finest level's sums are taken from the rows whenever they are needed

  RowMatrix row_gram_;       ///< P of the core as summed over rows
  Eigen::VectorXd row_rhs_;  ///< r of the core
  std::vector<Level> levels_;
  RowMatrix reduced_gram_;  ///< P with the chain eliminated (math note, eq. 5)
  Eigen::VectorXd reduced_rhs_;
  double chain_marginal_ = 0;
  std::vector<Stage> stages_;  ///< of each level but the finest, where trials cost little
  RowMatrix gram_;             ///< Cholesky factor of the core
  Eigen::VectorXd reduced_;    ///< L^-1 of the core's linear term
  Eigen::VectorXd core_;       ///< coefficients of the core
  RowMatrix wide_gram_;        ///< Phi D Phi' of the columns whose prior is not scaled (arrow_wide.cpp)
  RowMatrix wide_scaled_;      ///< and of those whose is; empty where there are none
  Eigen::VectorXd wide_rest_;  ///< Omega^-1/2 linear - Phi times the prior's mean
  RowMatrix wide_factor_;      ///< Cholesky factor of the rows' system
  double wide_factored_ = 0;   ///< the factor of the rows' precisions at which that stands, and the prior's
  double wide_factored_prior_ = 0;
};

}  // namespace bdglm::cpu
