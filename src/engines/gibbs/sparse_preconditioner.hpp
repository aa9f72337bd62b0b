// A matrix near that of a sparse predictor's coefficients, by which conjugate gradients need fewer products.
#pragma once

#include <Eigen/Cholesky>
#include <vector>

#include "target/state.hpp"

namespace bdglm {

/// The system's diagonal, but for the columns that carry most: their moments under the likelihood's sizes, which are
/// fixed, times how large the present precisions are beside these, and their prior's precision.
class SparsePreconditioner {
 public:
  /// Of a predictor's fixed columns, which come after `units` columns of the system.
  SparsePreconditioner(const Context& context, int predictor, Eigen::Index units);

  /// For a system of that diagonal and prior precision, at precisions `omega` of the rows.
  void prepare(const Context& context, const Matrix& omega, const Eigen::VectorXd& diagonal,
               const Eigen::VectorXd& prior_precision);
  Eigen::VectorXd solve(const Eigen::VectorXd& r) const;

 private:
  std::vector<Eigen::Index> columns_;  ///< of the system, those that carry most
  RowMatrix moments_;                  ///< of these
  double sizes_ = 0;                   ///< their sum over all rows
  Eigen::VectorXd diagonal_;
  Eigen::LLT<Eigen::MatrixXd> factor_;
  bool factored_ = false;
};

}  // namespace bdglm
