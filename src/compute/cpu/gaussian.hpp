// What the Gaussian conditionals of the CPU share.
#pragma once

#include <Eigen/Cholesky>
#include <cmath>
#include <string>

#include "compute/cpu/group_sums.hpp"
#include "compute/cpu/storage.hpp"

#include "bdglm/error.hpp"
#include "random/stream.hpp"
#include "sampling/standard.hpp"

namespace bdglm::cpu {

/// Independent standard normals from one stream.
inline void draw_normals(const Address& address, std::uint32_t element, Eigen::Ref<Eigen::VectorXd> out) {
  Stream stream(address, element);
  for (Eigen::Index k = 0; k < out.size(); k += 2) {
    double first;
    double second;
    draw_normal_pair(stream, first, second);
    out[k] = first;
    if (k + 1 < out.size()) out[k + 1] = second;
  }
}

[[noreturn]] inline void throw_not_positive_definite(const char* what) {
  throw NumericalError(std::string("the precision of ") + what +
                       " is not positive definite; columns of very different size or huge values may be the cause");
}

/// Lower Cholesky factor in place; throws where the matrix is not positive definite.
inline void factor(Eigen::Ref<RowMatrix> matrix, const char* what) {
  const Eigen::LLT<Eigen::Ref<RowMatrix>> llt(matrix);
  if (llt.info() != Eigen::Success) throw_not_positive_definite(what);
}

/// A term's arrays, read row by row; `start` is where its columns begin in the core or in the couplings.
struct TermView {
  const double* z;
  const std::int32_t* group;
  Eigen::Index q;
  Eigen::Index start;

  TermView(const ResidentTerm& term, Eigen::Index first)
      : z(values(term.z).data()), group(groups(term.index).group.data()), q(term.z.cols()), start(first) {}
  const double* row(Eigen::Index i) const { return z + i * q; }
  RowsView rows() const { return {z, q}; }
  /// The same from another row on.
  TermView from(Eigen::Index row) const {
    TermView later = *this;
    later.z += row * q;
    later.group += row;
    return later;
  }
};

/// y += a x.
inline void add_scaled(double a, const double* __restrict x, double* __restrict y, Eigen::Index n) {
  for (Eigen::Index k = 0; k < n; ++k) y[k] += a * x[k];
}

/// Cholesky factor of a few rows, in place: for such sizes a library call costs more than the work.
inline void factor_small(double* a, Eigen::Index q) {
  for (Eigen::Index i = 0; i < q; ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) {
      double sum = a[i * q + j];
      for (Eigen::Index k = 0; k < j; ++k) sum -= a[i * q + k] * a[j * q + k];
      if (i == j && !(sum > 0)) throw_not_positive_definite("a group's effects");
      a[i * q + j] = i == j ? std::sqrt(sum) : sum / a[j * q + j];
    }
  }
}

/// b = L^-1 b for q rows of `width` contiguous columns.
inline void solve_lower_small(const double* lower, Eigen::Index q, double* b, Eigen::Index width) {
  for (Eigen::Index i = 0; i < q; ++i) {
    double* target = b + i * width;
    for (Eigen::Index j = 0; j < i; ++j) add_scaled(-lower[i * q + j], b + j * width, target, width);
    const double scale = 1 / lower[i * q + i];
    for (Eigen::Index c = 0; c < width; ++c) target[c] *= scale;
  }
}

/// x = L^-T x.
inline void solve_upper_small(const double* lower, Eigen::Index q, double* x) {
  for (Eigen::Index k = q; k-- > 0;) {
    for (Eigen::Index j = k + 1; j < q; ++j) x[k] -= lower[j * q + k] * x[j];
    x[k] /= lower[k * q + k];
  }
}

/// out_i += scale z_i' u[group(i)], with u row-major.
inline void add_effects(const TermView& term, const double* u, double scale, double* out, Eigen::Index rows) {
  lanes::add_group_effects(term.rows(), term.group, rows, u, scale, out);
}

}  // namespace bdglm::cpu
