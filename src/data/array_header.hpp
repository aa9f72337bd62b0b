// What the headers of NumPy's .npy (format versions 1 to 3) and of IDX files say of the array that follows.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "data/unpacked_file.hpp"

namespace bdglm {

/// An array's numbers as they lie in its file.
struct ArrayHeader {
  enum class Kind { whole, natural, real };  ///< signed, unsigned, floating point
  Kind kind = Kind::real;
  std::size_t size = 0;  ///< bytes of a number
  bool big_endian = false;
  bool first_fastest = false;  ///< Fortran's order
  std::vector<std::size_t> shape;

  std::size_t rows() const { return shape.front(); }
  /// Numbers of a row, whatever the dimensions after the first.
  std::size_t columns() const;
};

/// The bytes by which an array file is known.
constexpr std::size_t kArrayMagic = 4;

/// Whether a file that begins with these bytes is .npy or IDX.
bool is_npy(const char (&magic)[kArrayMagic]);
bool is_idx(const char (&magic)[kArrayMagic]);

/// Read the rest of the header after the magic bytes. Throw DataError for headers that are damaged or cut short, types
/// that are no real numbers, arrays without dimensions, rows or columns.
ArrayHeader read_npy_header(UnpackedFile& file);
ArrayHeader read_idx_header(UnpackedFile& file, const char (&magic)[kArrayMagic]);

}  // namespace bdglm
