// Sums of products over rows and within groups of rows: plain loops, compiled for every instruction set.
#include "compute/cpu/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/cpu/lanes/group_sums.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/highway.h>

#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

/// Calls f with `width` as a compile-time constant up to 8, and with zero for wider ones.
template <class F>
void with_width(std::ptrdiff_t width, F&& f) {
  switch (width) {
    case 1:
      return f(std::integral_constant<std::ptrdiff_t, 1>());
    case 2:
      return f(std::integral_constant<std::ptrdiff_t, 2>());
    case 3:
      return f(std::integral_constant<std::ptrdiff_t, 3>());
    case 4:
      return f(std::integral_constant<std::ptrdiff_t, 4>());
    case 5:
      return f(std::integral_constant<std::ptrdiff_t, 5>());
    case 6:
      return f(std::integral_constant<std::ptrdiff_t, 6>());
    case 7:
      return f(std::integral_constant<std::ptrdiff_t, 7>());
    case 8:
      return f(std::integral_constant<std::ptrdiff_t, 8>());
    default:
      return f(std::integral_constant<std::ptrdiff_t, 0>());
  }
}

void add_rows_times(RowsView x, std::ptrdiff_t first, std::ptrdiff_t last, const double* b, double* out) {
  with_width(x.width, [&](auto width) {
    for (std::ptrdiff_t i = first; i < last; ++i) {
      double sum = 0;
      for (std::ptrdiff_t c = 0; c < width; ++c) sum += x.values[i * width + c] * b[c];
      out[i - first] += sum;
    }
  });
}

void add_weighted_moments(RowsView x, std::ptrdiff_t rows, const double* w, const double* v, double* gram,
                          std::ptrdiff_t stride, double* sums) {
  if (x.width == 0) return;
  with_width(x.width, [&](auto fixed) {
    constexpr std::ptrdiff_t kWidth = fixed > 0 ? fixed : 1;
    double second[kWidth][kWidth] = {};
    double first[kWidth] = {};
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      const double* row = x.values + i * kWidth;
      for (std::ptrdiff_t k = 0; k < kWidth; ++k) {
        first[k] += v[i] * row[k];
        const double scaled = w[i] * row[k];
        for (std::ptrdiff_t c = 0; c < kWidth; ++c) second[k][c] += scaled * row[c];
      }
    }
    for (std::ptrdiff_t k = 0; k < kWidth; ++k) {
      sums[k] += first[k];
      for (std::ptrdiff_t c = 0; c < kWidth; ++c) gram[k * stride + c] += second[k][c];
    }
  });
}

void add_group_effects(RowsView z, const std::int32_t* group, std::ptrdiff_t rows, const double* u, double scale,
                       double* out) {
  with_width(z.width, [&](auto fixed) {
    const std::ptrdiff_t width = fixed > 0 ? fixed : z.width;
    for (std::ptrdiff_t i = 0; i < rows; ++i) {
      const double* row = z.values + i * width;
      const double* own = u + group[i] * width;
      double sum = 0;
      for (std::ptrdiff_t c = 0; c < width; ++c) sum += row[c] * own[c];
      out[i] += scale * sum;
    }
  });
}

void add_group_sums(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights, RowsView x,
                    GroupBlocks out) {
  with_width(x.width, [&](auto fixed) {
    const std::ptrdiff_t width = fixed > 0 ? fixed : x.width;
    for (std::ptrdiff_t g = first; g < last; ++g) {
      double* target = out.values + g * out.group_step;
      double sums[fixed > 0 ? fixed : 1] = {};
      double* sum = fixed > 0 ? sums : target;
      for (std::int32_t r = index.start[g]; r < index.start[g + 1]; ++r) {
        const std::int32_t i = index.order[r];
        const double* row = x.values + i * width;
        for (std::ptrdiff_t c = 0; c < width; ++c) sum[c] += weights[i] * row[c];
      }
      if (fixed > 0)
        for (std::ptrdiff_t c = 0; c < width; ++c) target[c] += sum[c];
    }
  });
}

void add_group_products(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights, RowsView z,
                        RowsView x, GroupBlocks out) {
  with_width(x.width, [&](auto fixed) {
    const std::ptrdiff_t width = fixed > 0 ? fixed : x.width;
    for (std::ptrdiff_t g = first; g < last; ++g) {
      for (std::ptrdiff_t k = 0; k < z.width; ++k) {
        double* target = out.values + g * out.group_step + k * out.row_step;
        double sums[fixed > 0 ? fixed : 1] = {};
        double* sum = fixed > 0 ? sums : target;
        for (std::int32_t r = index.start[g]; r < index.start[g + 1]; ++r) {
          const std::int32_t i = index.order[r];
          const double w = weights[i] * z.values[i * z.width + k];
          const double* row = x.values + i * width;
          for (std::ptrdiff_t c = 0; c < width; ++c) sum[c] += w * row[c];
        }
        if (fixed > 0)
          for (std::ptrdiff_t c = 0; c < width; ++c) target[c] += sum[c];
      }
    }
  });
}

void add_group_cross_products(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights,
                              RowsView z, RowsView x, const std::int32_t* group, GroupBlocks out) {
  with_width(x.width, [&](auto fixed) {
    const std::ptrdiff_t width = fixed > 0 ? fixed : x.width;
    for (std::ptrdiff_t g = first; g < last; ++g) {
      for (std::int32_t r = index.start[g]; r < index.start[g + 1]; ++r) {
        const std::int32_t i = index.order[r];
        const double* row = x.values + i * width;
        for (std::ptrdiff_t k = 0; k < z.width; ++k) {
          const double w = weights[i] * z.values[i * z.width + k];
          double* target = out.values + g * out.group_step + k * out.row_step + group[i] * width;
          for (std::ptrdiff_t c = 0; c < width; ++c) target[c] += w * row[c];
        }
      }
    }
  });
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(add_rows_times);
HWY_EXPORT(add_weighted_moments);
HWY_EXPORT(add_group_effects);
HWY_EXPORT(add_group_sums);
HWY_EXPORT(add_group_products);
HWY_EXPORT(add_group_cross_products);

void add_rows_times(RowsView x, std::ptrdiff_t first, std::ptrdiff_t last, const double* b, double* out) {
  HWY_DYNAMIC_DISPATCH(add_rows_times)(x, first, last, b, out);
}

void add_weighted_moments(RowsView x, std::ptrdiff_t rows, const double* w, const double* v, double* gram,
                          std::ptrdiff_t stride, double* sums) {
  HWY_DYNAMIC_DISPATCH(add_weighted_moments)(x, rows, w, v, gram, stride, sums);
}

void add_group_effects(RowsView z, const std::int32_t* group, std::ptrdiff_t rows, const double* u, double scale,
                       double* out) {
  HWY_DYNAMIC_DISPATCH(add_group_effects)(z, group, rows, u, scale, out);
}

void add_group_sums(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights, RowsView x,
                    GroupBlocks out) {
  HWY_DYNAMIC_DISPATCH(add_group_sums)(index, first, last, weights, x, out);
}

void add_group_products(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights, RowsView z,
                        RowsView x, GroupBlocks out) {
  HWY_DYNAMIC_DISPATCH(add_group_products)(index, first, last, weights, z, x, out);
}

void add_group_cross_products(GroupedRows index, std::ptrdiff_t first, std::ptrdiff_t last, const double* weights,
                              RowsView z, RowsView x, const std::int32_t* group, GroupBlocks out) {
  HWY_DYNAMIC_DISPATCH(add_group_cross_products)(index, first, last, weights, z, x, group, out);
}

}  // namespace bdglm::lanes
#endif
