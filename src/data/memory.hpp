// Whether tables of numbers fit into memory, told before they are allocated.
#pragma once

#include <cstddef>
#include <string>

namespace bdglm {

/// Bytes that this process may still take: what the system calls available, or less where a control group or a limit of
/// the process says so; infinite where nobody tells.
double available_memory();

/// "4.0 GB", "37 MB".
std::string bytes_text(double bytes);

/// Throws DataError where `columns` columns of numbers, as often as a fit holds them, are more than is available.
/// `what` begins the message ("'train.svm' has ..."), `todo` ends it.
void require_memory(std::size_t rows, std::size_t columns, const std::string& what, const std::string& todo);

}  // namespace bdglm
