// Counts with more zeros, or fewer, than their family has: zero-inflated and hurdle families.

/// A row as a count family reads it, with another response and a weight of one; it keeps sum and scores.
template <class Row>
struct CountRow {
  using Real = typename Row::Real;
  const Row& row;
  Real count;
  Real sum = Real(0);
  Real score_of_eta = Real(0);
  Real score_of_parameter = Real(0);

  BDGLM_HOST_DEVICE CountRow(const Row& of, Real response) : row(of), count(response) {}
  BDGLM_HOST_DEVICE Real response() const { return count; }
  BDGLM_HOST_DEVICE Real size() const { return Real(1); }
  BDGLM_HOST_DEVICE Real eta(int c) const { return row.eta(c); }
  BDGLM_HOST_DEVICE Real parameter(int k) const { return row.parameter(k); }
  BDGLM_HOST_DEVICE int predictor_of(int k) const { return row.predictor_of(k); }
  BDGLM_HOST_DEVICE bool held(int k) const { return row.held(k); }
  BDGLM_HOST_DEVICE void add(Real term) { sum = sum + term; }
  BDGLM_HOST_DEVICE void score(int /*c*/, Real value) { score_of_eta = value; }
  BDGLM_HOST_DEVICE void score_parameter(int /*k*/, Real value) { score_of_parameter = value; }
};

/// 1 / (1 + e^-x) and ln(1 + e^x).
template <class Real>
struct Logistic {
  Real probability;
  Real softplus;

  BDGLM_HOST_DEVICE explicit Logistic(Real x) {
    using std::abs;
    using std::exp;
    using std::log1p;
    const Real e = exp(Real(0) - abs(x));
    probability = select(x < Real(0), e, Real(1)) / (Real(1) + e);
    softplus = positive_part(x) + log1p(e);
  }
};

/// What zero-inflated and hurdle families share: zi = 1 / (1 + e^-x) is parameter `kZi`, after those of the counts.
template <class Count, int kZi>
struct ManyZeros {
  /// Log mass of zero, by the count family alone, and its derivative by eta.
  template <class Row>
  BDGLM_HOST_DEVICE static CountRow<Row> at_zero(const Row& row) {
    CountRow<Row> zero(row, typename Row::Real(0));
    Count::likelihood(zero);
    return zero;
  }

  /// Of the count family alone.
  template <class Row>
  BDGLM_HOST_DEVICE static auto count_curvature(const Row& row, int c) {
    return Count::curvature(CountRow<Row>(row, row.response()), c, c);
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    return PoissonFamily::units(response, offset);
  }

  static double log_constant(double response, double size) { return size * Count::log_constant(response, 1); }

  BDGLM_HOST_DEVICE static double probability(const Predictors& eta) { return 1 / (1 + std::exp(-eta.parameter(kZi))); }
};

/// Zero with probability zi, else a count, which may be zero too (Lambert 1992). `response` is y, `size` the weight.
template <class Count, int kZi>
struct ZeroInflatedFamily : ManyZeros<Count, kZi> {
  using Base = ManyZeros<Count, kZi>;

  /// What eta must gain for the mean (1 - zi) e^eta to stay as x of parameter k goes from one value to another.
  static double mean_shift(int k, double from, double to) {
    return k == kZi ? Logistic<double>(to).softplus - Logistic<double>(from).softplus : 0;
  }

  /// Of a zero ln(zi + (1 - zi) p0), by logarithms.
  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    const Real x = row.parameter(kZi);
    const Logistic<Real> zi(x);
    CountRow<Row> own(row, row.response());
    Count::likelihood(own);
    const Logistic<Real> of_count(own.sum - x);
    const auto zero = row.response() < Real(0.5);
    row.add(row.size() * (select(zero, x + of_count.softplus, own.sum) - zi.softplus));
    // The share of the zero that is a count; of vast means, no number times their scores.
    const Real share = select(zero, of_count.probability, Real(1));
    const auto none = share <= Real(0);
    row.score(0, row.size() * select(none, Real(0), share * own.score_of_eta));
    if (kZi > 0) row.score_parameter(0, row.size() * select(none, Real(0), share * own.score_of_parameter));
    row.score_parameter(kZi, row.size() * (Real(1) - share - zi.probability));
  }

  /// Of the count family's own parameter about.
  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    using std::exp;
    const Logistic<Real> zi(row.parameter(kZi));
    const Real rest = Real(1) - zi.probability;
    const CountRow<Row> zero = Base::at_zero(row);
    const Real share = Logistic<Real>(zero.sum - row.parameter(kZi)).probability;
    // Vast means, whose zeros have no mass.
    const auto none = share <= Real(0);
    const Real lost = select(none, Real(0), rest * exp(zero.sum) * (Real(1) - share) * zero.score_of_eta);
    const int x = row.predictor_of(kZi);
    if (c == 0 && d == 0)
      return row.size() * (rest * Base::count_curvature(row, 0) - select(none, Real(0), lost * zero.score_of_eta));
    if (c == x && d == x) return row.size() * zi.probability * positive_part(rest - share);
    if ((c == 0 && d == x) || (c == x && d == 0)) return row.size() * lost;
    if (c != d) return Real(0);
    return row.size() * rest * Base::count_curvature(row, c);
  }

  static double expectation(const Predictors& eta, double trials) {
    return (1 - Base::probability(eta)) * Count::expectation(eta, trials);
  }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    const DistributionStep own = Count::distribution(response, 1, eta);
    const double zi = Base::probability(eta);
    return {response > 0 ? zi + (1 - zi) * own.below : 0, zi + (1 - zi) * own.upto};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    return stream.uniform53() < Base::probability(eta) ? 0 : Count::draw_response(stream, 1, eta);
  }
};

struct ZeroInflatedPoissonFamily : ZeroInflatedFamily<PoissonFamily, 0> {
  static constexpr FamilyDescription kDescription = {"zero_inflated_poisson",
                                                     "log",
                                                     ResponseKind::count,
                                                     WeightKind::frequency,
                                                     Augmentation::none,
                                                     false,
                                                     false,
                                                     true,
                                                     1.0};
  static constexpr FamilyParameter kParameters[] = {
      {"zi", 0, {PositivePrior::Kind::beta, 1, 1}, FamilyParameter::Link::logit}};

  static const char* complaint(double response, double trials) {
    if (PoissonFamily::complaint(response, trials) == nullptr) return nullptr;
    return "family zero_inflated_poisson needs counts, but '{response}' is {y} in {row}; counts are whole numbers of 0 "
           "or more: mend the cell, or fit another family";
  }
};

struct ZeroInflatedNegativeBinomialFamily : ZeroInflatedFamily<NegativeBinomialFamily, 1> {
  static constexpr FamilyDescription kDescription = {"zero_inflated_negative_binomial",
                                                     "log",
                                                     ResponseKind::count,
                                                     WeightKind::frequency,
                                                     Augmentation::none,
                                                     false,
                                                     false,
                                                     true,
                                                     1.0};
  static constexpr FamilyParameter kParameters[] = {
      {"shape", 0, {PositivePrior::Kind::inverse_gamma, 0.4, 0.3}},
      {"zi", 0, {PositivePrior::Kind::beta, 1, 1}, FamilyParameter::Link::logit}};

  static const char* complaint(double response, double trials) {
    if (PoissonFamily::complaint(response, trials) == nullptr) return nullptr;
    return "family zero_inflated_negative_binomial needs counts, but '{response}' is {y} in {row}; counts are whole "
           "numbers of 0 or more: mend the cell, or fit another family";
  }
};

/// Zero with probability zi, else a Poisson count that is not zero (Mullahy 1986). `response` is y, `size` the weight.
struct HurdlePoissonFamily : ManyZeros<PoissonFamily, 0> {
  static constexpr FamilyDescription kDescription = {
      "hurdle_poisson", "log", ResponseKind::count, WeightKind::frequency, Augmentation::none, false, false, true, 1.0};
  static constexpr FamilyParameter kParameters[] = {
      {"zi", 0, {PositivePrior::Kind::beta, 1, 1}, FamilyParameter::Link::logit}};

  /// 1 - e^-mu over mu, mu = e^eta, and e^-mu.
  template <class Real>
  struct Positive {
    Real mean, zero, ratio;

    BDGLM_HOST_DEVICE explicit Positive(Real eta) {
      using std::exp;
      using std::log;
      mean = exp(clamped(eta, -700, 700));
      zero = exp(Real(0) - mean);
      // No digit is lost (Kahan): the same error is in both.
      ratio = select(zero < Real(1), (zero - Real(1)) / log(select(zero < Real(1), zero, Real(0.5))), Real(1));
      ratio = select(Real(700) < mean, Real(1) / mean, ratio);
    }
  };

  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::log;
    const Real x = row.parameter(0);
    const Logistic<Real> zi(x);
    const Positive<Real> positive(row.eta(0));
    const auto zero = row.response() < Real(0.5);
    // y eta - mu - ln(1 - e^-mu), where eta in the logarithm is taken out.
    const Real count = (row.response() - Real(1)) * row.eta(0) - positive.mean - log(positive.ratio);
    row.add(row.size() * (select(zero, x, count) - zi.softplus));
    row.score(0, select(zero, Real(0), row.size() * (row.response() - Real(1) / positive.ratio)));
    row.score_parameter(0, row.size() * (select(zero, Real(1), Real(0)) - zi.probability));
  }

  /// By eta the variance of the counts above zero, m (1 + mu - m), m their mean.
  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int c, int d) {
    using Real = typename Row::Real;
    const Logistic<Real> zi(row.parameter(0));
    const Real rest = Real(1) - zi.probability;
    if (c != d) return Real(0);
    if (c > 0) return row.size() * zi.probability * rest;
    const Positive<Real> positive(row.eta(0));
    // 1 - 1 / ratio + mu loses digits below 1e-4, where it is mu / 2.
    const Real mean = Real(1) / positive.ratio;
    const Real excess =
        select(positive.mean < Real(1e-4), Real(0.5) * positive.mean, positive_part(Real(1) + positive.mean - mean));
    return row.size() * rest * mean * excess;
  }

  static const char* complaint(double response, double trials) {
    if (PoissonFamily::complaint(response, trials) == nullptr) return nullptr;
    return "family hurdle_poisson needs counts, but '{response}' is {y} in {row}; counts are whole numbers of 0 or "
           "more: mend the cell, or fit another family";
  }

  static double expectation(const Predictors& eta, double /*trials*/) {
    return (1 - probability(eta)) * std::exp(eta[0]) / -std::expm1(-std::exp(eta[0]));
  }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    const double zi = probability(eta);
    if (response == 0) return {0, zi};
    const DistributionStep own = PoissonFamily::distribution(response, 1, eta);
    const double zero = std::exp(-std::exp(eta[0]));
    const double scale = (1 - zi) / -std::expm1(-std::exp(eta[0]));
    return {zi + scale * (own.below - zero), zi + scale * (own.upto - zero)};
  }

  /// The first of a unit's arrivals given that there is one, and those that follow it.
  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    if (stream.uniform53() < probability(eta)) return 0;
    const double mean = std::exp(eta[0]);
    const double first = -std::log1p(stream.uniform53() * std::expm1(-mean));
    return 1 + PoissonFamily::draw_count(stream, mean > first ? mean - first : 0);
  }
};
