// LIBSVM's text (https://www.csie.ntu.edu.tw/~cjlin/libsvm), read line by line.
#include "data/libsvm_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "data/memory.hpp"

namespace bdglm {
namespace {

/// A number with or without a plus sign; false where the text is none.
bool parse_number(std::string_view text, double& value) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() && std::isfinite(value);
}

/// Text as a message shows it.
std::string shown(std::string_view text) {
  constexpr std::size_t kMost = 40;
  return "'" + printable(std::string(text.substr(0, kMost))) + (text.size() > kMost ? "..." : "") + "'";
}

class LibsvmReader {
 public:
  void read(const InputFile& input) {
    UnpackedFile file(input);
    name_ = file.name();
    line_ = 0;
    const std::size_t before = rows_.inputs.rows();
    rows_.parts.push_back({name_, before});
    std::vector<char> buffer(1U << 18U);
    std::string open;  // a line whose end has not been read
    while (const std::size_t got = file.read(buffer.data(), buffer.size())) {
      std::string_view text(buffer.data(), got);
      while (!text.empty()) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) {
          open += text;
          break;
        }
        if (open.empty()) {
          line(text.substr(0, end));
        } else {
          open += text.substr(0, end);
          line(open);
          open.clear();
        }
        text.remove_prefix(end + 1);
      }
    }
    if (!open.empty()) line(open);
    if (rows_.inputs.rows() == before)
      throw DataError("'" + name_ + "' is empty; each of its rows is a line as '1 3:0.5 17:2'");
  }

  LibsvmRows take() {
    if (rows_.inputs.columns == 0)
      throw DataError("no line of '" + name_ + "' has an index; its rows are lines as '1 3:0.5 17:2'");
    return std::move(rows_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError("line " + std::to_string(line_) + " of '" + name_ + "': " + what);
  }

  void line(std::string_view text) {
    ++line_;
    if (text.find('\0') != std::string_view::npos)
      fail("a zero byte, which text does not hold; LIBSVM files are text, other matrices are .npy or IDX");
    text = text.substr(0, text.find('#'));
    std::string_view word = next(text);
    if (word.empty()) return;
    label(word);
    SparseRows& inputs = rows_.inputs;
    std::int32_t last = 0;
    while (!(word = next(text)).empty()) {
      const std::size_t colon = word.find(':');
      double value = 0;
      if (word.substr(0, colon) == "qid") fail("query numbers (qid:) are not read; take them out");
      const std::int32_t index = colon == std::string_view::npos ? malformed(word) : index_of(word, colon);
      if (!parse_number(word.substr(colon + 1), value)) malformed(word);
      if (index == last) fail("the index " + std::to_string(index) + " stands there twice; keep one value");
      if (index < last)
        fail("the index " + std::to_string(index) + " follows " + std::to_string(last) +
             "; sort each line's indices in ascending order");
      last = index;
      inputs.indices.push_back(index - 1);
      inputs.values.push_back(value);
    }
    inputs.columns = std::max(inputs.columns, static_cast<std::size_t>(last));
    inputs.starts.push_back(inputs.indices.size());
  }

  /// The next word of the line, which loses it.
  static std::string_view next(std::string_view& text) {
    constexpr const char* kSpaces = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(kSpaces));
    text.remove_prefix(word.size());
    return word;
  }

  void label(std::string_view word) {
    double value = 0;
    if (word.find(':') != std::string_view::npos)
      fail("it begins with " + shown(word) + ", where the response is wanted; write 0 where there is none");
    if (word.find(',') != std::string_view::npos)
      fail("the response " + shown(word) + " is several; a row has one number");
    if (!parse_number(word, value)) fail("the response " + shown(word) + " is no number; write one for each class");
    rows_.labels.push_back(value);
  }

  [[noreturn]] std::int32_t malformed(std::string_view word) const {
    fail(shown(word) + " is no pair of an index and a finite number, as 3:0.5; mend it");
  }

  std::int32_t index_of(std::string_view word, std::size_t colon) const {
    const std::string_view text = word.substr(0, colon);
    std::int64_t index = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), index);
    if (end.ptr != text.data() + text.size() || end.ec == std::errc::invalid_argument) malformed(word);
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (end.ec != std::errc() || index > kMost)
      fail("the index " + std::string(text) + " is above " + std::to_string(kMost) +
           ", the greatest; number the columns anew");
    if (index < 1)
      fail("the index " + std::string(text) + ", where they count from 1" +
           (index == 0 ? "; add one to all indices of all files" : ""));
    return static_cast<std::int32_t>(index);
  }

  LibsvmRows rows_;
  std::string name_;
  std::size_t line_ = 0;
};

}  // namespace

bool is_libsvm_name(const std::string& name) {
  const auto ends = [](const std::string& text, std::string_view ending) {
    return text.size() > ending.size() && text.compare(text.size() - ending.size(), ending.size(), ending) == 0;
  };
  const std::string plain = ends(name, ".gz") ? name.substr(0, name.size() - 3) : name;
  return ends(plain, ".svm") || ends(plain, ".libsvm");
}

LibsvmRows read_libsvm(const std::vector<InputFile>& files) {
  LibsvmReader reader;
  for (const InputFile& file : files) reader.read(file);
  return reader.take();
}

NumberColumns dense_columns(const SparseRows& rows, const std::string& what) {
  require_memory(
      rows.rows(), rows.columns,
      what + " has " + std::to_string(rows.rows()) + " rows and indices up to " + std::to_string(rows.columns),
      "keep the lower indices alone, or fewer rows, since most of its numbers are not zero");
  NumberColumns columns(rows.columns, std::vector<double>(rows.rows()));
  for (std::size_t row = 0; row < rows.rows(); ++row)
    rows.for_each(row,
                  [&](std::int32_t column, double value) { columns[static_cast<std::size_t>(column)][row] = value; });
  return columns;
}

}  // namespace bdglm
