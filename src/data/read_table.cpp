// One table out of one or several files: a pass finds the types of columns over all files, a second stores.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <unordered_set>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "data/libsvm_file.hpp"
#include "data/matrix.hpp"
#include "data/record_reader.hpp"
#include "data/table.hpp"

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

/// Whether a cell is a whole number written with leading zeros.
bool is_padded(const std::string& text) {
  const std::size_t from = text[0] == '-' || text[0] == '+' ? 1 : 0;
  return text.size() > from + 1 && text[from] == '0' && text.find_first_not_of("0123456789", from) == std::string::npos;
}

/// Whether a cell is a whole number that a double does not hold to its last digit, as identifiers of 17 digits are.
bool is_too_long(const std::string& text) {
  constexpr std::size_t kSafeDigits = 15;
  const std::size_t from = text[0] == '-' || text[0] == '+' ? 1 : 0;
  if (text.size() - from <= kSafeDigits || text.find_first_not_of("0123456789", from) != std::string::npos)
    return false;
  long long value = 0;
  const auto result = std::from_chars(text.data() + (text[0] == '+' ? 1 : 0), text.data() + text.size(), value);
  constexpr long long kLast = 1LL << 53;
  return result.ec != std::errc() || value > kLast || value < -kLast;
}

/// What the first pass learns of one column.
struct ColumnCensus {
  std::size_t numbers = 0;
  std::size_t texts = 0;
  bool fractions = false;
  std::size_t too_long = 0;  ///< whole numbers beyond a double's digits
  std::size_t first_long_row = 0;
  std::string first_long;
  std::unordered_map<double, std::string> padded;  // up to 1,000 numbers with leading zeros
  std::size_t first_text_row = 0;
  std::string first_text;
  std::unordered_set<std::string> distinct;  // up to 64 values

  void count(const std::string& text, std::size_t row) {
    if (is_missing_text(text)) return;
    double value = 0;
    if (parse_number(text, value)) {
      ++numbers;
      fractions = fractions || value != std::floor(value);
      if (is_too_long(text) && too_long++ == 0) {
        first_long = text;
        first_long_row = row;
      }
      if (padded.size() < 1000 && is_padded(text)) padded.emplace(value, text);
    } else if (texts++ == 0) {
      first_text_row = row;
      first_text = text;
    }
    if (distinct.size() < 64) distinct.insert(text);
  }
};

/// A column under construction, with the codes of the labels met.
struct ColumnBuilder {
  Column column;
  std::unordered_map<std::string, std::int32_t> codes;
  std::unordered_map<double, std::string> padded;  ///< numbers that occur with leading zeros

  /// False where the cell is no number in a numeric column.
  bool add(const std::string& text) {
    const bool missing = is_missing_text(text);
    if (column.numeric) {
      double value = std::numeric_limits<double>::quiet_NaN();
      if (!missing && !parse_number(text, value)) return false;
      column.numbers.push_back(value);
      if (!missing && !padded.empty() && column.same_number[0].empty()) {
        const auto twin = padded.find(value);
        if (twin != padded.end() && twin->second != text) {
          column.same_number[0] = twin->second;
          column.same_number[1] = text;
        }
      }
    } else if (missing) {
      column.codes.push_back(-1);
    } else {
      const auto [entry, inserted] = codes.emplace(text, static_cast<std::int32_t>(column.labels.size()));
      if (inserted) column.labels.push_back(text);
      column.codes.push_back(entry->second);
    }
    return true;
  }
};

std::string quoted_list(const std::vector<std::string>& names) {
  std::string list;
  for (std::size_t k = 0; k < names.size() && k < 5; ++k) list += (k == 0 ? "'" : ", '") + names[k] + "'";
  return list + (names.size() > 5 ? " and " + std::to_string(names.size() - 5) + " more" : "");
}

std::vector<std::string> without(const std::vector<std::string>& names, const std::vector<std::string>& others) {
  const std::unordered_set<std::string> known(others.begin(), others.end());
  std::vector<std::string> rest;
  for (const std::string& name : names)
    if (known.count(name) == 0) rest.push_back(name);
  return rest;
}

class TableReader {
 public:
  explicit TableReader(std::vector<InputFile> files) : files_(std::move(files)) {}

  Table read() {
    for (const InputFile& file : files_) {
      parts_.push_back({file.name(), rows_});
      header_seen_ = false;
      records(file, [&](const std::vector<std::string>& fields, std::size_t /*line*/) {
        ++rows_;
        for (std::size_t k = 0; k < fields.size(); ++k) census_[place_[k]].count(fields[k], rows_);
      });
      if (!header_seen_) throw DataError("'" + file.name() + "' is empty; a table needs a header and rows");
    }
    if (rows_ == 0) throw DataError(quoted_list(file_names()) + " has a header and no rows");
    if (!twin_.empty())
      throw DataError("two columns are named '" + twin_ + "' in '" + files_[0].name() + "'; rename one");
    start_columns();
    std::size_t stored = 0;
    for (std::size_t f = 0; f < files_.size(); ++f) {
      header_seen_ = false;
      records(files_[f], [&](const std::vector<std::string>& fields, std::size_t /*line*/) {
        ++stored;
        for (std::size_t k = 0; k < fields.size(); ++k)
          if (stored > rows_ || !columns_[place_[k]].add(fields[k])) changed(files_[f]);
      });
      const std::size_t end = f + 1 < files_.size() ? parts_[f + 1].first_row : rows_;
      if (stored != end) changed(files_[f]);
    }
    Table table;
    table.source = files_[0].name();
    if (files_.size() > 1) table.source += " and " + std::to_string(files_.size() - 1) + " more";
    table.parts = std::move(parts_);
    for (ColumnBuilder& builder : columns_) table.add(std::move(builder.column));
    return table;
  }

 private:
  /// Reads a file's records after its header, checked to have as many fields; `place_` maps fields to columns.
  template <class OnRow>
  void records(const InputFile& file, const OnRow& on_row) {
    read_records(file, [&](std::vector<std::string>& fields, std::size_t line) {
      if (!header_seen_) {
        header_seen_ = true;
        check_text(file, fields, line);
        match_header(file, fields);
        return;
      }
      if (fields.size() != place_.size())
        throw DataError("line " + std::to_string(line) + " of '" + file.name() + "' has " +
                        std::to_string(fields.size()) + (fields.size() == 1 ? " column" : " columns") +
                        ", the header has " + std::to_string(place_.size()) + "; mend the line or quote its text");
      check_text(file, fields, line);
      on_row(fields, line);
    });
  }

  static void check_text(const InputFile& file, const std::vector<std::string>& fields, std::size_t line) {
    for (const std::string& field : fields)
      if (!is_utf8(field))
        throw DataError("line " + std::to_string(line) + " of '" + file.name() +
                        "' holds text that is not UTF-8; convert the file first, as by: iconv -f LATIN1 -t UTF-8");
  }

  /// Compares the header with the first file's and finds each field's column.
  void match_header(const InputFile& file, std::vector<std::string> header) {
    for (std::size_t k = 0; k < header.size(); ++k)
      if (header[k].empty()) header[k] = "V" + std::to_string(k + 1);
    if (names_.empty()) {
      names_ = header;
      census_.resize(names_.size());
      for (std::size_t k = 0; k < names_.size(); ++k)
        if (!column_of_.emplace(names_[k], k).second && twin_.empty()) twin_ = names_[k];
    }
    const std::vector<std::string> missing = without(names_, header);
    const std::vector<std::string> extra = without(header, names_);
    if (!missing.empty() || !extra.empty() || header.size() != names_.size()) {
      std::string what;
      if (!missing.empty()) what += " has no column " + quoted_list(missing);
      if (!extra.empty())
        what += (what.empty() ? " has" : " and") + std::string(" a column too many: ") + quoted_list(extra);
      if (what.empty()) what = " names a column twice";
      throw DataError("'" + file.name() + "'" + what + ", compared with '" + files_[0].name() +
                      "'; files of one table need the same header");
    }
    place_.clear();
    for (const std::string& name : header) place_.push_back(column_of_.at(name));
  }

  void start_columns() {
    columns_.resize(names_.size());
    for (std::size_t k = 0; k < names_.size(); ++k) {
      Column& column = columns_[k].column;
      const ColumnCensus& c = census_[k];
      column.name = names_[k];
      // Numbers of more digits than a double holds are identifiers where they are the rule.
      const bool identifiers = c.too_long > 0 && !c.fractions && 2 * c.too_long >= c.numbers;
      column.numeric = c.texts == 0 && !identifiers;
      column.first_text_row = c.texts > 0 ? c.first_text_row : c.first_long_row;
      column.first_text = c.texts > 0 ? c.first_text : c.first_long;
      if (column.numeric && c.too_long > 0) column.same_number[0] = column.same_number[1] = c.first_long;
      columns_[k].padded = c.padded;
      column.looks_numeric = c.texts > 0 && c.numbers >= c.texts &&
                             (c.fractions || c.distinct.size() > 20 || 2 * c.distinct.size() > rows_);
      if (column.numeric)
        column.numbers.reserve(rows_);
      else
        column.codes.reserve(rows_);
    }
  }

  std::vector<std::string> file_names() const {
    std::vector<std::string> names;
    for (const InputFile& file : files_) names.push_back(file.name());
    return names;
  }

  [[noreturn]] static void changed(const InputFile& file) {
    throw DataError("'" + file.name() + "' changed while it was read; try again when it is complete");
  }

  std::vector<InputFile> files_;
  std::vector<TablePart> parts_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::size_t> column_of_;
  std::string twin_;  ///< a name that the first header has twice
  std::vector<ColumnCensus> census_;
  std::vector<ColumnBuilder> columns_;
  std::vector<std::size_t> place_;
  std::size_t rows_ = 0;
  bool header_seen_ = false;
};

/// LIBSVM's responses as the column y, its inputs as the block x.
Table libsvm_table(const std::vector<InputFile>& files) {
  LibsvmRows rows = read_libsvm(files);
  Table table;
  table.source = files[0].name() + (files.size() > 1 ? " and " + std::to_string(files.size() - 1) + " more" : "");
  table.parts = std::move(rows.parts);
  Column y;
  y.name = "y";
  y.numbers = std::move(rows.labels);
  table.add(std::move(y));
  add_sparse_matrix(table, "x", std::move(rows.inputs), table.source);
  return table;
}

}  // namespace

Table read_table(const std::vector<std::string>& sources) {
  std::vector<InputFile> files = open_inputs(sources);
  const auto other = std::find_if(files.begin(), files.end(), [&](const InputFile& file) {
    return is_libsvm_name(file.name()) != is_libsvm_name(files.front().name());
  });
  if (other != files.end())
    throw DataError("'" + files.front().name() + "' and '" + other->name() +
                    "' are not of one format, CSV and LIBSVM; files of one table are");
  return is_libsvm_name(files.front().name()) ? libsvm_table(files) : TableReader(std::move(files)).read();
}

Table read_table(const std::string& path) { return read_table(std::vector<std::string>{path}); }

}  // namespace bdglm
