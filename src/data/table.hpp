// A table of named columns, numbers or text, and its reader for delimited files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/sparse_rows.hpp"

namespace bdglm {

/// Columns of numbers that a formula reads by one name: those of the block `x` are the columns x1, x2, ... of the
/// table, which need not have all of them (`Table::block_column`).
struct Block {
  std::string name;
  std::size_t columns = 0;
  bool sparse = false;      ///< whether columns beyond the last are zeros, as indices that no row of a LIBSVM file has
  std::string source = {};  ///< the file that it came from alone, or empty
  /// Its numbers, all finite, where they are held by those that are not zero: then the table has none of its columns.
  std::shared_ptr<const SparseRows> rows = nullptr;
};

/// One column. A numeric column holds `numbers` (NaN where missing); a text column holds `codes` into
/// `labels` in the order of first appearance (-1 where missing).
struct Column {
  std::string name;
  bool numeric = true;
  std::vector<double> numbers;
  std::vector<std::int32_t> codes;
  std::vector<std::string> labels;
  /// Whether the order of the labels is that of the factor's levels; else these are sorted.
  bool ordered = false;
  /// For a text column that is mostly numbers: the row (1-based) and text of its first cell that is none.
  std::size_t first_text_row = 0;
  std::string first_text;
  bool looks_numeric = false;
  /// Two cells of a numeric column that are one number though their texts differ, or one twice whose digits are too
  /// many for a number: as levels they would be merged.
  std::string same_number[2];
  std::string block;  ///< that it is a column of, or empty

  bool missing(std::size_t row) const;
  /// The cell as text: the label, or the shortest decimal that reads back as the number.
  std::string text(std::size_t row) const;
};

/// Shortest decimal text that reads back as the same number.
std::string number_text(double value);

/// One file of a table and the table's row at which it starts.
struct TablePart {
  std::string source;
  std::size_t first_row = 0;
};

/// "row 3 of 'b.csv'", or "row 3" of a table made in memory; rows count from 1 within each file.
std::string row_name_in(const std::vector<TablePart>& parts, std::size_t row);

class Table {
 public:
  std::string source;            ///< the file it came from, for messages
  std::vector<TablePart> parts;  ///< its files in order; empty for a table made in memory

  /// The row (from 0) as messages name it: `row_name_in(parts, row)`.
  std::string row_name(std::size_t row) const;

  std::size_t rows() const { return rows_; }
  const std::vector<Column>& columns() const { return columns_; }
  bool has(const std::string& name) const { return index_.count(name) != 0 || sparse_column(name).first != nullptr; }
  /// The column of that name; throws DataError that lists the nearest names, or all and `advice`.
  const Column& column(const std::string& name, const std::string& advice = "") const;
  /// Adds a column; throws DataError if the name is taken or the length differs.
  void add(Column column);

  const std::vector<Block>& blocks() const { return blocks_; }
  /// The block of that name, or none.
  const Block* block(const std::string& name) const;
  /// Column k (from 0) of a block, or none where the table does not have it, as those of blocks held by rows.
  const Column* block_column(const std::string& block, std::size_t k) const;
  /// Makes a block of the columns that have its names, or will have them, or of its rows; throws DataError where its
  /// name is taken or its rows are not as many as the table's.
  void add_block(Block block);
  /// Takes over the blocks of a table whose columns are all here.
  void share_blocks(const Table& other) {
    blocks_ = other.blocks_;
    if (columns_.empty()) rows_ = other.rows_;
    single_ = {};
  }

 private:
  /// Throws DataError for the name of a block, or one that its columns could have.
  void refuse_block(const std::string& name) const;
  /// The block held by rows that has a column of that name, or none, and which of its columns that is.
  std::pair<const Block*, std::size_t> sparse_column(const std::string& name) const;

  /// Columns of blocks held by rows that were asked for one by one; a copy of a table has none, since it may get
  /// others.
  struct SingleColumns {
    SingleColumns() = default;
    SingleColumns(const SingleColumns& /*other*/) {}
    SingleColumns& operator=(const SingleColumns& /*other*/) {
      columns.clear();
      return *this;
    }
    std::mutex mutex;
    std::map<std::string, Column> columns;
  };

  std::size_t rows_ = 0;
  mutable SingleColumns single_;
  std::vector<Column> columns_;
  std::vector<Block> blocks_;
  std::unordered_map<std::string, std::size_t> index_;
};

/// The name of column k (from 0) of a block.
std::string block_column_name(const std::string& block, std::size_t k);

/// Reads a delimited file with a header (RFC 4180; `,` `;` or tab found from the header; gzip by content).
/// `path` may be a pipe or "-" for standard input. Empty cells, NA and NaN are missing.
/// Throws DataError with file, line and column; files of other formats are named.
Table read_table(const std::string& path);

/// Reads several files as one table, in order; a source with * ? [ stands for the files it matches, sorted by name.
/// Headers must hold the same names; another order is matched by name. Types are found over all files.
/// Files whose names end in .svm or .libsvm, .gz or not after it, are LIBSVM text: the column y and the block x.
Table read_table(const std::vector<std::string>& sources);

}  // namespace bdglm
