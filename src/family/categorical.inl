// The categorical family with softmax link, augmented by Pólya-Gamma variables predictor by predictor.

/// One of K levels: P(y = 0) is proportional to 1 and P(y = c + 1) to e^eta_c for the K - 1 predictors. `response` is
/// y, `size` the weight.
struct CategoricalFamily {
  static constexpr FamilyDescription kDescription = {
      "categorical", "softmax", ResponseKind::levels, WeightKind::frequency, Augmentation::polya_gamma, false, true,
      true,          2.0};

  /// max(0, eta) and the sum of exponentials less it, which is at least one.
  template <class Real>
  struct Scaled {
    Real top;
    Real sum;
  };

  /// Over all predictors but one, which may be none (-1).
  template <class Row>
  BDGLM_HOST_DEVICE static auto scaled(const Row& row, int but) {
    using Real = typename Row::Real;
    using std::exp;
    Real top(0);
    for (int c = 0; c < row.predictors(); ++c)
      if (c != but) top = top + positive_part(row.eta(c) - top);
    Real sum = exp(Real(0) - top);
    for (int c = 0; c < row.predictors(); ++c)
      if (c != but) sum = sum + exp(row.eta(c) - top);
    return Scaled<Real>{top, sum};
  }

  /// One where the row's level is predictor c's, else zero.
  template <class Row>
  BDGLM_HOST_DEVICE static auto indicator(const Row& row, int c) {
    using Real = typename Row::Real;
    using std::abs;
    return select(abs(row.response() - Real(c + 1)) < Real(0.5), Real(1), Real(0));
  }

  /// size (eta_y - ln sum e^eta), the reference's predictor being zero.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::exp;
    using std::log;
    const auto all = scaled(row, -1);
    Real own(0);
    for (int c = 0; c < row.predictors(); ++c) {
      const Real here = indicator(row, c);
      own = own + here * row.eta(c);
      row.score(c, row.size() * (here - exp(row.eta(c) - all.top) / all.sum));
    }
    row.add(row.size() * (own - all.top - log(all.sum)));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    using std::exp;
    const auto all = scaled(row, -1);
    const Real p = exp(row.eta(c) - all.top) / all.sum;
    if (c != d) return row.size() * (Real(0) - p * (exp(row.eta(d) - all.top) / all.sum));
    return row.size() * p * (Real(1) - p);
  }

  /// out[d] = curvature(row, c, d) for d <= c, in doubles.
  template <class Row>
  static void curvatures(const Row& row, int c, double* out) {
    const auto all = scaled(row, -1);
    const double p = std::exp(row.eta(c) - all.top) / all.sum;
    for (int d = 0; d < c; ++d) out[d] = -row.size() * p * (std::exp(row.eta(d) - all.top) / all.sum);
    out[c] = row.size() * p * (1 - p);
  }

  /// Given the other predictors, y = c + 1 is a Bernoulli variable of log odds eta_c - a, a = ln sum of the others'
  /// exponentials (Polson, Scott, Windle 2013, section 4).
  template <class Row>
  BDGLM_HOST_DEVICE static auto latent(const Row& row, int c) {
    using Real = typename Row::Real;
    using std::log;
    const auto others = scaled(row, c);
    const Real shift = others.top + log(others.sum);
    return PolyaGammaLatent<Real>{row.size(), row.eta(c) - shift, row.size() * (indicator(row, c) - Real(0.5)), shift};
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double /*response*/, double /*trials*/) { return nullptr; }

  static PredictorUnits units(const Eigen::VectorXd& /*response*/, const Eigen::VectorXd& /*offset*/) { return {}; }

  /// Of all levels, the reference first.
  static void probabilities(const Predictors& eta, double* out) {
    double top = 0;
    for (int c = 0; c < eta.count; ++c) top = std::fmax(top, eta[c]);
    out[0] = std::exp(-top);
    double sum = out[0];
    for (int c = 0; c < eta.count; ++c) sum += out[c + 1] = std::exp(eta[c] - top);
    for (int k = 0; k <= eta.count; ++k) out[k] /= sum;
  }

  static double log_constant(double /*response*/, double /*size*/) { return 0; }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    double top = 0;
    for (int c = 0; c < eta.count; ++c) top = std::fmax(top, eta[c]);
    double sum = std::exp(-top);
    for (int c = 0; c < eta.count; ++c) sum += std::exp(eta[c] - top);
    double left = stream.uniform53() * sum - std::exp(-top);
    if (left < 0) return 0;
    for (int c = 0; c < eta.count; ++c) {
      left -= std::exp(eta[c] - top);
      if (left < 0) return c + 1;
    }
    return eta.count;
  }
};
