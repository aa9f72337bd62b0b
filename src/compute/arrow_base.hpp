// What the Gaussian conditionals of an arrow system share on every machine: the system, its shape, its terms' priors.
#pragma once

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <utility>

#include "compute/arrow_shape.hpp"

namespace bdglm {

class ArrowBase : public ArrowConditional {
 public:
  bool light(std::size_t term) const final {
    return term < system_.crossed.size() ? shape_.core_light : shape_.chain_light;
  }

  bool by_rows() final { return shape_.wide && part_.whole() && largest_spread() <= kWidestSpread; }

  void scale_rows(double factor) final { row_factor_ = factor; }
  void scale_prior(double factor) final { prior_factor_ = factor; }

  void set_prior_precision(std::size_t term, const RowMatrix& precision) final {
    if (group(term).prior_precision == precision) return;
    group(term).prior_precision = precision;
    factored_ = false;
    if (term < system_.crossed.size()) return;
    const std::size_t level = term - system_.crossed.size();
    stale_ = eliminated_ ? level : std::min(stale_, level);
    eliminated_ = false;
  }

 protected:
  /// Prior variances of the rows' predictors over the rows' own, up to which these still count in double precision:
  /// beyond it a system is not drawn by way of the rows. Nor do moves of scales, which are made within it alone, lead
  /// there: they could not come back.
  static constexpr double kWidestSpread = 1e11;

  /// The largest of these of a wide system as it was made.
  virtual double largest_spread() = 0;

  /// `part` must outlive this.
  ArrowBase(ArrowSystem system, const Matrix& omega, const Matrix& linear, const RowPart& part)
      : system_(std::move(system)),
        omega_matrix_(omega),
        linear_matrix_(linear),
        part_(part),
        shape_(system_, part.count(omega.size())) {}

  /// Crossed terms first, then the chain's.
  ArrowTerm& group(std::size_t term) {
    return term < system_.crossed.size() ? system_.crossed[term] : system_.chain[term - system_.crossed.size()];
  }

  /// The priors' part of the log marginal (math note, eq. 6): half of J log |Sigma^-1| of every term.
  double log_prior_determinants() {
    double sum = 0;
    for (std::size_t term = 0; term < system_.crossed.size() + system_.chain.size(); ++term) {
      const ArrowTerm& g = group(term);
      sum += 0.5 * static_cast<double>(g.term.index.groups()) * std::log(g.prior_precision.determinant());
    }
    return sum;
  }

  ArrowSystem system_;
  Matrix omega_matrix_;  ///< held, with linear_matrix_, so that their arrays stay
  Matrix linear_matrix_;
  const RowPart& part_;
  ArrowShape shape_;
  double row_factor_ = 1;  ///< of a system that is drawn by way of the rows, as the next
  double prior_factor_ = 1;
  bool factored_ = false;    ///< whether the core stands factored at the present precisions
  bool eliminated_ = false;  ///< whether the chain stands eliminated at the present precisions
  std::size_t stale_ = 0;    ///< where it does not: the finest level whose elimination does not stand
};

}  // namespace bdglm
