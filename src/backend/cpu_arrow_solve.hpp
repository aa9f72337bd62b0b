// Back substitution through the levels of an arrow system on the CPU.
#pragma once

#include "backend/cpu_arrow.hpp"

namespace bdglm::cpu {

template <class F>
void CpuArrow::for_each_residual(std::size_t level, const std::vector<Matrix>& chain, F&& f) {
  const Eigen::Index q = chain_[level].q;
  Level& here = levels_[level];
  const bool from_rows = level == 0 && !keeps_finest_;
  if (from_rows) here.linear = finest_residual(chain);
  Eigen::VectorXd x(q);
  for (Eigen::Index g = 0; g < system_.chain[level].term.index.groups(); ++g) {
    x = here.linear.segment(g * q, q);
    if (!from_rows) {
      x.noalias() -= here.coupling.block(g * q, 0, q, core_width_) * core_;
      Eigen::Index start = core_width_;
      Eigen::Index at = g;
      for (std::size_t up = level + 1; up < chain.size(); ++up) {
        at = groups(system_.parent[up - 1]).group[static_cast<std::size_t>(at)];
        x.noalias() -= here.coupling.block(g * q, start, q, chain[up].cols()) * values(chain[up]).row(at).transpose();
        start += chain[up].cols();
      }
    }
    const double* lower = here.factor.data() + g * q * q;
    solve_lower_small(lower, q, x.data(), 1);
    f(g, x, lower);
  }
}

template <class Noise>
void CpuArrow::back_substitute(std::size_t level, std::vector<Matrix>& chain, Noise&& noise) {
  auto u = values(chain[level]);
  for_each_residual(level, chain, [&](Eigen::Index g, Eigen::VectorXd& x, const double* lower) {
    noise(g, x.data());
    solve_upper_small(lower, x.size(), x.data());
    u.row(g) = x.transpose();
  });
}

}  // namespace bdglm::cpu
