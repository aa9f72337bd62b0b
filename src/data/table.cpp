// Tables and their reader: libcsv splits the records, zlib unpacks, two passes find types and then store.
#include "bdglm/data/table.hpp"

#include <csv.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <memory>
#include <unordered_set>

#include "bdglm/base/error.hpp"

namespace bdglm {
namespace {

bool is_missing_text(const std::string& text) { return text.empty() || text == "NA" || text == "NaN" || text == "nan"; }

bool parse_number(const std::string& text, double& value) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto result = std::from_chars(begin, end, value);
  if (result.ec == std::errc::result_out_of_range && result.ptr == end) {
    value = std::strtod(text.c_str(), nullptr);
    return true;
  }
  return result.ec == std::errc() && result.ptr == end && !std::isnan(value);
}

struct GzipClose {
  void operator()(gzFile file) const { gzclose(file); }
};

/// Reads all records of a file; `on_record(fields, line)` gets each with the line on which it starts.
class RecordReader {
 public:
  using OnRecord = std::function<void(std::vector<std::string>&, std::size_t)>;

  RecordReader(const std::string& path, OnRecord on_record) : path_(path), on_record_(std::move(on_record)) {}

  void read() {
    std::unique_ptr<std::remove_pointer_t<gzFile>, GzipClose> file(gzopen(path_.c_str(), "rb"));
    if (!file) {
      throw DataError("cannot open '" + path_ + "': " + std::strerror(errno) + "; check the path and its permissions");
    }
    gzbuffer(file.get(), 1U << 18U);
    csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
      throw DataError("cannot start the CSV parser");
    std::unique_ptr<csv_parser, void (*)(csv_parser*)> guard(&parser, csv_free);
    std::vector<char> buffer(1U << 18U);
    bool first = true;
    while (true) {
      const int got = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
      if (got < 0) {
        int code = 0;
        throw DataError("cannot read '" + path_ + "': " + gzerror(file.get(), &code) +
                        "; the file may be damaged or cut short");
      }
      if (got == 0) break;
      const char* data = buffer.data();
      std::size_t size = static_cast<std::size_t>(got);
      if (first) {
        if (size >= 3 && std::memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
          data += 3;
          size -= 3;
        }
        csv_set_delim(&parser, static_cast<unsigned char>(find_delimiter(data, size)));
        first = false;
      }
      if (csv_parse(&parser, data, size, &RecordReader::field, &RecordReader::record, this) != size) fail(parser);
      if (error_) std::rethrow_exception(error_);
    }
    // A gzip stream that ends early reads as a short file unless its state is asked for.
    int code = Z_OK;
    gzerror(file.get(), &code);
    if (code == Z_BUF_ERROR) throw DataError("cannot read '" + path_ + "': the compressed file is cut short");
    if (csv_fini(&parser, &RecordReader::field, &RecordReader::record, this) != 0) fail(parser);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void fail(csv_parser& parser) {
    if (error_) std::rethrow_exception(error_);
    throw DataError("malformed quotes in '" + path_ + "' (record that starts at line " + std::to_string(line_) +
                    "): " + csv_strerror(csv_error(&parser)) + "; a quote inside a quoted field must be doubled");
  }

  static char find_delimiter(const char* data, std::size_t size) {
    std::size_t counts[3] = {0, 0, 0};
    const char candidates[3] = {',', ';', '\t'};
    bool quoted = false;
    for (std::size_t i = 0; i < size && (quoted || data[i] != '\n'); ++i) {
      if (data[i] == '"') quoted = !quoted;
      for (int k = 0; k < 3 && !quoted; ++k) counts[k] += data[i] == candidates[k] ? 1U : 0U;
    }
    return candidates[std::max_element(counts, counts + 3) - counts];
  }

  static void field(void* text, std::size_t size, void* self_pointer) {
    auto* self = static_cast<RecordReader*>(self_pointer);
    const char* chars = static_cast<const char*>(text);
    self->embedded_newlines_ += static_cast<std::size_t>(std::count(chars, chars + size, '\n'));
    self->fields_.emplace_back(chars, size);
  }

  static void record(int terminator, void* self_pointer) {
    auto* self = static_cast<RecordReader*>(self_pointer);
    // "\r\n" ends one record at '\r' and then an empty one at '\n' under CSV_REPALL_NL.
    const bool second_half = terminator == '\n' && self->last_terminator_ == '\r' && self->fields_.empty();
    if (!self->fields_.empty() && !self->error_) {
      try {
        self->on_record_(self->fields_, self->line_);
      } catch (...) {
        self->error_ = std::current_exception();
      }
    }
    if (!second_half) self->line_ += 1 + self->embedded_newlines_;
    self->embedded_newlines_ = 0;
    self->fields_.clear();
    self->last_terminator_ = terminator;
  }

  std::string path_;
  OnRecord on_record_;
  std::vector<std::string> fields_;
  std::size_t line_ = 1;
  std::size_t embedded_newlines_ = 0;
  int last_terminator_ = 0;
  std::exception_ptr error_;
};

/// What the first pass learns of one column.
struct ColumnCensus {
  std::size_t numbers = 0;
  std::size_t texts = 0;
  bool fractions = false;
  std::size_t first_text_row = 0;
  std::string first_text;
  std::unordered_set<std::string> distinct;  // up to 64 values
};

std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same =
          std::tolower(static_cast<unsigned char>(a[i - 1])) == std::tolower(static_cast<unsigned char>(b[j - 1]));
      const std::size_t replaced = diagonal + (same ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

}  // namespace

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

const Column& Table::column(const std::string& name) const {
  const auto found = index_.find(name);
  if (found != index_.end()) return columns_[found->second];
  std::vector<std::string> names;
  for (const Column& c : columns_) names.push_back(c.name);
  std::string message = "no column '" + name + "' in " + (source.empty() ? "the table" : "'" + source + "'");
  const std::vector<std::string> near = nearest_names(name, names);
  for (std::size_t k = 0; k < near.size(); ++k)
    message += (k == 0 ? "; the nearest names are '" : ", '") + near[k] + "'";
  throw DataError(message);
}

void Table::add(Column column) {
  const std::size_t size = column.numeric ? column.numbers.size() : column.codes.size();
  if (!columns_.empty() && size != rows_)
    throw DataError("column '" + column.name + "' has " + std::to_string(size) + " rows, the table " +
                    std::to_string(rows_));
  if (has(column.name))
    throw DataError("two columns are named '" + column.name + "'" + (source.empty() ? "" : " in '" + source + "'") +
                    "; rename one");
  rows_ = size;
  index_[column.name] = columns_.size();
  columns_.push_back(std::move(column));
}

Table read_table(const std::string& path) {
  std::vector<std::string> names;
  std::vector<ColumnCensus> census;
  std::size_t rows = 0;
  RecordReader(path, [&](std::vector<std::string>& fields, std::size_t line) {
    if (names.empty()) {
      names = fields;
      for (std::size_t k = 0; k < names.size(); ++k)
        if (names[k].empty()) names[k] = "V" + std::to_string(k + 1);
      census.resize(names.size());
      return;
    }
    if (fields.size() != names.size()) {
      throw DataError("line " + std::to_string(line) + " of '" + path + "' has " + std::to_string(fields.size()) +
                      " columns, the header has " + std::to_string(names.size()) + "; mend the line or quote its text");
    }
    ++rows;
    for (std::size_t k = 0; k < fields.size(); ++k) {
      if (is_missing_text(fields[k])) continue;
      ColumnCensus& c = census[k];
      double value = 0;
      if (parse_number(fields[k], value)) {
        ++c.numbers;
        c.fractions = c.fractions || value != std::floor(value);
      } else {
        if (c.texts++ == 0) {
          c.first_text_row = rows;
          c.first_text = fields[k];
        }
      }
      if (c.distinct.size() < 64) c.distinct.insert(fields[k]);
    }
  }).read();
  if (names.empty()) throw DataError("'" + path + "' is empty; a table needs a header and rows");
  if (rows == 0) throw DataError("'" + path + "' has a header and no rows");

  std::vector<Column> columns(names.size());
  std::vector<std::unordered_map<std::string, std::int32_t>> codes(names.size());
  for (std::size_t k = 0; k < names.size(); ++k) {
    Column& column = columns[k];
    const ColumnCensus& c = census[k];
    column.name = names[k];
    column.numeric = c.texts == 0;
    column.first_text_row = c.first_text_row;
    column.first_text = c.first_text;
    column.looks_numeric =
        c.texts > 0 && c.numbers >= c.texts && (c.fractions || c.distinct.size() > 20 || 2 * c.distinct.size() > rows);
    if (column.numeric)
      column.numbers.reserve(rows);
    else
      column.codes.reserve(rows);
  }
  bool header = true;
  RecordReader(path, [&](std::vector<std::string>& fields, std::size_t /*line*/) {
    if (header) {
      header = false;
      return;
    }
    for (std::size_t k = 0; k < columns.size(); ++k) {
      const bool missing = is_missing_text(fields[k]);
      if (columns[k].numeric) {
        double value = std::numeric_limits<double>::quiet_NaN();
        if (!missing) parse_number(fields[k], value);
        columns[k].numbers.push_back(value);
      } else if (missing) {
        columns[k].codes.push_back(-1);
      } else {
        const auto next = static_cast<std::int32_t>(columns[k].labels.size());
        const auto [entry, inserted] = codes[k].emplace(fields[k], next);
        if (inserted) columns[k].labels.push_back(fields[k]);
        columns[k].codes.push_back(entry->second);
      }
    }
  }).read();

  Table table;
  table.source = path;
  for (Column& column : columns) table.add(std::move(column));
  return table;
}

std::vector<std::string> nearest_names(const std::string& name, const std::vector<std::string>& candidates) {
  std::vector<std::pair<std::size_t, std::string>> scored;
  scored.reserve(candidates.size());
  for (const std::string& candidate : candidates) scored.emplace_back(edit_distance(name, candidate), candidate);
  std::stable_sort(scored.begin(), scored.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> nearest;
  for (std::size_t k = 0; k < scored.size() && k < 3; ++k) nearest.push_back(scored[k].second);
  return nearest;
}

}  // namespace bdglm
