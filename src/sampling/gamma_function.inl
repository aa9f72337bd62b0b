// ln Gamma, its first two derivatives and its differences for x > 0, by Stirling's series from 7 on and the recurrence
// below it; within some units of 1e-15 of the value, or of one where that is smaller.

/// x where Stirling's series holds, and what the recurrence Gamma(x + 7) = Gamma(x) x (x + 1) ... (x + 6) adds.
template <class Real>
struct ShiftedArgument {
  Real at;
  Real product;      ///< x (x + 1) ... (x + 6), or one
  Real reciprocals;  ///< 1 / x + ... + 1 / (x + 6), or zero

  BDGLM_HOST_DEVICE explicit ShiftedArgument(Real x) {
    const auto small = x < Real(7);
    product = Real(1);
    Real numerator = Real(0);
    for (int k = 0; k < 7; ++k) {
      // Larger arguments stay out of the product, which could overflow.
      const Real factor = select(small, x + Real(k), Real(1));
      numerator = numerator * factor + product;
      product = product * factor;
    }
    at = select(small, x + Real(7), x);
    reciprocals = select(small, numerator / product, Real(0));
  }
};

template <class Real>
BDGLM_HOST_DEVICE inline Real digamma(Real x) {
  using std::log;
  const ShiftedArgument<Real> shifted(x);
  const Real r = Real(1) / shifted.at;
  const Real s = r * r;
  // B_2k / 2k (6.3.18).
  const Real series = polynomial(s, 1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12);
  return log(shifted.at) - Real(0.5) * r - series * s - shifted.reciprocals;
}

template <class Real>
BDGLM_HOST_DEVICE inline Real trigamma(Real x) {
  Real below = Real(0);
  const auto small = x < Real(7);
  for (int k = 0; k < 7; ++k) {
    const Real each = Real(1) / (x + Real(k));
    below = below + each * each;
  }
  const Real r = Real(1) / select(small, x + Real(7), x);
  const Real s = r * r;
  // B_2k (6.4.12).
  const Real series = polynomial(s, 1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6);
  return r + Real(0.5) * s + series * s * r + select(small, below, Real(0));
}

/// What Stirling's formula (x - 1/2) ln x - x + ln(2 pi)/2 leaves of ln Gamma(x), x >= 7.
template <class Real>
BDGLM_HOST_DEVICE inline Real stirling_remainder(Real x) {
  const Real r = Real(1) / x;
  const Real s = r * r;
  // B_2k / (2k (2k - 1)) (Abramowitz and Stegun 6.1.41).
  return r * polynomial(s, 1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156);
}

template <class Real>
BDGLM_HOST_DEVICE inline Real log_gamma(Real x) {
  using std::log;
  const ShiftedArgument<Real> shifted(x);
  const Real z = shifted.at;
  return (z - Real(0.5)) * log(z) - z + Real(0.91893853320467274) + stirling_remainder(z) - log(shifted.product);
}

/// ln (Gamma(x + y) / Gamma(x)), y >= 0, without loss where x is large beside y.
template <class Real>
BDGLM_HOST_DEVICE inline Real log_rising(Real x, Real y) {
  using std::log;
  using std::log1p;
  const auto small = x < Real(7);
  const Real z = select(small, x + Real(7), x);
  Real ratio = Real(1);
  for (int k = 0; k < 7; ++k) ratio = ratio * (Real(1) + y / (x + Real(k)));
  const Real rise = (z + y - Real(0.5)) * log1p(y / z) - y + y * log(z);
  return rise + stirling_remainder(z + y) - stirling_remainder(z) - select(small, log(ratio), Real(0));
}

/// x ln x - x - ln Gamma(x), without loss where x is large.
template <class Real>
BDGLM_HOST_DEVICE inline Real gamma_normaliser(Real x) {
  using std::log;
  const auto small = x < Real(7);
  const Real series = Real(0.5) * log(x) - Real(0.91893853320467274) - stirling_remainder(select(small, Real(7), x));
  return select(small, x * log(x) - x - log_gamma(select(small, x, Real(7))), series);
}
