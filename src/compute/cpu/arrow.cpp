// An arrow system's marginal and joint draws on the CPU (math note, section 4).
#include "compute/cpu/arrow.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "compute/cpu/arrow_solve.hpp"

namespace bdglm::cpu {
namespace {

/// The logarithm of a product of many factors, with one call of log for as many as stay in range.
class LogProduct {
 public:
  void multiply(double factor) {
    product_ *= factor;
    if (product_ > 1e-100 && product_ < 1e100) return;
    sum_ += std::log(product_);
    product_ = 1;
  }
  double total() const { return sum_ + std::log(product_); }

 private:
  double sum_ = 0;
  double product_ = 1;
};

}  // namespace

CpuArrow::CpuArrow(ArrowSystem system, const Matrix& omega, const Matrix& linear, const RowPart& part)
    : ArrowBase(std::move(system), omega, linear, part),
      omega_(values(omega).data()),
      linear_(values(linear).data()),
      rows_(omega.size()),
      dense_width_(shape_.dense),
      core_width_(shape_.core),
      keeps_finest_(shape_.keeps_finest) {
  for (std::size_t a = 0; a < system_.crossed.size(); ++a)
    crossed_.emplace_back(system_.crossed[a].term, shape_.start[a]);
  for (const ArrowTerm& group : system_.chain) chain_.emplace_back(group.term, 0);
  levels_.resize(chain_.size());
  if (!shape_.wide) sum_rows();
}

void CpuArrow::sum_rows() {
  for (std::size_t level = 0; level < chain_.size(); ++level) {
    const Eigen::Index rows = system_.chain[level].term.index.groups() * chain_[level].q;
    if (level == 0 && !keeps_finest_) continue;
    levels_[level].row_diagonal.setZero(rows, chain_[level].q);
    levels_[level].row_coupling.setZero(rows, width(level));
    levels_[level].row_linear.setZero(rows);
  }
  sum_core();
  for (std::size_t level = keeps_finest_ ? 0 : 1; level < chain_.size(); ++level) sum_level(level);
  add_up_parts();
  if (dense_width_ == 0) return;
  row_gram_.diagonal().head(dense_width_) += system_.dense_prior_precision;
  row_rhs_.head(dense_width_) += system_.dense_prior_precision.cwiseProduct(system_.dense_prior_mean);
}

double CpuArrow::log_marginal() {
  try {
    eliminate();
    factor_core();
  } catch (const NumericalError&) {
    return -std::numeric_limits<double>::infinity();
  }
  double value = chain_marginal_ + 0.5 * reduced_.squaredNorm() - gram_.diagonal().array().log().sum();
  return value + log_prior_determinants();
}

void CpuArrow::draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) {
  if (by_rows()) return draw_wide(address, dense);
  eliminate();
  factor_core();
  Eigen::VectorXd noise(core_width_);
  draw_normals(address.at(Site::arrow_core, address.instance), 0, noise);
  core_ = reduced_ + noise;
  solve_core(dense, crossed);
  for (std::size_t level = chain.size(); level-- > 0;) {
    const Address site = address.at(Site::arrow_groups, address.instance * 16 + static_cast<std::uint32_t>(level));
    Eigen::VectorXd own(chain_[level].q);
    back_substitute(level, chain, [&](Eigen::Index g, double* x) {
      draw_normals(site, static_cast<std::uint32_t>(g), own);
      for (Eigen::Index k = 0; k < own.size(); ++k) x[k] += own[k];
    });
  }
}

/// The core's coefficients from L' times them, and to where they lie.
void CpuArrow::solve_core(Matrix& dense, std::vector<Matrix>& crossed) {
  gram_.transpose().triangularView<Eigen::Upper>().solveInPlace(core_);
  if (dense_width_ > 0) values(dense) = core_.head(dense_width_);
  for (std::size_t k = 0; k < crossed.size(); ++k) {
    auto u = values(crossed[k]);
    u = Eigen::Map<const RowMatrix>(core_.data() + crossed_[k].start, u.rows(), u.cols());
  }
}

/// Factors the core at the crossed terms' priors, unless that stands already; reduced_ becomes L^-1 of its linear term.
void CpuArrow::factor_core() {
  if (factored_) return;
  gram_ = reduced_gram_;
  for (std::size_t a = 0; a < crossed_.size(); ++a) {
    const TermView& term = crossed_[a];
    for (Eigen::Index g = 0; g < system_.crossed[a].term.index.groups(); ++g)
      gram_.block(term.start + g * term.q, term.start + g * term.q, term.q, term.q) +=
          system_.crossed[a].prior_precision;
  }
  factor(gram_, "the coefficients");
  reduced_ = reduced_rhs_;
  gram_.triangularView<Eigen::Lower>().solveInPlace(reduced_);
  factored_ = true;
}

/// Eliminates the chain into the core, unless that stands already.
void CpuArrow::eliminate() {
  if (eliminated_) return;
  const bool stages = shape_.chain_light && chain_.size() > 1;
  const std::size_t first = stages ? stale_ : 0;
  if (first == 0)
    begin_elimination();
  else
    take_stage(first);
  stages_.resize(stages ? chain_.size() : 0);
  for (std::size_t level = first; level < chain_.size(); ++level) {
    if (stages && level > first) keep_stage(level);
    levels_[level].factor +=
        system_.chain[level].prior_precision.replicate(system_.chain[level].term.index.groups(), 1);
    eliminate(level);
  }
  eliminated_ = true;
  stale_ = chain_.size();
}

/// The sums over rows, from which all levels are eliminated.
void CpuArrow::begin_elimination() {
  if (row_gram_.rows() != core_width_) sum_rows();
  reduced_gram_ = row_gram_;
  reduced_rhs_ = row_rhs_;
  chain_marginal_ = 0;
  for (std::size_t level = 0; level < chain_.size(); ++level) {
    Level& here = levels_[level];
    if (level == 0 && !keeps_finest_) {
      here.factor.setZero(system_.chain[0].term.index.groups() * chain_[0].q, chain_[0].q);
      continue;
    }
    here.factor = here.row_diagonal;
    here.coupling = here.row_coupling;
    here.linear = here.row_linear;
  }
}

void CpuArrow::keep_stage(std::size_t level) {
  Stage& stage = stages_[level];
  stage.gram = reduced_gram_;
  stage.rhs = reduced_rhs_;
  stage.marginal = chain_marginal_;
  stage.above.resize(chain_.size() - level);
  for (std::size_t up = level; up < chain_.size(); ++up) {
    Level& kept = stage.above[up - level];
    kept.factor = levels_[up].factor;
    kept.coupling = levels_[up].coupling;
    kept.linear = levels_[up].linear;
  }
}

void CpuArrow::take_stage(std::size_t level) {
  const Stage& stage = stages_[level];
  reduced_gram_ = stage.gram;
  reduced_rhs_ = stage.rhs;
  chain_marginal_ = stage.marginal;
  for (std::size_t up = level; up < chain_.size(); ++up) {
    const Level& kept = stage.above[up - level];
    levels_[up].factor = kept.factor;
    levels_[up].coupling = kept.coupling;
    levels_[up].linear = kept.linear;
  }
}

void CpuArrow::eliminate(std::size_t level) {
  const Eigen::Index q = chain_[level].q;
  const Eigen::Index count = system_.chain[level].term.index.groups();
  const Eigen::Index batch = std::max<Eigen::Index>(kRowBlock / q, 1);
  Level& here = levels_[level];
  RowMatrix stack(std::min(batch, count) * q, width(level));
  Eigen::VectorXd stack_linear(stack.rows());
  LogProduct log_determinant;
  double squares = 0;
  for (Eigen::Index first = 0; first < count; first += batch) {
    const Eigen::Index last = std::min(first + batch, count);
    const Eigen::Index rows = (last - first) * q;
    if (level > 0 || keeps_finest_) {
      stack.topRows(rows) = here.coupling.middleRows(first * q, rows);
      stack_linear.head(rows) = here.linear.segment(first * q, rows);
    } else {
      take_rows(first, last, stack, stack_linear);
    }
    for (Eigen::Index g = first; g < last; ++g) {
      const Eigen::Index at = (g - first) * q;
      double* block = here.factor.data() + g * q * q;
      factor_small(block, q);
      for (Eigen::Index k = 0; k < q; ++k) log_determinant.multiply(block[k * q + k]);
      solve_lower_small(block, q, stack.data() + at * stack.cols(), stack.cols());
      solve_lower_small(block, q, stack_linear.data() + at, 1);
      pass_up(level, g, stack.data() + at * stack.cols(), stack_linear.data() + at);
    }
    if (core_width_ > 0) {
      const auto reduced = stack.topLeftCorner(rows, core_width_);
      reduced_gram_.selfadjointView<Eigen::Lower>().rankUpdate(reduced.transpose(), -1.0);
      reduced_rhs_.noalias() -= reduced.transpose() * stack_linear.head(rows);
    }
    squares += stack_linear.head(rows).squaredNorm();
  }
  chain_marginal_ += 0.5 * squares - log_determinant.total();
}

/// Schur complement of group g on its ancestors in the chain: `reduced` holds the group's rows of L_g^-1 (coupling),
/// `reduced_linear` L_g^-1 (linear term). Groups are many and blocks small, so that loops beat products of matrices.
void CpuArrow::pass_up(std::size_t level, Eigen::Index g, const double* reduced, const double* reduced_linear) {
  const Eigen::Index rows = chain_[level].q;
  const Eigen::Index cols = width(level);
  Eigen::Index start = core_width_;
  Eigen::Index ancestor = g;
  for (std::size_t up = level + 1; up < chain_.size(); ++up) {
    ancestor = groups(system_.parent[up - 1]).group[static_cast<std::size_t>(ancestor)];
    Level& above = levels_[up];
    const Eigen::Index q = chain_[up].q;
    const Eigen::Index at = ancestor * q;
    const Eigen::Index rest = cols - start - q;
    for (Eigen::Index k = 0; k < q; ++k) {
      double* diagonal = above.factor.data() + (at + k) * q;
      double* coupling = above.coupling.data() + (at + k) * width(up);
      for (Eigen::Index r = 0; r < rows; ++r) {
        const double* row = reduced + r * cols;
        const double mine = row[start + k];
        for (Eigen::Index j = 0; j < q; ++j) diagonal[j] -= mine * row[start + j];
        above.linear[at + k] -= mine * reduced_linear[r];
        for (Eigen::Index j = 0; j < core_width_; ++j) coupling[j] -= mine * row[j];
        for (Eigen::Index j = 0; j < rest; ++j) coupling[core_width_ + j] -= mine * row[start + q + j];
      }
    }
    start += q;
  }
}

/// For each group of the finest level the sum of z_i (linear_i - omega_i times what the rest predicts).
Eigen::VectorXd CpuArrow::finest_residual(const std::vector<Matrix>& chain) const {
  Eigen::VectorXd predictor = Eigen::VectorXd::Zero(rows_);
  Eigen::Index column = 0;
  for (const Matrix& block : system_.dense) {
    if (block.cols() <= kNarrow)
      lanes::add_rows_times(rows_of(block), 0, rows_, core_.data() + column, predictor.data());
    else
      predictor.noalias() += values(block) * core_.segment(column, block.cols());
    column += block.cols();
  }
  for (const TermView& term : crossed_) add_effects(term, core_.data() + term.start, 1, predictor.data(), rows_);
  for (std::size_t up = 1; up < chain.size(); ++up)
    add_effects(chain_[up], values(chain[up]).data(), 1, predictor.data(), rows_);
  Eigen::Map<Eigen::ArrayXd> residual(predictor.data(), rows_);
  residual =
      Eigen::Map<const Eigen::ArrayXd>(linear_, rows_) - Eigen::Map<const Eigen::ArrayXd>(omega_, rows_) * residual;
  const TermView& term = chain_.front();
  const Indices& index = system_.chain.front().term.index;
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(chain.front().size());
  add_group_sums(grouped(groups(index)), 0, index.groups(), residual.data(), term.rows(), {sum.data(), term.q, 0});
  part_.add_up(sum);
  return sum;
}

}  // namespace bdglm::cpu
