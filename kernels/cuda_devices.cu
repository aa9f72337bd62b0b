// Asking the CUDA runtime what is there.
#include "kernels/cuda_devices.hpp"

#include <cuda_runtime.h>

namespace bdglm::cuda {

std::vector<std::string> describe_devices() {
  int count = 0;
  const cudaError_t status = cudaGetDeviceCount(&count);
  if (status != cudaSuccess || count == 0)
    return {std::string("no device (") + (status == cudaSuccess ? "none found" : cudaGetErrorString(status)) + ")"};
  std::vector<std::string> lines;
  for (int d = 0; d < count; ++d) {
    cudaDeviceProp properties{};
    if (cudaGetDeviceProperties(&properties, d) != cudaSuccess) continue;
    lines.push_back(std::string(properties.name) + ", compute capability " + std::to_string(properties.major) + "." +
                    std::to_string(properties.minor) + ", " + std::to_string(properties.totalGlobalMem >> 20U) +
                    " MiB");
  }
  return lines;
}

}  // namespace bdglm::cuda
