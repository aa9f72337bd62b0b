// Single-precision lanes as numbers for the sampler texts, and their uniforms; included once for each instruction set.
#if defined(BDGLM_LANES_NUMBERS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BDGLM_LANES_NUMBERS_INL
#undef BDGLM_LANES_NUMBERS_INL
#else
#define BDGLM_LANES_NUMBERS_INL
#endif

#include <hwy/highway.h>

#include <cmath>

#include "compute/cpu/lanes/arithmetic-inl.hpp"
#include "random/stream.hpp"

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

using FloatTag = hn::ScalableTag<float>;
using WordTag = hn::RebindToUnsigned<FloatTag>;
using Words = hn::Vec<WordTag>;

using Lanes = Number<float>;
using Condition = hn::Mask<FloatTag>;

template <class Real>
inline constexpr bool kSingle = true;

HWY_INLINE bool any(Condition c) { return !hn::AllFalse(FloatTag(), c); }
HWY_INLINE Condition both(Condition a, Condition b) { return hn::And(a, b); }
HWY_INLINE Condition either(Condition a, Condition b) { return hn::Or(a, b); }
HWY_INLINE Condition negation(Condition a) { return hn::Not(a); }

/// Philox4x32-10 of the elements' `block`-th blocks as uniforms; random/philox.hpp has the scalar text.
class Uniforms {
 public:
  explicit Uniforms(const Address& address)
      : sweep_(address.sweep),
        place_(place_word(address)),
        key_{static_cast<std::uint32_t>(address.seed), static_cast<std::uint32_t>(address.seed >> 32U)} {}

  HWY_INLINE void draw(Words element, std::uint32_t block, Lanes* u) const {
    const WordTag d;
    const Words sweep = hn::Set(d, sweep_);
    const Words place = hn::Set(d, place_);
    const Words last = hn::Set(d, block);
    Counter even = {element, sweep, place, last};
    Counter odd = {down(element), sweep, place, last};
    std::uint32_t k0 = key_[0];
    std::uint32_t k1 = key_[1];
    for (int round = 0; round < 10; ++round) {
      const Words key0 = hn::Set(d, k0);
      const Words key1 = hn::Set(d, k1);
      turn(even, key0, key1);
      turn(odd, key0, key1);
      k0 += 0x9E3779B9U;
      k1 += 0xBB67AE85U;
    }
    u[0] = uniform(join(even.x0, odd.x0));
    u[1] = uniform(join(even.x1, odd.x1));
    u[2] = uniform(join(even.x2, odd.x2));
    u[3] = uniform(join(even.x3, odd.x3));
  }

 private:
  /// Counters of every other lane, in the low halves of 64-bit lanes; what the high halves hold does not matter.
  struct Counter {
    Words x0, x1, x2, x3;
  };

  static HWY_INLINE Words down(Words a) {
    const hn::RepartitionToWide<WordTag> wide;
    return hn::BitCast(WordTag(), hn::ShiftRight<32>(hn::BitCast(wide, a)));
  }
  static HWY_INLINE Words join(Words even, Words odd) {
    const hn::RepartitionToWide<WordTag> wide;
    return hn::OddEven(hn::BitCast(WordTag(), hn::ShiftLeft<32>(hn::BitCast(wide, odd))), even);
  }
  static HWY_INLINE void turn(Counter& x, Words key0, Words key1) {
    const WordTag d;
    const Words p0 = hn::BitCast(d, hn::MulEven(x.x0, hn::Set(d, 0xD2511F53U)));
    const Words p1 = hn::BitCast(d, hn::MulEven(x.x2, hn::Set(d, 0xCD9E8D57U)));
    x.x0 = hn::Xor3(down(p1), x.x1, key0);
    x.x2 = hn::Xor3(down(p0), x.x3, key1);
    x.x1 = p1;
    x.x3 = p0;
  }

  /// (bits + 1/2) 2^-32: Stream::uniform<float> to its last bit, which may round up to one here.
  static HWY_INLINE Lanes uniform(Words bits) {
    const FloatTag d;
#if HWY_TARGET <= HWY_AVX3 && HWY_TARGET >= HWY_AVX3_DL
    const hn::Vec<FloatTag> whole{_mm512_cvtepu32_ps(bits.raw)};
#else
    // Halves of a word convert without rounding.
    const hn::RebindToSigned<WordTag> ints;
    const auto high = hn::ConvertTo(d, hn::BitCast(ints, hn::ShiftRight<16>(bits)));
    const auto low = hn::ConvertTo(d, hn::BitCast(ints, hn::And(bits, hn::Set(WordTag(), 0xFFFFU))));
    const auto whole = hn::MulAdd(high, hn::Set(d, 65536.0F), low);
#endif
    return Lanes(hn::MulAdd(whole, hn::Set(d, 2.3283064365386963e-10F), hn::Set(d, 1.1641532182693481e-10F)));
  }

  std::uint32_t sweep_;
  std::uint32_t place_;
  std::uint32_t key_[2];
};

// The others call it.
#include "sampling/polynomial.inl"

#include "sampling/gamma_trip.inl"
#include "sampling/inverse_gaussian.inl"
#include "sampling/normal_pair.inl"
#include "sampling/normal_quantile.inl"
#include "sampling/polya_gamma_one.inl"
#include "sampling/polya_gamma_regimes.inl"

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
