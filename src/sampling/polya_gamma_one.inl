// The text of PG(1, z), a trip at a time; included inside a namespace whose numbers have the operations of number.hpp.
// Devroye's (2009) alternating series with one envelope, four uniforms a trip (Polson, Scott, Windle 2013); truncation
// point t = 0.64 of x = 4 omega; the side is chosen anew on every trip from the envelope masses.

/// What a draw keeps between its trips; h = |z| / 2.
template <class Real>
struct PolyaGammaEnvelope {
  Real h;
  Real mean;  ///< of the exponential side's overshoot of t
  Real odds;  ///< envelope mass of the exponential side over the inverse-Gaussian side's
};

template <class Real>
struct PolyaGammaTrip {
  Real value;
  decltype(Real(0) < Real(0)) accepted;
};

template <class Real>
BDGLM_HOST_DEVICE inline PolyaGammaEnvelope<Real> polya_gamma_envelope(Real h) {
  using std::exp;
  const auto small = h < Real(1.5545);
  const Real rate = multiply_add(Real(0.5) * h, h, Real(1.2337005501361697));
  const Real mean = Real(1) / rate;
  const Real exponent = select(small, Real(0), h) - Real(0.64) * rate;
  // Below e^-80 no uniform can tell the odds from zero, and lanes stay out of denormal numbers.
  const Real mass = exp(select(exponent < Real(-80), Real(-80), exponent));
  return {h, mean, select(small, Real(3.7169893324809125), Real(0.7853981633974483)) * mass * mean};
}

/// One trip from four uniforms: a draw of PG(1, 2h), or a refusal.
template <class Real>
BDGLM_HOST_DEVICE inline PolyaGammaTrip<Real> polya_gamma_trip(const PolyaGammaEnvelope<Real>& envelope, Real u1,
                                                               Real u2, Real u3, Real u4) {
  using std::exp;
  using std::log;
  using std::sqrt;
  const Real h = envelope.h;
  const auto small = h < Real(1.5545);
  const auto left = multiply_add(u1, envelope.odds, u1) < Real(1);
  // Upper tail masses of N(0, 1): P(N > 1.25) on the left at small h, P(N > 0) at large h.
  const Real tail = select(left, select(small, Real(0.10564977366685535), Real(0.5)), Real(1));
  const Real logarithm = log(u2 * tail);
  Real x = Real(0.64) - logarithm * envelope.mean;
  Real exponent = Real(-9.869604401089358) * x;
  auto accepted = negation(left);
  if (any(left)) {
    const Real n = normal_upper_quantile_from_log(logarithm);
    const Real r = sqrt(multiply_add(n, n, Real(4) * h));
    const Real root = Real(0.5) * (r + n);
    const Real y = select(small, n, select(r * u3 < root, root, h / root));
    const Real inverse = Real(1) / (y * y);
    auto inside = both(left, y > Real(1.25));
    if (any(both(left, small))) inside = both(inside, either(negation(small), u3 < exp(Real(-0.5) * h * h * inverse)));
    accepted = either(accepted, inside);
    x = select(left, inverse, x);
    exponent = select(left, Real(-4) * y * y, exponent);
  }
  if (any(u4 > Real(0.9942))) {
    // a_n / a_0 = (2n + 1) ratio^(n (n+1) / 2) with ratio <= 0.002: after a_2 the series is exact to 5e-16.
    const Real ratio = exp(select(exponent < Real(-80), Real(-80), exponent));
    const Real series = multiply_add(Real(5) * ratio * ratio, ratio, multiply_add(Real(-3), ratio, Real(1)));
    accepted = both(accepted, either(u4 <= Real(0.9942), u4 <= series));
  }
  return {Real(0.25) * x, accepted};
}
