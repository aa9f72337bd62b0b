// A network's elementwise passes over a block of rows, on double-precision lanes.
#include "compute/cpu/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/cpu/lanes/layers.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/highway.h>

#include "compute/cpu/lanes/activation-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

using Tag = hn::ScalableTag<double>;
using Vector = hn::Vec<Tag>;

/// Calls f(tag, at) for every vector of n values, the last ones singly.
template <class F>
HWY_INLINE void for_each_vector(std::size_t n, F&& f) {
  const std::size_t width = hn::Lanes(Tag());
  std::size_t i = 0;
  for (; i + width <= n; i += width) f(Tag(), i);
  for (; i < n; ++i) f(hn::CappedTag<double, 1>(), i);
}

void activate(double* z, std::size_t rows, std::size_t cols, const double* bias, const double* noise,
              Activation activation, bool slopes, double* activations) {
  for_each_kind(activation, cols, [&](auto unit, std::size_t first, std::size_t last) {
    for (std::size_t i = 0; i < rows; ++i) {
      double* own = z + i * cols;
      double* to = activations + i * cols;
      const double* add = noise == nullptr ? nullptr : noise + i * cols;
      for_each_vector(last - first, [&](auto d, std::size_t at) {
        const std::size_t j = first + at;
        auto sum = hn::Add(hn::LoadU(d, own + j), hn::LoadU(d, bias + j));
        if (add != nullptr) sum = hn::Add(sum, hn::LoadU(d, add + j));
        const auto a = unit(d, sum);
        hn::StoreU(slopes ? a.slope : sum, d, own + j);
        hn::StoreU(a.value, d, to + j);
      });
    }
  });
}

void apply_slopes(const double* slopes, std::size_t count, double* delta) {
  for_each_vector(count, [&](auto d, std::size_t i) {
    hn::StoreU(hn::Mul(hn::LoadU(d, slopes + i), hn::LoadU(d, delta + i)), d, delta + i);
  });
}

void outer_with_slopes(const double* score, std::size_t rows, const double* weights, std::size_t cols,
                       const double* slopes, double* delta) {
  for (std::size_t i = 0; i < rows; ++i) {
    const double* own = slopes + i * cols;
    double* to = delta + i * cols;
    for_each_vector(cols, [&](auto d, std::size_t j) {
      const auto product = hn::Mul(hn::Set(d, score[i]), hn::LoadU(d, weights + j));
      hn::StoreU(hn::Mul(hn::LoadU(d, own + j), product), d, to + j);
    });
  }
}

void add_column_sums(const double* values, std::size_t rows, std::size_t cols, double* sums) {
  // Columns in groups whose sums stay in registers while the rows pass by.
  constexpr std::size_t kVectors = 4;
  const std::size_t width = hn::Lanes(Tag());
  std::size_t j = 0;
  for (; j + kVectors * width <= cols; j += kVectors * width) {
    Vector sum[kVectors];
    for (std::size_t k = 0; k < kVectors; ++k) sum[k] = hn::LoadU(Tag(), sums + j + k * width);
    for (std::size_t i = 0; i < rows; ++i)
      for (std::size_t k = 0; k < kVectors; ++k)
        sum[k] = hn::Add(sum[k], hn::LoadU(Tag(), values + i * cols + j + k * width));
    for (std::size_t k = 0; k < kVectors; ++k) hn::StoreU(sum[k], Tag(), sums + j + k * width);
  }
  for_each_vector(cols - j, [&](auto d, std::size_t k) {
    auto sum = hn::LoadU(d, sums + j + k);
    for (std::size_t i = 0; i < rows; ++i) sum = hn::Add(sum, hn::LoadU(d, values + i * cols + j + k));
    hn::StoreU(sum, d, sums + j + k);
  });
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(activate);
HWY_EXPORT(apply_slopes);
HWY_EXPORT(outer_with_slopes);
HWY_EXPORT(add_column_sums);

void activate(double* z, std::size_t rows, std::size_t cols, const double* bias, const double* noise,
              Activation activation, bool slopes, double* activations) {
  HWY_DYNAMIC_DISPATCH(activate)(z, rows, cols, bias, noise, activation, slopes, activations);
}

void apply_slopes(const double* slopes, std::size_t count, double* delta) {
  HWY_DYNAMIC_DISPATCH(apply_slopes)(slopes, count, delta);
}

void outer_with_slopes(const double* score, std::size_t rows, const double* weights, std::size_t cols,
                       const double* slopes, double* delta) {
  HWY_DYNAMIC_DISPATCH(outer_with_slopes)(score, rows, weights, cols, slopes, delta);
}

void add_column_sums(const double* values, std::size_t rows, std::size_t cols, double* sums) {
  HWY_DYNAMIC_DISPATCH(add_column_sums)(values, rows, cols, sums);
}

}  // namespace bdglm::lanes
#endif
