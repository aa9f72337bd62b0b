// The records of one delimited file (RFC 4180), plain or gzipped, each with the line on which it starts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "data/input_file.hpp"

namespace bdglm {

/// Gets the fields of one record and its first line; may move the fields out.
using OnRecord = std::function<void(std::vector<std::string>&, std::size_t)>;

/// Reads all records, the header first; empty lines are passed over. The delimiter is the one of `,` `;` tab that
/// the header holds most often. Throws DataError with file and line for unreadable or malformed text.
void read_records(const InputFile& file, const OnRecord& on_record);

}  // namespace bdglm
