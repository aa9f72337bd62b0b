// The texts of PG(b, z) by regime, as samplers that advance by trips of four uniforms; included inside a namespace
// whose numbers have the operations of number.hpp. A sampler is started from h = |z| / 2 and b; `advance` says whether
// `value` is the draw; `value` and `stage` are all that moves between trips, and where kSum is false they do not.

/// Cumulants of PG(b, z) over b.
template <class Real>
struct PolyaGammaCumulants {
  Real k1, k2, k3, k4;
};

/// Cumulants of PG(1, z) as functions of s = z^2 near zero, where the closed forms cancel: Taylor's series for z < 1 in
/// double precision, relative error 1e-12; least-squares fits for z < 2 in single precision, relative error 5e-9, 5e-8,
/// 3e-5 and 5e-4.
template <class Real>
BDGLM_HOST_DEVICE inline PolyaGammaCumulants<Real> polya_gamma_cumulants_near_zero(Real s) {
  if constexpr (kSingle<Real>)
    return {
        polynomial(s, 0.249999999, -0.0208332971, 0.00208314175, -0.000210421227, 2.09532951e-05, -1.92991672e-06,
                   1.3874746e-07, -5.35280272e-09),
        polynomial(s, 0.0416666645, -0.00833326848, 0.00126454974, -0.000170192983, 2.09673435e-05, -2.24411401e-06,
                   1.77065346e-07, -7.18535097e-09),
        polynomial(s, 0.0166662873, -0.00505350642, 0.00100842845, -0.000154989769, 1.65969113e-05, -8.77514365e-07),
        polynomial(s, 0.0101135827, -0.00404491366, 0.000934030419, -0.00013264235, 8.62253314e-06)};
  else
    return {polynomial(s, 0.25, -0.020833333333333332, 0.0020833333333333333, -0.00021081349206349207,
                       2.1356922398589065e-05, -2.1638758617925286e-06, 2.192460959822071e-07, -2.2214269821950048e-08,
                       2.250776065618843e-09, -2.2805129455905197e-10, 2.3106427089999797e-11, -2.3411705424378415e-12),
            polynomial(s, 0.041666666666666664, -0.008333333333333333, 0.0012648809523809524, -0.00017085537918871252,
                       2.1638758617925286e-05, -2.630953151786485e-06, 3.1099977750730064e-07, -3.6012417049901486e-08,
                       4.104923302062935e-09, -4.6212854179999593e-10, 5.1505751933632516e-11, -5.693044091223108e-12),
            polynomial(s, 0.016666666666666666, -0.00505952380952381, 0.001025132275132275, -0.00017311006894340228,
                       2.6309531517864852e-05, -3.731997330087608e-06, 5.041738386986209e-07, -6.567877283300696e-08,
                       8.318313752399926e-09, -1.0301150386726503e-09, 1.2524697000690838e-10, -1.499747511211406e-11),
            polynomial(s, 0.01011904761904762, -0.0041005291005291, 0.0010386604136604137, -0.00021047625214291882,
                       3.731997330087608e-05, -6.05008606438345e-06, 9.195028196620976e-07, -1.3309302003839882e-07,
                       1.8542070696107704e-08, -2.5049394001381678e-09, 3.299444524665093e-10, -4.254773404016352e-11)};
}

/// Cumulants of PG(1, z), z >= 0: derivatives of ln cosh(sqrt(z^2 + 2t) / 2) at t = 0.
template <class Real>
BDGLM_HOST_DEVICE inline PolyaGammaCumulants<Real> polya_gamma_unit_cumulants(Real z) {
  using std::exp;
  const Real border = Real(kSingle<Real> ? 2 : 1);
  const auto near = z < border;
  PolyaGammaCumulants<Real> k = polya_gamma_cumulants_near_zero(select(near, z * z, Real(0)));
  if (!any(negation(near))) return k;
  const Real inverse = Real(1) / select(near, border, z);
  const Real i2 = inverse * inverse;
  const Real e = exp(Real(0) - select(near, border, z));
  const Real q = Real(1) / (Real(1) + e);
  const Real t = (Real(1) - e) * q;
  const Real sech2 = Real(4) * e * q * q;
  k.k1 = select(near, k.k1, Real(0.5) * t * inverse);
  k.k2 = select(near, k.k2, Real(0.25) * i2 * (Real(2) * t * inverse - sech2));
  k.k3 = select(near, k.k3, Real(0.25) * i2 * inverse * (Real(6) * t * i2 - Real(3) * sech2 * inverse - t * sech2));
  k.k4 = select(near, k.k4,
                Real(0.25) * i2 * i2 *
                    (Real(30) * t * i2 * inverse - Real(15) * sech2 * i2 - Real(6) * t * sech2 * inverse -
                     (t * t - Real(0.5) * sech2) * sech2));
  return k;
}

/// b = 1: a trip is a draw or a refusal.
template <class Real>
struct PolyaGammaOne {
  static constexpr bool kSum = false;
  PolyaGammaEnvelope<Real> envelope;
  Real value, stage;

  BDGLM_HOST_DEVICE static PolyaGammaOne start(Real h, Real b) { return {polya_gamma_envelope(h), b, b}; }
  BDGLM_HOST_DEVICE auto advance(const Real* u) {
    const PolyaGammaTrip<Real> trip = polya_gamma_trip(envelope, u[0], u[1], u[2], u[3]);
    value = trip.value;
    return trip.accepted;
  }
};

/// Integer b: a sum of b draws of PG(1, z).
template <class Real>
struct PolyaGammaOnes {
  static constexpr bool kSum = true;
  PolyaGammaEnvelope<Real> envelope;
  Real size, value, stage;

  BDGLM_HOST_DEVICE static PolyaGammaOnes start(Real h, Real b) {
    return {polya_gamma_envelope(h), b, Real(0), Real(0)};
  }
  BDGLM_HOST_DEVICE auto advance(const Real* u) {
    const PolyaGammaTrip<Real> trip = polya_gamma_trip(envelope, u[0], u[1], u[2], u[3]);
    const auto taken = both(trip.accepted, stage < size);
    value = select(taken, value + trip.value, value);
    stage = select(taken, stage + Real(1), stage);
    return size <= stage;
  }
};

/// The part of sum_k a_k G_k (Polson, Scott, Windle 2013, eq. 2) beyond its first kTerms terms, as a shifted gamma with
/// the same first three cumulants. Sums of powers of a_k are series in z^2 whose coefficients are Hurwitz zeta values,
/// zeta(2m, kTerms + 1/2) kTerms^(2m).
template <class Real, int kTerms>
struct PolyaGammaTail {
  Real shape, scale, shift;

  /// With c2 = (z / 2 pi)^2.
  BDGLM_HOST_DEVICE static PolyaGammaTail of(Real b, Real c2) {
    static_assert(kTerms == 4 || kTerms == 8 || kTerms == 16 || kTerms == 48);
    const Real w = Real(-1.0 / (kTerms * kTerms)) * c2;
    if constexpr (kTerms == 4)
      return make(b, w, 3.979601648624166, 1.2937603644743076, 0.7430913935159056, 0.4994324653971089,
                  0.35981434327240874, 0.2688542906385084, 0.20513189173874843, 0.1584992473299451);
    else if constexpr (kTerms == 8)
      return make(b, w, 7.989639610811265, 2.6461118192861166, 1.5695194202149965, 1.1028127346130712,
                  0.839723987536574, 0.6694989069100363, 0.549567734011876, 0.4600794513438269);
    else if constexpr (kTerms == 16)
      return make(b, w, 15.994798765560065, 5.322952067027239, 3.1844737788654385, 2.2650917234636614,
                  1.7521205847419397, 1.4239279031093333, 1.1952775352912695, 1.026398287864891);
    else
      return make(b, w, 47.99826415253058, 15.996529095594529, 9.594795355120484, 6.850206312738254, 5.324667252922362,
                  4.353243630918786, 3.6801917083089326, 3.186164679754795);
  }

 private:
  BDGLM_HOST_DEVICE static PolyaGammaTail make(Real b, Real w, double z1, double z2, double z3, double z4, double z5,
                                               double z6, double z7, double z8) {
    // a_k = unit / ((k + 1/2)^2 + c2) K^2; the sums are of (a_k / unit)^m.
    constexpr double unit = 1.0 / (19.739208802178716 * kTerms * kTerms);
    const Real first = polynomial(w, z1, z2, z3, z4, z5, z6);
    const Real second = polynomial(w, z2, 2 * z3, 3 * z4, 4 * z5, 5 * z6, 6 * z7);
    const Real third = polynomial(w, z3, 3 * z4, 6 * z5, 10 * z6, 15 * z7, 21 * z8);
    const Real ratio = second / third;
    return {b * second * ratio * ratio, Real(unit) / ratio, Real(unit) * b * (first - second * ratio)};
  }
};

/// 1 < b < 170: kTerms exact gammas and the tail. A trip makes two tries at the present gamma and the next.
template <class Real, int kTerms>
struct PolyaGammaGammas {
  static constexpr bool kSum = true;
  PolyaGammaTail<Real, kTerms> tail;
  Real c2, size, value, stage;

  BDGLM_HOST_DEVICE static PolyaGammaGammas start(Real h, Real b) {
    const Real c2 = Real(0.10132118364233778) * h * h;
    const PolyaGammaTail<Real, kTerms> tail = PolyaGammaTail<Real, kTerms>::of(b, c2);
    return {tail, c2, b, tail.shift, Real(0)};
  }
  BDGLM_HOST_DEVICE auto advance(const Real* u) {
    const auto exact = stage < Real(kTerms);
    const Real shape = select(exact, size, tail.shape);
    const Real end = select(exact, Real(kTerms), Real(kTerms + 1));
    Real x1, x2;
    normal_pair(u[0], u[1], x1, x2);
    take(gamma_trip(shape, x1, u[2]), exact, end);
    take(gamma_trip(shape, x2, u[3]), exact, end);
    return Real(kTerms) < stage;
  }

 private:
  template <class Condition>
  BDGLM_HOST_DEVICE void take(const GammaTrip<Real>& trip, Condition exact, Real end) {
    const Real half = stage + Real(0.5);
    const Real weight = select(exact, Real(0.05066059182116889) / multiply_add(half, half, c2), tail.scale);
    const auto taken = both(trip.accepted, stage < end);
    value = select(taken, multiply_add(weight, trip.value, value), value);
    stage = select(taken, stage + Real(1), stage);
  }
};

/// Large b: one normal with a four-cumulant Cornish-Fisher correction.
template <class Real>
struct PolyaGammaLarge {
  static constexpr bool kSum = false;
  Real mean, sd, skewness, kurtosis, value, stage;

  BDGLM_HOST_DEVICE static PolyaGammaLarge start(Real h, Real b) {
    using std::sqrt;
    const PolyaGammaCumulants<Real> k = polya_gamma_unit_cumulants(Real(2) * h);
    const Real sd = sqrt(b * k.k2);
    return {b * k.k1, sd, k.k3 / (k.k2 * sd), k.k4 / (b * k.k2 * k.k2), b, b};
  }
  BDGLM_HOST_DEVICE auto advance(const Real* u) {
    Real w, other;
    normal_pair(u[0], u[1], w, other);
    const Real w2 = w * w;
    const Real square = Real(0.027777777777777778) * skewness * skewness;
    const Real bend = multiply_add(Real(0.041666666666666667) * kurtosis, w2 - Real(3),
                                   Real(0) - square * multiply_add(Real(2), w2, Real(-5)));
    const Real shifted = multiply_add(bend, w, Real(0.16666666666666667) * skewness * (w2 - Real(1)));
    value = multiply_add(sd, w + shifted, mean);
    return w <= w;
  }
};

/// Large |z|: inverse Gaussian with mean b / (2 |z|) and shape b^2 / 4.
template <class Real>
struct PolyaGammaInverseGaussian {
  static constexpr bool kSum = false;
  Real mean, ratio, value, stage;

  BDGLM_HOST_DEVICE static PolyaGammaInverseGaussian start(Real h, Real b) {
    return {Real(0.25) * b / h, Real(1) / (b * h), b, b};
  }
  BDGLM_HOST_DEVICE auto advance(const Real* u) {
    Real w, other;
    normal_pair(u[0], u[1], w, other);
    value = mean * inverse_gaussian_factor(ratio * w * w, u[2]);
    return w <= w;
  }
};
