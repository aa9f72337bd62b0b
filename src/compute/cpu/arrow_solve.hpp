// Back substitution through the levels of an arrow system on the CPU.
#pragma once

#include "compute/cpu/arrow.hpp"

namespace bdglm::cpu {

template <class F>
void CpuArrow::for_each_residual(std::size_t level, const std::vector<Matrix>& chain, F&& f) {
  const Eigen::Index q = chain_[level].q;
  Level& here = levels_[level];
  const bool from_rows = level == 0 && !keeps_finest_;
  if (from_rows) here.linear = finest_residual(chain);
  Eigen::VectorXd x(q);
  // Groups are many and blocks small: loops over plain arrays.
  const auto less_dot = [](double from, const double* a, const double* b, Eigen::Index count) {
    for (Eigen::Index j = 0; j < count; ++j) from -= a[j] * b[j];
    return from;
  };
  struct Ancestor {
    const std::int32_t* parent;
    const double* effects;
    Eigen::Index q;
  };
  std::vector<Ancestor> ancestors;
  for (std::size_t up = level + 1; up < chain.size(); ++up)
    ancestors.push_back({groups(system_.parent[up - 1]).group.data(), values(chain[up]).data(), chain[up].cols()});
  const double* core = core_.data();
  const Eigen::Index cols = width(level);
  for (Eigen::Index g = 0; g < system_.chain[level].term.index.groups(); ++g) {
    for (Eigen::Index k = 0; k < q; ++k) x[k] = here.linear[g * q + k];
    if (!from_rows) {
      const double* coupling = here.coupling.data() + g * q * cols;
      for (Eigen::Index k = 0; k < q; ++k) x[k] = less_dot(x[k], coupling + k * cols, core, core_width_);
      coupling += core_width_;
      Eigen::Index at = g;
      for (const Ancestor& up : ancestors) {
        at = up.parent[at];
        for (Eigen::Index k = 0; k < q; ++k) x[k] = less_dot(x[k], coupling + k * cols, up.effects + at * up.q, up.q);
        coupling += up.q;
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
    std::copy_n(x.data(), x.size(), u.data() + g * x.size());
  });
}

}  // namespace bdglm::cpu
