// The CUDA backend behind a plain C++ interface; in a library of its own that the program loads when it is asked to.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compute/backend.hpp"

namespace bdglm::cuda {

/// Opens the first device, with all rows or a part of them; throws DeviceError that says what is missing.
std::shared_ptr<const Backend> open_cuda_backend(RowPart part = {});

/// One line per device with its name, compute capability and memory, or one line that says why there is none.
std::vector<std::string> describe_devices();

/// Bytes that are free on the first device; 0 where there is none.
std::size_t free_bytes();

}  // namespace bdglm::cuda
