// Vectors as numbers for the texts of samplers and families; included once for each instruction set.
#if defined(BDGLM_LANES_ARITHMETIC_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BDGLM_LANES_ARITHMETIC_INL
#undef BDGLM_LANES_ARITHMETIC_INL
#else
#define BDGLM_LANES_ARITHMETIC_INL
#endif

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace bdglm::lanes::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// A vector of floats or doubles.
template <class T>
struct Number {
  using Tag = hn::ScalableTag<T>;
  hn::Vec<Tag> v;
  Number() = default;
  explicit HWY_INLINE Number(double constant) : v(hn::Set(Tag(), static_cast<T>(constant))) {}
  explicit HWY_INLINE Number(hn::Vec<Tag> value) : v(value) {}
};

template <class T>
using MaskOf = hn::Mask<typename Number<T>::Tag>;

template <class T>
HWY_INLINE Number<T> operator+(Number<T> a, Number<T> b) {
  return Number<T>(hn::Add(a.v, b.v));
}
template <class T>
HWY_INLINE Number<T> operator-(Number<T> a, Number<T> b) {
  return Number<T>(hn::Sub(a.v, b.v));
}
template <class T>
HWY_INLINE Number<T> operator*(Number<T> a, Number<T> b) {
  return Number<T>(hn::Mul(a.v, b.v));
}
template <class T>
HWY_INLINE Number<T> operator/(Number<T> a, Number<T> b) {
  return Number<T>(hn::Div(a.v, b.v));
}
template <class T>
HWY_INLINE MaskOf<T> operator<(Number<T> a, Number<T> b) {
  return hn::Lt(a.v, b.v);
}
template <class T>
HWY_INLINE MaskOf<T> operator<=(Number<T> a, Number<T> b) {
  return hn::Le(a.v, b.v);
}
template <class T>
HWY_INLINE MaskOf<T> operator>(Number<T> a, Number<T> b) {
  return hn::Gt(a.v, b.v);
}
template <class T>
HWY_INLINE Number<T> select(MaskOf<T> c, Number<T> yes, Number<T> no) {
  return Number<T>(hn::IfThenElse(c, yes.v, no.v));
}
template <class T>
HWY_INLINE Number<T> multiply_add(Number<T> a, Number<T> b, Number<T> c) {
  return Number<T>(hn::MulAdd(a.v, b.v, c.v));
}
template <class T>
HWY_INLINE Number<T> positive_part(Number<T> a) {
  return Number<T>(hn::Max(a.v, hn::Zero(typename Number<T>::Tag())));
}
template <class T>
HWY_INLINE Number<T> abs(Number<T> a) {
  return Number<T>(hn::Abs(a.v));
}
template <class T>
HWY_INLINE Number<T> sqrt(Number<T> a) {
  return Number<T>(hn::Sqrt(a.v));
}
/// Of doubles defined up to 706.
template <class T>
HWY_INLINE Number<T> exp(Number<T> a) {
  return Number<T>(hn::Exp(typename Number<T>::Tag(), a.v));
}
template <class T>
HWY_INLINE Number<T> log(Number<T> a) {
  return Number<T>(hn::Log(typename Number<T>::Tag(), a.v));
}

template <class T>
HWY_INLINE Number<T> log1p(Number<T> a) {
  return Number<T>(hn::Log1p(typename Number<T>::Tag(), a.v));
}

}  // namespace
}  // namespace bdglm::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
