// The bytes of .npy and IDX files, and gzipped copies.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace bdglm::test {

/// The numbers as they lie in memory.
template <class T>
std::string bytes_of(const std::vector<T>& numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(T)};
}

/// Version 1 of the format, its header padded as numpy.save pads it.
inline std::string npy(const std::string& descr, const std::string& shape, const std::string& data,
                       bool fortran = false) {
  std::string header =
      "{'descr': " + descr + ", 'fortran_order': " + (fortran ? "True" : "False") + ", 'shape': " + shape + ", }";
  while ((header.size() + 11) % 64 != 0) header += ' ';
  header += '\n';
  const auto size = static_cast<unsigned>(header.size());
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(size & 255U) + static_cast<char>(size >> 8U) + header +
         data;
}

/// A matrix of doubles, row by row.
inline std::string npy(std::size_t rows, std::size_t columns, const std::vector<double>& numbers) {
  return npy("'<f8'", "(" + std::to_string(rows) + ", " + std::to_string(columns) + ")", bytes_of(numbers));
}

/// `data` is big-endian.
inline std::string idx(int type, const std::vector<std::uint32_t>& shape, const std::string& data) {
  std::string file = {0, 0, static_cast<char>(type), static_cast<char>(shape.size())};
  for (const std::uint32_t length : shape)
    for (const unsigned shift : {24U, 16U, 8U, 0U}) file += static_cast<char>((length >> shift) & 255U);
  return file + data;
}

/// Writes the text gzipped, and returns the path.
inline std::string write_zipped(const std::string& path, const std::string& text) {
  gzFile out = gzopen(path.c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  return path;
}

}  // namespace bdglm::test
