// The CUDA devices of this machine, for people.
#pragma once

#include <string>
#include <vector>

namespace bdglm::cuda {

/// One line a device; one line that says why where there is none.
std::vector<std::string> describe_devices();

}  // namespace bdglm::cuda
