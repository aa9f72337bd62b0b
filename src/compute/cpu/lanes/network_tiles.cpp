// A network's products in single precision on tiles of rows, its numbers unit by unit within a tile.
#include "compute/cpu/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/cpu/lanes/network_tiles.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/highway.h>

#include "compute/cpu/lanes/activation-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

// At most a tile's rows, of which an instruction set with longer vectors has no use.
using Tile = hn::CappedTag<float, kTileRows>;
using Vector = hn::Vec<Tile>;

constexpr std::size_t kWidth = hn::MaxLanes(Tile());
/// Sums that stay in registers: units by vectors of rows forwards, columns by columns backwards.
constexpr bool kManyRegisters = HWY_TARGET <= HWY_AVX3;
constexpr std::size_t kUnits = kManyRegisters ? 12 : 6;
constexpr std::size_t kVectors = kTileRows / kWidth < 2 ? 1 : 2;
constexpr std::size_t kColumns = kManyRegisters ? 4 : 2;
static_assert(kTileRows % (kVectors * kWidth) == 0);

/// Calls f(count, first) for groups of units whose sizes, as compile-time numbers, are those that products know.
template <class F>
HWY_INLINE void for_each_group(std::size_t units, F&& f) {
  std::size_t at = 0;
  for (; at + kUnits <= units; at += kUnits) f(std::integral_constant<std::size_t, kUnits>(), at);
  for (; at + 4 <= units; at += 4) f(std::integral_constant<std::size_t, 4>(), at);
  if (at + 2 <= units) f(std::integral_constant<std::size_t, 2>(), at), at += 2;
  if (at < units) f(std::integral_constant<std::size_t, 1>(), at);
}

void pack_weights(const double* weights, std::size_t inputs, std::size_t units, std::ptrdiff_t input_step,
                  std::ptrdiff_t unit_step, float* packed) {
  for_each_group(units, [&](auto count, std::size_t at) {
    for (std::size_t k = 0; k < inputs; ++k)
      for (std::size_t u = 0; u < count; ++u)
        *packed++ = static_cast<float>(
            weights[static_cast<std::ptrdiff_t>(k) * input_step + static_cast<std::ptrdiff_t>(at + u) * unit_step]);
  });
}

template <std::size_t kCount>
HWY_INLINE void multiply_group(const float* in, std::size_t inputs, const float* packed, const double* bias,
                               float* out) {
  const Tile d;
  for (std::size_t row = 0; row < kTileRows; row += kVectors * kWidth) {
    Vector sum[kCount][kVectors];
    for (std::size_t u = 0; u < kCount; ++u)
      for (std::size_t v = 0; v < kVectors; ++v)
        sum[u][v] = hn::Set(d, bias == nullptr ? 0.0F : static_cast<float>(bias[u]));
    const float* from = in + row;
    const float* weight = packed;
    for (std::size_t k = 0; k < inputs; ++k, from += kTileRows, weight += kCount) {
      Vector value[kVectors];
      for (std::size_t v = 0; v < kVectors; ++v) value[v] = hn::LoadU(d, from + v * kWidth);
      for (std::size_t u = 0; u < kCount; ++u) {
        const Vector w = hn::Set(d, weight[u]);
        for (std::size_t v = 0; v < kVectors; ++v) sum[u][v] = hn::MulAdd(w, value[v], sum[u][v]);
      }
    }
    for (std::size_t u = 0; u < kCount; ++u)
      for (std::size_t v = 0; v < kVectors; ++v) hn::StoreU(sum[u][v], d, out + u * kTileRows + row + v * kWidth);
  }
}

void multiply_tiles(const float* in, std::size_t tiles, std::size_t inputs, const float* packed, const double* bias,
                    std::size_t units, float* out) {
  for (std::size_t t = 0; t < tiles; ++t, in += inputs * kTileRows, out += units * kTileRows)
    for_each_group(units, [&](auto count, std::size_t at) {
      multiply_group<count>(in, inputs, packed + at * inputs, bias == nullptr ? nullptr : bias + at,
                            out + at * kTileRows);
    });
}

void activate_tiles(std::size_t tiles, std::size_t units, Activation activation, float* values, float* slopes) {
  for_each_kind(activation, units, [&](auto unit, std::size_t first, std::size_t last) {
    const Tile d;
    for (std::size_t t = 0; t < tiles; ++t)
      for (std::size_t i = (t * units + first) * kTileRows; i < (t * units + last) * kTileRows; i += kWidth) {
        const auto a = unit(d, hn::LoadU(d, values + i));
        hn::StoreU(a.value, d, values + i);
        hn::StoreU(a.slope, d, slopes + i);
      }
  });
}

void multiply_by(const float* factors, std::size_t count, float* values) {
  const Tile d;
  for (std::size_t i = 0; i < count; i += kWidth)
    hn::StoreU(hn::Mul(hn::LoadU(d, factors + i), hn::LoadU(d, values + i)), d, values + i);
}

template <std::size_t kLeft, std::size_t kRight>
HWY_INLINE void add_group_products(const float* left, std::size_t left_size, const float* right, std::size_t right_size,
                                   std::size_t tiles, double* out, std::size_t out_step) {
  const Tile d;
  Vector sum[kLeft][kRight];
  for (auto& row : sum)
    for (auto& s : row) s = hn::Zero(d);
  for (std::size_t t = 0; t < tiles; ++t, left += left_size * kTileRows, right += right_size * kTileRows)
    for (std::size_t v = 0; v < kTileRows; v += kWidth) {
      Vector a[kLeft];
      for (std::size_t k = 0; k < kLeft; ++k) a[k] = hn::LoadU(d, left + k * kTileRows + v);
      for (std::size_t j = 0; j < kRight; ++j) {
        const Vector b = hn::LoadU(d, right + j * kTileRows + v);
        for (std::size_t k = 0; k < kLeft; ++k) sum[k][j] = hn::MulAdd(a[k], b, sum[k][j]);
      }
    }
  for (std::size_t k = 0; k < kLeft; ++k)
    for (std::size_t j = 0; j < kRight; ++j)
      out[k * out_step + j] += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum[k][j])));
}

template <std::size_t kLeft>
HWY_INLINE void add_products_of(const float* left, std::size_t left_size, const float* right, std::size_t right_size,
                                std::size_t tiles, double* out) {
  std::size_t j = 0;
  const auto group = [&](auto count) {
    for (; j + count <= right_size; j += count)
      add_group_products<kLeft, count>(left, left_size, right + j * kTileRows, right_size, tiles, out + j, right_size);
  };
  group(std::integral_constant<std::size_t, 6>());
  group(std::integral_constant<std::size_t, 2>());
  group(std::integral_constant<std::size_t, 1>());
}

void add_tile_products(const float* left, std::size_t left_size, const float* right, std::size_t right_size,
                       std::size_t tiles, double* out) {
  std::size_t k = 0;
  for (; k + kColumns <= left_size; k += kColumns)
    add_products_of<kColumns>(left + k * kTileRows, left_size, right, right_size, tiles, out + k * right_size);
  for (; k < left_size; ++k)
    add_products_of<1>(left + k * kTileRows, left_size, right, right_size, tiles, out + k * right_size);
}

void add_tile_sums(const float* values, std::size_t size, std::size_t tiles, double* out) {
  const Tile d;
  for (std::size_t j = 0; j < size; ++j) {
    Vector sum = hn::Zero(d);
    const float* from = values + j * kTileRows;
    for (std::size_t t = 0; t < tiles; ++t, from += size * kTileRows)
      for (std::size_t v = 0; v < kTileRows; v += kWidth) sum = hn::Add(sum, hn::LoadU(d, from + v));
    out[j] += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
  }
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(pack_weights);
HWY_EXPORT(multiply_tiles);
HWY_EXPORT(activate_tiles);
HWY_EXPORT(multiply_by);
HWY_EXPORT(add_tile_products);
HWY_EXPORT(add_tile_sums);

void pack_weights(const double* weights, std::size_t inputs, std::size_t units, std::ptrdiff_t input_step,
                  std::ptrdiff_t unit_step, float* packed) {
  HWY_DYNAMIC_DISPATCH(pack_weights)(weights, inputs, units, input_step, unit_step, packed);
}

void multiply_tiles(const float* in, std::size_t tiles, std::size_t inputs, const float* packed, const double* bias,
                    std::size_t units, float* out) {
  HWY_DYNAMIC_DISPATCH(multiply_tiles)(in, tiles, inputs, packed, bias, units, out);
}

void activate_tiles(std::size_t tiles, std::size_t units, Activation activation, float* values, float* slopes) {
  HWY_DYNAMIC_DISPATCH(activate_tiles)(tiles, units, activation, values, slopes);
}

void multiply_by(const float* factors, std::size_t count, float* values) {
  HWY_DYNAMIC_DISPATCH(multiply_by)(factors, count, values);
}

void add_tile_products(const float* left, std::size_t left_size, const float* right, std::size_t right_size,
                       std::size_t tiles, double* out) {
  HWY_DYNAMIC_DISPATCH(add_tile_products)(left, left_size, right, right_size, tiles, out);
}

void add_tile_sums(const float* values, std::size_t size, std::size_t tiles, double* out) {
  HWY_DYNAMIC_DISPATCH(add_tile_sums)(values, size, tiles, out);
}

}  // namespace bdglm::lanes
#endif
