// Summaries of rows over draws: expected response, new observations, quantiles of both.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/names.hpp"
#include "base/stop_point.hpp"
#include "bdglm/error.hpp"
#include "family/response.hpp"
#include "model/observations.hpp"
#include "posterior/parallel.hpp"
#include "posterior/predict.hpp"

namespace bdglm {
namespace {

/// The quantile with linear interpolation (R's type 7); reorders the values from `sorted` on, below which stand
/// smaller ones.
double select_quantile(std::vector<double>& values, std::size_t& sorted, double probability) {
  const double at = probability * static_cast<double>(values.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(low);
  std::nth_element(values.begin() + static_cast<std::ptrdiff_t>(std::min(sorted, low)), place, values.end());
  sorted = low;
  if (low + 1 == values.size()) return *place;
  const double next = *std::min_element(place + 1, values.end());
  return *place + (at - static_cast<double>(low)) * (next - *place);
}

/// The quantiles at `tail` and 1 - tail.
void select_interval(std::vector<double>& values, double tail, double& low, double& high) {
  std::size_t sorted = 0;
  low = select_quantile(values, sorted, tail);
  high = select_quantile(values, sorted, 1 - tail);
}

/// Reorders the values.
ExpectedResponse summary_of(std::vector<double>& values, const std::vector<Eigen::Index>& kept, double tail) {
  // In one order: the sums of a library may depend on where in memory the values begin.
  const auto draws = static_cast<double>(values.size());
  ExpectedResponse summary;
  summary.mean = std::accumulate(values.begin(), values.end(), 0.0) / draws;
  double squares = 0;
  for (const double e : values) squares += (e - summary.mean) * (e - summary.mean);
  summary.sd = draws > 1 ? std::sqrt(squares / (draws - 1)) : 0;
  for (const Eigen::Index s : kept) summary.draws.push_back(values[static_cast<std::size_t>(s)]);
  select_interval(values, tail, summary.low, summary.high);
  return summary;
}

}  // namespace

PredictorOptions prediction_options(GroupMode groups, double interval, int threads) {
  if (!(interval > 0 && interval < 1))
    throw ModelError(setting("interval") + " is a probability between 0 and 1, not " + number_text(interval));
  if (threads < 0 || threads > 4096)
    throw ModelError(setting("threads") + " is a whole number from 0 to 4096, not " + std::to_string(threads));
  PredictorOptions options;
  options.mode = groups;
  options.threads = threads;
  return options;
}

std::vector<Eigen::Index> spread_draws(Eigen::Index count, Eigen::Index total) {
  const Eigen::Index kept = std::min(count, total);
  std::vector<Eigen::Index> draws;
  for (Eigen::Index k = 0; k < kept; ++k) draws.push_back((2 * k + 1) * total / (2 * kept));
  return draws;
}

void predict_rows(const Predictor& predictor, const Design& design, const RowPredictionOptions& options,
                  const std::function<void(Eigen::Index first, const std::vector<RowPrediction>& rows)>& on_rows) {
  const double tail = 0.5 * (1 - options.interval);
  const Family family = predictor.family();
  const bool precisions = describe(family).weight == WeightKind::precision;
  check_further_observations(family, predictor.frame(), design);
  const auto outcomes = static_cast<std::size_t>(predictor.outcomes());
  predictor.predict(design, [&](const RowPredictors& block) {
    constexpr Eigen::Index kRows = 64;
    const Eigen::Index draws = block.eta.cols();
    std::vector<RowPrediction> rows(static_cast<std::size_t>(block.count));
    for_each_index(predictor.threads(), (block.count + kRows - 1) / kRows, [&](Eigen::Index tile) {
      std::vector<std::vector<double>> expected(outcomes, std::vector<double>(static_cast<std::size_t>(draws)));
      std::vector<double> fresh(static_cast<std::size_t>(draws));
      std::vector<double> one(outcomes);
      for (Eigen::Index i = tile * kRows; i < std::min(block.count, (tile + 1) * kRows); ++i) {
        stop_point();
        const Eigen::Index row = block.first + i;
        const bool observable = !precisions || design.weights[row] > 0;
        Stream stream({predictor.seed(), 0, 0, Site::predict_response, 0},
                      static_cast<std::uint32_t>(design.rows[static_cast<std::size_t>(row)]));
        for (Eigen::Index s = 0; s < draws; ++s) {
          const auto k = static_cast<std::size_t>(s);
          const Predictors eta = block.at(i, s);
          expected_response(family, eta, design.trials[row], one.data());
          for (std::size_t o = 0; o < outcomes; ++o) expected[o][k] = one[o];
          fresh[k] = observable ? draw_response(family, stream, predictor.size(design, row, s), eta) : 0;
        }
        RowPrediction& p = rows[static_cast<std::size_t>(i)];
        constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
        for (const Eigen::Index s : options.draws)
          p.new_draws.push_back(observable ? fresh[static_cast<std::size_t>(s)] : kNone);
        expected_response(family, block.plugin_at(i), design.trials[row], one.data());
        for (std::size_t o = 0; o < outcomes; ++o) {
          p.expected.push_back(summary_of(expected[o], options.draws, tail));
          p.expected.back().plugin = one[o];
        }
        p.predictive_low = p.predictive_high = kNone;
        if (observable) select_interval(fresh, tail, p.predictive_low, p.predictive_high);
      }
    });
    on_rows(block.first, rows);
  });
}

}  // namespace bdglm
