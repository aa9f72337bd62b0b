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

/// Calls f(unit) with unit(tag, z) the activation's values and slopes.
template <class F>
HWY_INLINE void with_activation(Activation activation, F&& f) {
  if (homogeneous(activation)) {
    const Slopes slopes = slopes_of(activation);
    return f([slopes](auto d, auto z) {
      using Real = hn::TFromD<decltype(d)>;
      const auto slope = hn::IfThenElse(hn::Lt(z, hn::Zero(d)), hn::Set(d, static_cast<Real>(slopes.negative)),
                                        hn::Set(d, static_cast<Real>(slopes.positive)));
      return Unit<decltype(z)>{hn::Mul(slope, z), slope};
    });
  }
  const auto bounded = [](auto d, auto z) {
    constexpr auto kBound = kActivationBound<hn::TFromD<decltype(d)>>;
    return hn::Clamp(z, hn::Set(d, -kBound), hn::Set(d, kBound));
  };
  if (activation == Activation::tanh)
    return f([=](auto d, auto z) {
      using Real = hn::TFromD<decltype(d)>;
      const auto one = hn::Set(d, Real(1));
      const auto two = hn::Set(d, Real(2));
      const auto e = hn::Exp(d, hn::Mul(two, bounded(d, z)));
      const auto value = hn::Sub(one, hn::Div(two, hn::Add(one, e)));
      return Unit<decltype(z)>{value, hn::NegMulAdd(value, value, one)};
    });
  f([=](auto d, auto z) {
    const auto one = hn::Set(d, hn::TFromD<decltype(d)>(1));
    const auto s = hn::Div(one, hn::Add(one, hn::Exp(d, hn::Neg(bounded(d, z)))));
    return Unit<decltype(z)>{hn::Mul(z, s), hn::Mul(s, hn::MulAdd(z, hn::Sub(one, s), one))};
  });
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
