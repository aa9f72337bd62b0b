// Expected responses along a variable, with the other columns held where they are typical.
#include "posterior/effect_predictions.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/names.hpp"
#include "posterior/effect_columns.hpp"
#include "posterior/effect_rows.hpp"
#include "posterior/effects.hpp"
#include "posterior/prediction_design.hpp"

namespace bdglm {
namespace {

bool among(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The columns that expected responses depend on; those of the rows' weights are none.
std::vector<std::string> columns_read(const Predictor& predictor) {
  const Frame& frame = predictor.frame();
  Formula formula = frame.formula();
  if (predictor.mode() == GroupMode::none)
    for (RightSide& side : formula.sides) side.groups.clear();
  std::vector<std::string> read = formula.columns(false);
  if (formula.trials) collect_names(*formula.trials, read);
  if (!frame.sigma_text.empty()) read.push_back(frame.sigma_text);
  return frame.with_block_columns(read);
}

/// The values of the columns that stay as they are.
std::vector<std::pair<std::string, ColumnValue>> held_values(const Predictor& predictor, const Table& typical,
                                                             const Effects& effects) {
  std::vector<std::pair<std::string, ColumnValue>> held;
  std::vector<std::pair<std::string, ColumnValue>> of_matrices;
  std::set<std::string> known;
  for (const std::string& name : columns_read(predictor)) {
    if (!known.insert(name).second || name == effects.variable || name == effects.by || !typical.has(name)) continue;
    const Column& column = typical.column(name);
    if (column.missing(0)) continue;
    auto& list = column.block.empty() ? held : of_matrices;
    if (column.numeric)
      list.emplace_back(name, column.numbers.front());
    else
      list.emplace_back(name, column.labels[static_cast<std::size_t>(column.codes.front())]);
  }
  held.insert(held.end(), of_matrices.begin(), of_matrices.end());
  return held;
}

/// A number that is a factor too has values between its levels nowhere.
std::vector<ColumnValue> grid_values(const Column& column, const EffectOptions& options, const Frame& frame) {
  if (!options.values.empty()) return options.values;
  if (!column.numeric || factor_levels(frame).count(column.name) > 0) return values_of(column);
  const bool whole = counts_trials(frame, column.name);
  const Spread spread = spread_of(column);
  std::vector<ColumnValue> values;
  const auto steps = static_cast<double>(std::max<std::size_t>(options.points, 2) - 1);
  for (std::size_t k = 0; k < options.points; ++k)
    values.emplace_back(spread.least + static_cast<double>(k) * ((spread.greatest - spread.least) / steps));
  if (options.points > 1) values.back() = spread.greatest;
  if (whole) {
    for (ColumnValue& value : values) value = std::round(std::get<double>(value));
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }
  return values;
}

}  // namespace

Design design_of(const Predictor& predictor, const Table& table, std::vector<std::string>* notes) {
  std::vector<std::string> told;
  Design design = prediction_design(predictor, table, false, told);
  if (notes == nullptr) return design;
  notes->insert(notes->end(), told.begin(), told.end());
  notes->insert(notes->end(), design.notes.begin(), design.notes.end());
  return design;
}

bool read_by_groups_alone(const Frame& frame, const std::string& column) {
  Formula formula = frame.formula();
  if (!among(frame.with_block_columns(formula.columns(false)), column)) return false;
  for (RightSide& side : formula.sides) side.groups.clear();
  return !among(frame.with_block_columns(formula.columns(false)), column);
}

void note_unread(const Predictor& predictor, Effects& effects) {
  const std::string& variable = effects.variable;
  if (among(columns_read(predictor), variable)) return;
  const Formula formula = predictor.frame().formula();
  std::vector<std::string> weights;
  std::vector<std::string> response;
  if (formula.weights) collect_names(*formula.weights, weights);
  collect_names(formula.response, response);
  std::string why = "the model does not read '" + variable + "'";
  if (among(weights, variable)) why = "'" + variable + "' is in the weights of rows alone";
  if (among(response, variable)) why = "'" + variable + "' is the response";
  effects.notes.push_back(why + "; the expected response is the same at all values of it");
}

void predict_along(const Predictor& predictor, const Table& table, const EffectOptions& options,
                   const std::vector<ColumnValue>& by, Effects& effects) {
  const std::vector<ColumnValue> values = grid_values(table.column(effects.variable), options, predictor.frame());
  effects.draws = predictor.draws().size();
  RowPredictionOptions wanted;
  wanted.interval = options.interval;
  const bool several = has_levels(predictor.family());
  const std::vector<std::string> levels = several ? class_names(predictor) : std::vector<std::string>{""};
  Table typical = typical_rows(table, values.size(), predictor.frame());
  typical = with_column(typical, at_values(table.column(effects.variable), values));
  effects.held = held_values(predictor, typical, effects);
  if (predictor.mode() == GroupMode::none && !effects.by.empty() && read_by_groups_alone(predictor.frame(), effects.by))
    effects.notes.push_back("random effects alone read '" + effects.by +
                            "', and they are left out: lines of its levels " + "are alike; " + setting("groups") +
                            " known takes them in");
  for (std::size_t part = 0; part < std::max<std::size_t>(by.size(), 1); ++part) {
    if (!by.empty())
      typical =
          with_column(typical, at_values(table.column(effects.by), std::vector<ColumnValue>(values.size(), by[part])));
    const Design design = design_of(predictor, typical, part == 0 ? &effects.notes : nullptr);
    const std::size_t from = effects.rows.size();
    for (const std::string& level : levels)
      for (const ColumnValue& value : values) {
        Effects::Row row;
        row.value = value;
        if (!by.empty()) row.by = by[part];
        row.response = level;
        row.mean = row.sd = row.low = row.high = std::nan("");
        row.plugin = row.mean;
        effects.rows.push_back(row);
      }
    predict_rows(predictor, design, wanted, [&](Eigen::Index first, const std::vector<RowPrediction>& block) {
      for (std::size_t i = 0; i < block.size(); ++i)
        for (std::size_t k = 0; k < levels.size(); ++k) {
          const ExpectedResponse& expected = block[i].expected[k];
          const std::size_t at = design.rows[static_cast<std::size_t>(first) + i];
          Effects::Row& row = effects.rows[from + k * values.size() + at];
          row.mean = expected.mean;
          row.sd = expected.sd;
          row.low = expected.low;
          row.high = expected.high;
          row.plugin = expected.plugin;
        }
    });
  }
}

}  // namespace bdglm
