// Joint draws from an arrow system on the CPU: groups are eliminated one by one into a dense core.
#include <algorithm>
#include <cmath>

#include "backend/cpu_gaussian.hpp"
#include "backend/cpu_group_sums.hpp"
#include "backend/cpu_storage.hpp"

namespace bdglm::cpu {
namespace {

class ArrowSolver {
 public:
  ArrowSolver(const ArrowSystem& system, const Matrix& omega, const Matrix& linear)
      : system_(system), omega_(values(omega).data()), linear_(values(linear).data()), rows_(omega.size()) {
    for (const Matrix& block : system.dense) dense_width_ += block.cols();
    core_width_ = dense_width_;
    for (const ArrowGroup& group : system.crossed) {
      crossed_.emplace_back(group.term, core_width_);
      core_width_ += group.term.index.groups() * group.term.z.cols();
    }
    // Couplings hold the core's columns, then the widths of all coarser levels in turn.
    Eigen::Index above = 0;
    for (const ArrowGroup& group : system.chain) {
      chain_.emplace_back(group.term, 0);
      above += group.term.z.cols();
    }
    for (const TermView& term : chain_) {
      above -= term.q;
      coarser_width_.push_back(above);
    }
  }

  void draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) {
    build_core();
    prepare_levels();
    for (std::size_t level = 0; level < chain_.size(); ++level) eliminate(level);
    factor(gram_, "the coefficients");
    core_ = rhs_;
    gram_.triangularView<Eigen::Lower>().solveInPlace(core_);
    Eigen::VectorXd noise(core_width_);
    draw_normals(address.at(Site::arrow_core, address.instance), 0, noise);
    core_ += noise;
    gram_.transpose().triangularView<Eigen::Upper>().solveInPlace(core_);
    values(dense) = core_.head(dense_width_);
    for (std::size_t k = 0; k < crossed.size(); ++k) {
      RowMatrix& u = values(crossed[k]);
      u = Eigen::Map<const RowMatrix>(core_.data() + crossed_[k].start, u.rows(), u.cols());
    }
    for (std::size_t level = chain.size(); level-- > 0;) back_substitute(level, address, chain);
  }

 private:
  /// One level of the chain: its groups' precisions, then factors; couplings (core, then coarser levels) and
  /// linear terms are kept for all but the finest, whose rows give them anew. Rows g q .. g q + q - 1 are group g's.
  struct Level {
    RowMatrix diagonal;
    RowMatrix coupling;
    Eigen::VectorXd linear;
  };

  void build_core() {
    gram_.setZero(core_width_, core_width_);
    rhs_.setZero(core_width_);
    if (system_.dense.size() == 1 && dense_width_ <= kNarrow)
      add_weighted_moments(rows_of(system_.dense.front()), rows_, omega_, linear_, gram_, rhs_.data());
    else
      add_dense_moments();
    gram_.diagonal().head(dense_width_) += system_.dense_prior_precision;
    rhs_.head(dense_width_) += system_.dense_prior_precision.cwiseProduct(system_.dense_prior_mean);
    for (std::size_t a = 0; a < crossed_.size(); ++a) add_crossed(a);
  }

  void add_dense_moments() {
    RowMatrix scaled(kRowBlock, dense_width_);
    for (Eigen::Index at = 0; at < rows_ && dense_width_ > 0; at += kRowBlock) {
      const Eigen::Index m = std::min(kRowBlock, rows_ - at);
      Eigen::Index column = 0;
      for (const Matrix& block : system_.dense) {
        const auto x = values(block).middleRows(at, m);
        rhs_.segment(column, block.cols()).noalias() +=
            x.transpose() * Eigen::Map<const Eigen::VectorXd>(linear_ + at, m);
        scaled.block(0, column, m, block.cols()) =
            x.array().colwise() * Eigen::Map<const Eigen::ArrayXd>(omega_ + at, m).sqrt();
        column += block.cols();
      }
      gram_.topLeftCorner(dense_width_, dense_width_)
          .selfadjointView<Eigen::Lower>()
          .rankUpdate(scaled.topRows(m).transpose());
    }
  }

  /// Rows of the core that belong to one crossed term: against the dense part, itself, and earlier crossed terms.
  void add_crossed(std::size_t a) {
    const TermView& term = crossed_[a];
    const ArrowGroup& group = system_.crossed[a];
    const Eigen::Index count = group.term.index.groups();
    double* rows = gram_.data() + term.start * core_width_;
    const Eigen::Index step = term.q * core_width_;
    add_dense(group.term, 0, count, {rows, step, core_width_});
    const IndexStorage& index = groups(group.term.index);
    add_group_products(index, 0, count, omega_, term.rows(), term.rows(),
                       {rows + term.start, step + term.q, core_width_});
    add_group_sums(index, 0, count, linear_, term.rows(), {rhs_.data() + term.start, term.q, 0});
    for (std::size_t b = 0; b < a; ++b)
      add_group_cross_products(index, 0, count, omega_, term.rows(), crossed_[b].rows(), crossed_[b].group,
                               {rows + crossed_[b].start, step, core_width_});
    for (Eigen::Index g = 0; g < count; ++g)
      gram_.block(term.start + g * term.q, term.start + g * term.q, term.q, term.q) += group.prior_precision;
  }

  /// Products of a term's groups with the dense columns.
  void add_dense(const GroupTerm& term, Eigen::Index first, Eigen::Index last, GroupBlocks out) const {
    for (const Matrix& block : system_.dense) {
      add_group_products(groups(term.index), first, last, omega_, TermView(term, 0).rows(), rows_of(block), out);
      out.values += block.cols();
    }
  }

  void prepare_levels() {
    levels_.resize(chain_.size());
    for (std::size_t k = 0; k < levels_.size(); ++k) {
      const Eigen::Index count = system_.chain[k].term.index.groups();
      const Eigen::Index q = chain_[k].q;
      levels_[k].diagonal = system_.chain[k].prior_precision.replicate(count, 1);
      if (k == 0) continue;
      levels_[k].coupling.setZero(count * q, core_width_ + coarser_width_[k]);
      levels_[k].linear.setZero(count * q);
    }
  }

  /// Adds the rows of groups [first, last) to their blocks; couplings and linear terms count groups from `first`.
  void add_rows(std::size_t level, Eigen::Index first, Eigen::Index last, RowMatrix& coupling,
                Eigen::VectorXd& linear) {
    const ArrowGroup& group = system_.chain[level];
    const TermView& term = chain_[level];
    const IndexStorage& index = groups(group.term.index);
    const Eigen::Index step = term.q * coupling.cols();
    double* origin = coupling.data() - first * step;
    add_dense(group.term, first, last, {origin, step, coupling.cols()});
    for (const TermView& other : crossed_)
      add_group_cross_products(index, first, last, omega_, term.rows(), other.rows(), other.group,
                               {origin + other.start, step, coupling.cols()});
    Eigen::Index column = core_width_;
    for (std::size_t up = level + 1; up < chain_.size(); ++up) {
      add_group_products(index, first, last, omega_, term.rows(), chain_[up].rows(),
                         {origin + column, step, coupling.cols()});
      column += chain_[up].q;
    }
    add_group_products(index, first, last, omega_, term.rows(), term.rows(),
                       {levels_[level].diagonal.data(), term.q * term.q, term.q});
    add_group_sums(index, first, last, linear_, term.rows(), {linear.data() - first * term.q, term.q, 0});
  }

  /// Eliminates every group of a level into the core and into its ancestors.
  void eliminate(std::size_t level) {
    const Eigen::Index q = chain_[level].q;
    const Eigen::Index width = core_width_ + coarser_width_[level];
    const Eigen::Index count = system_.chain[level].term.index.groups();
    const Eigen::Index batch = std::max<Eigen::Index>(kRowBlock / q, 1);
    Level& here = levels_[level];
    RowMatrix stack(batch * q, width);
    Eigen::VectorXd stack_linear(batch * q);
    for (Eigen::Index first = 0; first < count; first += batch) {
      const Eigen::Index last = std::min(first + batch, count);
      const Eigen::Index rows = (last - first) * q;
      if (level > 0) {
        stack.topRows(rows) = here.coupling.middleRows(first * q, rows);
        stack_linear.head(rows) = here.linear.segment(first * q, rows);
      } else {
        stack.setZero();
        stack_linear.setZero();
      }
      add_rows(level, first, last, stack, stack_linear);
      if (level > 0) {
        here.coupling.middleRows(first * q, rows) = stack.topRows(rows);
        here.linear.segment(first * q, rows) = stack_linear.head(rows);
      }
      for (Eigen::Index g = first; g < last; ++g) {
        const Eigen::Index at = (g - first) * q;
        double* diagonal = here.diagonal.data() + g * q * q;
        factor_small(diagonal, q);
        solve_lower_small(diagonal, q, stack.data() + at * width, width);
        solve_lower_small(diagonal, q, stack_linear.data() + at, 1);
        pass_up(level, g, stack.middleRows(at, q), stack_linear.segment(at, q));
      }
      const auto reduced = stack.topLeftCorner(rows, core_width_);
      gram_.selfadjointView<Eigen::Lower>().rankUpdate(reduced.transpose(), -1.0);
      rhs_.noalias() -= reduced.transpose() * stack_linear.head(rows);
    }
  }

  /// Schur complement of group g on its ancestors in the chain.
  void pass_up(std::size_t level, Eigen::Index g, const Eigen::Ref<const RowMatrix>& reduced,
               const Eigen::Ref<const Eigen::VectorXd>& reduced_linear) {
    Eigen::Index start = core_width_;
    Eigen::Index ancestor = g;
    for (std::size_t up = level + 1; up < chain_.size(); ++up) {
      ancestor = system_.parent[up - 1][static_cast<std::size_t>(ancestor)];
      Level& above = levels_[up];
      const Eigen::Index q = chain_[up].q;
      const Eigen::Index at = ancestor * q;
      const auto mine = reduced.middleCols(start, q);
      const Eigen::Index rest = reduced.cols() - start - q;
      above.diagonal.middleRows(at, q).noalias() -= mine.transpose() * mine;
      above.linear.segment(at, q).noalias() -= mine.transpose() * reduced_linear;
      auto coupling = above.coupling.middleRows(at, q);
      coupling.leftCols(core_width_).noalias() -= mine.transpose() * reduced.leftCols(core_width_);
      coupling.rightCols(rest).noalias() -= mine.transpose() * reduced.rightCols(rest);
      start += q;
    }
  }

  void back_substitute(std::size_t level, const Address& address, std::vector<Matrix>& chain) {
    const TermView& term = chain_[level];
    const Eigen::Index q = term.q;
    const Address site = address.at(Site::arrow_groups, address.instance * 16 + static_cast<std::uint32_t>(level));
    Level& here = levels_[level];
    RowMatrix& u = values(chain[level]);
    if (level == 0) here.linear = finest_residual(chain);
    Eigen::VectorXd noise(q);
    for (Eigen::Index g = 0; g < u.rows(); ++g) {
      auto x = here.linear.segment(g * q, q);
      if (level > 0) {
        x.noalias() -= here.coupling.block(g * q, 0, q, core_width_) * core_;
        Eigen::Index start = core_width_;
        Eigen::Index ancestor = g;
        for (std::size_t up = level + 1; up < chain.size(); ++up) {
          ancestor = system_.parent[up - 1][static_cast<std::size_t>(ancestor)];
          const Eigen::Index width = chain[up].cols();
          x.noalias() -= here.coupling.block(g * q, start, q, width) * values(chain[up]).row(ancestor).transpose();
          start += width;
        }
      }
      const auto lower = Eigen::Map<const RowMatrix>(here.diagonal.data() + g * q * q, q, q);
      solve_lower_small(lower.data(), q, x.data(), 1);
      draw_normals(site, static_cast<std::uint32_t>(g), noise);
      x += noise;
      for (Eigen::Index k = q; k-- > 0;) {
        for (Eigen::Index j = k + 1; j < q; ++j) x[k] -= lower(j, k) * x[j];
        x[k] /= lower(k, k);
      }
      u.row(g) = x.transpose();
    }
  }

  /// For each group of the finest level the sum of z_i (linear_i - omega_i times what the rest predicts).
  Eigen::VectorXd finest_residual(const std::vector<Matrix>& chain) const {
    Eigen::VectorXd predictor = Eigen::VectorXd::Zero(rows_);
    Eigen::Index column = 0;
    for (const Matrix& block : system_.dense) {
      if (block.cols() <= kNarrow)
        add_rows_times(rows_of(block), 0, rows_, core_.data() + column, predictor.data());
      else
        predictor.noalias() += values(block) * core_.segment(column, block.cols());
      column += block.cols();
    }
    for (const TermView& term : crossed_) add_effects(term, core_.data() + term.start, 1, predictor.data(), rows_);
    for (std::size_t up = 1; up < chain.size(); ++up)
      add_effects(chain_[up], values(chain[up]).data(), 1, predictor.data(), rows_);
    Eigen::Map<Eigen::ArrayXd> residual(predictor.data(), rows_);
    residual = Eigen::Map<const Eigen::ArrayXd>(linear_, rows_) - Eigen::Map<const Eigen::ArrayXd>(omega_, rows_) * residual;
    const TermView& term = chain_.front();
    const Indices& index = system_.chain.front().term.index;
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(chain.front().size());
    add_group_sums(groups(index), 0, index.groups(), residual.data(), term.rows(), {sum.data(), term.q, 0});
    return sum;
  }

  const ArrowSystem& system_;
  const double* omega_;
  const double* linear_;
  Eigen::Index rows_;
  Eigen::Index dense_width_ = 0;
  Eigen::Index core_width_ = 0;
  std::vector<TermView> crossed_;
  std::vector<TermView> chain_;
  std::vector<Eigen::Index> coarser_width_;
  RowMatrix gram_;
  Eigen::VectorXd rhs_;
  Eigen::VectorXd core_;
  std::vector<Level> levels_;
};

}  // namespace

void draw_arrow(const ArrowSystem& system, const Matrix& omega, const Matrix& linear, const Address& address,
                Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) {
  ArrowSolver(system, omega, linear).draw(address, dense, crossed, chain);
}

}  // namespace bdglm::cpu
