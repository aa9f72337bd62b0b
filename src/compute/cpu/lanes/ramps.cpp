// Ramps of a network's inputs times weights, by tables of what they add up to at each knot, and back.
#include "compute/cpu/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/cpu/lanes/ramps.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/highway.h>

#include <algorithm>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class Number>
using Units = hn::CappedTag<Number, kRampUnits>;

template <class Number>
constexpr std::size_t kWidth = hn::MaxLanes(Units<Number>());

/// Vectors of units that are summed in registers.
constexpr std::size_t kVectors = 8;

/// Calls f(count, first) for vectors of units from the first on, at most kVectors of them at a time.
template <class Number, class F>
HWY_INLINE void for_each_part(std::size_t units, F&& f) {
  const std::size_t vectors = (units + kWidth<Number> - 1) / kWidth<Number>;
  std::size_t at = 0;
  const auto part = [&](auto count) {
    for (; at + count <= vectors; at += count) f(count, at * kWidth<Number>);
  };
  part(std::integral_constant<std::size_t, kVectors>());
  part(std::integral_constant<std::size_t, 7>());
  part(std::integral_constant<std::size_t, 4>());
  part(std::integral_constant<std::size_t, 2>());
  part(std::integral_constant<std::size_t, 1>());
}

/// to (kCount vectors) = sums of a row's ramps, from `table` on.
template <std::size_t kCount, class Number>
HWY_INLINE void sum_row(const RampPlaces& places, std::size_t row, const Number* table, std::size_t stride,
                        hn::Vec<Units<Number>>* to) {
  const Units<Number> d;
  hn::Vec<Units<Number>> sum[kCount];
  for (auto& s : sum) s = hn::Zero(d);
  const std::int32_t* knot = places.knot + row * places.numbers;
  const double* height = places.height + row * places.numbers;
  for (std::size_t k = 0; k < places.numbers; ++k) {
    const auto upper = hn::Set(d, static_cast<Number>(height[k]));
    const auto lower = hn::Sub(hn::Set(d, Number{1}), upper);
    const Number* at = table + static_cast<std::size_t>(knot[k]) * stride;
    for (std::size_t v = 0; v < kCount; ++v) {
      sum[v] = hn::MulAdd(lower, hn::LoadU(d, at + v * kWidth<Number>), sum[v]);
      sum[v] = hn::MulAdd(upper, hn::LoadU(d, at + stride + v * kWidth<Number>), sum[v]);
    }
  }
  for (std::size_t v = 0; v < kCount; ++v) to[v] = sum[v];
}

/// Adds a row's derivatives by its ramps' sums to those by the table.
template <std::size_t kCount, class Number>
HWY_INLINE void add_row(const RampPlaces& places, std::size_t row, const hn::Vec<Units<Number>>* by_sums,
                        std::size_t stride, Number* by_table) {
  const Units<Number> d;
  hn::Vec<Units<Number>> own[kCount];
  for (std::size_t v = 0; v < kCount; ++v) own[v] = by_sums[v];
  const std::int32_t* knot = places.knot + row * places.numbers;
  const double* height = places.height + row * places.numbers;
  for (std::size_t k = 0; k < places.numbers; ++k) {
    const auto upper = hn::Set(d, static_cast<Number>(height[k]));
    const auto lower = hn::Sub(hn::Set(d, Number{1}), upper);
    Number* at = by_table + static_cast<std::size_t>(knot[k]) * stride;
    for (std::size_t v = 0; v < kCount; ++v) {
      Number* first = at + v * kWidth<Number>;
      hn::StoreU(hn::MulAdd(lower, own[v], hn::LoadU(d, first)), d, first);
      hn::StoreU(hn::MulAdd(upper, own[v], hn::LoadU(d, first + stride)), d, first + stride);
    }
  }
}

/// The first n numbers of a vector, n <= its width, the others zero; and back.
HWY_INLINE hn::Vec<Units<double>> load_first(const double* from, std::size_t n) {
  const Units<double> d;
  if (n >= kWidth<double>) return hn::LoadU(d, from);
  double all[kWidth<double>] = {};
  std::copy_n(from, n, all);
  return hn::LoadU(d, all);
}

HWY_INLINE void store_first(hn::Vec<Units<double>> v, double* to, std::size_t n) {
  const Units<double> d;
  if (n >= kWidth<double>) return hn::StoreU(v, d, to);
  double all[kWidth<double>];
  hn::StoreU(v, d, all);
  std::copy_n(all, n, to);
}

void add_ramps(const RampPlaces& places, std::size_t rows, const double* table, std::size_t stride, std::size_t units,
               double* values) {
  for_each_part<double>(units, [&](auto count, std::size_t first) {
    hn::Vec<Units<double>> sum[count];
    for (std::size_t i = 0; i < rows; ++i) {
      sum_row<count>(places, i, table + first, stride, sum);
      for (std::size_t v = 0, at = first; v < count; ++v, at += kWidth<double>) {
        double* to = values + i * units + at;
        store_first(hn::Add(sum[v], load_first(to, units - at)), to, units - at);
      }
    }
  });
}

void add_ramp_gradient(const RampPlaces& places, std::size_t rows, const double* by_values, std::size_t units,
                       std::size_t stride, double* by_table) {
  for_each_part<double>(units, [&](auto count, std::size_t first) {
    hn::Vec<Units<double>> own[count];
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t v = 0, at = first; v < count; ++v, at += kWidth<double>)
        own[v] = load_first(by_values + i * units + at, units - at);
      add_row<count>(places, i, own, stride, by_table + first);
    }
  });
}

using Four = hn::FixedTag<float, 4>;

/// Four rows of four numbers become columns.
HWY_INLINE void transpose(hn::Vec<Four>* rows) {
  const Four d;
  const auto a = hn::InterleaveLower(d, rows[0], rows[1]);
  const auto b = hn::InterleaveUpper(d, rows[0], rows[1]);
  const auto c = hn::InterleaveLower(d, rows[2], rows[3]);
  const auto e = hn::InterleaveUpper(d, rows[2], rows[3]);
  rows[0] = hn::ConcatLowerLower(d, c, a);
  rows[1] = hn::ConcatUpperUpper(d, c, a);
  rows[2] = hn::ConcatLowerLower(d, e, b);
  rows[3] = hn::ConcatUpperUpper(d, e, b);
}

/// Units [first, first + width) of a tile's rows, `width` apart, from and to the tile's order.
HWY_INLINE void add_to_tile(const float* rows, std::size_t width, std::size_t units, float* tile) {
  const Four d;
  for (std::size_t u = 0; u < units; u += 4)
    for (std::size_t i = 0; i < kTileRows; i += 4) {
      hn::Vec<Four> block[4];
      for (std::size_t k = 0; k < 4; ++k) block[k] = hn::LoadU(d, rows + (i + k) * width + u);
      transpose(block);
      for (std::size_t k = 0; k < std::min<std::size_t>(4, units - u); ++k) {
        float* to = tile + (u + k) * kTileRows + i;
        hn::StoreU(hn::Add(block[k], hn::LoadU(d, to)), d, to);
      }
    }
}

HWY_INLINE void take_from_tile(const float* tile, std::size_t width, std::size_t units, float* rows) {
  const Four d;
  for (std::size_t u = 0; u < units; u += 4)
    for (std::size_t i = 0; i < kTileRows; i += 4) {
      hn::Vec<Four> block[4];
      for (std::size_t k = 0; k < 4; ++k)
        block[k] = u + k < units ? hn::LoadU(d, tile + (u + k) * kTileRows + i) : hn::Zero(d);
      transpose(block);
      for (std::size_t k = 0; k < 4; ++k) hn::StoreU(block[k], d, rows + (i + k) * width + u);
    }
}

/// Calls f(count, first, units, tile, its first row, its rows) for parts of units of each tile.
template <class Values, class F>
HWY_INLINE void for_each_tile(std::size_t rows, std::size_t units, Values* values, F&& f) {
  for (std::size_t i = 0; i < rows; i += kTileRows, values += units * kTileRows)
    for_each_part<float>(units, [&](auto count, std::size_t first) {
      f(count, first, std::min(count * kWidth<float>, units - first), values + first * kTileRows, i,
        std::min(kTileRows, rows - i));
    });
}

void add_ramps_to_tiles(const RampPlaces& places, std::size_t rows, const float* table, std::size_t stride,
                        std::size_t units, float* values) {
  const Units<float> d;
  float own[kTileRows * kVectors * kWidth<float>] = {};
  for_each_tile(rows, units, values,
                [&](auto count, std::size_t first, std::size_t n, float* tile, std::size_t row, std::size_t there) {
                  constexpr std::size_t kPart = count * kWidth<float>;
                  hn::Vec<Units<float>> sum[count];
                  for (std::size_t i = 0; i < there; ++i) {
                    sum_row<count>(places, row + i, table + first, stride, sum);
                    for (std::size_t v = 0; v < count; ++v) hn::StoreU(sum[v], d, own + i * kPart + v * kWidth<float>);
                  }
                  add_to_tile(own, kPart, n, tile);
                });
}

void add_ramp_gradient_of_tiles(const RampPlaces& places, std::size_t rows, const float* by_values, std::size_t units,
                                std::size_t stride, float* by_table) {
  const Units<float> d;
  float own[kTileRows * kVectors * kWidth<float>] = {};
  for_each_tile(
      rows, units, by_values,
      [&](auto count, std::size_t first, std::size_t n, const float* tile, std::size_t row, std::size_t there) {
        constexpr std::size_t kPart = count * kWidth<float>;
        // Units beyond the last four are zeros from the start or another part's, and their table's are not read.
        take_from_tile(tile, kPart, n, own);
        hn::Vec<Units<float>> by_sums[count];
        for (std::size_t i = 0; i < there; ++i) {
          for (std::size_t v = 0; v < count; ++v) by_sums[v] = hn::LoadU(d, own + i * kPart + v * kWidth<float>);
          add_row<count>(places, row + i, by_sums, stride, by_table + first);
        }
      });
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(add_ramps);
HWY_EXPORT(add_ramp_gradient);
HWY_EXPORT(add_ramps_to_tiles);
HWY_EXPORT(add_ramp_gradient_of_tiles);

void add_ramps(const RampPlaces& places, std::size_t rows, const double* table, std::size_t stride, std::size_t units,
               double* values) {
  HWY_DYNAMIC_DISPATCH(add_ramps)(places, rows, table, stride, units, values);
}

void add_ramp_gradient(const RampPlaces& places, std::size_t rows, const double* by_values, std::size_t units,
                       std::size_t stride, double* by_table) {
  HWY_DYNAMIC_DISPATCH(add_ramp_gradient)(places, rows, by_values, units, stride, by_table);
}

void add_ramps_to_tiles(const RampPlaces& places, std::size_t rows, const float* table, std::size_t stride,
                        std::size_t units, float* values) {
  HWY_DYNAMIC_DISPATCH(add_ramps_to_tiles)(places, rows, table, stride, units, values);
}

void add_ramp_gradient_of_tiles(const RampPlaces& places, std::size_t rows, const float* by_values, std::size_t units,
                                std::size_t stride, float* by_table) {
  HWY_DYNAMIC_DISPATCH(add_ramp_gradient_of_tiles)(places, rows, by_values, units, stride, by_table);
}

}  // namespace bdglm::lanes
#endif
