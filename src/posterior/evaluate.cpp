// Scoring predictions: one pass over the rows' predictive distributions.
#include "posterior/evaluate.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/stop_point.hpp"
#include "bdglm/error.hpp"
#include "family/response.hpp"
#include "model/observations.hpp"
#include "posterior/parallel.hpp"

namespace bdglm {
namespace {

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
    // Draws of a damaged file may give none.
    const int bin = probability > 0 ? static_cast<int>(std::min(9.0, probability * 10)) : 0;
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

/// The scores of row i of the block.
RowScore score_row(const Predictor& predictor, const Design& design, const RowPredictors& block, Eigen::Index i,
                   const ChainSegments& chains, Eigen::ArrayXd& densities) {
  stop_point();
  const Family family = predictor.family();
  const Eigen::Index row = block.first + i;
  const double y = design.response[row];
  RowScore score;
  Eigen::ArrayXd expected(predictor.outcomes());
  ExpectationSums sums(expected.size(), chains.size());
  for (std::size_t c = 0; c < chains.size(); ++c)
    for (Eigen::Index s = chains[c].first; s < chains[c].first + chains[c].count; ++s) {
      const double size = predictor.size(design, row, s);
      const Predictors eta = block.at(i, s);
      densities[s] = log_density(family, y, size, eta);
      const DistributionStep step = distribution(family, y, size, eta);
      expected_response(family, eta, design.trials[row], expected.data());
      sums.add(c, expected);
      score.low += step.below;
      score.high += step.upto;
    }
  const auto draws = static_cast<double>(block.eta.cols());
  score.expected = sums.mean();
  score.low /= draws;
  score.high /= draws;
  const LogMeans means(densities, chains);
  score.log_score = means.of_all();
  if (chains.size() > 1) score.chains = RowChainScores{means.alone(), means.without(), sums.share_between()};
  score.log_score_plugin = log_density(family, y, predictor.plugin_size(design, row), block.plugin_at(i));
  return score;
}

/// Errors and coverage of numbers; accuracy, Brier score and calibration besides where they are 0 and 1.
void score_numbers(const Predictor& predictor, const Design& design, const std::vector<RowScore>& scores,
                   const Eigen::ArrayXd& weight, Evaluation& result) {
  const ResponseKind kind = describe(predictor.family()).response;
  const std::map<std::string, double> levels = {{"0.5", 0.5}, {"0.9", 0.9}, {"0.95", 0.95}};
  for (const auto& [name, level] : levels) result.coverage[name] = 0;
  CalibrationBins bins;
  double squares = 0;
  double absolute = 0;
  double correct = 0;
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    if (weight[i] == 0) continue;
    const RowScore& score = scores[static_cast<std::size_t>(i)];
    const double expected = score.expected[0];
    const double unit = kind == ResponseKind::successes ? std::max(design.trials[i], 1.0) : 1;
    const double error = (design.response[i] - expected) / unit;
    squares += weight[i] * error * error;
    absolute += weight[i] * std::fabs(error);
    correct += (expected > 0.5) == (design.response[i] > 0.5) ? weight[i] : 0;
    if (kind == ResponseKind::two_levels) bins.add(expected, design.response[i], weight[i]);
    for (const auto& [name, level] : levels) result.coverage[name] += weight[i] * covered(score.low, score.high, level);
  }
  const double total = weight.sum();
  result.rmse = std::sqrt(squares / total);
  result.mae = absolute / total;
  for (auto& [name, value] : result.coverage) value /= total;
  if (kind != ResponseKind::two_levels) return;
  result.accuracy = correct / total;
  result.brier = squares / total;
  result.ece = bins.error();
}

void score_levels(const Predictor& predictor, const Design& design, const std::vector<RowScore>& scores,
                  const Eigen::ArrayXd& weight, Evaluation& result) {
  const std::vector<std::string>& levels = predictor.frame().response_levels;
  std::vector<CalibrationBins> bins(levels.size());
  double squares = 0;
  double correct = 0;
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    if (weight[i] == 0) continue;
    const Eigen::ArrayXd& p = scores[static_cast<std::size_t>(i)].expected;
    Eigen::Index best = 0;
    p.maxCoeff(&best);
    correct += static_cast<double>(best) == design.response[i] ? weight[i] : 0;
    for (std::size_t k = 0; k < levels.size(); ++k) {
      const double outcome = static_cast<double>(k) == design.response[i] ? 1 : 0;
      const double probability = p[static_cast<Eigen::Index>(k)];
      bins[k].add(probability, outcome, weight[i]);
      squares += weight[i] * (probability - outcome) * (probability - outcome);
    }
  }
  result.accuracy = correct / weight.sum();
  result.brier = squares / weight.sum();
  result.ece = 0;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    result.ece_by_level[levels[k]] = bins[k].error();
    *result.ece += bins[k].error() / static_cast<double>(levels.size());
  }
}

}  // namespace

std::vector<RowScore> score_rows(const Predictor& predictor, const Design& design) {
  check_further_observations(predictor.family(), predictor.frame(), design);
  if (!(design.weights.maxCoeff() > 0))
    throw DataError("every row has weight zero or no trials; nothing is left to score");
  std::vector<RowScore> scores(static_cast<std::size_t>(design.size()));
  const ChainSegments chains = chain_segments(predictor);
  predictor.predict(design, [&](const RowPredictors& block) {
    constexpr Eigen::Index kRows = 64;
    for_each_index(predictor.threads(), (block.count + kRows - 1) / kRows, [&](Eigen::Index tile) {
      Eigen::ArrayXd densities(block.eta.cols());
      for (Eigen::Index i = tile * kRows; i < std::min(block.count, (tile + 1) * kRows); ++i)
        if (design.weights[block.first + i] > 0)
          scores[static_cast<std::size_t>(block.first + i)] = score_row(predictor, design, block, i, chains, densities);
    });
  });
  return scores;
}

Evaluation evaluate_design(const Predictor& predictor, const Design& design) {
  return evaluate_scores(predictor, design, score_rows(predictor, design));
}

Evaluation evaluate_scores(const Predictor& predictor, const Design& design, const std::vector<RowScore>& scores) {
  const Family family = predictor.family();
  const bool frequencies = describe(family).weight == WeightKind::frequency;
  Evaluation result;
  Eigen::ArrayXd weight = design.weights.array();
  if (!frequencies) weight = (weight > 0).cast<double>();
  const double total = weight.sum();
  for (Eigen::Index i = 0; i < design.size(); ++i) {
    if (weight[i] == 0) continue;
    result.rows += 1;
    result.log_score += weight[i] * scores[static_cast<std::size_t>(i)].log_score / total;
    result.log_score_plugin += weight[i] * scores[static_cast<std::size_t>(i)].log_score_plugin / total;
  }
  if (frequencies && total != static_cast<double>(result.rows)) result.total_weight = total;
  if (chain_segments(predictor).size() > 1) {
    ChainScoreMeans means;
    for (Eigen::Index i = 0; i < design.size(); ++i)
      if (weight[i] > 0) means.add(*scores[static_cast<std::size_t>(i)].chains, weight[i]);
    result.chains = means.result();
  }
  if (has_levels(family))
    score_levels(predictor, design, scores, weight, result);
  else
    score_numbers(predictor, design, scores, weight, result);
  return result;
}

void to_json(nlohmann::json& json, const Evaluation& e) {
  json = {{"rows", e.rows}, {"log_score", e.log_score}, {"log_score_plugin", e.log_score_plugin}};
  const auto add = [&](const char* name, const std::optional<double>& value) {
    if (value) json[name] = *value;
  };
  add("rmse", e.rmse);
  add("mae", e.mae);
  if (!e.coverage.empty()) json["coverage"] = e.coverage;
  add("total_weight", e.total_weight);
  add("accuracy", e.accuracy);
  add("brier", e.brier);
  add("ece", e.ece);
  if (!e.ece_by_level.empty()) json["ece_by_level"] = e.ece_by_level;
  if (!e.chain_weights.empty()) json["chain_weights"] = e.chain_weights;
  if (e.chains)
    json["chains"] = {{"log_score_alone", e.chains->log_score_alone},
                      {"log_score_without", e.chains->log_score_without},
                      {"share_between", e.chains->share_between}};
}

}  // namespace bdglm
