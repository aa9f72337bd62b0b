// The text of the normal tail quantile; included inside a namespace whose numbers have the operations of number.hpp.

/// The upper-tail normal quantile as a function of log tail probability.
/// Returns N with P(Z > N) = exp(log_tail), for log_tail <= ln(1/2). With s = sqrt(-2 log_tail),
/// N = s + polynomial in 1 / (1 + s/2); least-squares fit on Chebyshev nodes, absolute error
/// 4e-9 for s <= 12 (double, degree 12) and 7e-8 for s <= 7.2 (float, degree 8).
template <class Real>
BDGLM_HOST_DEVICE inline Real normal_upper_quantile_from_log(Real log_tail) {
  using std::sqrt;
  const Real s = sqrt(Real(-2) * log_tail);
  const Real t = Real(1) / multiply_add(Real(0.5), s, Real(1));
  if constexpr (kSingle<Real>) {
    constexpr double c[9] = {-0.024171197482310336, -2.09376531379238,  2.7546986573926864,
                             -8.012092121926157,    13.185806488212075, -13.88524495092206,
                             5.461077054804621,     2.8121613469701536, -3.094532851195774};
    Real value = Real(c[8]);
    for (int k = 7; k >= 0; --k) value = multiply_add(value, t, Real(c[k]));
    return s + value;
  } else {
    constexpr double c[13] = {-0.01235163277483764, -2.4310513915726926, 7.13999342055585,   -42.49479887712039,
                              196.45868704978903,   -709.2309600453832,  1938.4758590265278, -3961.769753164669,
                              5938.31157163602,     -6325.211113273055,  4524.706092095338,  -1945.9632882334424,
                              379.3157931654988};
    Real value = Real(c[12]);
    for (int k = 11; k >= 0; --k) value = multiply_add(value, t, Real(c[k]));
    return s + value;
  }
}
