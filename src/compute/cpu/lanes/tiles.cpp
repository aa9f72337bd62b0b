// Products with a tiled design on double-precision lanes: each tile is read once, in order.
#include "compute/cpu/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/cpu/lanes/tiles.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/aligned_allocator.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using Tag = hn::ScalableTag<double>;
using Vector = hn::Vec<Tag>;

constexpr std::size_t kWidth = hn::MaxLanes(Tag());
constexpr std::size_t kVectors = kTileRows / kWidth;
static_assert(kVectors * kWidth == kTileRows);

/// Lanes of 24-bit values, widened.
HWY_INLINE Vector load_wide(const float* from) {
  const hn::Rebind<float, Tag> narrow;
  return hn::PromoteTo(Tag(), hn::LoadU(narrow, from));
}

void add_tiles_times(const float* tiles, std::size_t rows, std::size_t cols, const double* w, double* out) {
  const Tag d;
  for (std::size_t at = 0; at < rows; at += kTileRows, tiles += kTileRows * cols) {
    Vector sum[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::Zero(d);
    const float* column = tiles;
    for (std::size_t j = 0; j < cols; ++j, column += kTileRows) {
      const Vector weight = hn::Set(d, w[j]);
      for (std::size_t v = 0; v < kVectors; ++v) sum[v] = hn::MulAdd(load_wide(column + v * kWidth), weight, sum[v]);
    }
    if (at + kTileRows <= rows) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        double* to = out + at + v * kWidth;
        hn::StoreU(hn::Add(hn::LoadU(d, to), sum[v]), d, to);
      }
    } else {
      HWY_ALIGN double buffer[kTileRows];
      for (std::size_t v = 0; v < kVectors; ++v) hn::Store(sum[v], d, buffer + v * kWidth);
      for (std::size_t i = at; i < rows; ++i) out[i] += buffer[i - at];
    }
  }
}

void add_tiles_transposed_times(const float* tiles, std::size_t rows, std::size_t cols, const double* v, double* out) {
  const Tag d;
  // Columns in groups whose sums stay in registers and cache while the tiles of a block of rows pass by.
  constexpr std::size_t kColumns = 64;
  HWY_ALIGN double sums[kColumns * kWidth];
  for (std::size_t first = 0; first < cols; first += kColumns) {
    const std::size_t count = HWY_MIN(kColumns, cols - first);
    for (std::size_t j = 0; j < count; ++j) hn::Store(hn::Zero(d), d, sums + j * kWidth);
    for (std::size_t at = 0; at < rows; at += kTileRows) {
      Vector value[kVectors];
      if (at + kTileRows <= rows) {
        for (std::size_t k = 0; k < kVectors; ++k) value[k] = hn::LoadU(d, v + at + k * kWidth);
      } else {
        HWY_ALIGN double buffer[kTileRows] = {};
        for (std::size_t i = at; i < rows; ++i) buffer[i - at] = v[i];
        for (std::size_t k = 0; k < kVectors; ++k) value[k] = hn::Load(d, buffer + k * kWidth);
      }
      const float* column = tiles + at * cols + first * kTileRows;
      for (std::size_t j = 0; j < count; ++j, column += kTileRows) {
        Vector sum = hn::Load(d, sums + j * kWidth);
        for (std::size_t k = 0; k < kVectors; ++k) sum = hn::MulAdd(load_wide(column + k * kWidth), value[k], sum);
        hn::Store(sum, d, sums + j * kWidth);
      }
    }
    for (std::size_t j = 0; j < count; ++j)
      out[first + j] += hn::GetLane(hn::SumOfLanes(d, hn::Load(d, sums + j * kWidth)));
  }
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(add_tiles_times);
HWY_EXPORT(add_tiles_transposed_times);

void add_tiles_times(const float* tiles, std::size_t rows, std::size_t cols, const double* w, double* out) {
  HWY_DYNAMIC_DISPATCH(add_tiles_times)(tiles, rows, cols, w, out);
}

void add_tiles_transposed_times(const float* tiles, std::size_t rows, std::size_t cols, const double* v, double* out) {
  HWY_DYNAMIC_DISPATCH(add_tiles_transposed_times)(tiles, rows, cols, v, out);
}

}  // namespace bdglm::lanes
#endif
