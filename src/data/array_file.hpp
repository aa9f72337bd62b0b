// The numbers of .npy and IDX files as columns.
#pragma once

#include <string>
#include <vector>

#include "data/array_header.hpp"

namespace bdglm {

/// A matrix by columns, each of as many numbers as there are rows.
using NumberColumns = std::vector<std::vector<double>>;

/// Reads the array whose magic bytes have been read; dimensions after the first become columns, the last fastest. NaN
/// is as missing. Throws DataError as the readers of headers do, for files that end too early or too late, and whole
/// numbers beyond 2^53, which doubles would merge, and before it allocates where memory would not do.
NumberColumns read_array(UnpackedFile& file, const char (&magic)[kArrayMagic]);

}  // namespace bdglm
