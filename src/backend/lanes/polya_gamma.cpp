// PG(1, z) on single-precision lanes: every element makes one trip, those refused are listed and tried again.
#include "backend/lanes/lanes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "backend/lanes/polya_gamma.cpp"
#include <hwy/foreach_target.h>
// Must come after foreach_target.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <cmath>

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using WordTag = hn::RebindToUnsigned<FloatTag>;
using Words = hn::Vec<WordTag>;

/// Single-precision lanes as a number for the sampler texts.
struct Lanes {
  hn::Vec<FloatTag> v;
  Lanes() = default;
  explicit HWY_INLINE Lanes(double constant) : v(hn::Set(FloatTag(), static_cast<float>(constant))) {}
  explicit HWY_INLINE Lanes(hn::Vec<FloatTag> value) : v(value) {}
};
using Condition = hn::Mask<FloatTag>;

template <class Real>
inline constexpr bool kSingle = true;

HWY_INLINE Lanes operator+(Lanes a, Lanes b) { return Lanes(hn::Add(a.v, b.v)); }
HWY_INLINE Lanes operator-(Lanes a, Lanes b) { return Lanes(hn::Sub(a.v, b.v)); }
HWY_INLINE Lanes operator*(Lanes a, Lanes b) { return Lanes(hn::Mul(a.v, b.v)); }
HWY_INLINE Lanes operator/(Lanes a, Lanes b) { return Lanes(hn::Div(a.v, b.v)); }
HWY_INLINE Condition operator<(Lanes a, Lanes b) { return hn::Lt(a.v, b.v); }
HWY_INLINE Condition operator<=(Lanes a, Lanes b) { return hn::Le(a.v, b.v); }
HWY_INLINE Condition operator>(Lanes a, Lanes b) { return hn::Gt(a.v, b.v); }
HWY_INLINE Lanes select(Condition c, Lanes yes, Lanes no) { return Lanes(hn::IfThenElse(c, yes.v, no.v)); }
HWY_INLINE Lanes multiply_add(Lanes a, Lanes b, Lanes c) { return Lanes(hn::MulAdd(a.v, b.v, c.v)); }
HWY_INLINE bool any(Condition c) { return !hn::AllFalse(FloatTag(), c); }
HWY_INLINE Condition both(Condition a, Condition b) { return hn::And(a, b); }
HWY_INLINE Condition either(Condition a, Condition b) { return hn::Or(a, b); }
HWY_INLINE Condition negation(Condition a) { return hn::Not(a); }
HWY_INLINE Lanes sqrt(Lanes a) { return Lanes(hn::Sqrt(a.v)); }
HWY_INLINE Lanes exp(Lanes a) { return Lanes(hn::Exp(FloatTag(), a.v)); }
HWY_INLINE Lanes log(Lanes a) { return Lanes(hn::Log(FloatTag(), a.v)); }

#include "bdglm/sampling/normal_quantile.inl"
#include "bdglm/sampling/polya_gamma_one.inl"

/// 64-bit products of all lanes with a constant, as high and low words.
HWY_INLINE void wide_product(Words a, Words constant, Words& high, Words& low) {
  const WordTag d;
  const hn::RepartitionToWide<WordTag> wide;
  const auto even = hn::MulEven(a, constant);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(wide, a))), constant);
  high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
}

/// (bits + 1/2) 2^-32, below one: Stream::uniform<float>. Halves of a word convert to float without rounding.
HWY_INLINE Lanes uniform(Words bits) {
  const hn::RebindToSigned<WordTag> ints;
  const FloatTag d;
  const auto high = hn::ConvertTo(d, hn::BitCast(ints, hn::ShiftRight<16>(bits)));
  const auto low = hn::ConvertTo(d, hn::BitCast(ints, hn::And(bits, hn::Set(WordTag(), 0xFFFFU))));
  const auto sum = hn::MulAdd(high, hn::Set(d, 65536.0F), hn::Add(low, hn::Set(d, 0.5F)));
  return Lanes(hn::Min(hn::Mul(sum, hn::Set(d, 2.3283064365386963e-10F)), hn::Set(d, 0.99999994F)));
}

/// Philox4x32-10 of the elements' `block`-th blocks as uniforms; random/philox.hpp has the scalar text.
class Uniforms {
 public:
  explicit Uniforms(const Address& address)
      : sweep_(address.sweep),
        place_(place_word(address)),
        key_{static_cast<std::uint32_t>(address.seed), static_cast<std::uint32_t>(address.seed >> 32U)} {}

  HWY_INLINE void draw(Words element, std::uint32_t block, Lanes* u) const {
    const WordTag d;
    const Words m0 = hn::Set(d, 0xD2511F53U);
    const Words m1 = hn::Set(d, 0xCD9E8D57U);
    Words x0 = element;
    Words x1 = hn::Set(d, sweep_);
    Words x2 = hn::Set(d, place_);
    Words x3 = hn::Set(d, block);
    std::uint32_t k0 = key_[0];
    std::uint32_t k1 = key_[1];
    for (int round = 0; round < 10; ++round) {
      Words high0, low0, high1, low1;
      wide_product(x0, m0, high0, low0);
      wide_product(x2, m1, high1, low1);
      x0 = hn::Xor(hn::Xor(high1, x1), hn::Set(d, k0));
      x1 = low1;
      x2 = hn::Xor(hn::Xor(high0, x3), hn::Set(d, k1));
      x3 = low0;
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    u[0] = uniform(x0);
    u[1] = uniform(x1);
    u[2] = uniform(x2);
    u[3] = uniform(x3);
  }

 private:
  std::uint32_t sweep_;
  std::uint32_t place_;
  std::uint32_t key_[2];
};

constexpr std::size_t kChunk = 2048;

/// Stores the chosen lanes one after another and returns their number; writes a whole vector.
HWY_INLINE std::size_t append(Words values, Condition chosen, std::uint32_t* to) {
  const WordTag d;
  hn::StoreU(hn::Compress(values, hn::RebindMask(d, chosen)), d, to);
  return hn::CountTrue(FloatTag(), chosen);
}

/// Draws of one chunk, whose first element is `first`; h holds |z| / 2 and becomes omega.
void draw_chunk(const Uniforms& uniforms, std::uint32_t first, std::size_t count, float* h, float* omega,
                std::uint32_t* list) {
  const FloatTag d;
  const WordTag words;
  const std::size_t width = hn::Lanes(d);
  const Words offset = hn::Set(words, first);
  Lanes u[4];
  std::size_t left = 0;
  for (std::size_t at = 0; at < count; at += width) {
    const Words place = hn::Iota(words, static_cast<std::uint32_t>(at));
    const Lanes here(hn::Load(d, h + at));
    uniforms.draw(hn::Add(place, offset), 0, u);
    const auto trip = polya_gamma_trip(polya_gamma_envelope(here), u[0], u[1], u[2], u[3]);
    hn::Store(trip.value.v, d, omega + at);
    // A NaN is never accepted, and infinite z are settled by the caller: neither is tried again.
    const Condition again = hn::And(hn::Not(trip.accepted), hn::Le(here.v, hn::Set(d, 5e7F)));
    left += append(place, again, list + left);
  }
  for (std::uint32_t block = 1; left > 0 && block < 64; ++block) {
    const std::size_t tried = left;
    left = 0;
    for (std::size_t at = 0; at < tried; at += width) {
      const std::size_t used = HWY_MIN(width, tried - at);
      const Condition in_use = hn::FirstN(d, used);
      const Words place = hn::IfThenElseZero(hn::RebindMask(words, in_use), hn::LoadU(words, list + at));
      const hn::RebindToSigned<WordTag> ints;
      const auto index = hn::BitCast(ints, place);
      const Lanes here(hn::GatherIndex(d, h, index));
      uniforms.draw(hn::Add(place, offset), block, u);
      const auto trip = polya_gamma_trip(polya_gamma_envelope(here), u[0], u[1], u[2], u[3]);
      HWY_ALIGN float values[hn::MaxLanes(d)];
      hn::Store(trip.value.v, d, values);
      for (std::size_t k = 0; k < used; ++k) omega[list[at + k]] = values[k];
      const Condition again = hn::And(in_use, hn::Not(trip.accepted));
      left += append(place, again, list + left);
    }
  }
}

void draw_polya_gamma_one(const Address& address, const double* z, std::size_t n, double* omega) {
  constexpr std::size_t kPad = hn::MaxLanes(FloatTag());
  HWY_ALIGN float h[kChunk + kPad];
  HWY_ALIGN float drawn[kChunk + kPad];
  HWY_ALIGN std::uint32_t list[kChunk + 2 * kPad];
  const Uniforms uniforms(address);
  for (std::size_t at = 0; at < n; at += kChunk) {
    const std::size_t count = HWY_MIN(kChunk, n - at);
    for (std::size_t i = 0; i < count; ++i) h[i] = static_cast<float>(0.5 * std::fabs(z[at + i]));
    for (std::size_t i = count; i < count + kPad; ++i) h[i] = 1;
    draw_chunk(uniforms, static_cast<std::uint32_t>(at), count, h, drawn, list);
    for (std::size_t i = 0; i < count; ++i)
      omega[at + i] = h[i] <= 5e7F ? static_cast<double>(drawn[i]) : (h[i] > 5e7F ? 0.0 : z[at + i]);
  }
}

const char* instruction_set() { return hwy::TargetName(HWY_TARGET); }

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bdglm::lanes {

HWY_EXPORT(draw_polya_gamma_one);
HWY_EXPORT(instruction_set);

void draw_polya_gamma_one(const Address& address, const double* z, std::size_t n, double* omega) {
  HWY_DYNAMIC_DISPATCH(draw_polya_gamma_one)(address, z, n, omega);
}

const char* instruction_set() { return HWY_DYNAMIC_DISPATCH(instruction_set)(); }

}  // namespace bdglm::lanes
#endif
