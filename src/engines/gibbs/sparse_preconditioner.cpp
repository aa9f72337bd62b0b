// Moments of the columns that carry most, once, and their factor at the present precisions.
#include "engines/gibbs/sparse_preconditioner.hpp"

#include <algorithm>
#include <numeric>

namespace bdglm {
namespace {

/// Columns whose moments are kept: a factor of them costs as much as some ten products.
constexpr Eigen::Index kKept = 512;

}  // namespace

SparsePreconditioner::SparsePreconditioner(const Context& context, int predictor, Eigen::Index units) {
  const Backend& backend = context.backend;
  const std::vector<Matrix> blocks = {context.data.fixed[static_cast<std::size_t>(predictor)]};
  const Eigen::VectorXd squares = backend.weighted_squares(blocks, context.data.size);
  std::vector<Eigen::Index> order(static_cast<std::size_t>(squares.size()));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return squares[a] > squares[b]; });
  order.resize(static_cast<std::size_t>(std::min(kKept, squares.size())));
  std::sort(order.begin(), order.end());
  moments_ = backend.moments_of_columns(blocks.front(), order, context.data.size);
  for (const Eigen::Index column : order) columns_.push_back(units + column);
  sizes_ = backend.dot_rows(context.data.size, context.data.ones);
}

void SparsePreconditioner::prepare(const Context& context, const Matrix& omega, const Eigen::VectorXd& diagonal,
                                   const Eigen::VectorXd& prior_precision) {
  diagonal_ = diagonal;
  const double scale = context.backend.dot_rows(omega, context.data.ones) / sizes_;
  Eigen::MatrixXd system = scale * moments_;
  for (std::size_t k = 0; k < columns_.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    system(at, at) += prior_precision[columns_[k]];
  }
  factor_.compute(system);
  factored_ = factor_.info() == Eigen::Success;
}

Eigen::VectorXd SparsePreconditioner::solve(const Eigen::VectorXd& r) const {
  Eigen::VectorXd z = r.cwiseQuotient(diagonal_);
  if (!factored_ || columns_.empty()) return z;
  const Eigen::VectorXd own = factor_.solve(Eigen::VectorXd(r(columns_)));
  z(columns_) = own;
  return z;
}

}  // namespace bdglm
