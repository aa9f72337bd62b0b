// An arrow system's whitened coordinates on the CPU: there and back, gradients, and acceptance by groups.
#include <algorithm>
#include <cmath>

#include "compute/cpu/arrow.hpp"
#include "compute/cpu/arrow_solve.hpp"

namespace bdglm::cpu {

void CpuArrow::place(const ArrowCoordinates& xi, ArrowEffects& theta) {
  eliminate();
  factor_core();
  core_ = reduced_;
  if (core_width_ > 0) core_ += values(xi.core).col(0);
  solve_core(theta.dense, theta.crossed);
  place_levels(xi, theta);
}

void CpuArrow::place_chain(const ArrowCoordinates& xi, ArrowEffects& theta) {
  eliminate();
  take_core(theta);
  place_levels(xi, theta);
}

void CpuArrow::place_levels(const ArrowCoordinates& xi, ArrowEffects& theta) {
  for (std::size_t level = theta.chain.size(); level-- > 0;) {
    const Eigen::Index q = chain_[level].q;
    const double* own = values(xi.chain[level]).data();
    back_substitute(level, theta.chain, [&](Eigen::Index g, double* x) {
      for (Eigen::Index k = 0; k < q; ++k) x[k] += own[g * q + k];
    });
  }
}

void CpuArrow::take_core(const ArrowEffects& theta) {
  core_.resize(core_width_);
  if (dense_width_ > 0) core_.head(dense_width_) = values(theta.dense).col(0);
  for (std::size_t k = 0; k < theta.crossed.size(); ++k)
    core_.segment(crossed_[k].start, theta.crossed[k].size()) = values(theta.crossed[k]).reshaped<Eigen::RowMajor>();
}

GroupFactors CpuArrow::groups_given(const ArrowEffects& theta) {
  take_core(theta);
  GroupFactors factors{levels_[0].row_diagonal, levels_[0].row_linear};
  if (core_width_ > 0) factors.linear.noalias() -= levels_[0].row_coupling * core_;
  return factors;
}

void CpuArrow::whiten(const ArrowEffects& theta, ArrowCoordinates& xi) {
  eliminate();
  factor_core();
  take_core(theta);
  if (core_width_ > 0) values(xi.core).col(0) = gram_.transpose().triangularView<Eigen::Upper>() * core_ - reduced_;
  for (std::size_t level = theta.chain.size(); level-- > 0;) {
    const Eigen::Index q = chain_[level].q;
    const auto u = values(theta.chain[level]);
    double* out = values(xi.chain[level]).data();
    for_each_residual(level, theta.chain, [&](Eigen::Index g, const Eigen::VectorXd& x, const double* lower) {
      for (Eigen::Index k = 0; k < q; ++k) {
        double sum = -x[k];
        for (Eigen::Index j = k; j < q; ++j) sum += lower[j * q + k] * u(g, j);
        out[g * q + k] = sum;
      }
    });
  }
}

void CpuArrow::pull(const Matrix& v, ArrowCoordinates& out) {
  eliminate();
  factor_core();
  Eigen::ArrayXd rows = array(v);
  const auto sums_of = [&](const TermView& term, const Indices& index, double* to) {
    add_group_sums(grouped(groups(index)), 0, index.groups(), rows.data(), term.rows(), {to, term.q, 0});
  };
  std::vector<Eigen::VectorXd> sums;
  for (std::size_t level = 0; level < chain_.size(); ++level) {
    const Indices& index = system_.chain[level].term.index;
    const Eigen::Index q = chain_[level].q;
    sums.emplace_back(Eigen::VectorXd::Zero(index.groups() * q));
    sums_of(chain_[level], index, sums.back().data());
    part_.add_up(sums.back());
    if (level > 0 || keeps_finest_) continue;
    // What the finest level takes from the others goes by the rows: their sums with it are not kept.
    Eigen::VectorXd y = sums.back();
    for (Eigen::Index g = 0; g < index.groups(); ++g) {
      const double* lower = levels_[0].factor.data() + g * q * q;
      solve_lower_small(lower, q, y.data() + g * q, 1);
      solve_upper_small(lower, q, y.data() + g * q);
    }
    Eigen::ArrayXd taken = Eigen::ArrayXd::Zero(rows_);
    add_effects(chain_[0], y.data(), 1, taken.data(), rows_);
    rows -= Eigen::Map<const Eigen::ArrayXd>(omega_, rows_) * taken;
  }
  Eigen::VectorXd core = Eigen::VectorXd::Zero(core_width_);
  Eigen::Index column = 0;
  for (const Matrix& block : system_.dense) {
    core.segment(column, block.cols()).noalias() = values(block).transpose() * rows.matrix();
    column += block.cols();
  }
  for (std::size_t a = 0; a < crossed_.size(); ++a)
    sums_of(crossed_[a], system_.crossed[a].term.index, core.data() + crossed_[a].start);
  part_.add_up(core);
  for (std::size_t level = 0; level < chain_.size(); ++level) {
    const Level& here = levels_[level];
    const Eigen::Index q = chain_[level].q;
    double* x = sums[level].data();
    auto to = values(out.chain[level]);
    Eigen::VectorXd y(q);
    for (Eigen::Index g = 0; g < to.rows(); ++g) {
      const double* lower = here.factor.data() + g * q * q;
      solve_lower_small(lower, q, x + g * q, 1);
      for (Eigen::Index k = 0; k < q; ++k) to(g, k) = y[k] = x[g * q + k];
      if (level == 0 && !keeps_finest_) continue;
      solve_upper_small(lower, q, y.data());
      if (core_width_ > 0) core.noalias() -= here.coupling.block(g * q, 0, q, core_width_).transpose() * y;
      Eigen::Index start = core_width_;
      Eigen::Index at = g;
      for (std::size_t up = level + 1; up < chain_.size(); ++up) {
        at = groups(system_.parent[up - 1]).group[static_cast<std::size_t>(at)];
        sums[up].segment(at * chain_[up].q, chain_[up].q).noalias() -=
            here.coupling.block(g * q, start, q, chain_[up].q).transpose() * y;
        start += chain_[up].q;
      }
    }
  }
  if (core_width_ == 0) return;
  gram_.triangularView<Eigen::Lower>().solveInPlace(core);
  values(out.core).col(0) = core;
}

double CpuArrow::accept_groups(const Address& address, const Matrix& change,
                               const std::vector<const ArrowCoordinates*>& before,
                               const std::vector<const ArrowCoordinates*>& after, const ArrowCoordinates& from,
                               ArrowCoordinates& to) {
  const std::size_t top = chain_.size() - 1;
  const Indices& index = system_.chain[top].term.index;
  Eigen::VectorXd ratio = Eigen::VectorXd::Zero(index.groups());
  const auto& group = groups(index).group;
  const auto rows = array(change);
  for (Eigen::Index i = 0; i < rows_; ++i) ratio[group[static_cast<std::size_t>(i)]] += rows[i];
  part_.add_up(ratio);
  const auto add_squares = [&](const std::vector<const ArrowCoordinates*>& list, double sign) {
    for (const ArrowCoordinates* xi : list)
      for (std::size_t level = 0; level <= top; ++level) {
        const auto own = values(xi->chain[level]);
        for (Eigen::Index g = 0; g < own.rows(); ++g) ratio[ancestor(level, g, top)] += sign * own.row(g).squaredNorm();
      }
  };
  add_squares(before, 0.5);
  add_squares(after, -0.5);
  std::vector<char> accepted(static_cast<std::size_t>(ratio.size()));
  double sum = 0;
  for (Eigen::Index g = 0; g < ratio.size(); ++g) {
    Stream stream(address, static_cast<std::uint32_t>(g));
    const double probability = ratio[g] >= 0 ? 1 : std::isnan(ratio[g]) ? 0 : std::exp(ratio[g]);
    accepted[static_cast<std::size_t>(g)] = stream.uniform53() < probability ? 1 : 0;
    sum += probability;
  }
  for (std::size_t level = 0; level <= top; ++level) {
    const auto source = values(from.chain[level]);
    auto target = values(to.chain[level]);
    for (Eigen::Index g = 0; g < source.rows(); ++g)
      if (accepted[static_cast<std::size_t>(ancestor(level, g, top))] != 0) target.row(g) = source.row(g);
  }
  return sum / static_cast<double>(ratio.size());
}

}  // namespace bdglm::cpu
