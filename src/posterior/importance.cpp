// Variables' shares of the expected response's variance: rows exchange their values of one variable at a time.
#include "posterior/importance.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "bdglm/error.hpp"
#include "diagnostics/diagnostics.hpp"
#include "posterior/effect_columns.hpp"
#include "posterior/effect_predictions.hpp"
#include "posterior/effect_rows.hpp"
#include "posterior/parallel.hpp"

namespace bdglm {
namespace {

constexpr double kMostRows = 2000;
constexpr double kMostDraws = 1000;
constexpr double kLeast = 200;  ///< of rows and of draws
/// Expected responses to predict, of all variables together.
constexpr double kMostPredictions = 4e7;

/// Columns and matrices that expected responses depend on, each once.
std::vector<std::string> variables_read(const Predictor& predictor) {
  Formula formula = predictor.frame().formula();
  if (predictor.mode() == GroupMode::none)
    for (RightSide& side : formula.sides) side.groups.clear();
  return formula.columns(false);
}

/// The expected responses of each trial of the table's rows: rows x (draws * outcomes), NaN of rows that the design
/// leaves out.
RowMatrix expected_responses(const Predictor& predictor, const Table& table, const std::vector<Eigen::Index>& draws,
                             std::vector<std::string>* notes = nullptr) {
  const Design design = design_of(predictor, table, notes);
  const auto outcomes = static_cast<Eigen::Index>(predictor.outcomes());
  const auto kept = static_cast<Eigen::Index>(draws.size());
  RowMatrix out = RowMatrix::Constant(static_cast<Eigen::Index>(table.rows()), kept * outcomes, std::nan(""));
  predictor.predict(design, [&](const RowPredictors& block) {
    for_each_index(predictor.threads(), block.count, [&](Eigen::Index i) {
      double* to = out.row(static_cast<Eigen::Index>(design.rows[static_cast<std::size_t>(block.first + i)])).data();
      for (Eigen::Index s = 0; s < kept; ++s)
        expected_response(predictor.family(), block.at(i, draws[static_cast<std::size_t>(s)]), 1.0, to + s * outcomes);
    });
  });
  return out;
}

/// Of each draw, the sum over outcomes of f(column of responses).
template <class F>
std::vector<double> by_draw(Eigen::Index draws, Eigen::Index outcomes, const F& f) {
  std::vector<double> sums(static_cast<std::size_t>(draws), 0.0);
  for (Eigen::Index s = 0; s < draws; ++s)
    for (Eigen::Index o = 0; o < outcomes; ++o) sums[static_cast<std::size_t>(s)] += f(s * outcomes + o);
  return sums;
}

Importances::Row row_of(const std::string& variable, std::vector<double> shares, double interval) {
  const auto count = static_cast<double>(shares.size());
  Importances::Row row{.variable = variable};
  row.mean = std::accumulate(shares.begin(), shares.end(), 0.0) / count;
  double squares = 0;
  for (const double x : shares) squares += (x - row.mean) * (x - row.mean);
  row.sd = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
  std::sort(shares.begin(), shares.end());
  row.low = sorted_quantile(shares, 0.5 * (1 - interval));
  row.high = sorted_quantile(shares, 0.5 * (1 + interval));
  return row;
}

}  // namespace

std::vector<std::size_t> exchanged_rows(std::size_t rows, std::uint64_t seed) {
  std::vector<std::uint64_t> keys(rows);
  for (std::size_t i = 0; i < rows; ++i) {
    Stream stream({seed, 0, 0, Site::importance, 0}, static_cast<std::uint32_t>(i));
    const std::uint64_t high = stream.bits();
    keys[i] = (high << 32U) | stream.bits();
  }
  std::vector<std::size_t> order(rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return keys[a] < keys[b]; });
  std::vector<std::size_t> other(rows);
  for (std::size_t k = 0; k < rows; ++k) other[order[k]] = order[(k + 1) % rows];
  return other;
}

Importances importance_of(const Predictor& predictor, const Table& read, const ImportanceOptions& options) {
  const std::vector<std::string> variables = variables_read(predictor);
  if (variables.empty())
    throw ModelError(std::string("the expected response reads no column") +
                     (predictor.mode() == GroupMode::none && !predictor.frame().formula().columns(false).empty()
                          ? " besides those of random effects; ask for " + setting("groups") + " known"
                          : "; there is nothing to tell the importance of"));
  const Table table = as_model_takes(read, predictor.frame());
  const auto outcomes = static_cast<Eigen::Index>(predictor.outcomes());
  const auto total = static_cast<double>(predictor.draws().size());
  const double most_rows = std::min(kMostRows, static_cast<double>(table.rows()));
  const double most_draws = std::min(kMostDraws, total);
  const double wanted =
      most_rows * most_draws * static_cast<double>(outcomes * static_cast<Eigen::Index>(variables.size()));
  const double shrink = std::sqrt(std::min(1.0, kMostPredictions / wanted));
  const auto shrunk = [&](double most) { return std::min(most, std::max(kLeast, std::floor(shrink * most))); };
  const std::vector<Eigen::Index> draws =
      spread_draws(static_cast<Eigen::Index>(shrunk(most_draws)), static_cast<Eigen::Index>(total));

  Importances out{.draws = draws.size(), .notes = predictor.notes()};
  const Table spread = spread_rows(table, static_cast<std::size_t>(shrunk(most_rows)));
  const std::vector<std::size_t> complete = design_of(predictor, spread, &out.notes).rows;
  if (complete.size() < 2)
    throw DataError("fewer than two rows are complete; there is nothing to exchange between them");
  const Table rows = rows_of(spread, complete);
  out.averaged = complete.size();
  if (spread.rows() < table.rows())
    out.notes.push_back("shares are over " + std::to_string(spread.rows()) + " of the " + std::to_string(table.rows()) +
                        " rows, spread evenly");

  const RowMatrix expected = expected_responses(predictor, rows, draws);
  const auto kept = static_cast<Eigen::Index>(draws.size());
  const std::vector<double> variance = by_draw(kept, outcomes, [&](Eigen::Index column) {
    return (expected.col(column).array() - expected.col(column).mean()).square().mean();
  });
  for (const double v : variance) out.deviation += std::sqrt(v) / static_cast<double>(kept);
  const std::vector<std::size_t> other = exchanged_rows(out.averaged, predictor.seed());
  for (const std::string& variable : variables) {
    const RowMatrix changed = expected_responses(predictor, with_values_of(rows, variable, other), draws) - expected;
    std::vector<double> shares = by_draw(kept, outcomes, [&](Eigen::Index column) {
      double sum = 0;
      double count = 0;
      for (Eigen::Index i = 0; i < changed.rows(); ++i) {
        if (std::isnan(changed(i, column))) continue;
        sum += changed(i, column) * changed(i, column);
        ++count;
      }
      return count > 0 ? 0.5 * sum / count : 0.0;
    });
    for (std::size_t s = 0; s < shares.size(); ++s) shares[s] = variance[s] > 0 ? shares[s] / variance[s] : 0;
    out.rows.push_back(row_of(variable, std::move(shares), options.interval));
  }
  std::stable_sort(out.rows.begin(), out.rows.end(),
                   [](const Importances::Row& a, const Importances::Row& b) { return a.mean > b.mean; });
  return out;
}

void to_json(nlohmann::json& json, const Importances& importances) {
  json = {{"rows", importances.averaged},
          {"draws", importances.draws},
          {"deviation", importances.deviation},
          {"importances", nlohmann::json::array()}};
  for (const Importances::Row& row : importances.rows)
    json["importances"].push_back(
        {{"variable", row.variable}, {"mean", row.mean}, {"sd", row.sd}, {"low", row.low}, {"high", row.high}});
}

}  // namespace bdglm
