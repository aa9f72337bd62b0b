// The reader of delimited text: libcsv splits the records.
#include "data/record_reader.hpp"

#include <csv.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>

#include "bdglm/error.hpp"
#include "data/unpacked_file.hpp"

namespace bdglm {
namespace {

class RecordReader {
 public:
  RecordReader(const InputFile& file, const OnRecord& on_record)
      : source_(file), path_(file.name()), on_record_(on_record) {}

  void read() {
    UnpackedFile file(source_);
    csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL) != 0)
      throw DataError("cannot start the CSV parser");
    std::unique_ptr<csv_parser, void (*)(csv_parser*)> guard(&parser, csv_free);
    std::vector<char> buffer(1U << 18U);
    bool first = true;
    while (true) {
      std::size_t size = file.read(buffer.data(), buffer.size());
      if (size == 0) break;
      const char* data = buffer.data();
      if (first) {
        refuse_other_formats(path_, data, size);
        if (size >= 3 && std::memcmp(data, "\xEF\xBB\xBF", 3) == 0) {
          data += 3;
          size -= 3;
        }
        csv_set_delim(&parser, static_cast<unsigned char>(find_delimiter(data, size)));
        first = false;
      }
      if (const void* zero = std::memchr(data, 0, size); zero != nullptr) refuse_zero_byte(data, zero);
      if (csv_parse(&parser, data, size, &RecordReader::field, &RecordReader::record, this) != size) fail(parser);
      if (error_) std::rethrow_exception(error_);
    }
    if (csv_fini(&parser, &RecordReader::field, &RecordReader::record, this) != 0) fail(parser);
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void fail(csv_parser& parser) {
    if (error_) std::rethrow_exception(error_);
    throw DataError("malformed quotes in '" + path_ + "' (record that starts at line " + std::to_string(line_) +
                    "): " + csv_strerror(csv_error(&parser)) + "; a quote inside a quoted field must be doubled");
  }

  [[noreturn]] void refuse_zero_byte(const char* data, const void* zero) const {
    const auto line = line_ + static_cast<std::size_t>(std::count(data, static_cast<const char*>(zero), '\n'));
    throw DataError("'" + path_ + "' holds a zero byte (near line " + std::to_string(line) +
                    "): it is a binary file or UTF-16 text; save it as CSV in UTF-8");
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

  const InputFile& source_;
  std::string path_;
  const OnRecord& on_record_;
  std::vector<std::string> fields_;
  std::size_t line_ = 1;
  std::size_t embedded_newlines_ = 0;
  int last_terminator_ = 0;
  std::exception_ptr error_;
};

}  // namespace

void read_records(const InputFile& file, const OnRecord& on_record) { RecordReader(file, on_record).read(); }

}  // namespace bdglm
