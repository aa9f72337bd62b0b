// The prediction table: its header, its lines block by block, and cells quoted as RFC 4180 asks.
#include "cli/prediction_table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <set>

#include "bdglm/error.hpp"
#include "posterior/prediction_design.hpp"
#include "posterior/prediction_file.hpp"

namespace bdglm::cli {
namespace {

/// "q2.5" for 0.025; as many digits as the level needs.
std::string quantile_name(double probability) {
  char text[32];
  std::snprintf(text, sizeof text, "q%.10g", 100 * probability);
  return text;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",;\t\"\r\n") == std::string::npos) return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? "\"\"" : std::string(1, c);
  return cell + '"';
}

void append_number(std::string& line, double value) {
  if (std::isnan(value)) {
    line += "NA";
    return;
  }
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::general, 10);
  line.append(text, end.ptr);
}

/// Of several levels: the class, a column a level, then sds and quantiles of each.
std::vector<std::string> header_of_levels(const RowPredictionOptions& options, bool plugin,
                                          const std::vector<std::string>& classes, const std::string& low,
                                          const std::string& high) {
  std::vector<std::string> names = {"class"};
  for (const std::string& level : classes) names.push_back("p_" + level);
  for (const std::string& level : classes) {
    for (const std::string& what : {std::string("sd"), low, high}) names.push_back("p_" + level + "_" + what);
    if (plugin) names.push_back("p_" + level + "_plugin");
    for (std::size_t k = 1; k <= options.draws.size(); ++k)
      names.push_back("p_" + level + "_draw[" + std::to_string(k) + "]");
  }
  return names;
}

void append_levels(std::string& line, const RowPrediction& p, const std::vector<std::string>& classes, bool plugin) {
  const auto best = std::max_element(p.expected.begin(), p.expected.end(),
                                     [](const auto& a, const auto& b) { return a.mean < b.mean; });
  line += quoted(classes[static_cast<std::size_t>(best - p.expected.begin())]);
  for (const ExpectedResponse& e : p.expected) append_number(line += ',', e.mean);
  for (const ExpectedResponse& e : p.expected) {
    for (const double value : {e.sd, e.low, e.high}) append_number(line += ',', value);
    if (plugin) append_number(line += ',', e.plugin);
    for (const double value : e.draws) append_number(line += ',', value);
  }
}

void append_number_or_class(std::string& line, const RowPrediction& p, const std::vector<std::string>& classes,
                            bool plugin) {
  const ExpectedResponse& e = p.expected[0];
  append_number(line, e.mean);
  std::vector<double> values = {e.sd, e.low, e.high, p.predictive_low, p.predictive_high};
  if (plugin) values.push_back(e.plugin);
  for (const double value : values) append_number(line += ',', value);
  if (!classes.empty()) {
    line += ',' + quoted(classes[e.mean > 0.5 ? 1 : 0]);
    append_number(line += ',', 1 - e.mean);
    append_number(line += ',', e.mean);
  }
  for (const double value : e.draws) append_number(line += ',', value);
}

std::vector<std::string> header_of(const RowPredictionOptions& options, bool plugin,
                                   const std::vector<std::string>& classes, bool levels) {
  const std::string low = quantile_name(0.5 * (1 - options.interval));
  const std::string high = quantile_name(1 - 0.5 * (1 - options.interval));
  if (levels) return header_of_levels(options, plugin, classes, low, high);
  std::vector<std::string> names = {"mean", "sd", low, high, "pred_" + low, "pred_" + high};
  if (plugin) names.emplace_back("plugin");
  if (!classes.empty()) names.emplace_back("class");
  for (const std::string& name : classes) names.push_back("p_" + name);
  for (std::size_t k = 1; k <= options.draws.size(); ++k) names.push_back("draw[" + std::to_string(k) + "]");
  return names;
}

}  // namespace

std::vector<std::size_t> kept_columns(const Table& table, const std::vector<std::string>& names) {
  std::vector<std::size_t> keep;
  for (const std::string& name : names) {
    if (name == "all") {
      keep.clear();
      for (std::size_t k = 0; k < table.columns().size(); ++k)
        if (table.columns()[k].block.empty()) keep.push_back(k);
      return keep;
    }
    const Column& column = table.column(name);
    const auto found = std::find_if(table.columns().begin(), table.columns().end(),
                                    [&](const Column& own) { return &own == &column; });
    if (found == table.columns().end())
      throw DataError("--keep: '" + name + "' is a column of the sparse matrix '" + column.block +
                      "', which is not written; keep columns of the table");
    const auto place = static_cast<std::size_t>(found - table.columns().begin());
    if (std::find(keep.begin(), keep.end(), place) == keep.end()) keep.push_back(place);
  }
  return keep;
}

void write_prediction_table(OutputFile& out, const Predictor& predictor, const Design& design, const Table& table,
                            const RowPredictionOptions& options, const PredictionColumns& columns) {
  const std::vector<std::string> classes = class_names(predictor);
  const bool levels = has_levels(predictor.family());
  const std::vector<std::string> names = header_of(options, columns.plugin, classes, levels);
  std::string line;
  const auto kept = [&](const std::function<std::string(const Column&)>& cell) {
    for (const std::size_t k : columns.keep) line += quoted(cell(table.columns()[k])) + ',';
  };
  std::set<std::string> once;
  for (const std::string& name : names)
    if (!once.insert(name).second)
      throw DataError("two columns of predictions would be named '" + name +
                      "', of a level each; rename a level of the response, or write the draws with --out FILE.nc");
  for (const std::size_t k : columns.keep)
    if (std::find(names.begin(), names.end(), table.columns()[k].name) != names.end())
      throw DataError("the column '" + table.columns()[k].name +
                      "' of --keep has the name of a column of predictions; rename it in the table");
  kept([](const Column& column) { return column.name; });
  for (std::size_t k = 0; k < names.size(); ++k) line += (k == 0 ? "" : ",") + quoted(names[k]);
  out.stream() << line << '\n';

  std::size_t next_row = 0;  // of the table
  const auto begin_line = [&] {
    line.clear();
    kept([&](const Column& column) { return column.missing(next_row) ? "NA" : column.text(next_row); });
  };
  const auto missing_until = [&](std::size_t row) {
    for (; next_row < row; ++next_row) {
      begin_line();
      for (std::size_t k = 0; k < names.size(); ++k) line += k == 0 ? "NA" : ",NA";
      out.stream() << line << '\n';
    }
  };
  predict_rows(predictor, design, options, [&](Eigen::Index first, const std::vector<RowPrediction>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const RowPrediction& p = rows[i];
      missing_until(design.rows[static_cast<std::size_t>(first) + i]);
      begin_line();
      if (levels)
        append_levels(line, p, classes, columns.plugin);
      else
        append_number_or_class(line, p, classes, columns.plugin);
      out.stream() << line << '\n';
      ++next_row;
    }
  });
  missing_until(table.rows());
  out.finish();
}

void write_prediction_array(OutputFile& out, const Predictor& predictor, const Design& design, const Table& table,
                            const RowPredictionOptions& options) {
  if (!out.is_regular()) throw DataError("a netCDF file cannot be written into a pipe or device; name a file");
  std::vector<DrawPlace> places;
  for (const Eigen::Index s : options.draws) places.push_back(predictor.draws()[static_cast<std::size_t>(s)]);
  PredictionFile file(out.part(), table.rows(), places,
                      has_levels(predictor.family()) ? class_names(predictor) : std::vector<std::string>());
  predict_rows(predictor, design, options, [&](Eigen::Index first, const std::vector<RowPrediction>& rows) {
    const auto from = design.rows.begin() + first;
    file.add({from, from + static_cast<std::ptrdiff_t>(rows.size())}, rows);
  });
  file.close();
  out.finish();
}

}  // namespace bdglm::cli
