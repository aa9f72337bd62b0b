// The text of Horner's rule; included inside a namespace whose numbers have the operations of number.hpp.

template <class Real>
BDGLM_HOST_DEVICE inline Real polynomial(Real /*x*/, double c) {
  return Real(c);
}

/// c0 + c1 x + c2 x^2 + ...
template <class Real, class... Rest>
BDGLM_HOST_DEVICE inline Real polynomial(Real x, double c, Rest... rest) {
  return multiply_add(polynomial(x, rest...), x, Real(c));
}
