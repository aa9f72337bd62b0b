// The draw of more coefficients than there are rows, by way of the rows, and the density of these.
#include <limits>

#include "compute/cpu/arrow.hpp"

namespace bdglm::cpu {
namespace {

/// f(block's values, its first column) of each dense block.
template <class F>
void for_each_block(const std::vector<Matrix>& blocks, F&& f) {
  Eigen::Index column = 0;
  for (const Matrix& block : blocks) {
    f(values(block), column);
    column += block.cols();
  }
}

/// Omega^-1/2 linear; a row without weight says nothing.
Eigen::ArrayXd over_roots(const double* linear, const Eigen::ArrayXd& root) {
  return (root > 0).select(Eigen::Map<const Eigen::ArrayXd>(linear, root.size()) / root, 0.0);
}

}  // namespace

void CpuArrow::sum_wide() {
  if (wide_gram_.rows() == rows_) return;
  const Eigen::ArrayXd root = Eigen::Map<const Eigen::ArrayXd>(omega_, rows_).sqrt();
  const Eigen::ArrayXd sd = system_.dense_prior_precision.array().rsqrt();
  Eigen::VectorXd at_mean = Eigen::VectorXd::Zero(rows_);
  wide_gram_.setZero(rows_, rows_);
  if (!system_.dense_scaled.empty()) wide_scaled_.setZero(rows_, rows_);
  std::vector<char> scales(static_cast<std::size_t>(core_width_), 0);
  for (const Eigen::Index j : system_.dense_scaled) scales[static_cast<std::size_t>(j)] = 1;
  for_each_block(system_.dense, [&](const auto& x, Eigen::Index column) {
    at_mean.noalias() += x * system_.dense_prior_mean.segment(column, x.cols());
    for (const char kind : {0, 1}) {
      std::vector<Eigen::Index> own;
      for (Eigen::Index j = 0; j < x.cols(); ++j)
        if (scales[static_cast<std::size_t>(column + j)] == kind) own.push_back(j);
      if (own.empty()) continue;
      const RowMatrix moved =
          root.matrix().asDiagonal() * x(Eigen::all, own) * sd.segment(column, x.cols())(own).matrix().asDiagonal();
      (kind == 0 ? wide_gram_ : wide_scaled_).selfadjointView<Eigen::Lower>().rankUpdate(moved);
    }
  });
  wide_rest_ = over_roots(linear_, root) - root * at_mean.array();
}

double CpuArrow::largest_spread() {
  sum_wide();
  Eigen::ArrayXd spread = wide_gram_.diagonal();
  if (wide_scaled_.size() > 0) spread += wide_scaled_.diagonal().array();
  return spread.size() > 0 ? spread.maxCoeff<Eigen::PropagateNaN>() : 0;
}

Eigen::ArrayXd CpuArrow::prior_variance() const {
  Eigen::ArrayXd variance = system_.dense_prior_precision.array().inverse();
  for (const Eigen::Index j : system_.dense_scaled) variance[j] *= prior_factor_;
  return variance;
}

bool CpuArrow::factor_wide() {
  sum_wide();
  if (wide_factored_ == row_factor_ && wide_factored_prior_ == prior_factor_) return true;
  wide_factor_ = row_factor_ * wide_gram_;
  if (wide_scaled_.size() > 0) wide_factor_ += row_factor_ * prior_factor_ * wide_scaled_;
  wide_factor_.diagonal().array() += 1;
  wide_factored_prior_ = prior_factor_;
  if (rows_ > 0 && !(wide_factor_.diagonal().maxCoeff<Eigen::PropagateNaN>() - 1 <= kWidestSpread)) {
    wide_factored_ = 0;
    return false;
  }
  const Eigen::LLT<Eigen::Ref<RowMatrix>> llt(wide_factor_);
  wide_factored_ = llt.info() == Eigen::Success ? row_factor_ : 0;
  return wide_factored_ > 0;
}

double CpuArrow::log_density_of_rows() {
  if (!factor_wide()) return -std::numeric_limits<double>::infinity();
  const auto count = static_cast<double>((Eigen::Map<const Eigen::ArrayXd>(omega_, rows_) > 0).count());
  const Eigen::VectorXd reduced = wide_factor_.triangularView<Eigen::Lower>().solve(wide_rest_);
  return 0.5 * (count * std::log(row_factor_) - row_factor_ * reduced.squaredNorm()) -
         wide_factor_.diagonal().array().log().sum();
}

/// Bhattacharya, Chakraborty and Mallick (2016), with a prior mean: u from the prior, v = Phi u + delta with
/// Phi = Omega^1/2 X; then u + D Phi' w where (Phi D Phi' + I) w = Omega^-1/2 linear - v.
void CpuArrow::draw_wide(const Address& address, Matrix& dense) {
  if (!factor_wide()) throw_not_positive_definite("the coefficients");
  const Address site = address.at(Site::arrow_core, address.instance);
  const Eigen::ArrayXd variance = prior_variance();
  const Eigen::ArrayXd root = Eigen::Map<const Eigen::ArrayXd>(omega_, rows_).sqrt();
  core_.resize(core_width_);
  draw_normals(site, 0, core_);
  core_ = system_.dense_prior_mean.array() + variance.sqrt() * core_.array();
  Eigen::VectorXd w(rows_);
  draw_normals(site, 1, w);
  Eigen::VectorXd predictor = Eigen::VectorXd::Zero(rows_);
  for_each_block(system_.dense, [&](const auto& x, Eigen::Index column) {
    predictor.noalias() += x * core_.segment(column, x.cols());
  });
  const double factor = std::sqrt(row_factor_);
  w = factor * (over_roots(linear_, root) - root * predictor.array()) - w.array();
  wide_factor_.triangularView<Eigen::Lower>().solveInPlace(w);
  wide_factor_.transpose().triangularView<Eigen::Upper>().solveInPlace(w);
  w.array() *= factor * root;
  for_each_block(system_.dense, [&](const auto& x, Eigen::Index column) {
    core_.segment(column, x.cols()).array() += variance.segment(column, x.cols()) * (x.transpose() * w).array();
  });
  values(dense) = core_;
}

}  // namespace bdglm::cpu
