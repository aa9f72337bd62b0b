// Responses in a report: the observed ones beside new ones, scores, coverage and calibration.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/stop_point.hpp"
#include "bdglm/error.hpp"
#include "diagnostics/diagnostics.hpp"
#include "family/response.hpp"
#include "posterior/evaluate.hpp"
#include "posterior/prediction_design.hpp"
#include "posterior/predictive_check.hpp"
#include "random/stream.hpp"
#include "report/report_data.hpp"

namespace bdglm {
namespace {

/// How many observations a row counts for.
double count_of(const ReportSource& source, Eigen::Index row) {
  const double weight = source.rows.weights[row];
  if (describe(source.predictor.family()).weight == WeightKind::frequency) return weight;
  return weight > 0 ? 1 : 0;
}

/// Bins of responses: levels, counts, or intervals of numbers.
struct Bins {
  std::string kind;
  std::vector<std::string> labels;
  std::vector<double> edges;

  std::size_t size() const { return edges.empty() ? labels.size() : edges.size() - 1; }
  /// The bin of a response; none where it lies outside.
  std::size_t of(double y) const {
    if (edges.empty()) return y < 0 ? size() : std::min(static_cast<std::size_t>(y), labels.size() - 1);
    if (!(y >= edges.front() && y <= edges.back())) return size();
    const auto above = std::upper_bound(edges.begin(), edges.end(), y);
    return std::min<std::size_t>(static_cast<std::size_t>(above - edges.begin()) - 1, size() - 1);
  }
};

Bins bins_of(const ReportSource& source, std::vector<double> observed) {
  const ResponseKind kind = describe(source.predictor.family()).response;
  std::sort(observed.begin(), observed.end());
  constexpr double kMostCount = 30;
  const std::vector<std::string> classes = class_names(source.predictor);
  if (!classes.empty()) return {"levels", classes, {}};
  if (kind == ResponseKind::count && observed.back() <= 10 * kMostCount &&
      sorted_quantile(observed, 0.99) <= kMostCount) {
    Bins bins{"counts", {}, {}};
    const auto most = static_cast<int>(std::min(observed.back(), kMostCount)) + 2;
    for (int k = 0; k < most; ++k) bins.labels.push_back(std::to_string(k));
    bins.labels.push_back(std::to_string(most) + " or more");
    return bins;
  }
  Bins bins{"numbers", {}, {}};
  constexpr std::size_t kIntervals = 30;
  const double low = sorted_quantile(observed, 0.005);
  const double high = sorted_quantile(observed, 0.995);
  const double margin = high > low ? 0.05 * (high - low) : std::max(std::fabs(low), 1.0) / 2;
  const double from = observed.front() >= 0 ? std::max(0.0, low - margin) : low - margin;
  for (std::size_t k = 0; k <= kIntervals; ++k)
    bins.edges.push_back(from + (high + margin - from) * static_cast<double>(k) / kIntervals);
  return bins;
}

/// The observed responses by bin, and the 95 % interval of new data sets' numbers.
nlohmann::json bars_of(const ReportSource& source) {
  constexpr Eigen::Index kSets = 400;
  const bool successes = describe(source.predictor.family()).response == ResponseKind::successes;
  const auto scale = [&](Eigen::Index row) { return successes ? std::max(source.rows.trials[row], 1.0) : 1.0; };
  std::vector<double> observed;
  for (Eigen::Index row = 0; row < source.rows.size(); ++row)
    if (count_of(source, row) > 0) observed.push_back(source.rows.response[row] / scale(row));
  const Bins bins = bins_of(source, observed);
  const std::vector<Eigen::Index> kept =
      spread_draws(kSets, static_cast<Eigen::Index>(source.predictor.draws().size()));
  std::vector<double> here(bins.size());
  std::vector<std::vector<double>> sets(bins.size(), std::vector<double>(kept.size()));
  const Family family = source.predictor.family();
  source.predictor.predict(source.rows, [&](const RowPredictors& block) {
    for (Eigen::Index i = 0; i < block.count; ++i) {
      const Eigen::Index row = block.first + i;
      const auto count = static_cast<std::uint32_t>(count_of(source, row));
      stop_point();
      const std::size_t bin = bins.of(source.rows.response[row] / scale(row));
      if (bin < bins.size()) here[bin] += count;
      // One response for each observation that the row stands for.
      for (std::uint32_t number = 0; number < count; ++number) {
        Stream stream({source.predictor.seed(), number, 0, Site::predict_response, 0},
                      static_cast<std::uint32_t>(source.rows.rows[static_cast<std::size_t>(row)]));
        for (std::size_t k = 0; k < kept.size(); ++k) {
          const double y =
              draw_response(family, stream, source.predictor.size(source.rows, row, kept[k]), block.at(i, kept[k]));
          const std::size_t at = bins.of(y / scale(row));
          if (at < bins.size()) sets[at][k] += 1;
        }
      }
    }
  });
  nlohmann::json bars = {{"kind", bins.kind}, {"observed", here}};
  if (bins.edges.empty())
    bars["labels"] = bins.labels;
  else
    bars["edges"] = bins.edges;
  for (std::vector<double>& values : sets) {
    std::sort(values.begin(), values.end());
    bars["mean"].push_back(std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size()));
    bars["low"].push_back(sorted_quantile(values, 0.025));
    bars["high"].push_back(sorted_quantile(values, 0.975));
  }
  return bars;
}

/// A row's probability of a level, the observations that have the level, and all that it stands for.
struct Reliability {
  double probability = 0, successes = 0, count = 0;
};

/// Observations sorted by their probability in ten parts of about equal size, those of one probability together: mean
/// probability, share of the level, and the central 95 % of that share were each a draw with its probability.
nlohmann::json reliability_of(std::vector<Reliability> rows) {
  constexpr double kBins = 10;
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.probability < b.probability; });
  double all = 0;
  for (const Reliability& row : rows) all += row.count;
  nlohmann::json bins = nlohmann::json::array();
  Reliability sum;
  double variance = 0;
  double before = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double p = rows[i].probability;
    sum.probability += rows[i].count * p;
    sum.successes += rows[i].successes;
    sum.count += rows[i].count;
    variance += rows[i].count * p * (1 - p);
    const bool tied = i + 1 < rows.size() && rows[i + 1].probability - p < 1e-9;
    const bool last = i + 1 == rows.size();
    // The part ends where its observations reach beyond the next tenth.
    if (!last && (tied || before + sum.count < std::floor(before / all * kBins + 1 + 1e-9) * all / kBins - 1e-9))
      continue;
    if (sum.count > 0) {
      const double mean = sum.probability / sum.count;
      const double half = 1.96 * std::sqrt(variance) / sum.count;
      bins.push_back({{"probability", mean},
                      {"observed", sum.successes / sum.count},
                      {"low", std::max(0.0, mean - half)},
                      {"high", std::min(1.0, mean + half)},
                      {"rows", sum.count}});
    }
    before += sum.count;
    sum = {};
    variance = 0;
  }
  return bins;
}

void add_reliability(const ReportSource& source, const std::vector<RowScore>& scores, nlohmann::json& report) {
  const std::vector<std::string> classes = class_names(source.predictor);
  if (classes.empty()) return;
  nlohmann::json calibration = nlohmann::json::array();
  const bool two = !has_levels(source.predictor.family());
  for (std::size_t k = two ? 1 : 0; k < classes.size(); ++k) {
    std::vector<Reliability> rows;
    for (Eigen::Index i = 0; i < source.rows.size(); ++i) {
      const double count = count_of(source, i);
      if (count == 0) continue;
      const Eigen::ArrayXd& expected = scores[static_cast<std::size_t>(i)].expected;
      const bool is = source.rows.response[i] == static_cast<double>(k);
      rows.push_back({expected[two ? 0 : static_cast<Eigen::Index>(k)], is ? count : 0, count});
    }
    calibration.push_back({{"level", classes[k]}, {"bins", reliability_of(std::move(rows))}});
  }
  report["calibration"] = std::move(calibration);
}

/// Where responses lie within their predictive distributions: twenty equal parts (Czado, Gneiting, Held 2009).
void add_pit(const ReportSource& source, const std::vector<RowScore>& scores, nlohmann::json& report) {
  if (!class_names(source.predictor).empty()) return;
  constexpr std::size_t kBins = 20;
  std::vector<double> shares(kBins);
  double total = 0;
  for (Eigen::Index i = 0; i < source.rows.size(); ++i) {
    const double count = count_of(source, i);
    if (count == 0) continue;
    const RowScore& score = scores[static_cast<std::size_t>(i)];
    const double width = score.high - score.low;
    total += count;
    for (std::size_t b = 0; b < kBins; ++b) {
      const double from = static_cast<double>(b) / kBins;
      const double to = from + 1.0 / kBins;
      if (width > 0)
        shares[b] += count * std::max(0.0, std::min(score.high, to) - std::max(score.low, from)) / width;
      else
        shares[b] += score.low >= from && (score.low < to || b + 1 == kBins) ? count : 0;
    }
  }
  for (double& share : shares) share /= total;
  const double expected = 1.0 / kBins;
  const double half = 1.96 * std::sqrt(expected * (1 - expected) / total);
  report["pit"] = {{"shares", shares}, {"low", std::max(0.0, expected - half)}, {"high", expected + half}};
}

}  // namespace

void add_checks(const ReportSource& source, nlohmann::json& report) {
  try {
    nlohmann::json checks = check_design(source.predictor, source.rows);
    report["checks"] = {
        {"rows", checks.at("rows")}, {"draws", checks.at("draws")}, {"statistics", checks.at("checks")}};
    report["checks"]["bars"] = bars_of(source);
  } catch (const Error& error) {
    report.erase("checks");
    leave_out(report, "checks", error.what());
  }
}

void add_scores(const ReportSource& source, nlohmann::json& report) {
  std::vector<RowScore> scores;
  try {
    scores = score_rows(source.predictor, source.rows);
    const Evaluation evaluation = evaluate_scores(source.predictor, source.rows, scores);
    nlohmann::json all = evaluation;
    nlohmann::json coverage = nlohmann::json::array();
    for (const auto& [level, share] : evaluation.coverage)
      coverage.push_back({{"level", std::stod(level)}, {"share", share}});
    all.erase("coverage");
    all["held_out"] = source.held_out;
    if (source.training) all["training_rows_given"] = true;
    report["scores"] = std::move(all);
    if (!coverage.empty()) report["coverage"] = std::move(coverage);
  } catch (const Error& error) {
    leave_out(report, "scores", error.what());
    return;
  }
  add_reliability(source, scores, report);
  add_pit(source, scores, report);
}

}  // namespace bdglm
