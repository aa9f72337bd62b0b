// The cumulative families for levels in order, with logit or probit link.

/// ln F(x) of the logistic law, and its derivative.
template <class Real>
struct LogLogisticCdf {
  Real value, slope;

  BDGLM_HOST_DEVICE explicit LogLogisticCdf(Real x) {
    const Logistic<Real> other(Real(0) - x);
    value = Real(0) - other.softplus;
    slope = other.probability;
  }
};

/// Log probability of an interval about eta, and its derivative by eta, on the side of zero where both tails are small:
/// differences of distribution functions near one would lose all digits.
template <template <class> class LogCdf, class Real>
struct CellOf {
  Real log_mass, score;

  BDGLM_HOST_DEVICE CellOf(Real low, Real high) {
    using std::exp;
    using std::log1p;
    const auto upper = Real(0) < low + high;
    const LogCdf<Real> far(select(upper, Real(0) - high, low));
    const LogCdf<Real> near(select(upper, Real(0) - low, high));
    log_mass = near.value + log1p(Real(0) - exp(far.value - near.value));
    const Real density = near.slope * exp(near.value - log_mass) - far.slope * exp(far.value - log_mass);
    score = select(upper, density, Real(0) - density);
  }
};

/// The same of the logistic law, by F(h) - F(l) = F(h) F(-l) (1 - e^(l - h)).
template <class Real>
struct CellOf<LogLogisticCdf, Real> {
  Real log_mass, score;

  BDGLM_HOST_DEVICE CellOf(Real low, Real high) {
    using std::abs;
    using std::exp;
    using std::log;
    const Real of_low = exp(Real(0) - abs(low));
    const Real of_high = exp(Real(0) - abs(high));
    const Real below = Real(1) + of_low;
    const Real above = Real(1) + of_high;
    log_mass = log((Real(1) - exp(low - high)) / (below * above)) - positive_part(low) - positive_part(Real(0) - high);
    score = select(low < Real(0), of_low, Real(1)) / below - select(Real(0) < high, of_high, Real(1)) / above;
  }
};

/// y = k where eta and a symmetric error lie between cutpoints k - 1 and k: P(y <= k) = F(cut_k - eta) (McCullagh
/// 1980). `response` is y, `size` the weight.
template <template <class> class LogCdf>
struct CumulativeFamily {
  template <class Real>
  using Cell = CellOf<LogCdf, Real>;

  /// Cutpoint k less eta; those before the first and after the last level are beyond every number.
  template <class Row>
  BDGLM_HOST_DEVICE static auto edge(const Row& row, int k) {
    using Real = typename Row::Real;
    if (k < 0) return Real(-1e10);
    return k < row.cuts() ? row.cut(k) - row.eta(0) : Real(1e10);
  }

  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    Real low(-1e10);
    Real high(1e10);
    for (int k = 0; k < row.cuts(); ++k) {
      const Real at = edge(row, k);
      low = select(Real(k + 0.5) < row.response(), at, low);
      // From the last cutpoint down, so that the lowest above the level stays.
      const int above = row.cuts() - 1 - k;
      high = select(row.response() < Real(above + 0.5), edge(row, above), high);
    }
    const Cell<Real> cell(low, high);
    row.add(row.size() * cell.log_mass);
    row.score(0, row.size() * cell.score);
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int /*c*/, int /*d*/) {
    using Real = typename Row::Real;
    using std::exp;
    Real sum(0);
    for (int k = 0; k <= row.cuts(); ++k) {
      const Cell<Real> cell(edge(row, k - 1), edge(row, k));
      sum = sum + exp(cell.log_mass) * cell.score * cell.score;
    }
    return row.size() * sum;
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double /*response*/, double /*trials*/) { return nullptr; }

  static PredictorUnits units(const Eigen::VectorXd& /*response*/, const Eigen::VectorXd& /*offset*/) { return {}; }

  /// Of all levels.
  static void probabilities(const Predictors& eta, double* out) {
    const FamilyParameters& at = *eta.parameters;
    for (int k = 0; k <= at.cuts; ++k)
      out[k] = std::exp(
          Cell<double>(k > 0 ? at.cut[k - 1] - eta[0] : -1e10, k < at.cuts ? at.cut[k] - eta[0] : 1e10).log_mass);
  }

  static double log_constant(double /*response*/, double /*size*/) { return 0; }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    const FamilyParameters& at = *eta.parameters;
    const double u = stream.uniform53();
    int level = 0;
    while (level < at.cuts && std::exp(LogCdf<double>(at.cut[level] - eta[0]).value) < u) ++level;
    return level;
  }
};

struct OrdinalFamily : CumulativeFamily<LogLogisticCdf> {
  static constexpr FamilyDescription kDescription = {
      "ordinal", "logit", ResponseKind::ordered_levels, WeightKind::frequency, Augmentation::none, false, false,
      true,      2.0};
};
struct ProbitOrdinalFamily : CumulativeFamily<LogNormalCdf> {
  static constexpr FamilyDescription kDescription = {
      "ordinal", "probit", ResponseKind::ordered_levels, WeightKind::frequency, Augmentation::none, false, false,
      true,      2.0};
};
