// Curves of a report: the expected response along each predictor with its band and the plug-in beside it, and over two
// numbers at once.
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "bdglm/error.hpp"
#include "posterior/effect_columns.hpp"
#include "posterior/effect_rows.hpp"
#include "posterior/prediction_design.hpp"
#include "report/report_data.hpp"

namespace bdglm {
namespace {

constexpr std::size_t kMostCurves = 16;

/// A predictor's column, whether the network reads it, and whether it is one of a matrix.
struct Predicting {
  std::string name;
  bool network = false;
  bool of_matrix = false;
};

/// How many values a column has, counted up to three.
std::size_t distinct_values(const Column& column) {
  std::set<double> values;
  const std::size_t rows = column.numeric ? column.numbers.size() : column.codes.size();
  for (std::size_t row = 0; row < rows && values.size() < 3; ++row)
    if (!column.missing(row)) values.insert(column.numeric ? column.numbers[row] : column.codes[row]);
  return values.size();
}

/// The relevance of the network's inputs by their names, where the report has it: of a number with ramps the larger
/// one.
std::map<std::string, double> relevances(const nlohmann::json& report) {
  std::map<std::string, double> relevance;
  if (report.contains("relevance"))
    for (const nlohmann::json& input : report.at("relevance")) {
      std::string name = input.at("name").get<std::string>();
      if (name.size() > kRampsName.size() && name.ends_with(kRampsName)) name.resize(name.size() - kRampsName.size());
      double& largest = relevance.emplace(name, 0.0).first->second;
      largest = std::max(largest, input.at("mean").get<double>());
    }
  return relevance;
}

/// The columns of the table that coefficients or the network read, the network's first; those of matrices come last,
/// the most relevant first.
std::vector<Predicting> predicting_columns(const ReportSource& source, const Table& table,
                                           const nlohmann::json& report) {
  std::vector<std::string> inputs;
  const Formula formula = source.population.frame().formula();
  if (formula.deep)
    for (const Expression& input : formula.deep->inputs) collect_names(input, inputs);
  const auto is_input = [&](const Column& column) {
    const std::string& read = column.block.empty() ? column.name : column.block;
    return std::find(inputs.begin(), inputs.end(), read) != inputs.end();
  };
  std::vector<Predicting> columns;
  for (const bool network : {true, false})
    for (const Column& column : table.columns())
      if (is_input(column) == network && distinct_values(column) > 1)
        columns.push_back({column.name, network, !column.block.empty()});
  const auto matrices =
      std::stable_partition(columns.begin(), columns.end(), [](const Predicting& p) { return !p.of_matrix; });
  std::map<std::string, double> relevance = relevances(report);
  std::stable_sort(matrices, columns.end(),
                   [&](const Predicting& a, const Predicting& b) { return relevance[a.name] > relevance[b.name]; });
  return columns;
}

/// "P(use = Y)", "E(y)"; of each outcome that is shown, with its place.
std::vector<std::pair<std::size_t, std::string>> outcomes_of(const Predictor& predictor) {
  const Formula formula = predictor.frame().formula();
  const std::string response = deparse(formula.response);
  const std::vector<std::string> classes = class_names(predictor);
  if (!has_levels(predictor.family()))
    return {{0, classes.empty() ? "E(" + response + ")" : "P(" + response + " = " + classes.at(1) + ")"}};
  constexpr std::size_t kMostLevels = 5;
  std::vector<std::pair<std::size_t, std::string>> outcomes;
  for (std::size_t k = 0; k < std::min(classes.size(), kMostLevels); ++k)
    outcomes.emplace_back(k, "P(" + response + " = " + classes[k] + ")");
  return outcomes;
}

std::vector<RowPrediction> predicted(const Predictor& predictor, const Table& table, std::size_t draws) {
  std::vector<std::string> notes;
  const Design design = prediction_design(predictor, table, false, notes);
  RowPredictionOptions options;
  if (draws > 0)
    options.draws = spread_draws(static_cast<Eigen::Index>(draws), static_cast<Eigen::Index>(predictor.draws().size()));
  std::vector<RowPrediction> all(table.rows());
  predict_rows(predictor, design, options, [&](Eigen::Index first, const std::vector<RowPrediction>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) all[design.rows[static_cast<std::size_t>(first) + i]] = rows[i];
  });
  return all;
}

void check_complete(const std::vector<RowPrediction>& predictions) {
  if (std::any_of(predictions.begin(), predictions.end(), [](const RowPrediction& p) { return p.expected.empty(); }))
    throw DataError("not all typical rows can be predicted");
}

/// At most so many values; of trials whole numbers alone, and of a number that is a factor too its levels.
std::vector<ColumnValue> grid_of(const Column& column, std::size_t points, const Frame& frame) {
  const std::vector<ColumnValue> values = values_of(column);
  if (!column.numeric || values.size() <= 2 || factor_levels(frame).count(column.name) > 0) return values;
  const bool whole = counts_trials(frame, column.name);
  const Spread spread = spread_of(column);
  std::vector<ColumnValue> grid;
  for (std::size_t k = 0; k < points; ++k) {
    const double x =
        spread.least + (spread.greatest - spread.least) * static_cast<double>(k) / static_cast<double>(points - 1);
    grid.emplace_back(whole ? std::round(x) : x);
  }
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
  return grid;
}

/// Of a column's numbers, spread evenly over the rows.
nlohmann::json rug_of(const Column& column) {
  constexpr std::size_t kMost = 200;
  nlohmann::json rug = nlohmann::json::array();
  const std::size_t n = column.numbers.size();
  for (std::size_t k = 0; k < std::min(n, kMost); ++k) {
    const double x = column.numbers[k * n / std::min(n, kMost)];
    if (std::isfinite(x)) rug.push_back(x);
  }
  return rug;
}

void add_curve(const ReportSource& source, const Table& table, const Predicting& of, nlohmann::json& curves) {
  constexpr std::size_t kPoints = 60;
  constexpr std::size_t kDraws = 30;
  const Column& column = table.column(of.name);
  const std::vector<ColumnValue> grid = grid_of(column, kPoints, source.population.frame());
  const Table rows = with_column(typical_rows(table, grid.size(), source.population.frame()), at_values(column, grid));
  const std::vector<RowPrediction> predictions = predicted(source.population, rows, kDraws);
  check_complete(predictions);
  // What groups alone read, or weights, changes nothing here.
  const double first = predictions.front().expected.front().mean;
  if (std::all_of(predictions.begin(), predictions.end(),
                  [&](const RowPrediction& p) { return p.expected.front().mean == first; }))
    return;
  for (const auto& [outcome, response] : outcomes_of(source.population)) {
    nlohmann::json curve = {{"of", of.name},
                            {"kind", column.numeric ? "number" : "factor"},
                            {"network", of.network},
                            {"response", response}};
    std::vector<std::vector<double>> draws;
    for (std::size_t k = 0; k < grid.size(); ++k) {
      const ExpectedResponse& expected = predictions[k].expected.at(outcome);
      if (column.numeric)
        curve["x"].push_back(std::get<double>(grid[k]));
      else
        curve["labels"].push_back(std::get<std::string>(grid[k]));
      curve["mean"].push_back(expected.mean);
      curve["low"].push_back(expected.low);
      curve["high"].push_back(expected.high);
      curve["plugin"].push_back(expected.plugin);
      draws.resize(expected.draws.size());
      for (std::size_t s = 0; s < draws.size(); ++s) draws[s].push_back(expected.draws[s]);
    }
    curve["draws"] = draws;
    if (column.numeric) curve["rug"] = rug_of(column);
    curves.push_back(std::move(curve));
  }
}

/// The numbers among the predictors that are not factors too, those that the network finds most relevant first.
std::vector<std::string> numbers_by_relevance(const ReportSource& source, const Table& table,
                                              const nlohmann::json& report) {
  const std::map<std::string, std::vector<std::string>> factors = factor_levels(source.population.frame());
  std::vector<std::pair<double, std::string>> numbers;
  const std::map<std::string, double> known = relevances(report);
  for (const Predicting& p : predicting_columns(source, table, report)) {
    if (factors.count(p.name) > 0 || !table.column(p.name).numeric || distinct_values(table.column(p.name)) < 3)
      continue;
    const auto relevance = known.find(p.name);
    numbers.emplace_back(relevance == known.end() ? 0 : -relevance->second, p.name);
  }
  std::stable_sort(numbers.begin(), numbers.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [relevance, name] : numbers) names.push_back(name);
  return names;
}

nlohmann::json observed_points(const ReportSource& source, const Table& table, const std::string& x,
                               const std::string& y) {
  constexpr std::size_t kMost = 300;
  nlohmann::json points = nlohmann::json::array();
  if (source.held_out) return points;
  const std::vector<std::string> classes = class_names(source.population);
  const std::size_t n = table.rows();
  for (std::size_t k = 0; k < std::min(n, kMost); ++k) {
    const std::size_t row = k * n / std::min(n, kMost);
    const auto level = static_cast<std::size_t>(source.rows.response[static_cast<Eigen::Index>(row)]);
    points.push_back(
        {{"x", table.column(x).numbers[row]}, {"y", table.column(y).numbers[row]}, {"observed", classes.at(level)}});
  }
  return points;
}

void draw_boundary(const ReportSource& source, nlohmann::json& report) {
  const std::vector<std::string> classes = class_names(source.population);
  if (classes.empty() || !source.unknown_columns.empty()) return;
  const Table table = as_model_takes(source.columns, source.population.frame());
  const std::vector<std::string> numbers = numbers_by_relevance(source, table, report);
  if (numbers.size() < 2) return;
  constexpr std::size_t kPoints = 30;
  const Column& across = table.column(numbers[0]);
  const Column& up = table.column(numbers[1]);
  const std::vector<ColumnValue> xs = grid_of(across, kPoints, source.population.frame());
  const std::vector<ColumnValue> ys = grid_of(up, kPoints, source.population.frame());
  std::vector<ColumnValue> all_x;
  std::vector<ColumnValue> all_y;
  for (const ColumnValue& y : ys)
    for (const ColumnValue& x : xs) {
      all_x.push_back(x);
      all_y.push_back(y);
    }
  Table rows = with_column(typical_rows(table, all_x.size(), source.population.frame()), at_values(across, all_x));
  rows = with_column(rows, at_values(up, all_y));
  const std::vector<RowPrediction> predictions = predicted(source.population, rows, 0);
  check_complete(predictions);
  const std::size_t outcome = has_levels(source.population.family()) ? 1 : 0;
  nlohmann::json boundary = {{"level", classes.at(1)},
                             {"points", observed_points(source, table, numbers[0], numbers[1])}};
  for (const auto& [axis, values, name] : {std::tuple("x", &xs, numbers[0]), std::tuple("y", &ys, numbers[1])}) {
    boundary[axis] = {{"name", name}, {"values", nlohmann::json::array()}};
    for (const ColumnValue& value : *values) boundary[axis]["values"].push_back(std::get<double>(value));
  }
  for (std::size_t j = 0; j < ys.size(); ++j) {
    std::vector<double> mean;
    std::vector<double> sd;
    std::vector<double> plugin;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      const ExpectedResponse& expected = predictions[j * xs.size() + i].expected.at(outcome);
      mean.push_back(expected.mean);
      sd.push_back(expected.sd);
      plugin.push_back(expected.plugin);
    }
    boundary["mean"].push_back(mean);
    boundary["sd"].push_back(sd);
    boundary["plugin"].push_back(plugin);
  }
  report["boundary"] = std::move(boundary);
}

}  // namespace

void add_curves(const ReportSource& source, nlohmann::json& report) {
  if (!source.unknown_columns.empty()) {
    leave_out(report, "curves", source.unknown_columns);
    return;
  }
  const Table table = as_model_takes(source.columns, source.population.frame());
  nlohmann::json curves = nlohmann::json::array();
  const std::vector<Predicting> columns = predicting_columns(source, table, report);
  for (std::size_t k = 0; k < columns.size() && curves.size() < kMostCurves; ++k) {
    // Other columns at their means may be a row that cannot be, as where their difference stands within a logarithm.
    try {
      add_curve(source, table, columns[k], curves);
    } catch (const Error& error) {
      leave_out(report, "curves", "of '" + columns[k].name + "': " + error.what());
    }
  }
  if (curves.size() >= kMostCurves)
    leave_out(report, "curves", "only the first " + std::to_string(kMostCurves) + " are shown");
  if (!curves.empty()) report["curves"] = std::move(curves);
}

void add_boundary(const ReportSource& source, nlohmann::json& report) {
  try {
    draw_boundary(source, report);
  } catch (const Error& error) {
    leave_out(report, "boundary", error.what());
  }
}

}  // namespace bdglm
