// Scoring predictions: one pass over the rows' predictive distributions.
#include "bdglm/posterior/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/base/error.hpp"
#include "bdglm/family/response.hpp"
#include "bdglm/model/model.hpp"
#include "posterior/parallel.hpp"

namespace bdglm {
namespace {

double log_mean_exp(const Eigen::ArrayXd& x) {
  const double top = x.maxCoeff();
  return top + std::log((x - top).exp().mean());
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
  void add(double probability, double outcome, double weight) {
    const int bin = std::min(9, static_cast<int>(probability * 10));
    count_[bin] += weight;
    probability_[bin] += weight * probability;
    outcome_[bin] += weight * outcome;
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

/// What one row adds to the scores.
struct RowScore {
  double log_score = 0, log_score_plugin = 0, expected = 0, low = 0, high = 0;
};

RowScore score_row(const Predictor& predictor, const Design& design, Eigen::Index row,
                   const Eigen::Ref<const Eigen::RowVectorXd>& eta, double plugin, Eigen::ArrayXd& densities) {
  const double y = design.response[row];
  const double trials = design.trials[row];
  RowScore score;
  const double plugin_size = predictor.plugin_size(design, row);
  with_family(predictor.family(), [&](auto family) {
    using Text = decltype(family);
    for (Eigen::Index s = 0; s < eta.size(); ++s) {
      const double size = predictor.size(design, row, s);
      const double at = eta[s];
      Row draw(y, size, &at);
      Text::likelihood(draw);
      densities[s] = draw.sum() + Text::log_constant(y, size);
      const DistributionStep step = Text::distribution(y, size, at);
      score.expected += Text::expectation(at, trials);
      score.low += step.below;
      score.high += step.upto;
    }
    Row row_plugin(y, plugin_size, &plugin);
    Text::likelihood(row_plugin);
    score.log_score_plugin = row_plugin.sum() + Text::log_constant(y, plugin_size);
  });
  const auto draws = static_cast<double>(eta.size());
  score.expected /= draws;
  score.low /= draws;
  score.high /= draws;
  score.log_score = log_mean_exp(densities);
  return score;
}

}  // namespace

Evaluation evaluate_design(const Predictor& predictor, const Design& design) {
  const Family family = predictor.family();
  const ResponseKind kind = describe(family).response;
  const bool frequencies = describe(family).weight == WeightKind::frequency;
  check_observations(family, predictor.frame(), design);
  if (!(design.weights.maxCoeff() > 0)) throw DataError("all weights are zero; nothing is left to score");
  std::vector<RowScore> scores(static_cast<std::size_t>(design.size()));
  predictor.predict(design, [&](Eigen::Index first, const RowMatrix& eta, const Eigen::VectorXd& plugin) {
    constexpr Eigen::Index kRows = 64;
    for_each_index(predictor.threads(), (eta.rows() + kRows - 1) / kRows, [&](Eigen::Index tile) {
      Eigen::ArrayXd densities(eta.cols());
      for (Eigen::Index i = tile * kRows; i < std::min(eta.rows(), (tile + 1) * kRows); ++i)
        if (design.weights[first + i] > 0)
          scores[static_cast<std::size_t>(first + i)] =
              score_row(predictor, design, first + i, eta.row(i), plugin[i], densities);
    });
  });

  Evaluation result;
  CalibrationBins bins;
  double total = 0;
  double squares = 0;
  double correct = 0;
  const std::map<std::string, double> levels = {{"0.5", 0.5}, {"0.9", 0.9}, {"0.95", 0.95}};
  for (const auto& [name, level] : levels) result.coverage[name] = 0;
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    if (!(design.weights[i] > 0)) continue;
    const double weight = frequencies ? design.weights[i] : 1;
    const RowScore& score = scores[static_cast<std::size_t>(i)];
    const double unit = kind == ResponseKind::successes ? std::max(design.trials[i], 1.0) : 1;
    const double error = (design.response[i] - score.expected) / unit;
    result.rows += 1;
    total += weight;
    result.log_score += weight * score.log_score;
    result.log_score_plugin += weight * score.log_score_plugin;
    squares += weight * error * error;
    result.mae += weight * std::fabs(error);
    correct += (score.expected > 0.5) == (design.response[i] > 0.5) ? weight : 0;
    if (kind == ResponseKind::two_levels) bins.add(score.expected, design.response[i], weight);
    for (const auto& [name, level] : levels) result.coverage[name] += weight * covered(score.low, score.high, level);
  }
  result.log_score /= total;
  result.log_score_plugin /= total;
  result.rmse = std::sqrt(squares / total);
  result.mae /= total;
  for (auto& [name, value] : result.coverage) value /= total;
  if (frequencies && total != static_cast<double>(result.rows)) result.total_weight = total;
  if (kind == ResponseKind::two_levels) {
    result.accuracy = correct / total;
    result.brier = squares / total;
    result.ece = bins.error();
  }
  return result;
}

void to_json(nlohmann::json& json, const Evaluation& e) {
  json = {{"rows", e.rows}, {"log_score", e.log_score}, {"log_score_plugin", e.log_score_plugin}, {"rmse", e.rmse},
          {"mae", e.mae},   {"coverage", e.coverage}};
  if (e.total_weight) json["total_weight"] = *e.total_weight;
  if (e.accuracy) json["accuracy"] = *e.accuracy;
  if (e.brier) json["brier"] = *e.brier;
  if (e.ece) json["ece"] = *e.ece;
}

}  // namespace bdglm
