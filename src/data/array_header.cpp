// Headers of arrays, read strictly (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html;
// http://yann.lecun.com/exdb/mnist, "The IDX file format").
#include "data/array_header.hpp"

#include <charconv>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {
namespace {

[[noreturn]] void fail(const UnpackedFile& file, const std::string& what) {
  throw DataError("'" + file.name() + "' " + what);
}

void read_exactly(UnpackedFile& file, char* to, std::size_t size) {
  if (file.read(to, size) < size) fail(file, "is cut short within its header; take a copy that is whole");
}

/// Python's literal of a dictionary, as numpy.save writes it: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4),
/// }
class NpyLiteral {
 public:
  NpyLiteral(const UnpackedFile& file, std::string_view text) : file_(file), text_(text) {}

  ArrayHeader read() {
    ArrayHeader header;
    int keys = 0;
    take('{');
    while (!next_is('}')) {
      const std::string key = quoted();
      take(':');
      if (key == "descr")
        type(header);
      else if (key == "fortran_order")
        header.first_fastest = truth();
      else if (key == "shape")
        header.shape = numbers();
      else
        damaged();
      ++keys;
      if (!next_is('}')) take(',');
    }
    take('}');
    skip_spaces();
    if (keys != 3 || !text_.empty()) damaged();
    return header;
  }

 private:
  [[noreturn]] void damaged() const {
    fail(file_,
         "has a .npy header that does not read as {'descr': ..., 'fortran_order': ..., 'shape': ...}; save the "
         "array again by numpy.save");
  }
  void skip_spaces() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) text_.remove_prefix(1);
  }
  bool next_is(char c) {
    skip_spaces();
    return !text_.empty() && text_.front() == c;
  }
  void take(char c) {
    if (!next_is(c)) damaged();
    text_.remove_prefix(1);
  }
  std::string quoted() {
    take('\'');
    const std::size_t end = text_.find('\'');
    if (end == std::string_view::npos) damaged();
    std::string word(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return word;
  }
  bool truth() {
    skip_spaces();
    const bool yes = text_.rfind("True", 0) == 0;
    if (!yes && text_.rfind("False", 0) != 0) damaged();
    text_.remove_prefix(yes ? 4 : 5);
    return yes;
  }
  std::vector<std::size_t> numbers() {
    std::vector<std::size_t> list;
    take('(');
    while (!next_is(')')) {
      std::size_t number = 0;
      const auto end = std::from_chars(text_.data(), text_.data() + text_.size(), number);
      if (end.ec != std::errc()) damaged();
      text_.remove_prefix(static_cast<std::size_t>(end.ptr - text_.data()));
      list.push_back(number);
      if (!next_is(')')) take(',');
    }
    take(')');
    return list;
  }
  void type(ArrayHeader& header) {
    if (next_is('[')) fail(file_, "is a structured array, of fields; save one field by itself, or a table as CSV");
    const std::string descr = quoted();
    const std::string code = descr.substr(descr.find_first_not_of("<>=|") == 1 ? 1 : 0);
    header.big_endian = descr[0] == '>';
    const std::string as = "; save it as numbers: numpy.save(file, X.astype(float))";
    if (code.rfind('O', 0) == 0) fail(file_, "holds Python objects" + as);
    if (code.rfind('c', 0) == 0) fail(file_, "holds complex numbers; save real and imaginary parts by themselves");
    struct Known {
      const char* code;
      ArrayHeader::Kind kind;
      std::size_t size;
    };
    using Kind = ArrayHeader::Kind;
    static constexpr Known kKnown[] = {{"b1", Kind::natural, 1}, {"?", Kind::natural, 1},  {"u1", Kind::natural, 1},
                                       {"u2", Kind::natural, 2}, {"u4", Kind::natural, 4}, {"u8", Kind::natural, 8},
                                       {"i1", Kind::whole, 1},   {"i2", Kind::whole, 2},   {"i4", Kind::whole, 4},
                                       {"i8", Kind::whole, 8},   {"f2", Kind::real, 2},    {"f4", Kind::real, 4},
                                       {"f8", Kind::real, 8}};
    for (const Known& known : kKnown)
      if (code == known.code) {
        header.kind = known.kind;
        header.size = known.size;
        return;
      }
    fail(file_, "holds values of NumPy's type '" + printable(descr) + "', which are no numbers that bdglm reads" + as);
  }

  const UnpackedFile& file_;
  std::string_view text_;
};

void check_shape(const UnpackedFile& file, const ArrayHeader& header) {
  if (header.shape.empty())
    fail(file, "holds a single number without dimensions; a matrix has a row for each row of the table");
  double numbers = 1;
  for (const std::size_t length : header.shape) numbers *= static_cast<double>(length);
  if (!(numbers > 0)) fail(file, "holds an array without numbers: a dimension of it has the length 0");
  if (numbers > static_cast<double>(std::numeric_limits<std::int64_t>::max()))
    fail(file, "has a header that tells of more numbers than can be; take a copy that is not damaged");
}

}  // namespace

std::size_t ArrayHeader::columns() const {
  std::size_t product = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) product *= shape[d];
  return product;
}

bool is_npy(const char (&magic)[kArrayMagic]) { return std::memcmp(magic, "\x93NUM", kArrayMagic) == 0; }

bool is_idx(const char (&magic)[kArrayMagic]) {
  const auto type = static_cast<unsigned char>(magic[2]);
  return magic[0] == 0 && magic[1] == 0 && type >= 0x08 && type <= 0x0E && type != 0x0A;
}

ArrayHeader read_npy_header(UnpackedFile& file) {
  unsigned char start[4];  // "PY" and the version
  read_exactly(file, reinterpret_cast<char*>(start), sizeof start);
  if (start[0] != 'P' || start[1] != 'Y') fail(file, "begins nearly as a .npy file; take a copy that is not damaged");
  if (start[2] < 1 || start[2] > 3)
    fail(file,
         "is of version " + std::to_string(start[2]) + " of .npy; bdglm reads 1 to 3: save it again by numpy.save");
  unsigned char length[4] = {};
  read_exactly(file, reinterpret_cast<char*>(length), start[2] == 1 ? 2 : 4);
  const std::size_t size =
      length[0] + (std::size_t{length[1]} << 8U) + (std::size_t{length[2]} << 16U) + (std::size_t{length[3]} << 24U);
  constexpr std::size_t kMost = 1U << 20U;  // the longest header of numbers alone is a few hundred bytes
  if (size > kMost) fail(file, "has a .npy header of " + std::to_string(size) + " bytes; it holds no plain array");
  std::string text(size, ' ');
  read_exactly(file, text.data(), size);
  ArrayHeader header = NpyLiteral(file, text).read();
  if (header.size == 0) fail(file, "has a .npy header without a type; save the array again by numpy.save");
  check_shape(file, header);
  return header;
}

ArrayHeader read_idx_header(UnpackedFile& file, const char (&magic)[kArrayMagic]) {
  using Kind = ArrayHeader::Kind;
  ArrayHeader header;
  header.big_endian = true;
  const auto type = static_cast<unsigned char>(magic[2]);
  header.kind = type == 0x08 ? Kind::natural : type <= 0x0C ? Kind::whole : Kind::real;
  header.size = type <= 0x09 ? 1 : type == 0x0B ? 2 : type == 0x0E ? 8 : 4;
  const auto dimensions = static_cast<unsigned char>(magic[3]);
  for (int d = 0; d < dimensions; ++d) {
    unsigned char bytes[4];
    read_exactly(file, reinterpret_cast<char*>(bytes), sizeof bytes);
    header.shape.push_back((std::size_t{bytes[0]} << 24U) + (std::size_t{bytes[1]} << 16U) +
                           (std::size_t{bytes[2]} << 8U) + std::size_t{bytes[3]});
  }
  check_shape(file, header);
  return header;
}

}  // namespace bdglm
