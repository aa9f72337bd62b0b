// The public table of columns.
#include "bdglm/data.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <unordered_set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "data/matrix.hpp"
#include "data/table.hpp"

namespace bdglm {
namespace {

/// What files can hold and messages can show.
void check_text(const std::string& text, const std::string& column) {
  if (!is_utf8(text))
    throw DataError("column '" + printable(column) + "' has text that is not UTF-8; convert it first");
  if (text.find('\0') != std::string::npos)
    throw DataError("column '" + printable(column) + "' has text with a zero byte; take it out");
}

}  // namespace

Data::Data() : table_(std::make_shared<Table>()) { table_->source = "the data"; }
Data::Data(Table table) : table_(std::make_shared<Table>(std::move(table))) {}

Data Data::read(const std::string& path) { return Data(read_table(path)); }
Data Data::read(const std::vector<std::string>& paths) { return Data(read_table(paths)); }

Data& Data::add_numbers(std::string name, std::vector<double> values) {
  Column column;
  column.name = std::move(name);
  column.numbers = std::move(values);
  return add(std::move(column));
}

Data& Data::add_text(std::string name, const std::vector<std::string>& values) {
  Column column;
  column.name = std::move(name);
  column.numeric = false;
  std::unordered_map<std::string, std::int32_t> codes;
  for (const std::string& value : values) {
    check_text(value, column.name);
    if (column.first_text.empty() && !value.empty()) {
      column.first_text = value;
      column.first_text_row = static_cast<std::size_t>(&value - values.data()) + 1;
    }
  }
  column.codes.reserve(values.size());
  for (const std::string& value : values) {
    if (value.empty()) {
      column.codes.push_back(-1);
      continue;
    }
    const auto [place, first] = codes.try_emplace(value, static_cast<std::int32_t>(codes.size()));
    if (first) column.labels.push_back(value);
    column.codes.push_back(place->second);
  }
  return add(std::move(column));
}

Data& Data::add_factor(std::string name, std::vector<std::int32_t> codes, std::vector<std::string> levels) {
  Column column;
  column.name = std::move(name);
  column.numeric = false;
  column.ordered = true;
  std::unordered_set<std::string> seen;
  for (const std::string& level : levels) {
    check_text(level, column.name);
    if (level.empty()) throw DataError("column '" + printable(column.name) + "' has a level without a name");
    if (!seen.insert(level).second)
      throw DataError("column '" + printable(column.name) + "' has the level '" + printable(level) + "' twice");
  }
  for (std::int32_t& code : codes) {
    code = std::max(code, -1);
    if (code >= static_cast<std::int32_t>(levels.size()))
      throw DataError("column '" + printable(column.name) + "' has the code " + std::to_string(code) + " and only " +
                      std::to_string(levels.size()) + " levels");
    if (code < 0 || !column.first_text.empty()) continue;
    column.first_text = levels[static_cast<std::size_t>(code)];
    column.first_text_row = static_cast<std::size_t>(&code - codes.data()) + 1;
  }
  column.codes = std::move(codes);
  column.labels = std::move(levels);
  return add(std::move(column));
}

Data& Data::add_matrix(const std::string& name, std::size_t columns, std::span<const double> values) {
  check_text(name, name);
  if (columns == 0 || values.empty() || values.size() % columns != 0)
    throw DataError("the matrix '" + printable(name) + "' has " + std::to_string(values.size()) + " numbers for " +
                    std::to_string(columns) + " columns; a matrix has a number for each row and column");
  const std::size_t rows = values.size() / columns;
  NumberColumns by_column(columns, std::vector<double>(rows));
  for (std::size_t row = 0; row < rows; ++row)
    for (std::size_t k = 0; k < columns; ++k) by_column[k][row] = values[row * columns + k];
  bdglm::add_matrix(own_table(), name, std::move(by_column), false, "");
  return *this;
}

Data& Data::add_sparse_matrix(const std::string& name, std::size_t columns, std::span<const std::int64_t> starts,
                              std::span<const std::int32_t> indices, std::span<const double> values) {
  check_text(name, name);
  const auto refuse = [&](const std::string& why) {
    throw DataError("the sparse matrix '" + printable(name) + "' " + why);
  };
  if (columns == 0 || starts.size() < 2) refuse("has no rows or no columns");
  if (indices.size() != values.size() || starts.front() != 0 ||
      starts.back() != static_cast<std::int64_t>(indices.size()))
    refuse("has " + std::to_string(indices.size()) + " indices and " + std::to_string(values.size()) +
           " values, and rows from " + std::to_string(starts.front()) + " to " + std::to_string(starts.back()) +
           " of them; all are as many, from 0");
  SparseRows rows;
  rows.columns = columns;
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    const std::string row = "row " + std::to_string(i + 1);
    if (starts[i + 1] < starts[i] || starts[i + 1] > starts.back())
      refuse("has a " + row + " that ends before it begins, or beyond the last");
    for (auto k = static_cast<std::size_t>(starts[i]); k < static_cast<std::size_t>(starts[i + 1]); ++k) {
      if (indices[k] < 0 || static_cast<std::size_t>(indices[k]) >= columns)
        refuse("has the index " + std::to_string(indices[k]) + " in " + row + ", and " + std::to_string(columns) +
               " columns, from 0");
      if (k > static_cast<std::size_t>(starts[i]) && indices[k] <= indices[k - 1])
        refuse("has the index " + std::to_string(indices[k]) + " after " + std::to_string(indices[k - 1]) + " in " +
               row + "; sort each row's, each once");
      if (!std::isfinite(values[k]))
        refuse("holds " + number_text(values[k]) + " in " + row + "; its numbers are finite, none is missing");
    }
    rows.starts.push_back(static_cast<std::size_t>(starts[i + 1]));
  }
  rows.indices.assign(indices.begin(), indices.end());
  rows.values.assign(values.begin(), values.end());
  bdglm::add_sparse_matrix(own_table(), name, std::move(rows), "");
  return *this;
}

Data& Data::attach(const std::string& name, const std::string& path) {
  attach_matrix(own_table(), name, path);
  return *this;
}

Data& Data::add(Column column) {
  check_text(column.name, column.name);
  own_table().add(std::move(column));
  return *this;
}

Table& Data::own_table() {
  if (table_.use_count() > 1) table_ = std::make_shared<Table>(*table_);
  return *table_;
}

std::size_t Data::rows() const { return table_->rows(); }

std::vector<std::string> Data::names() const {
  std::vector<std::string> names;
  for (const Column& column : table_->columns())
    if (column.block.empty()) names.push_back(column.name);
  for (const Block& block : table_->blocks()) names.push_back(block.name);
  return names;
}

}  // namespace bdglm
