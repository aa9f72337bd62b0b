// Sums over rows of an arrow system on the CPU: the core's, and those of each level's groups.
#include <algorithm>

#include "base/stop_point.hpp"
#include "compute/cpu/arrow.hpp"

namespace bdglm::cpu {

void CpuArrow::sum_core() {
  row_gram_.setZero(core_width_, core_width_);
  row_rhs_.setZero(core_width_);
  if (narrow())
    lanes::add_weighted_moments(rows_of(system_.dense.front()), rows_, omega_, linear_, row_gram_.data(), core_width_,
                                row_rhs_.data());
  else
    add_dense_moments();
  for (std::size_t a = 0; a < crossed_.size(); ++a) add_crossed(a);
}

/// Wide dense columns are read once, in order: their moments with each other and with the linear term, and their
/// products with every term whose sums are kept.
void CpuArrow::add_dense_moments() {
  if (dense_width_ == 0) return;
  std::vector<DenseProducts> products;
  for (const TermView& term : crossed_)
    products.push_back({term, {row_gram_.data() + term.start * core_width_, term.q * core_width_, core_width_}});
  for (std::size_t level = keeps_finest_ ? 0 : 1; level < chain_.size(); ++level)
    products.push_back(
        {chain_[level], {levels_[level].row_coupling.data(), chain_[level].q * width(level), width(level)}});
  // The last column holds the linear term over the roots of the weights.
  const Eigen::Index wide = dense_width_ + 1;
  RowMatrix scaled(kRowBlock, wide);
  RowMatrix moments = RowMatrix::Zero(wide, wide);
  for (Eigen::Index at = 0; at < rows_; at += kRowBlock) {
    stop_point();
    const Eigen::Index m = std::min(kRowBlock, rows_ - at);
    const Eigen::ArrayXd root = Eigen::Map<const Eigen::ArrayXd>(omega_ + at, m).sqrt();
    Eigen::Index column = 0;
    for (const Matrix& block : system_.dense) {
      scaled.block(0, column, m, block.cols()) = values(block).middleRows(at, m).array().colwise() * root;
      column += block.cols();
    }
    const Eigen::Map<const Eigen::ArrayXd> linear(linear_ + at, m);
    scaled.col(dense_width_).head(m) = (root > 0).select(linear / root, 0.0);
    moments.selfadjointView<Eigen::Lower>().rankUpdate(scaled.topRows(m).transpose());
    for (const DenseProducts& each : products) add_dense_products(each, at, m);
  }
  row_gram_.topLeftCorner(dense_width_, dense_width_).triangularView<Eigen::Lower>() +=
      moments.topLeftCorner(dense_width_, dense_width_);
  row_rhs_.head(dense_width_) += moments.row(dense_width_).head(dense_width_).transpose();
}

void CpuArrow::add_dense_products(const DenseProducts& products, Eigen::Index first, Eigen::Index count) const {
  const TermView& term = products.term;
  Eigen::Index column = 0;
  for (const Matrix& block : system_.dense) {
    const RowsView x = rows_of(block);
    for (Eigen::Index i = first; i < first + count; ++i) {
      for (Eigen::Index k = 0; k < term.q; ++k)
        add_scaled(omega_[i] * term.row(i)[k], x.values + i * x.width,
                   products.out.values + term.group[i] * products.out.group_step + k * products.out.row_step + column,
                   x.width);
    }
    column += block.cols();
  }
}

/// Rows of the core that belong to one crossed term: against the dense part, itself, and earlier crossed terms.
void CpuArrow::add_crossed(std::size_t a) {
  const TermView& term = crossed_[a];
  const ArrowTerm& group = system_.crossed[a];
  const Eigen::Index count = group.term.index.groups();
  double* rows = row_gram_.data() + term.start * core_width_;
  const Eigen::Index step = term.q * core_width_;
  if (narrow()) add_dense(group.term, 0, count, {rows, step, core_width_});
  const lanes::GroupedRows index = grouped(groups(group.term.index));
  add_group_products(index, 0, count, omega_, term.rows(), term.rows(),
                     {rows + term.start, step + term.q, core_width_});
  add_group_sums(index, 0, count, linear_, term.rows(), {row_rhs_.data() + term.start, term.q, 0});
  for (std::size_t b = 0; b < a; ++b)
    add_group_cross_products(index, 0, count, omega_, term.rows(), crossed_[b].rows(), crossed_[b].group,
                             {rows + crossed_[b].start, step, core_width_});
}

/// Products of a term's groups with the dense columns.
void CpuArrow::add_dense(const ResidentTerm& term, Eigen::Index first, Eigen::Index last, GroupBlocks out) const {
  for (const Matrix& block : system_.dense) {
    add_group_products(grouped(groups(term.index)), first, last, omega_, TermView(term, 0).rows(), rows_of(block), out);
    out.values += block.cols();
  }
}

/// Adds the rows of groups [first, last) to their blocks; couplings and linear terms count groups from `first`.
void CpuArrow::add_rows(std::size_t level, Eigen::Index first, Eigen::Index last, GroupBlocks diagonal,
                        double* coupling, double* linear) const {
  const ResidentTerm& group = system_.chain[level].term;
  const TermView& term = chain_[level];
  const lanes::GroupedRows index = grouped(groups(group.index));
  const Eigen::Index stride = width(level);
  const GroupBlocks out{coupling - first * term.q * stride, term.q * stride, stride};
  const bool kept = level > 0 || keeps_finest_;
  if (narrow() || !kept) add_dense(group, first, last, out);
  for (const TermView& other : crossed_)
    add_group_cross_products(index, first, last, omega_, term.rows(), other.rows(), other.group,
                             {out.values + other.start, out.group_step, stride});
  Eigen::Index column = core_width_;
  for (std::size_t up = level + 1; up < chain_.size(); ++up) {
    add_group_products(index, first, last, omega_, term.rows(), chain_[up].rows(),
                       {out.values + column, out.group_step, stride});
    column += chain_[up].q;
  }
  add_group_products(index, first, last, omega_, term.rows(), term.rows(), diagonal);
  add_group_sums(index, first, last, linear_, term.rows(), {linear - first * term.q, term.q, 0});
}

void CpuArrow::sum_level(std::size_t level) {
  Level& here = levels_[level];
  const Eigen::Index q = chain_[level].q;
  const Eigen::Index count = system_.chain[level].term.index.groups();
  add_rows(level, 0, count, {here.row_diagonal.data(), q * q, q}, here.row_coupling.data(), here.row_linear.data());
}

/// Makes the sums over this part's rows those over all.
void CpuArrow::add_up_parts() {
  part_.add_up(row_gram_);
  part_.add_up(row_rhs_);
  for (Level& level : levels_) {
    part_.add_up(level.row_diagonal);
    part_.add_up(level.row_coupling);
    part_.add_up(level.row_linear);
  }
}

/// The finest level's sums for groups [first, last), where they are not kept: couplings and linear terms, and what the
/// rows add to the groups' own blocks.
void CpuArrow::take_rows(Eigen::Index first, Eigen::Index last, RowMatrix& coupling, Eigen::VectorXd& linear) {
  const Eigen::Index q = chain_[0].q;
  RowMatrix& factor = levels_[0].factor;
  coupling.setZero();
  linear.setZero();
  if (part_.whole()) {
    add_rows(0, first, last, {factor.data(), q * q, q}, coupling.data(), linear.data());
    return;
  }
  RowMatrix diagonal = RowMatrix::Zero((last - first) * q, q);
  add_rows(0, first, last, {diagonal.data() - first * q * q, q * q, q}, coupling.data(), linear.data());
  part_.add_up(diagonal);
  part_.add_up(coupling);
  part_.add_up(linear);
  factor.middleRows(first * q, diagonal.rows()) += diagonal;
}

}  // namespace bdglm::cpu
