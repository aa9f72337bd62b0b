// The text of a bound on both sides; included inside a namespace whose numbers have the operations of number.hpp.

template <class Real>
BDGLM_HOST_DEVICE inline Real clamped(Real x, double low, double high) {
  return select(x < Real(low), Real(low), select(x < Real(high), x, Real(high)));
}
