// Opening a backend by name: the one place that knows whether CUDA was compiled in.
#include <thread>

#include "bdglm/backend/backend.hpp"
#include "bdglm/base/error.hpp"

#ifdef BDGLM_WITH_CUDA
#include "kernels/cuda_devices.hpp"
#endif

namespace bdglm {

std::shared_ptr<const Backend> open_backend(const std::string& device) {
  if (device == "auto" || device == "cpu") return open_cpu_backend();
  if (device == "cuda") {
#ifdef BDGLM_WITH_CUDA
    throw DeviceError(
        "this version draws latents on CUDA devices but does not fit whole models there yet; use --device cpu");
#else
    throw DeviceError("this program was built without CUDA; use --device cpu, or build it with the preset 'cuda'");
#endif
  }
  throw DeviceError("--device is auto, cpu or cuda, not '" + device + "'");
}

std::vector<std::string> list_devices() {
  std::vector<std::string> lines = {"cpu: " + std::to_string(std::thread::hardware_concurrency()) + " threads"};
#ifdef BDGLM_WITH_CUDA
  for (const std::string& device : cuda::describe_devices()) lines.push_back("cuda: " + device);
#else
  lines.emplace_back("cuda: not compiled in (build with the preset 'cuda')");
#endif
  return lines;
}

}  // namespace bdglm
