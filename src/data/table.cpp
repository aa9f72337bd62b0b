// Tables of named columns: cells as text, columns by name, rows by file.
#include "data/table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {

std::string number_text(double value) {
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, result.ptr};
}

bool Column::missing(std::size_t row) const { return numeric ? std::isnan(numbers[row]) : codes[row] < 0; }

std::string Column::text(std::size_t row) const {
  if (missing(row)) return "NA";
  return numeric ? number_text(numbers[row]) : labels[static_cast<std::size_t>(codes[row])];
}

std::string block_column_name(const std::string& block, std::size_t k) { return block + std::to_string(k + 1); }

const Block* Table::block(const std::string& name) const {
  const auto found =
      std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& block) { return block.name == name; });
  return found == blocks_.end() ? nullptr : &*found;
}

const Column* Table::block_column(const std::string& block, std::size_t k) const {
  const auto found = index_.find(block_column_name(block, k));
  return found == index_.end() ? nullptr : &columns_[found->second];
}

void Table::add_block(Block block) {
  if (has(block.name) || this->block(block.name) != nullptr)
    throw DataError("two columns or matrices are named '" + block.name + "'; rename one");
  if (block.rows) {
    if (!(columns_.empty() && blocks_.empty()) && block.rows->rows() != rows_)
      throw DataError("the matrix '" + block.name + "' has " + std::to_string(block.rows->rows()) +
                      " rows, the table " + std::to_string(rows_));
    rows_ = block.rows->rows();
  }
  blocks_.push_back(std::move(block));
}

std::pair<const Block*, std::size_t> Table::sparse_column(const std::string& name) const {
  for (const Block& block : blocks_) {
    const std::size_t start = block.name.size();
    if (!block.rows || name.compare(0, start, block.name) != 0) continue;
    std::size_t number = 0;
    const auto end = std::from_chars(name.data() + start, name.data() + name.size(), number);
    if (end.ec == std::errc() && number >= 1 && number <= block.columns &&
        name == block_column_name(block.name, number - 1))
      return {&block, number - 1};
  }
  return {nullptr, 0};
}

void Table::refuse_block(const std::string& name) const {
  for (const Block& block : blocks_) {
    const std::string range =
        "'" + block_column_name(block.name, 0) + "' to '" + block_column_name(block.name, block.columns - 1) + "'";
    const std::string width = std::to_string(block.columns) + (block.columns == 1 ? " column" : " columns");
    if (name == block.name)
      throw DataError("'" + name + "' is a matrix of " + width + ", where one column is needed; its columns are " +
                      range);
    const bool beyond = name.size() > block.name.size() && name.compare(0, block.name.size(), block.name) == 0 &&
                        name.find_first_not_of("0123456789", block.name.size()) == std::string::npos;
    if (!beyond) continue;
    const std::string number = name.substr(block.name.size());
    if (!block.sparse && number.size() < 10 && std::stoul(number) >= 1 && std::stoul(number) <= block.columns)
      throw DataError("the column '" + name + "' of the matrix '" + block.name +
                      "' is constant in the rows of the fit, which does not read it");
    throw DataError("no column '" + name + "': the matrix '" + block.name + "' has " + width + ", " + range +
                    (block.sparse ? "; where it is all zeros, write out one of them, " + number + ":0" : ""));
  }
}

const Column& Table::column(const std::string& name, const std::string& advice) const {
  const auto found = index_.find(name);
  if (found != index_.end()) return columns_[found->second];
  if (const auto [block, k] = sparse_column(name); block != nullptr) {
    const std::scoped_lock lock(single_.mutex);
    const auto [place, first] = single_.columns.try_emplace(name);
    Column& column = place->second;
    if (!first) return column;
    column.name = name;
    column.block = block->name;
    column.numbers.resize(rows_);
    for (std::size_t row = 0; row < rows_; ++row) column.numbers[row] = block->rows->at(row, k);
    return column;
  }
  refuse_block(name);
  std::vector<std::string> names;
  for (const Column& c : columns_)
    if (c.block.empty()) names.push_back(c.name);
  for (const Block& block : blocks_) names.push_back(block.name);
  // A source without files is described, not named.
  const std::string where = source.empty() ? "the table" : parts.empty() ? source : "'" + source + "'";
  const std::string message = "no column '" + name + "' in " + where;
  const std::vector<std::string> near = nearest_names(name, names);
  if (names.empty()) throw DataError(message + ", which has no columns");
  if (near.empty()) throw DataError(message + "; the columns are " + listed(names) + advice);
  throw DataError(message + (near.size() == 1 ? "; the nearest name is " : "; the nearest names are ") + listed(near));
}

void Table::add(Column column) {
  const std::size_t size = column.numeric ? column.numbers.size() : column.codes.size();
  if (!(columns_.empty() && blocks_.empty()) && size != rows_)
    throw DataError("column '" + column.name + "' has " + std::to_string(size) + " rows, the table " +
                    std::to_string(rows_));
  if (has(column.name))
    throw DataError("two columns are named '" + column.name + "'" + (source.empty() ? "" : " in '" + source + "'") +
                    "; rename one");
  if (block(column.name) != nullptr)
    throw DataError("a column and a matrix are named '" + column.name + "'; rename one");
  rows_ = size;
  index_[column.name] = columns_.size();
  columns_.push_back(std::move(column));
}

std::string Table::row_name(std::size_t row) const { return row_name_in(parts, row); }

std::string row_name_in(const std::vector<TablePart>& parts, std::size_t row) {
  if (parts.empty()) return "row " + std::to_string(row + 1);
  const auto after = std::upper_bound(parts.begin(), parts.end(), row,
                                      [](std::size_t r, const TablePart& part) { return r < part.first_row; });
  const TablePart& part = *(after - 1);
  return "row " + std::to_string(row - part.first_row + 1) + " of '" + part.source + "'";
}

}  // namespace bdglm
