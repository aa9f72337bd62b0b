// The normal distribution function's logarithm and derivative, without loss in either tail, within some units of 1e-16
// of the value.

/// e^(x^2) erfc(x), x >= 0: (1 + 2 x) times it is a polynomial in (x - 3) / (x + 3) to the last digit (the form of
/// Shepherd and Laframboise 1981).
template <class Real>
BDGLM_HOST_DEVICE inline Real scaled_erfc(Real x) {
  const Real t = (x - Real(3)) / (x + Real(3));
  return polynomial(t, 1.2530080582697296, -0.13562110612457576, -0.04756229435342038, 0.12964515870228346,
                    -0.11927366341676002, 0.06830802735638397, -0.023770514891530075, 0.0025293916672051724,
                    0.0018886900977441495, -0.0007798312797290158, -0.00010515831297813128, 0.00012509531076254534,
                    4.94412434222366e-06, -2.0089997833284275e-05, -7.187883834404266e-07, 3.454294770277738e-06,
                    3.3669790806407595e-07, -5.963983625522741e-07, -1.205414228648938e-07, 8.765881411730558e-08,
                    2.7843881265502222e-08, -7.641962892589975e-09, -3.1813541434969274e-09) /
         (Real(1) + Real(2) * x);
}

/// ln Phi(x), and its derivative phi(x) / Phi(x).
template <class Real>
struct LogNormalCdf {
  Real value;
  Real slope;

  BDGLM_HOST_DEVICE explicit LogNormalCdf(Real x) {
    using std::abs;
    using std::exp;
    using std::log;
    using std::log1p;
    const Real a = abs(x) * Real(0.70710678118654752);
    const Real scaled = scaled_erfc(a);
    const Real density = exp(Real(0) - a * a);
    const Real tail = Real(0.5) * scaled * density;
    const auto below = x < Real(0);
    value = select(below, log(Real(0.5) * scaled) - a * a, log1p(Real(0) - tail));
    slope = Real(0.79788456080286536) * select(below, Real(1) / scaled, Real(0.5) * density / (Real(1) - tail));
  }
};
