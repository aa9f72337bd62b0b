// The text of inverse Gaussian draws; included inside a namespace whose numbers have the operations of number.hpp.

/// The draw over its mean, from r = mean N^2 / shape with a standard normal N and a uniform (Michael, Schucany, Haas
/// 1976); their quadratic's smaller root is 2 / (2 + r + sqrt(r^2 + 4 r)), in which nothing cancels.
template <class Real>
BDGLM_HOST_DEVICE inline Real inverse_gaussian_factor(Real r, Real u) {
  using std::sqrt;
  const Real root = Real(2) / (Real(2) + r + sqrt(r * (r + Real(4))));
  return select(multiply_add(u, root, u) <= Real(1), root, Real(1) / root);
}
