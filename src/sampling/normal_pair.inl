// The text of Box and Muller's normals; included inside a namespace whose numbers have the operations of number.hpp.

/// Two independent standard normals (Box and Muller 1958) from two uniforms. In single precision the angle's cosine and
/// sine are polynomials of its distance from a quarter turn: least-squares fits on Chebyshev nodes, error below 7e-9.
template <class Real>
BDGLM_HOST_DEVICE inline void normal_pair(Real u1, Real u2, Real& first, Real& second) {
  using std::cos;
  using std::log;
  using std::sin;
  using std::sqrt;
  const Real radius = sqrt(Real(-2) * log(u1));
  if constexpr (kSingle<Real>) {
    // cos(2 pi u) = sin(2 pi v) and sin(2 pi u) = +-cos(2 pi v) with v = |u - 1/2| - 1/4.
    const auto late = Real(0.5) < u2;
    const Real v = select(late, u2 - Real(0.75), Real(0.25) - u2);
    const Real s = v * v;
    const Real sine =
        polynomial(s, 6.2831852802614145, -41.34168066806318, 81.60248074286704, -76.58128455936436, 39.76072207575904);
    const Real cosine = polynomial(s, 0.9999999997799048, -19.739208548315318, 64.93934655290187, -85.45356819524734,
                                   60.14395233706279, -24.981836134177673);
    first = radius * v * sine;
    second = radius * select(late, Real(0) - cosine, cosine);
  } else {
    const Real angle = Real(6.283185307179586) * u2;
    first = radius * cos(angle);
    second = radius * sin(angle);
  }
}
