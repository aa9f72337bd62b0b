// New responses of every row at every draw, and where the observed ones stand among them.
#include "posterior/predictive_check.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "diagnostics/diagnostics.hpp"
#include "family/response.hpp"
#include "model/observations.hpp"
#include "posterior/parallel.hpp"
#include "posterior/response_statistics.hpp"

namespace bdglm {
namespace {

/// An observation that a row stands for: the row, and the number of the observation among those of the row.
struct Replicate {
  Eigen::Index row;
  std::uint32_t number;
};

/// How many observations a row stands for.
Eigen::Index observations(Family family, const Design& design, Eigen::Index row) {
  const double weight = design.weights[row];
  if (describe(family).weight == WeightKind::precision) return weight > 0 ? 1 : 0;
  if (weight == std::floor(weight) && weight < 4e9) return static_cast<Eigen::Index>(weight);
  throw DataError("the weight of " + design.row_name(static_cast<std::size_t>(row)) + " is " + number_text(weight) +
                  "; weights of family " + family_name(family) +
                  " say how many observations a row stands for, of which new ones can be drawn only where they are "
                  "whole numbers");
}

/// Adds new responses of the replicates at all draws, and the observed ones, to the statistics.
void add_responses(const Predictor& predictor, const Design& design, const RowPredictors& block,
                   const std::vector<Replicate>& replicates, ResponseStatistics& statistics) {
  const Eigen::Index draws = block.eta.cols();
  RowMatrix y(static_cast<Eigen::Index>(replicates.size()), draws + 1);
  for_each_index(predictor.threads(), y.rows(), [&](Eigen::Index v) {
    const Replicate& replicate = replicates[static_cast<std::size_t>(v)];
    const Eigen::Index i = replicate.row - block.first;
    // The first observation of a row is the one that a prediction of the row draws.
    Stream stream({predictor.seed(), replicate.number, 0, Site::predict_response, 0},
                  static_cast<std::uint32_t>(design.rows[static_cast<std::size_t>(replicate.row)]));
    for (Eigen::Index s = 0; s < draws; ++s)
      y(v, s) = draw_response(predictor.family(), stream, predictor.size(design, replicate.row, s), block.at(i, s));
    y(v, draws) = design.response[replicate.row];
  });
  std::vector<Eigen::Index> rows;
  rows.reserve(replicates.size());
  for (const Replicate& replicate : replicates) rows.push_back(replicate.row);
  statistics.count(rows);
  constexpr Eigen::Index kSets = 256;
  for_each_index(predictor.threads(), (draws + kSets) / kSets, [&](Eigen::Index part) {
    statistics.add(rows, y, part * kSets, std::min(kSets, draws + 1 - part * kSets));
  });
}

PredictiveCheck check_of(const ResponseStatistic& statistic) {
  PredictiveCheck check;
  check.statistic = statistic.name;
  const Eigen::Index draws = statistic.values.size() - 1;
  const Eigen::ArrayXd made = statistic.values.head(draws);
  check.observed = statistic.values[draws];
  check.mean = made.mean();
  std::vector<double> sorted(made.begin(), made.end());
  std::sort(sorted.begin(), sorted.end());
  check.q2_5 = sorted_quantile(sorted, 0.025);
  check.q97_5 = sorted_quantile(sorted, 0.975);
  const auto count = static_cast<double>(draws);
  const auto at_least = static_cast<double>((made >= check.observed).count());
  const auto at_most = static_cast<double>((made <= check.observed).count());
  check.p_value = at_least / count;
  check.p_at_most = at_most / count;
  // With one more draw on the observed value: fewer than a hundred draws tell nothing of one in a hundred.
  const auto rare = [&](double times) { return (times + 1) / (count + 1) < 0.01; };
  if (rare(at_least)) check.finding = statistic.above;
  if (rare(at_most)) check.finding = statistic.below;
  return check;
}

}  // namespace

PredictiveChecks check_design(const Predictor& predictor, const Design& design) {
  const Family family = predictor.family();
  check_further_observations(family, predictor.frame(), design);
  PredictiveChecks result;
  result.draws = predictor.draws().size();
  for (Eigen::Index i = 0; i < design.size(); ++i) result.rows += observations(family, design, i) > 0 ? 1 : 0;
  if (result.rows == 0) throw DataError("every row has weight zero or no trials; nothing is left to check");
  if (result.rows < design.size())
    result.notes.push_back("rows of weight zero or without trials left out: " +
                           std::to_string(design.size() - result.rows));
  const auto draws = static_cast<Eigen::Index>(result.draws);
  ResponseStatistics statistics(family, predictor.frame(), design, draws + 1);
  const auto most = static_cast<std::size_t>(std::max<Eigen::Index>((Eigen::Index{64} << 20U) / 8 / (draws + 1), 1));
  predictor.predict(design, [&](const RowPredictors& block) {
    std::vector<Replicate> replicates;
    for (Eigen::Index i = block.first; i < block.first + block.count; ++i) {
      const Eigen::Index count = observations(family, design, i);
      for (Eigen::Index r = 0; r < count; ++r) {
        replicates.push_back({i, static_cast<std::uint32_t>(r)});
        if (replicates.size() < most) continue;
        add_responses(predictor, design, block, replicates, statistics);
        replicates.clear();
      }
    }
    add_responses(predictor, design, block, replicates, statistics);
  });
  for (const ResponseStatistic& statistic : statistics.results()) result.checks.push_back(check_of(statistic));
  return result;
}

void to_json(nlohmann::json& json, const PredictiveChecks& checks) {
  json = {{"rows", checks.rows}, {"draws", checks.draws}, {"checks", nlohmann::json::array()}};
  for (const PredictiveCheck& check : checks.checks) {
    json["checks"].push_back({{"statistic", check.statistic},
                              {"observed", check.observed},
                              {"mean", check.mean},
                              {"q2.5", check.q2_5},
                              {"q97.5", check.q97_5},
                              {"p_value", check.p_value},
                              {"p_at_most", check.p_at_most}});
    if (!check.finding.empty()) json["checks"].back()["finding"] = check.finding;
  }
}

}  // namespace bdglm
