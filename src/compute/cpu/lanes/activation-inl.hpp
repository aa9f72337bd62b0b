// Activations on lanes of either precision; included once for each instruction set.
#if defined(BDGLM_LANES_ACTIVATION_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BDGLM_LANES_ACTIVATION_INL
#undef BDGLM_LANES_ACTIVATION_INL
#else
#define BDGLM_LANES_ACTIVATION_INL
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "base/activation.hpp"

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

template <class V>
struct Unit {
  V value, slope;
};

/// Within what e^2z is a number that the library's exponential is defined for.
template <class Real>
inline constexpr Real kActivationBound = sizeof(Real) == sizeof(float) ? Real(43) : Real(350);

/// Calls f(unit, first, last) for a layer's units [first, last) of one kind in turn, with unit(tag, z) their values and
/// slopes.
template <class F>
HWY_INLINE void for_each_kind(Activation activation, std::size_t units, F&& f) {
  const std::size_t straight = straight_units(activation, units);
  if (straight > 0) {
    const Slopes slopes = slopes_of(activation);
    const auto unit = [slopes](auto d, auto z) {
      using Real = hn::TFromD<decltype(d)>;
      const auto slope = hn::IfThenElse(hn::Lt(z, hn::Zero(d)), hn::Set(d, static_cast<Real>(slopes.negative)),
                                        hn::Set(d, static_cast<Real>(slopes.positive)));
      return Unit<decltype(z)>{hn::Mul(slope, z), slope};
    };
    f(unit, std::size_t{0}, straight);
  }
  if (straight == units) return;
  const auto bounded = [](auto d, auto z) {
    constexpr auto kBound = kActivationBound<hn::TFromD<decltype(d)>>;
    return hn::Clamp(z, hn::Set(d, -kBound), hn::Set(d, kBound));
  };
  const auto tanh_unit = [=](auto d, auto z) {
    using Real = hn::TFromD<decltype(d)>;
    const auto one = hn::Set(d, Real(1));
    const auto two = hn::Set(d, Real(2));
    const auto e = hn::Exp(d, hn::Mul(two, bounded(d, z)));
    const auto value = hn::Sub(one, hn::Div(two, hn::Add(one, e)));
    return Unit<decltype(z)>{value, hn::NegMulAdd(value, value, one)};
  };
  const auto silu_unit = [=](auto d, auto z) {
    const auto one = hn::Set(d, hn::TFromD<decltype(d)>(1));
    const auto s = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(bounded(d, z)))));
    return Unit<decltype(z)>{hn::Mul(z, s), hn::Mul(s, hn::MulAdd(z, hn::Sub(one, s), one))};
  };
  if (activation == Activation::silu)
    f(silu_unit, straight, units);
  else
    f(tanh_unit, straight, units);
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
