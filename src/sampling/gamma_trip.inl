// The text of a gamma draw, a trip at a time; included inside a namespace whose numbers have the operations of
// number.hpp.

template <class Real>
struct GammaTrip {
  Real value;
  decltype(Real(0) < Real(0)) accepted;
};

/// A draw of Gamma(shape, 1), shape >= 1, from a normal and a uniform, or a refusal (Marsaglia and Tsang 2000).
template <class Real>
BDGLM_HOST_DEVICE inline GammaTrip<Real> gamma_trip(Real shape, Real normal, Real u) {
  using std::log;
  using std::sqrt;
  const Real d = shape - Real(0.33333333333333333);
  const Real root = multiply_add(normal, Real(0.33333333333333333) / sqrt(d), Real(1));
  const Real v = root * root * root;
  const Real square = normal * normal;
  const auto possible = Real(0) < root;
  auto accepted = u < multiply_add(Real(-0.0331) * square, square, Real(1));
  if (any(both(possible, negation(accepted))))
    accepted =
        either(accepted, log(u) < multiply_add(d, Real(1) - v + log(select(possible, v, Real(1))), Real(0.5) * square));
  return {d * v, both(possible, accepted)};
}
