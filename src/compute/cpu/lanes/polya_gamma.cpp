// PG(b, z) on single-precision lanes, in chunks: every element makes its trips, those not done yet are listed and go
// on.
#include "compute/cpu/lanes/lanes.hpp"

#include "sampling/polya_gamma.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/cpu/lanes/polya_gamma.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include "compute/cpu/lanes/numbers-inl.hpp"

#include <algorithm>
#include <numeric>

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

constexpr std::size_t kChunk = 2048;
constexpr std::size_t kPad = hn::MaxLanes(FloatTag());

/// The present elements of a chunk; whole vectors may be read and written beyond the last. Elements are listed, with
/// their sizes, or they are in a row and of one size.
struct Chunk {
  bool in_a_row;
  std::uint32_t first;  ///< element, within the address
  float common_size;
  HWY_ALIGN std::uint32_t element[kChunk + kPad];
  HWY_ALIGN float size[kChunk + kPad];
  HWY_ALIGN float h[kChunk + kPad];  ///< |z| / 2
  HWY_ALIGN float value[kChunk + kPad];
  HWY_ALIGN float stage[kChunk + kPad];
  HWY_ALIGN std::uint32_t list[kChunk + 2 * kPad];  ///< places that need more trips
  std::size_t count;

  HWY_INLINE Words elements(std::size_t at) const {
    const WordTag d;
    return in_a_row ? hn::Iota(d, first + static_cast<std::uint32_t>(at)) : hn::Load(d, element + at);
  }
  HWY_INLINE Lanes sizes(std::size_t at) const {
    const FloatTag d;
    return Lanes(in_a_row ? hn::Set(d, common_size) : hn::Load(d, size + at));
  }
  HWY_INLINE Words elements_at(Words place) const {
    const WordTag d;
    if (in_a_row) return hn::Add(place, hn::Set(d, first));
    return hn::GatherIndex(d, element, hn::BitCast(hn::RebindToSigned<WordTag>(), place));
  }
  HWY_INLINE Lanes sizes_at(Words place) const {
    const FloatTag d;
    if (in_a_row) return Lanes(hn::Set(d, common_size));
    return Lanes(hn::GatherIndex(d, size, hn::BitCast(hn::RebindToSigned<WordTag>(), place)));
  }
};

/// Stores the chosen lanes one after another and returns their number; writes a whole vector.
HWY_INLINE std::size_t append(Words values, Condition chosen, std::uint32_t* to) {
  const WordTag d;
  hn::StoreU(hn::Compress(values, hn::RebindMask(d, chosen)), d, to);
  return hn::CountTrue(FloatTag(), chosen);
}

/// Draws `value` of the whole chunk; `eager` trips are made by all elements before the rest is listed.
template <class Sampler>
HWY_NOINLINE void draw(const Uniforms& uniforms, Chunk& chunk, std::uint32_t eager) {
  const FloatTag d;
  const WordTag words;
  const std::size_t width = hn::Lanes(d);
  Lanes u[4];
  std::size_t left = 0;
  for (std::size_t at = 0; at < chunk.count; at += width) {
    const Words element = chunk.elements(at);
    Sampler sampler = Sampler::start(Lanes(hn::Load(d, chunk.h + at)), chunk.sizes(at));
    uniforms.draw(element, 0, u);
    Condition done = sampler.advance(u);
    for (std::uint32_t block = 1; block < eager; ++block) {
      uniforms.draw(element, block, u);
      done = sampler.advance(u);
    }
    hn::Store(sampler.value.v, d, chunk.value + at);
    if (hn::AllTrue(d, done)) continue;
    if constexpr (Sampler::kSum) hn::Store(sampler.stage.v, d, chunk.stage + at);
    const Condition here = hn::FirstN(d, std::min(width, chunk.count - at));
    left += append(hn::Iota(words, static_cast<std::uint32_t>(at)), hn::And(here, hn::Not(done)), chunk.list + left);
  }
  for (std::uint32_t block = eager; left > 0 && block < 1024; ++block) {
    const std::size_t tried = left;
    left = 0;
    for (std::size_t at = 0; at < tried; at += width) {
      const std::size_t used = std::min(width, tried - at);
      const Condition in_use = hn::FirstN(d, used);
      const Words place = hn::IfThenElseZero(hn::RebindMask(words, in_use), hn::LoadU(words, chunk.list + at));
      const auto index = hn::BitCast(hn::RebindToSigned<WordTag>(), place);
      Sampler sampler = Sampler::start(Lanes(hn::GatherIndex(d, chunk.h, index)), chunk.sizes_at(place));
      if constexpr (Sampler::kSum) {
        sampler.value = Lanes(hn::GatherIndex(d, chunk.value, index));
        sampler.stage = Lanes(hn::GatherIndex(d, chunk.stage, index));
      }
      uniforms.draw(chunk.elements_at(place), block, u);
      const Condition done = sampler.advance(u);
      HWY_ALIGN float values[kPad];
      hn::Store(sampler.value.v, d, values);
      for (std::size_t k = 0; k < used; ++k) chunk.value[chunk.list[at + k]] = values[k];
      if constexpr (Sampler::kSum) {
        hn::Store(sampler.stage.v, d, values);
        for (std::size_t k = 0; k < used; ++k) chunk.stage[chunk.list[at + k]] = values[k];
      }
      left += append(place, hn::And(in_use, hn::Not(done)), chunk.list + left);
    }
  }
  for (std::size_t k = 0; k < left; ++k) chunk.value[chunk.list[k]] = NAN;
}

void draw_regime(PolyaGammaRegime regime, const Uniforms& uniforms, Chunk& chunk) {
  switch (regime) {
    case PolyaGammaRegime::one:
      return draw<PolyaGammaOne<Lanes>>(uniforms, chunk, 1);
    case PolyaGammaRegime::ones: {
      float mean = chunk.common_size;
      if (!chunk.in_a_row)
        mean = std::accumulate(chunk.size, chunk.size + chunk.count, 0.0F) / static_cast<float>(chunk.count);
      return draw<PolyaGammaOnes<Lanes>>(uniforms, chunk, static_cast<std::uint32_t>(std::lround(mean)));
    }
    case PolyaGammaRegime::inverse_gaussian:
      return draw<PolyaGammaInverseGaussian<Lanes>>(uniforms, chunk, 1);
    case PolyaGammaRegime::gammas4:
      return draw<PolyaGammaGammas<Lanes, 4>>(uniforms, chunk, 3);
    case PolyaGammaRegime::gammas8:
      return draw<PolyaGammaGammas<Lanes, 8>>(uniforms, chunk, 5);
    case PolyaGammaRegime::gammas16:
      return draw<PolyaGammaGammas<Lanes, 16>>(uniforms, chunk, 9);
    default:
      return draw<PolyaGammaLarge<Lanes>>(uniforms, chunk, 1);
  }
}

/// Elements beyond the last, up to a whole vector, repeat the first.
void pad(Chunk& chunk) {
  for (std::size_t k = chunk.count; k < chunk.count + kPad; ++k) {
    chunk.h[k] = chunk.h[0];
    if (chunk.in_a_row) continue;
    chunk.element[k] = chunk.element[0];
    chunk.size[k] = chunk.size[0];
  }
}

/// Elements of several regimes: those of each in turn, and what lanes do not draw one by one.
void draw_mixed(const Address& address, const Uniforms& uniforms, std::size_t first, std::size_t count,
                const double* size, const double* z, double* omega, Chunk& chunk) {
  constexpr int kRegimes = static_cast<int>(PolyaGammaRegime::small) + 1;
  std::uint8_t regimes[kChunk];
  std::size_t counts[kRegimes] = {};
  for (std::size_t i = 0; i < count; ++i) {
    const PolyaGammaRegime regime = polya_gamma_regime(size[i], z[i]);
    if (bdglm::is_drawn_in_single(regime, size[i])) {
      regimes[i] = static_cast<std::uint8_t>(regime);
      ++counts[regimes[i]];
    } else {
      Stream stream(address, static_cast<std::uint32_t>(first + i));
      omega[i] = draw_polya_gamma(stream, size[i], z[i]);
      regimes[i] = kRegimes;
    }
  }
  for (std::uint8_t regime = 0; regime < kRegimes; ++regime) {
    if (counts[regime] == 0) continue;
    chunk.in_a_row = false;
    chunk.count = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (regimes[i] != regime) continue;
      chunk.element[chunk.count] = static_cast<std::uint32_t>(first + i);
      chunk.h[chunk.count] = static_cast<float>(0.5 * std::fabs(z[i]));
      chunk.size[chunk.count++] = static_cast<float>(size[i]);
    }
    pad(chunk);
    draw_regime(static_cast<PolyaGammaRegime>(regime), uniforms, chunk);
    const float* value = chunk.value;
    for (std::size_t i = 0; i < count; ++i)
      if (regimes[i] == regime) omega[i] = static_cast<double>(*value++);
  }
}

/// Fills h; true where all sizes are the same and all z are finite. Returns the smallest and the largest |z|.
bool fill_row(const double* size, const double* z, std::size_t count, float* h, double& lowest, double& highest) {
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  auto low = hn::Set(d, HUGE_VAL);
  auto high = hn::Zero(d);
  auto alike = hn::Eq(low, low);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= count; i += hn::Lanes(d)) {
    const auto magnitude = hn::Abs(hn::LoadU(d, z + i));
    low = hn::Min(low, magnitude);
    high = hn::Max(high, magnitude);
    alike = hn::And(alike,
                    hn::And(hn::Eq(hn::LoadU(d, size + i), hn::Set(d, size[0])), hn::Le(magnitude, hn::Set(d, 1e8))));
    hn::StoreU(hn::DemoteTo(half, hn::Mul(magnitude, hn::Set(d, 0.5))), half, h + i);
  }
  bool same = hn::AllTrue(d, alike);
  lowest = hn::GetLane(hn::MinOfLanes(d, low));
  highest = hn::GetLane(hn::MaxOfLanes(d, high));
  for (; i < count; ++i) {
    const double magnitude = std::fabs(z[i]);
    lowest = std::min(lowest, magnitude);
    highest = std::max(highest, magnitude);
    same = same && size[i] == size[0] && magnitude <= 1e8;
    h[i] = static_cast<float>(0.5 * magnitude);
  }
  return same;
}

void draw_polya_gamma(const Address& address, std::uint32_t first_element, const double* size, const double* z,
                      std::size_t n, double* omega) {
  Chunk chunk;
  const Uniforms uniforms(address);
  for (std::size_t first = 0; first < n; first += kChunk) {
    const std::size_t count = std::min(kChunk, n - first);
    double lowest, highest;
    const bool row = fill_row(size + first, z + first, count, chunk.h, lowest, highest);
    // Regimes of one size are intervals of |z|.
    const PolyaGammaRegime regime = bdglm::polya_gamma_regime(size[first], lowest);
    if (!row || regime != bdglm::polya_gamma_regime(size[first], highest) ||
        !bdglm::is_drawn_in_single(regime, size[first])) {
      draw_mixed(address, uniforms, first_element + first, count, size + first, z + first, omega + first, chunk);
      continue;
    }
    chunk.in_a_row = true;
    chunk.first = first_element + static_cast<std::uint32_t>(first);
    chunk.common_size = static_cast<float>(size[first]);
    chunk.count = count;
    pad(chunk);
    draw_regime(regime, uniforms, chunk);
    for (std::size_t i = 0; i < count; ++i) omega[first + i] = static_cast<double>(chunk.value[i]);
  }
}

const char* instruction_set() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(draw_polya_gamma);
HWY_EXPORT(instruction_set);

void draw_polya_gamma(const Address& address, std::uint32_t first_element, const double* size, const double* z,
                      std::size_t n, double* omega) {
  HWY_DYNAMIC_DISPATCH(draw_polya_gamma)(address, first_element, size, z, n, omega);
}

const char* instruction_set() { return HWY_DYNAMIC_DISPATCH(instruction_set)(); }

}  // namespace bdglm::lanes
#endif
