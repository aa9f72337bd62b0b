// Matrices into tables; files known by their first bytes, LIBSVM text by its name.
#include "data/matrix.hpp"

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "data/libsvm_file.hpp"

namespace bdglm {
namespace {

/// "'train.csv'", or what stands for a table without files.
std::string named(const Table& table) {
  return table.source.empty() ? "the table" : table.parts.empty() ? table.source : "'" + table.source + "'";
}

bool is_empty(const Table& table) { return table.columns().empty() && table.blocks().empty(); }

void check_rows(const Table& table, const std::string& name, std::size_t rows, const std::string& source) {
  if (is_empty(table) || rows == table.rows()) return;
  throw DataError("the matrix '" + name + "'" + (source.empty() ? "" : " of '" + source + "'") + " has " +
                  std::to_string(rows) + (rows == 1 ? " row, " : " rows, ") + named(table) + " has " +
                  std::to_string(table.rows()) + "; they need a row each for the same observations, in the same order");
}

void check_free(const Table& table, const std::string& name, std::size_t columns) {
  for (std::size_t k = 0; k < columns; ++k)
    if (const std::string one = block_column_name(name, k); table.has(one))
      throw DataError("the matrix '" + name + "' would have a column '" + one +
                      "', and there is one of that name already; attach the matrix by another name");
}

[[noreturn]] void refuse_file(UnpackedFile& file, const char* magic, std::size_t read) {
  if (read == 0) throw DataError("'" + file.name() + "' is empty; a matrix is a .npy, IDX or LIBSVM file");
  const std::string start(magic, read);
  const std::string what = start.rfind("PK\x03\x04", 0) == 0
                               ? "is a ZIP archive, as .npz is; unpack it, or save the array by itself: numpy.save"
                               : "is neither a .npy nor an IDX file by its first bytes, nor LIBSVM text by its name "
                                 "(.svm or .libsvm); a table of columns is `data`";
  throw DataError("'" + file.name() + "' " + what);
}

/// Checks the name and the rows of a matrix, which are those of a table that has nothing yet.
void begin_matrix(Table& table, const std::string& name, std::size_t rows, const std::string& source) {
  check_matrix_name(name);
  check_rows(table, name, rows, source);
  if (table.has(name) || table.block(name) != nullptr)
    throw DataError("the matrix '" + name +
                    "' has the name of a column or matrix that is there already; give it another");
  if (!is_empty(table) || source.empty()) return;
  table.source = source;
  table.parts = {{source, 0}};
}

/// Columns that are held by rows: from so many on, where at most this share of the numbers is not zero.
constexpr std::size_t kLeastSparse = 257;
constexpr double kMostFilled = 0.125;
/// Each column has a name and a coefficient.
constexpr std::size_t kMostColumns = 10'000'000;

bool few_are_not_zero(const SparseRows& rows) {
  return rows.columns >= kLeastSparse &&
         static_cast<double>(rows.values.size()) <=
             kMostFilled * static_cast<double>(rows.rows()) * static_cast<double>(rows.columns);
}

}  // namespace

void check_matrix_name(const std::string& name) {
  const auto letter = [](char c) {
    const auto code = static_cast<unsigned char>(c);
    return std::isalpha(code) != 0 || c == '_' || c == '.' || code >= 0x80;
  };
  const auto part = [&](char c) { return letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0; };
  const bool number = name.size() > 1 && name[0] == '.' && std::isdigit(static_cast<unsigned char>(name[1])) != 0;
  if (name.empty() || name == "." || number || !letter(name[0]) || !std::all_of(name.begin(), name.end(), part) ||
      !is_utf8(name))
    throw DataError("a matrix cannot be named '" + printable(name) +
                    "': formulas read it by a plain word, letters first, as pixels or words_2");
}

void add_matrix(Table& table, const std::string& name, NumberColumns columns, bool sparse, const std::string& source) {
  begin_matrix(table, name, columns.front().size(), source);
  const bool single = columns.size() == 1 && !sparse;
  if (!single) check_free(table, name, columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    Column column;
    column.name = single ? name : block_column_name(name, k);
    if (!single) column.block = name;
    column.numbers = std::move(columns[k]);
    table.add(std::move(column));
  }
  if (!single) table.add_block({name, columns.size(), sparse, source});
}

void add_sparse_matrix(Table& table, const std::string& name, SparseRows rows, const std::string& source) {
  const std::string what = source.empty() ? "the matrix '" + name + "'" : "'" + source + "'";
  if (rows.columns > kMostColumns)
    throw DataError(what + " has indices up to " + std::to_string(rows.columns) + ", above " +
                    std::to_string(kMostColumns) + ", the most that a fit names; number the columns anew");
  const bool open = !source.empty();
  if (!few_are_not_zero(rows)) return add_matrix(table, name, dense_columns(rows, what), open, source);
  begin_matrix(table, name, rows.rows(), source);
  check_free(table, name, rows.columns);
  const std::size_t columns = rows.columns;
  table.add_block({name, columns, open, source, std::make_shared<const SparseRows>(std::move(rows))});
}

void attach_matrix(Table& table, const std::string& name, const std::string& path) {
  check_matrix_name(name);
  std::vector<InputFile> input;
  input.emplace_back(path);
  UnpackedFile file(input.front());
  char magic[kArrayMagic] = {};
  const std::size_t read = file.read(magic, kArrayMagic);
  if (read == kArrayMagic && (is_npy(magic) || is_idx(magic)))
    return add_matrix(table, name, read_array(file, magic), false, file.name());
  if (!is_libsvm_name(path)) refuse_file(file, magic, read);
  LibsvmRows rows = read_libsvm(input);
  check_rows(table, name, rows.inputs.rows(), file.name());
  add_sparse_matrix(table, name, std::move(rows.inputs), file.name());
}

}  // namespace bdglm
