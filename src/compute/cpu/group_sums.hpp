// Sums of products over rows and within groups of rows, with loops of fixed length for narrow designs.
#pragma once

#include <type_traits>

#include "compute/cpu/storage.hpp"

namespace bdglm::cpu {

/// Columns of a matrix by row: `width` values a row, rows `width` apart.
struct RowsView {
  const double* values;
  Eigen::Index width;
};

inline RowsView rows_of(const Matrix& m) { return {values(m).data(), m.cols()}; }

/// Where sums go: entry (k, c) of group g is at values[g * group_step + k * row_step + c].
struct GroupBlocks {
  double* values;
  Eigen::Index group_step;
  Eigen::Index row_step;
};

/// Calls f with `width` as a compile-time constant up to 8, and with zero for wider ones.
template <class F>
void with_width(Eigen::Index width, F&& f) {
  switch (width) {
    case 1:
      return f(std::integral_constant<Eigen::Index, 1>());
    case 2:
      return f(std::integral_constant<Eigen::Index, 2>());
    case 3:
      return f(std::integral_constant<Eigen::Index, 3>());
    case 4:
      return f(std::integral_constant<Eigen::Index, 4>());
    case 5:
      return f(std::integral_constant<Eigen::Index, 5>());
    case 6:
      return f(std::integral_constant<Eigen::Index, 6>());
    case 7:
      return f(std::integral_constant<Eigen::Index, 7>());
    case 8:
      return f(std::integral_constant<Eigen::Index, 8>());
    default:
      return f(std::integral_constant<Eigen::Index, 0>());
  }
}

/// Widths with loops of their own, for which a library's calls cost more than the work.
constexpr Eigen::Index kNarrow = 8;

/// out_i += x_i' b for rows [first, last) of a narrow x; out counts from `first`.
inline void add_rows_times(RowsView x, Eigen::Index first, Eigen::Index last, const double* b, double* out) {
  with_width(x.width, [&](auto width) {
    for (Eigen::Index i = first; i < last; ++i) {
      double sum = 0;
      for (Eigen::Index c = 0; c < width; ++c) sum += x.values[i * width + c] * b[c];
      out[i - first] += sum;
    }
  });
}

/// Adds sum_i w_i x_i x_i' of a narrow x to the top left of `gram`, and sum_i v_i x_i to `sums`.
inline void add_weighted_moments(RowsView x, Eigen::Index rows, const double* w, const double* v, RowMatrix& gram,
                                 double* sums) {
  with_width(x.width, [&](auto fixed) {
    constexpr Eigen::Index kWidth = fixed > 0 ? fixed : 1;
    double second[kWidth][kWidth] = {};
    double first[kWidth] = {};
    for (Eigen::Index i = 0; i < rows; ++i) {
      const double* row = x.values + i * kWidth;
      for (Eigen::Index k = 0; k < kWidth; ++k) {
        first[k] += v[i] * row[k];
        const double scaled = w[i] * row[k];
        for (Eigen::Index c = 0; c < kWidth; ++c) second[k][c] += scaled * row[c];
      }
    }
    for (Eigen::Index k = 0; k < kWidth; ++k) {
      sums[k] += first[k];
      for (Eigen::Index c = 0; c < kWidth; ++c) gram(k, c) += second[k][c];
    }
  });
}

/// out_g += sum over rows i of group g of w_i x_i, for groups first <= g < last.
inline void add_group_sums(const IndexStorage& index, Eigen::Index first, Eigen::Index last, const double* weights,
                           RowsView x, GroupBlocks out) {
  with_width(x.width, [&](auto fixed) {
    const Eigen::Index width = fixed > 0 ? fixed : x.width;
    for (Eigen::Index g = first; g < last; ++g) {
      double* target = out.values + g * out.group_step;
      double sums[fixed > 0 ? fixed : 1] = {};
      double* sum = fixed > 0 ? sums : target;
      for (std::int32_t r = index.start[static_cast<std::size_t>(g)]; r < index.start[static_cast<std::size_t>(g) + 1];
           ++r) {
        const std::int32_t i = index.order[static_cast<std::size_t>(r)];
        const double* row = x.values + i * width;
        for (Eigen::Index c = 0; c < width; ++c) sum[c] += weights[i] * row[c];
      }
      if (fixed > 0)
        for (Eigen::Index c = 0; c < width; ++c) target[c] += sum[c];
    }
  });
}

/// out_g(k, .) += sum over rows i of group g of w_i z_ik x_i.
inline void add_group_products(const IndexStorage& index, Eigen::Index first, Eigen::Index last, const double* weights,
                               RowsView z, RowsView x, GroupBlocks out) {
  with_width(x.width, [&](auto fixed) {
    const Eigen::Index width = fixed > 0 ? fixed : x.width;
    for (Eigen::Index g = first; g < last; ++g) {
      for (Eigen::Index k = 0; k < z.width; ++k) {
        double* target = out.values + g * out.group_step + k * out.row_step;
        double sums[fixed > 0 ? fixed : 1] = {};
        double* sum = fixed > 0 ? sums : target;
        for (std::int32_t r = index.start[static_cast<std::size_t>(g)];
             r < index.start[static_cast<std::size_t>(g) + 1]; ++r) {
          const std::int32_t i = index.order[static_cast<std::size_t>(r)];
          const double w = weights[i] * z.values[i * z.width + k];
          const double* row = x.values + i * width;
          for (Eigen::Index c = 0; c < width; ++c) sum[c] += w * row[c];
        }
        if (fixed > 0)
          for (Eigen::Index c = 0; c < width; ++c) target[c] += sum[c];
      }
    }
  });
}

/// As above for a term whose effects are many columns: row i's x_i belongs at column group[i] * width.
inline void add_group_cross_products(const IndexStorage& index, Eigen::Index first, Eigen::Index last,
                                     const double* weights, RowsView z, RowsView x, const std::int32_t* group,
                                     GroupBlocks out) {
  with_width(x.width, [&](auto fixed) {
    const Eigen::Index width = fixed > 0 ? fixed : x.width;
    for (Eigen::Index g = first; g < last; ++g) {
      for (std::int32_t r = index.start[static_cast<std::size_t>(g)]; r < index.start[static_cast<std::size_t>(g) + 1];
           ++r) {
        const std::int32_t i = index.order[static_cast<std::size_t>(r)];
        const double* row = x.values + i * width;
        for (Eigen::Index k = 0; k < z.width; ++k) {
          const double w = weights[i] * z.values[i * z.width + k];
          double* target = out.values + g * out.group_step + k * out.row_step + group[i] * width;
          for (Eigen::Index c = 0; c < width; ++c) target[c] += w * row[c];
        }
      }
    }
  });
}

}  // namespace bdglm::cpu
