// Effects from the draws: tables with the variable at its values, their expected responses, averages and differences.
#include "posterior/effects.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "diagnostics/diagnostics.hpp"
#include "posterior/effect_columns.hpp"
#include "posterior/effect_predictions.hpp"
#include "posterior/effect_rows.hpp"
#include "posterior/parallel.hpp"
#include "posterior/prediction_design.hpp"

namespace bdglm {
namespace {

constexpr std::size_t kMostReferenceRows = 2000;
constexpr Eigen::Index kMostCurveDraws = 1000;

/// The values of `by`, each of which is looked at by itself; nothing where there is none.
std::vector<ColumnValue> by_values(const Table& table, const std::string& by) {
  if (by.empty()) return {};
  std::vector<ColumnValue> values = values_of(table.column(by));
  constexpr std::size_t kMost = 10;
  if (table.column(by).numeric && values.size() > kMost)
    throw DataError("'" + by + "' has " + std::to_string(values.size()) + " values; " + setting("by") +
                    " takes a factor, or a number of at most " + std::to_string(kMost) + " values");
  return values;
}

/// Rows by the part that they are averaged in, and how many each part has.
struct Parts {
  std::vector<int> of_row;  ///< -1: in none
  std::vector<double> sizes;
};

/// The parts of the rows that are complete in all tables.
Parts complete_parts(const Predictor& predictor, const std::vector<Table>& tables, const std::string& by,
                     const std::vector<ColumnValue>& values, std::vector<std::string>& notes) {
  const std::size_t rows = tables.front().rows();
  std::vector<std::size_t> complete(rows);
  for (const Table& table : tables)
    for (const std::size_t row : design_of(predictor, table, &table == &tables.front() ? &notes : nullptr).rows)
      ++complete[row];
  Parts parts;
  parts.of_row = by.empty() ? std::vector<int>(rows, 0) : places(tables.front().column(by), values);
  parts.sizes.resize(by.empty() ? 1 : values.size());
  for (std::size_t row = 0; row < rows; ++row) {
    if (complete[row] < tables.size()) parts.of_row[row] = -1;
    if (parts.of_row[row] >= 0) ++parts.sizes[static_cast<std::size_t>(parts.of_row[row])];
  }
  return parts;
}

/// Averages over the rows of each part: (parts * outcomes) x draws.
RowMatrix averages(const Predictor& predictor, const Table& table, const Parts& parts,
                   const std::vector<Eigen::Index>& draws) {
  const Design design = design_of(predictor, table);
  const auto outcomes = static_cast<std::size_t>(predictor.outcomes());
  const auto kept = static_cast<Eigen::Index>(draws.size());
  RowMatrix sums = RowMatrix::Zero(static_cast<Eigen::Index>(parts.sizes.size() * outcomes), kept);
  predictor.predict(design, [&](const RowPredictors& block) {
    constexpr Eigen::Index kDraws = 32;
    for_each_index(predictor.threads(), (kept + kDraws - 1) / kDraws, [&](Eigen::Index tile) {
      std::vector<double> expected(outcomes);
      for (Eigen::Index i = 0; i < block.count; ++i) {
        const Eigen::Index row = block.first + i;
        const int part = parts.of_row[design.rows[static_cast<std::size_t>(row)]];
        if (part < 0) continue;
        for (Eigen::Index s = tile * kDraws; s < std::min(kept, (tile + 1) * kDraws); ++s) {
          expected_response(predictor.family(), block.at(i, draws[static_cast<std::size_t>(s)]), design.trials[row],
                            expected.data());
          for (std::size_t o = 0; o < outcomes; ++o)
            sums(static_cast<Eigen::Index>(static_cast<std::size_t>(part) * outcomes + o), s) += expected[o];
        }
      }
    });
  });
  for (std::size_t part = 0; part < parts.sizes.size(); ++part)
    sums.middleRows(static_cast<Eigen::Index>(part * outcomes), static_cast<Eigen::Index>(outcomes)) /=
        std::max(parts.sizes[part], 1.0);
  return sums;
}

/// The average differences of all parts and outcomes as rows like `told`.
void add_rows(const Predictor& predictor, const RowMatrix& differences, const Parts& parts,
              const std::vector<ColumnValue>& by, double interval, Effects::Row told, std::vector<Effects::Row>& out) {
  const std::vector<std::string> levels =
      has_levels(predictor.family()) ? class_names(predictor) : std::vector<std::string>{""};
  for (Eigen::Index r = 0; r < differences.rows(); ++r) {
    const auto part = static_cast<std::size_t>(r) / levels.size();
    if (parts.sizes[part] == 0) continue;
    if (!by.empty()) told.by = by[part];
    told.response = levels[static_cast<std::size_t>(r) % levels.size()];
    std::vector<double> draws(differences.row(r).begin(), differences.row(r).end());
    const auto count = static_cast<double>(draws.size());
    told.mean = std::accumulate(draws.begin(), draws.end(), 0.0) / count;
    double squares = 0;
    for (const double x : draws) squares += (x - told.mean) * (x - told.mean);
    told.sd = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
    std::sort(draws.begin(), draws.end());
    told.low = sorted_quantile(draws, 0.5 * (1 - interval));
    told.high = sorted_quantile(draws, 0.5 * (1 + interval));
    out.push_back(told);
  }
}

/// The levels of the rows' numbers in the order of the factor that they are too; none of other columns.
std::vector<ColumnValue> levels_of_numbers(const Column& column, const Frame& frame) {
  const std::map<std::string, std::vector<std::string>> factors = factor_levels(frame);
  const auto factor = factors.find(column.name);
  if (!column.numeric || factor == factors.end()) return {};
  std::vector<ColumnValue> levels;
  const std::vector<ColumnValue> values = values_of(column);
  for (const std::string& level : factor->second)
    std::copy_if(values.begin(), values.end(), std::back_inserter(levels),
                 [&](const ColumnValue& value) { return number_text(std::get<double>(value)) == level; });
  return levels;
}

/// The values to compare, the first with all others.
std::vector<ColumnValue> compared_values(const Column& column, const std::vector<ColumnValue>& given,
                                         const Frame& frame) {
  std::vector<ColumnValue> values = given.empty() ? levels_of_numbers(column, frame) : given;
  if (values.empty() && column.numeric) {
    const Spread spread = spread_of(column);
    if (spread.sd == 0)
      throw DataError("'" + column.name + "' is " + number_text(spread.mean) + " in all rows; say by " +
                      setting("values") + " what to compare");
    // Beyond what the rows have a function of it, as its logarithm, may have no value.
    values = {std::max(spread.mean - spread.sd / 2, spread.least),
              std::min(spread.mean + spread.sd / 2, spread.greatest)};
  } else if (values.empty()) {
    values = values_of(column);
  }
  if (given.size() == 1) throw ModelError("a comparison is of two values or more; " + setting("values") + " names one");
  if (values.size() < 2) throw DataError("'" + column.name + "' has fewer than two levels in these rows to compare");
  return values;
}

/// What rows' values move by to either side, in their differences: no row's sign changes, so that a logarithm or a root
/// keeps its value, but for rows so near zero that rounding would tell.
double slope_step(const Column& column) {
  const Spread spread = spread_of(column);
  const double sd = spread.sd > 0 ? spread.sd : std::max(std::fabs(spread.mean), 1.0);
  double least = sd;
  for (const double x : column.numbers)
    if (std::isfinite(x) && x != 0) least = std::min(least, std::fabs(x));
  return 1e-3 * std::max(least, 1e-5 * sd);
}

void compare(const Predictor& predictor, const Table& table, const EffectOptions& options,
             const std::vector<ColumnValue>& by, Effects& effects) {
  const Column& column = table.column(effects.variable);
  const bool slope = effects.kind == EffectKind::slopes;
  std::vector<ColumnValue> values;
  std::vector<Table> tables;
  double step = 0;
  if (slope) {
    step = slope_step(column);
    for (const double sign : {-1.0, 1.0}) {
      Column moved = column;
      for (double& x : moved.numbers) x += sign * step;
      tables.push_back(with_column(table, moved));
    }
  } else {
    values = compared_values(column, options.values, predictor.frame());
    for (const ColumnValue& value : values)
      tables.push_back(with_column(table, at_values(column, std::vector<ColumnValue>(table.rows(), value))));
  }
  const Parts parts = complete_parts(predictor, tables, effects.by, by, effects.notes);
  const double complete = std::accumulate(parts.sizes.begin(), parts.sizes.end(), 0.0);
  if (complete == 0) throw DataError("no row is complete; there is nothing to average over");
  effects.averaged = static_cast<std::size_t>(complete);
  const auto total = static_cast<Eigen::Index>(predictor.draws().size());
  const std::vector<Eigen::Index> draws = spread_draws(kMostCurveDraws, total);
  effects.draws = draws.size();
  const RowMatrix first = averages(predictor, tables[0], parts, draws);
  for (std::size_t k = 1; k < tables.size(); ++k) {
    Effects::Row told;
    if (!slope) {
      told.from = values[0];
      told.to = values[k];
    }
    RowMatrix differences = averages(predictor, tables[k], parts, draws) - first;
    if (slope) differences /= 2 * step;
    add_rows(predictor, differences, parts, by, options.interval, told, effects.rows);
  }
}

}  // namespace

Effects effects_of(const Predictor& predictor, const Table& read, const std::string& variable,
                   const EffectOptions& given) {
  const Table table = as_model_takes(read, predictor.frame());
  Effects effects{.kind = given.kind, .variable = variable, .by = given.by, .notes = predictor.notes()};
  const Column& column = table.column(variable);
  if (given.by == variable) throw ModelError(setting("by") + " names '" + variable + "' itself; name another column");
  if (given.points < 1 || given.points > 1000000)
    throw ModelError(setting("points") + " is a number from 1 to 1000000, not " + std::to_string(given.points));
  if (given.kind == EffectKind::slopes && !column.numeric)
    throw DataError("'" + variable + "' is a factor, which has no slope; ask for comparisons");
  if (given.kind == EffectKind::slopes && factor_levels(predictor.frame()).count(variable) > 0)
    throw DataError("the formula takes '" + variable +
                    "' for a factor too, and between levels there is no slope; ask for comparisons");
  if (given.kind == EffectKind::slopes && !given.values.empty())
    throw ModelError("slopes are taken at the rows' own values and take no " + setting("values"));
  note_unread(predictor, effects);
  EffectOptions options = given;
  for (ColumnValue& value : options.values) value = value_for(column, value, predictor.frame());
  if (given.kind == EffectKind::predictions)
    predict_along(predictor, table, options, by_values(table, given.by), effects);
  else {
    const Table rows = spread_rows(table, kMostReferenceRows);
    compare(predictor, rows, options, by_values(rows, given.by), effects);
    if (rows.rows() < table.rows())
      effects.notes.push_back("averages are over " + std::to_string(rows.rows()) + " of the " +
                              std::to_string(table.rows()) + " rows, spread evenly");
  }
  return effects;
}

void to_json(nlohmann::json& json, const Effects& effects) {
  constexpr const char* kKinds[] = {"predictions", "comparisons", "slopes"};
  json = {{"kind", kKinds[static_cast<int>(effects.kind)]},
          {"variable", effects.variable},
          {"draws", effects.draws},
          {"effects", nlohmann::json::array()}};
  if (!effects.by.empty()) json["by"] = effects.by;
  if (effects.averaged > 0) json["rows"] = effects.averaged;
  const auto add = [](nlohmann::json& entry, const char* name, const std::optional<ColumnValue>& value) {
    if (value) std::visit([&](const auto& v) { entry[name] = v; }, *value);
  };
  for (const auto& [name, value] : effects.held) add(json["held"], name.c_str(), value);
  for (const Effects::Row& row : effects.rows) {
    nlohmann::json entry = {{"mean", row.mean}, {"sd", row.sd}, {"low", row.low}, {"high", row.high}};
    add(entry, "value", row.value);
    add(entry, "from", row.from);
    add(entry, "to", row.to);
    add(entry, "by", row.by);
    if (!row.response.empty()) entry["response"] = row.response;
    if (row.plugin) entry["plugin"] = *row.plugin;
    json["effects"].push_back(std::move(entry));
  }
}

}  // namespace bdglm
