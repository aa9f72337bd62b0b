// A table of named columns, in memory or read from delimited files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bdglm {

class Table;
struct Column;

/// Columns of equal length, each of numbers or of text, and matrices, whose columns formulas read by one name. Copies
/// share what they hold until one of them is added to.
///
///     bdglm::Data data;
///     data.add_numbers("x", {0.5, 1.5, 2.5}).add_text("group", {"a", "a", "b"});
class Data {
 public:
  Data();
  Data(const Data&) = default;
  Data& operator=(const Data&) = default;

  /// Reads a delimited file with a header (RFC 4180; `,` `;` or tab; gzip by content). Empty cells, NA and NaN are
  /// missing. A file named .svm or .libsvm (or .svm.gz, .libsvm.gz) is LIBSVM text: the column y and the matrix x.
  /// Throws DataError with file, line and column.
  static Data read(const std::string& path);
  /// Reads several files as one table, in order; a name with * ? [ stands for the files it matches, sorted.
  static Data read(const std::vector<std::string>& paths);
  static Data read(std::initializer_list<std::string> paths) { return read(std::vector<std::string>(paths)); }

  /// Adds a column of numbers; NaN is missing. Throws DataError if the name is taken or the length differs.
  Data& add_numbers(std::string name, std::vector<double> values);
  /// Adds a column of text; an empty string is missing. Throws as `add_numbers` does, and for text
  /// that is not UTF-8 or holds a zero byte.
  Data& add_text(std::string name, const std::vector<std::string>& values);
  /// Adds a column of text as codes into `levels`, whose order is that of the factor's levels: the first that occurs is
  /// the one that others are compared with; levels that do not occur are left out. Codes below zero are missing. Throws
  /// as `add_text` does, and for codes beyond the levels and levels that are empty or occur twice.
  Data& add_factor(std::string name, std::vector<std::int32_t> codes, std::vector<std::string> levels);

  /// Adds a matrix of `columns` columns, its rows one after the other in `values`; NaN is missing. A formula reads all
  /// of `x` by that name, or its columns as x1, x2, ...; a matrix of one column is a column. Throws as `add_numbers`
  /// does, and for names that are no plain words and where `columns` is zero or does not divide the values' number.
  Data& add_matrix(const std::string& name, std::size_t columns, std::span<const double> values);
  /// Adds a matrix of `columns` columns of which few numbers are not zero: those of row i are `values`, all finite,
  /// from `starts[i]` up to `starts[i + 1]`, in the columns `indices`, from 0 and ascending. Formulas read it as other
  /// matrices; where few are not zero indeed, it is never held whole. Throws as `add_matrix` does, and DataError for
  /// arrays that are not as said.
  Data& add_sparse_matrix(const std::string& name, std::size_t columns, std::span<const std::int64_t> starts,
                          std::span<const std::int32_t> indices, std::span<const double> values);
  /// Adds the matrix in a file: .npy (real numbers, of one dimension or more), IDX, or the inputs of LIBSVM text, each
  /// gzipped or not; dimensions after the first are columns, the last fastest. Throws as `add_matrix` does, and
  /// DataError for files that are none of these, damaged, or too large for memory.
  Data& attach(const std::string& name, const std::string& path);

  std::size_t rows() const;
  /// Of columns and matrices.
  std::vector<std::string> names() const;

  /// What the library reads.
  const Table& table() const { return *table_; }

 private:
  explicit Data(Table table);
  Data& add(Column column);
  Table& own_table();

  std::shared_ptr<Table> table_;  ///< a copy is made before a shared one changes
};

}  // namespace bdglm
