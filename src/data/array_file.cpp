// Arrays read by blocks of their file, so that beside the columns a block alone is held.
#include "data/array_file.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "bdglm/error.hpp"
#include "data/memory.hpp"

namespace bdglm {
namespace {

/// Half precision of IEEE 754, as bits.
struct Half {
  std::uint16_t bits;
};

double number(Half half) {
  const int exponent = (half.bits >> 10) & 0x1F;
  const int fraction = half.bits & 0x3FF;
  const double sign = (half.bits & 0x8000U) != 0 ? -1 : 1;
  if (exponent == 0x1F)
    return fraction != 0 ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
  return sign * (exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25));
}

template <class T>
double number(T value) {
  return static_cast<double>(value);
}

template <class T>
bool is_exact(T value) {
  if constexpr (std::is_integral_v<T> && sizeof(T) == 8) {
    constexpr T kLargest = T{1} << 53;
    if constexpr (std::is_signed_v<T>)
      return value <= kLargest && value >= -kLargest;
    else
      return value <= kLargest;
  }
  return true;
}

class ArrayReader {
 public:
  ArrayReader(UnpackedFile& file, const ArrayHeader& header) : file_(file), header_(header) {}

  NumberColumns read() {
    const std::size_t rows = header_.rows();
    const std::size_t width = header_.columns();
    require_memory(
        rows, width,
        "'" + file_.name() + "' has " + std::to_string(rows) + " rows of " + std::to_string(width) + " numbers",
        "take fewer rows or columns, or a machine with more");
    columns_.resize(width);
    // Memory that is not written yet is none: a header alone, of a file that is cut short, takes little.
    for (std::vector<double>& column : columns_) column.reserve(rows);
    by_type();
    char more = 0;
    if (file_.read(&more, 1) > 0)
      throw DataError("'" + file_.name() + "' goes on after the " + told() +
                      " of its header; take a copy that is not damaged");
    return std::move(columns_);
  }

 private:
  std::string told() const {
    return std::to_string(header_.rows()) + " rows of " + std::to_string(header_.columns()) + " numbers";
  }

  void by_type() {
    using Kind = ArrayHeader::Kind;
    const auto whole = [&](auto s, auto u) {
      header_.kind == Kind::whole ? values<decltype(s)>() : values<decltype(u)>();
    };
    if (header_.kind == Kind::real)
      return header_.size == 2 ? values<Half>() : header_.size == 4 ? values<float>() : values<double>();
    if (header_.size == 1) return whole(std::int8_t{}, std::uint8_t{});
    if (header_.size == 2) return whole(std::int16_t{}, std::uint16_t{});
    if (header_.size == 4) return whole(std::int32_t{}, std::uint32_t{});
    whole(std::int64_t{}, std::uint64_t{});
  }

  template <class T>
  void values() {
    // Lines of the file: rows, or columns where the first index runs fastest.
    const std::size_t lines = header_.first_fastest ? header_.columns() : header_.rows();
    const std::size_t length = header_.first_fastest ? header_.rows() : header_.columns();
    constexpr std::size_t kBlock = 1U << 20U;
    const std::size_t at_once = std::clamp<std::size_t>(kBlock / (length * sizeof(T)), 1, lines);
    std::vector<char> block(at_once * length * sizeof(T));
    for (std::size_t first = 0; first < lines; first += at_once) {
      const std::size_t count = std::min(at_once, lines - first);
      const std::size_t size = count * length * sizeof(T);
      if (file_.read(block.data(), size) < size)
        throw DataError("'" + file_.name() + "' is cut short: it ends before the " + told() +
                        " that its header tells of; take a copy that is whole");
      if (header_.first_fastest)
        for (std::size_t line = 0; line < count; ++line)
          for (std::size_t row = 0; row < length; ++row)
            put(row, column_of(first + line), value<T>(block.data() + (line * length + row) * sizeof(T)));
      else
        for (std::size_t column = 0; column < length; ++column)
          for (std::size_t line = 0; line < count; ++line)
            put(first + line, column, value<T>(block.data() + (line * length + column) * sizeof(T)));
    }
  }

  /// The column, counted with the last index fastest, of one counted with the first fastest.
  std::size_t column_of(std::size_t place) const {
    std::size_t column = 0;
    for (std::size_t d = 1; d < header_.shape.size(); ++d) {
      column = column * header_.shape[d] + place % header_.shape[d];
      place /= header_.shape[d];
    }
    return column;
  }

  template <class T>
  T value(const char* bytes) const {
    unsigned char own[sizeof(T)];
    std::memcpy(own, bytes, sizeof(T));
    if (header_.big_endian != (std::endian::native == std::endian::big)) std::reverse(own, own + sizeof(T));
    T result;
    std::memcpy(&result, own, sizeof(T));
    return result;
  }

  /// Rows of a column come in their order.
  template <class T>
  void put(std::size_t row, std::size_t column, T value) {
    if (!is_exact(value))
      throw DataError("'" + file_.name() + "' holds " + std::to_string(value) + " in row " + std::to_string(row + 1) +
                      ", column " + std::to_string(column + 1) +
                      ", beyond 2^53, where doubles merge whole numbers; give identifiers as text in a CSV");
    columns_[column].push_back(number(value));
  }
  void put(std::size_t /*row*/, std::size_t column, Half value) { columns_[column].push_back(number(value)); }

  UnpackedFile& file_;
  const ArrayHeader& header_;
  NumberColumns columns_;
};

}  // namespace

NumberColumns read_array(UnpackedFile& file, const char (&magic)[kArrayMagic]) {
  const ArrayHeader header = is_npy(magic) ? read_npy_header(file) : read_idx_header(file, magic);
  return ArrayReader(file, header).read();
}

}  // namespace bdglm
