// Rows sampled, typical rows, columns at values.
#include "posterior/effect_rows.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <memory>

#include "bdglm/error.hpp"
#include "posterior/effect_columns.hpp"

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

/// Of each column the mean, or, of two values, the commoner one, as `typical_number` has it.
SparseRows typical_row(const SparseRows& rows) {
  struct Values {
    double sum = 0, first = 0;
    std::size_t count = 0;
    bool more = false;  ///< than one beside zero
  };
  std::vector<Values> columns(rows.columns);
  for (std::size_t row = 0; row < rows.rows(); ++row)
    rows.for_each(row, [&](std::int32_t column, double value) {
      Values& own = columns[static_cast<std::size_t>(column)];
      if (value == 0) return;
      if (own.count == 0) own.first = value;
      own.more = own.more || value != own.first;
      own.sum += value;
      ++own.count;
    });
  SparseRows typical;
  typical.columns = rows.columns;
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const Values& own = columns[k];
    const std::size_t zeros = rows.rows() - own.count;
    const double value = own.more ? own.sum / static_cast<double>(rows.rows()) : own.count > zeros ? own.first : 0.0;
    if (value == 0) continue;
    typical.indices.push_back(static_cast<std::int32_t>(k));
    typical.values.push_back(value);
  }
  typical.starts.push_back(typical.indices.size());
  return typical;
}

/// Takes over the blocks of a table, those held by rows at these rows of them.
void share_blocks_at(const Table& table, const std::vector<std::size_t>& rows, Table& out) {
  for (Block block : table.blocks()) {
    if (block.rows) block.rows = std::make_shared<const SparseRows>(block.rows->taken(rows));
    out.add_block(std::move(block));
  }
}

/// Which column of its block, from 0, a column is.
std::size_t column_number(const Column& column) { return std::stoul(column.name.substr(column.block.size())) - 1; }

/// The rows with another column k.
SparseRows replaced(const SparseRows& rows, std::size_t k, const Column& by) {
  SparseRows out;
  out.columns = rows.columns;
  const auto own = static_cast<std::int32_t>(k);
  for (std::size_t row = 0; row < rows.rows(); ++row) {
    bool written = by.numbers[row] == 0;
    const auto write = [&](std::int32_t column, double value) {
      out.indices.push_back(column);
      out.values.push_back(value);
    };
    rows.for_each(row, [&](std::int32_t column, double value) {
      if (!written && column >= own) {
        write(own, by.numbers[row]);
        written = true;
      }
      if (column != own) write(column, value);
    });
    if (!written) write(own, by.numbers[row]);
    out.starts.push_back(out.indices.size());
  }
  return out;
}

}  // namespace

Table spread_rows(const Table& table, std::size_t most) {
  if (table.rows() <= most) return table;
  std::vector<std::size_t> rows;
  const double step = static_cast<double>(table.rows() - 1) / static_cast<double>(most - 1);
  for (std::size_t k = 0; k + 1 < most; ++k) rows.push_back(static_cast<std::size_t>(static_cast<double>(k) * step));
  rows.push_back(table.rows() - 1);
  return rows_of(table, rows);
}

Table rows_of(const Table& table, const std::vector<std::size_t>& rows) {
  Table out;
  out.source = table.source;
  for (const Column& column : table.columns()) out.add(taken(column, rows));
  share_blocks_at(table, rows, out);
  return out;
}

Table with_values_of(const Table& table, const std::vector<std::string>& names, const std::vector<std::size_t>& rows) {
  const auto named = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  Table out;
  out.source = table.source;
  out.parts = table.parts;
  for (const Column& column : table.columns())
    out.add(named(column.name) || named(column.block) ? taken(column, rows) : column);
  for (Block block : table.blocks()) {
    if (block.rows && named(block.name)) block.rows = std::make_shared<const SparseRows>(block.rows->taken(rows));
    for (const std::string& name : names) {
      if (!block.rows || table.block(name) != nullptr || table.column(name).block != block.name) continue;
      const Column column = taken(table.column(name), rows);
      block.rows = std::make_shared<const SparseRows>(replaced(*block.rows, column_number(column), column));
    }
    out.add_block(std::move(block));
  }
  return out;
}

Table with_column(const Table& table, const Column& column) {
  Table out;
  out.source = table.source;
  out.parts = table.parts;
  for (const Column& own : table.columns()) out.add(own.name == column.name ? column : own);
  for (Block block : table.blocks()) {
    if (block.rows && block.name == column.block)
      block.rows = std::make_shared<const SparseRows>(replaced(*block.rows, column_number(column), column));
    out.add_block(std::move(block));
  }
  return out;
}

bool counts_trials(const Frame& frame, const std::string& column) {
  std::vector<std::string> trials;
  const Formula formula = frame.formula();
  if (formula.trials) collect_names(*formula.trials, trials);
  return std::find(trials.begin(), trials.end(), column) != trials.end();
}

Table typical_rows(const Table& table, std::size_t rows, const Frame& frame) {
  const std::map<std::string, std::vector<std::string>> factors = factor_levels(frame);
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
  for (Block block : table.blocks()) {
    if (block.rows) {
      const SparseRows typical = typical_row(*block.rows);
      block.rows = std::make_shared<const SparseRows>(typical.taken(std::vector<std::size_t>(rows, 0)));
    }
    out.add_block(std::move(block));
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
