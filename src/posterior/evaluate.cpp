// Scoring predictions: one pass over the rows' predictive distributions.
#include "bdglm/posterior/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/base/error.hpp"
#include "bdglm/family/response.hpp"

namespace bdglm {
namespace {

double log_mean_exp(const Eigen::ArrayXd& x) {
  const double top = x.maxCoeff();
  return top + std::log((x - top).exp().mean());
}

/// P(Y <= y) of binomial(n, p), summed from the smaller side.
double binomial_cdf(double y, double n, double p) {
  if (y < 0) return 0;
  if (y >= n) return 1;
  const double log_odds = std::log(p) - std::log1p(-p);
  const double base = std::lgamma(n + 1) + n * std::log1p(-p);
  const auto mass = [&](long long count) {
    const auto k = static_cast<double>(count);
    return std::exp(base - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * log_odds);
  };
  const auto successes = static_cast<long long>(std::floor(y));
  const auto trials = static_cast<long long>(std::floor(n));
  double sum = 0;
  if (y < n * p) {
    for (long long k = 0; k <= successes; ++k) sum += mass(k);
    return sum;
  }
  for (long long k = successes + 1; k <= trials; ++k) sum += mass(k);
  return 1 - sum;
}

/// Length of [low, high] within the central interval of probability `level`, relative to high - low.
double covered(double low, double high, double level) {
  const double from = 0.5 * (1 - level);
  const double to = 1 - from;
  if (high <= low) return low >= from && low <= to ? 1 : 0;
  return std::max(0.0, std::min(high, to) - std::max(low, from)) / (high - low);
}

/// Expected calibration error over ten bins of equal width (Guo et al. 2017).
class CalibrationBins {
 public:
  void add(double probability, double outcome) {
    const int bin = std::min(9, static_cast<int>(probability * 10));
    count_[bin] += 1;
    probability_[bin] += probability;
    outcome_[bin] += outcome;
  }
  double error() const {
    double sum = 0;
    double total = 0;
    for (int b = 0; b < 10; ++b) {
      sum += std::fabs(probability_[b] - outcome_[b]);
      total += count_[b];
    }
    return sum / total;
  }

 private:
  double count_[10] = {}, probability_[10] = {}, outcome_[10] = {};
};

}  // namespace

Evaluation evaluate_design(const Predictor& predictor, const Design& design, GroupMode mode) {
  const Family family = predictor.family();
  Evaluation result;
  result.rows = design.size();
  CalibrationBins bins;
  double squares = 0;
  double absolute = 0;
  double correct = 0;
  const std::map<std::string, double> levels = {{"0.5", 0.5}, {"0.9", 0.9}, {"0.95", 0.95}};
  for (const auto& [name, level] : levels) result.coverage[name] = 0;
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    const double y = design.response[i];
    const bool bad = family == Family::bernoulli ? (y != 0 && y != 1)
                                                 : family == Family::binomial && !(y >= 0 && y <= design.trials[i]);
    if (bad)
      throw DataError("the response in " + design.row_name(static_cast<std::size_t>(i)) + " does not fit family " +
                      family_name(family));
  }
  predictor.predict(design, mode, [&](Eigen::Index first, const RowMatrix& eta, const Eigen::VectorXd& plugin) {
    Eigen::ArrayXd densities(eta.cols());
    for (Eigen::Index i = 0; i < eta.rows(); ++i) {
      const Eigen::Index row = first + i;
      const double y = design.response[row];
      const double trials = design.trials[row];
      double expected = 0;
      double low = 0;
      double high = 0;
      for (Eigen::Index s = 0; s < eta.cols(); ++s) {
        expected += expected_response(family, eta(i, s), trials);
        if (family == Family::gaussian) {
          const double sd = predictor.sigma(design, row, s);
          densities[s] = log_density(family, y, 1 / (sd * sd), eta(i, s));
          low += 0.5 * std::erfc((eta(i, s) - y) / sd * 0.70710678118654752);
        } else {
          const double p = 1 / (1 + std::exp(-eta(i, s)));
          densities[s] = log_density(family, y, trials, eta(i, s));
          low += binomial_cdf(y - 1, trials, p);
          high += binomial_cdf(y, trials, p);
        }
      }
      const auto draws = static_cast<double>(eta.cols());
      expected /= draws;
      low /= draws;
      high = family == Family::gaussian ? low : high / draws;
      result.log_score += log_mean_exp(densities);
      const double sd = family == Family::gaussian ? predictor.plugin_sigma(design, row) : 1;
      result.log_score_plugin += log_density(family, y, family == Family::gaussian ? 1 / (sd * sd) : trials, plugin[i]);
      const double unit = family == Family::binomial ? std::max(trials, 1.0) : 1;
      squares += (y - expected) * (y - expected) / (unit * unit);
      absolute += std::fabs(y - expected) / unit;
      correct += (expected > 0.5) == (y > 0.5) ? 1 : 0;
      if (family == Family::bernoulli) bins.add(expected, y);
      for (const auto& [name, level] : levels) result.coverage[name] += covered(low, high, level);
    }
  });
  const auto n = static_cast<double>(design.size());
  result.log_score /= n;
  result.log_score_plugin /= n;
  result.rmse = std::sqrt(squares / n);
  result.mae = absolute / n;
  for (auto& [name, value] : result.coverage) value /= n;
  if (family == Family::bernoulli) {
    result.accuracy = correct / n;
    result.brier = squares / n;
    result.ece = bins.error();
  }
  return result;
}

void to_json(nlohmann::json& json, const Evaluation& e) {
  json = {{"rows", e.rows}, {"log_score", e.log_score}, {"log_score_plugin", e.log_score_plugin}, {"rmse", e.rmse},
          {"mae", e.mae},   {"coverage", e.coverage}};
  if (e.accuracy) json["accuracy"] = *e.accuracy;
  if (e.brier) json["brier"] = *e.brier;
  if (e.ece) json["ece"] = *e.ece;
}

}  // namespace bdglm
