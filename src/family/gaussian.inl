// The Gaussian family with identity link: a likelihood that is its own augmentation.

/// y ~ N(eta, 1 / size): `response` is y, `size` the precision weight / sigma^2.
struct GaussianFamily {
  static constexpr FamilyDescription kDescription = {
      "gaussian", "identity", ResponseKind::number, WeightKind::precision, Augmentation::exact, true, false,
      false,      1.0};

  /// Log density without its constant -ln(2 pi)/2.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::log;
    const Real deviation = row.response() - row.eta(0);
    const Real pull = row.size() * deviation;
    row.add(Real(0.5) * (log(row.size()) - pull * deviation));
    row.score(0, pull);
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int /*c*/, int /*d*/) {
    return row.size();
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto gaussian_factor(const Row& row) {
    return GaussianFactor<typename Row::Real>{row.size(), row.size() * row.response()};
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double /*response*/, double /*trials*/) { return nullptr; }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    const Eigen::ArrayXd explained = (response - offset).array();
    const auto n = static_cast<double>(explained.size());
    const double spread = n < 2 ? 0 : std::sqrt((explained - explained.mean()).square().sum() / (n - 1));
    return {explained.mean(), spread > 0 ? spread : 1};
  }

  static double expectation(const Predictors& eta, double /*trials*/) { return eta[0]; }

  static double log_constant(double /*response*/, double /*size*/) { return -0.91893853320467274; }

  static DistributionStep distribution(double response, double size, const Predictors& eta) {
    const double p = 0.5 * std::erfc((eta[0] - response) * std::sqrt(0.5 * size));
    return {p, p};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double size, const Predictors& eta) {
    return eta[0] + draw_normal<double>(stream) / std::sqrt(size);
  }
};
