// The exponential family with log link: waiting times without memory.

/// y of mean mu = e^eta and density e^(-y / mu) / mu. `response` is y, `size` the weight.
struct ExponentialFamily {
  static constexpr FamilyDescription kDescription = {
      "exponential", "log", ResponseKind::number, WeightKind::frequency, Augmentation::none, false, false, false, 1.0};

  template <class Row>
  BDGLM_HOST_DEVICE static void likelihood(Row& row) {
    using Real = typename Row::Real;
    using std::exp;
    const Real eta = row.eta(0);
    // Lanes' exponentials end at 706, and a search for the mode may go beyond.
    const Real ratio = row.response() * select(eta < Real(-706.0), Real(HUGE_VAL), exp(Real(0) - eta));
    row.add(Real(0) - row.size() * (eta + ratio));
    row.score(0, row.size() * (ratio - Real(1)));
  }

  template <class Row>
  BDGLM_HOST_DEVICE static auto curvature(const Row& row, int /*c*/, int /*d*/) {
    return row.size();
  }

  static double sampler_response(double response, double /*weight*/) { return response; }
  static double sampler_size(double /*trials*/, double weight) { return weight; }

  static const char* complaint(double response, double /*trials*/) {
    if (response > 0 && std::isfinite(response)) return nullptr;
    return "family exponential needs numbers above 0, but '{response}' is {y} in {row}: mend the cell, leave such rows "
           "out, or fit another family";
  }

  static PredictorUnits units(const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
    return PoissonFamily::units(response, offset);
  }

  static double expectation(const Predictors& eta, double /*trials*/) { return std::exp(eta[0]); }

  static double log_constant(double /*response*/, double /*size*/) { return 0; }

  static DistributionStep distribution(double response, double /*size*/, const Predictors& eta) {
    const double p = -std::expm1(-response * std::exp(-eta[0]));
    return {p, p};
  }

  BDGLM_HOST_DEVICE static double draw_response(Stream& stream, double /*size*/, const Predictors& eta) {
    return draw_exponential<double>(stream) * std::exp(eta[0]);
  }
};
