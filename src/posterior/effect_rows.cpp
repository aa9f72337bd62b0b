// Rows sampled, typical rows, columns at values.
#include "posterior/effect_rows.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "design/coding.hpp"

namespace bdglm {
namespace {

Column taken(const Column& column, const std::vector<std::size_t>& rows) {
  Column out = column;
  out.numbers.clear();
  out.codes.clear();
  for (const std::size_t row : rows) {
    if (column.numeric) out.numbers.push_back(column.numbers[row]);
    if (!column.numeric) out.codes.push_back(column.codes[row]);
  }
  return out;
}

/// The labels' codes in the order of the factor's levels.
std::vector<std::int32_t> ordered_codes(const Column& column) {
  std::vector<std::int32_t> codes;
  for (std::size_t k = 0; k < column.labels.size(); ++k) codes.push_back(static_cast<std::int32_t>(k));
  if (column.ordered) return codes;
  std::sort(codes.begin(), codes.end(), [&](std::int32_t a, std::int32_t b) {
    return column.labels[static_cast<std::size_t>(a)] < column.labels[static_cast<std::size_t>(b)];
  });
  return codes;
}

std::vector<std::size_t> counts_of(const Column& column) {
  std::vector<std::size_t> counts(column.labels.size());
  for (const std::int32_t code : column.codes)
    if (code >= 0) ++counts[static_cast<std::size_t>(code)];
  return counts;
}

std::int32_t commonest_code(const Column& column) {
  const std::vector<std::size_t> counts = counts_of(column);
  std::int32_t commonest = -1;
  std::size_t most = 0;
  for (const std::int32_t code : ordered_codes(column)) {
    const std::size_t count = counts[static_cast<std::size_t>(code)];
    if (count > most) commonest = code;
    most = std::max(most, count);
  }
  return commonest;
}

/// A number of two values is an indicator more likely than a quantity, and one that is a factor elsewhere in the
/// formula has no levels between its values.
double typical_number(const Column& column, bool factor) {
  std::map<double, std::size_t> counts;
  for (const double x : column.numbers) {
    if (std::isnan(x)) continue;
    ++counts[x];
    if (counts.size() > 2 && !factor) return spread_of(column).mean;
  }
  const auto commonest =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return commonest == counts.end() ? std::nan("") : commonest->first;
}

Column as_levels(const Column& column) {
  Column out;
  out.name = column.name;
  out.numeric = false;
  out.ordered = true;
  const std::vector<ColumnValue> values = values_of(column);
  for (const ColumnValue& value : values) out.labels.push_back(number_text(std::get<double>(value)));
  const std::vector<int> codes = places(column, values);
  out.codes.assign(codes.begin(), codes.end());
  return out;
}

/// Columns whose numbers are names of levels to the model and nothing else.
std::vector<std::string> level_columns(const Frame& frame) {
  std::vector<std::string> names = frame.factors;
  Formula formula = frame.formula();
  std::vector<std::string> levels;
  std::vector<std::string> numbers;
  for_each_atom(formula, [&](const Expression& atom, const std::string& text) {
    if (is_factor_call(atom))
      levels.push_back(factor_coding(atom, text).column);
    else if (frame.levels.count(deparse(atom)) == 0)
      collect_names(atom, numbers);
  });
  for (RightSide& side : formula.sides) {
    for (const Expression& offset : side.offsets) collect_names(offset, numbers);
    for (Term& group : side.groups) levels.insert(levels.end(), group.factors.begin(), group.factors.end());
  }
  std::copy_if(levels.begin(), levels.end(), std::back_inserter(names), [&](const std::string& name) {
    return std::find(numbers.begin(), numbers.end(), name) == numbers.end();
  });
  return names;
}

/// The order of a factor's levels in the formula, of columns that have one.
std::map<std::string, std::vector<std::string>> level_orders(const Frame& frame) {
  std::map<std::string, std::vector<std::string>> orders;
  for_each_atom(frame.formula(), [&](const Expression& atom, const std::string& text) {
    const auto found = frame.levels.find(deparse(atom));
    if (found != frame.levels.end()) orders.emplace(factor_coding(atom, text).column, found->second);
  });
  return orders;
}

/// The column with its labels in that order, those that it does not name last.
Column in_order(const Column& column, const std::vector<std::string>& order) {
  Column out = column;
  out.ordered = true;
  out.labels.clear();
  const auto is_label = [&](const std::string& level) {
    return std::find(column.labels.begin(), column.labels.end(), level) != column.labels.end();
  };
  std::copy_if(order.begin(), order.end(), std::back_inserter(out.labels), is_label);
  for (const std::int32_t code : ordered_codes(column)) {
    const std::string& label = column.labels[static_cast<std::size_t>(code)];
    if (std::find(order.begin(), order.end(), label) == order.end()) out.labels.push_back(label);
  }
  for (std::int32_t& code : out.codes) {
    if (code < 0) continue;
    const auto at = std::find(out.labels.begin(), out.labels.end(), column.labels[static_cast<std::size_t>(code)]);
    code = static_cast<std::int32_t>(at - out.labels.begin());
  }
  return out;
}

}  // namespace

Table as_model_takes(const Table& table, const Frame& frame) {
  const std::vector<std::string> names = level_columns(frame);
  const std::map<std::string, std::vector<std::string>> orders = level_orders(frame);
  Table out;
  out.source = table.source;
  out.parts = table.parts;
  for (const Column& column : table.columns()) {
    const bool wanted = column.numeric && std::find(names.begin(), names.end(), column.name) != names.end();
    Column taken = wanted ? as_levels(column) : column;
    const auto order = orders.find(column.name);
    if (order != orders.end() && !taken.numeric) taken = in_order(taken, order->second);
    out.add(std::move(taken));
  }
  return out;
}

Table spread_rows(const Table& table, std::size_t most) {
  if (table.rows() <= most) return table;
  std::vector<std::size_t> rows;
  const double step = static_cast<double>(table.rows() - 1) / static_cast<double>(most - 1);
  for (std::size_t k = 0; k + 1 < most; ++k) rows.push_back(static_cast<std::size_t>(static_cast<double>(k) * step));
  rows.push_back(table.rows() - 1);
  Table out;
  out.source = table.source;
  for (const Column& column : table.columns()) out.add(taken(column, rows));
  return out;
}

Table with_column(const Table& table, const Column& column) {
  Table out;
  out.source = table.source;
  out.parts = table.parts;
  for (const Column& own : table.columns()) out.add(own.name == column.name ? column : own);
  return out;
}

bool counts_trials(const Frame& frame, const std::string& column) {
  std::vector<std::string> trials;
  const Formula formula = frame.formula();
  if (formula.trials) collect_names(*formula.trials, trials);
  return std::find(trials.begin(), trials.end(), column) != trials.end();
}

Table typical_rows(const Table& table, std::size_t rows, const Frame& frame) {
  const std::map<std::string, std::vector<std::string>> factors = level_orders(frame);
  Table out;
  out.source = table.source;
  for (const Column& column : table.columns()) {
    Column typical = taken(column, {});
    if (column.numeric) {
      const double number = typical_number(column, factors.count(column.name) > 0);
      typical.numbers.assign(rows, counts_trials(frame, column.name) ? std::round(number) : number);
    } else {
      typical.codes.assign(rows, commonest_code(column));
    }
    out.add(std::move(typical));
  }
  return out;
}

Spread spread_of(const Column& column) {
  Spread spread;
  double sum = 0, squares = 0, count = 0;
  spread.least = INFINITY;
  spread.greatest = -INFINITY;
  for (const double x : column.numbers) {
    if (std::isnan(x)) continue;
    ++count;
    sum += x;
    spread.least = std::min(spread.least, x);
    spread.greatest = std::max(spread.greatest, x);
  }
  if (count == 0) throw DataError("column '" + column.name + "' has no values; every cell is missing");
  spread.mean = sum / count;
  for (const double x : column.numbers)
    if (!std::isnan(x)) squares += (x - spread.mean) * (x - spread.mean);
  spread.sd = std::sqrt(squares / count);
  return spread;
}

std::vector<ColumnValue> values_of(const Column& column) {
  std::vector<ColumnValue> values;
  if (column.numeric) {
    std::vector<double> sorted;
    std::copy_if(column.numbers.begin(), column.numbers.end(), std::back_inserter(sorted),
                 [](double x) { return !std::isnan(x); });
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    values.assign(sorted.begin(), sorted.end());
    return values;
  }
  const std::vector<std::size_t> counts = counts_of(column);
  for (const std::int32_t code : ordered_codes(column))
    if (counts[static_cast<std::size_t>(code)] > 0) values.emplace_back(column.labels[static_cast<std::size_t>(code)]);
  return values;
}

ColumnValue value_for(const Column& column, const ColumnValue& value) {
  const auto* const text = std::get_if<std::string>(&value);
  if (!column.numeric) {
    const std::string level = text != nullptr ? *text : number_text(std::get<double>(value));
    if (std::find(column.labels.begin(), column.labels.end(), level) != column.labels.end()) return level;
    std::vector<std::string> levels;
    for (const std::int32_t code : ordered_codes(column))
      levels.push_back(column.labels[static_cast<std::size_t>(code)]);
    throw ModelError(setting("values") + ": '" + printable(level) + "' is no level of '" + column.name +
                     "', which has " + listed(levels));
  }
  double number = text == nullptr ? std::get<double>(value) : 0;
  if (text != nullptr) {
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size())
      throw ModelError(setting("values") + ": '" + printable(*text) + "' is no number, which '" + column.name +
                       "' holds");
  }
  if (!std::isfinite(number))
    throw ModelError(setting("values") + " of '" + column.name + "' are finite numbers, not " + number_text(number));
  return number;
}

Column at_values(const Column& column, const std::vector<ColumnValue>& values) {
  Column out = taken(column, {});
  out.same_number[0].clear();
  for (const ColumnValue& value : values) {
    if (column.numeric) {
      out.numbers.push_back(std::get<double>(value));
      continue;
    }
    const auto label = std::find(column.labels.begin(), column.labels.end(), std::get<std::string>(value));
    out.codes.push_back(static_cast<std::int32_t>(label - column.labels.begin()));
  }
  return out;
}

std::vector<int> places(const Column& column, const std::vector<ColumnValue>& values) {
  std::map<ColumnValue, int> place;
  for (std::size_t k = 0; k < values.size(); ++k) place.emplace(values[k], static_cast<int>(k));
  const std::size_t rows = column.numeric ? column.numbers.size() : column.codes.size();
  std::vector<int> out(rows, -1);
  for (std::size_t row = 0; row < rows; ++row) {
    if (column.missing(row)) continue;
    const auto found = column.numeric ? place.find(column.numbers[row])
                                      : place.find(column.labels[static_cast<std::size_t>(column.codes[row])]);
    if (found != place.end()) out[row] = found->second;
  }
  return out;
}

}  // namespace bdglm
