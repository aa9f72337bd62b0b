// Opening a backend by name, and the one place that knows how the CUDA backend's library is found.
#include <dlfcn.h>

#include <filesystem>
#include <thread>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "compute/backend.hpp"

namespace bdglm {
namespace {

constexpr const char* kLibrary = "libbdglm_cuda.so";

/// Multiply-adds a sweep below which a device's start and launches cost more than the CPU's work: a mixed model of
/// 20,000 rows and four columns (measured, benchmarks/results/2026-11-26-h100.md).
constexpr double kSmall = 5e6;

/// What cuBLAS keeps for itself on each stream, one a chain, on the largest devices (its documentation of
/// cublasSetWorkspace).
constexpr double kLibraryBytes = 33554432;

/// Folders in which a library for this one may lie: that of the object which holds this code, be it a program or a
/// shared library such as an extension module, then the program's.
std::vector<std::filesystem::path> own_folders() {
  std::vector<std::filesystem::path> folders;
  std::error_code ignored;
  Dl_info info{};
  // Of a program dladdr gives the name that it was called by, which need not be a path.
  if (dladdr(reinterpret_cast<const void*>(&own_folders), &info) != 0 && info.dli_fname != nullptr) {
    const std::filesystem::path object = info.dli_fname;
    if (object.has_parent_path()) folders.push_back(std::filesystem::canonical(object, ignored).parent_path());
  }
  folders.push_back(std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path());
  return folders;
}

/// The CUDA backend's library: beside the code that asks for it, in the library folder of an installation, or where the
/// loader looks; null where there is none.
class CudaLibrary {
 public:
  static const CudaLibrary& instance() {
    static const CudaLibrary library;
    return library;
  }

  bool there() const { return handle_ != nullptr; }
  const std::string& reason() const { return reason_; }
  template <class Function>
  Function* find(const char* symbol) const {
    auto* function = reinterpret_cast<Function*>(dlsym(handle_, symbol));
    if (function == nullptr)
      throw DeviceError(std::string("the library ") + kLibrary + " does not belong to this program: it lacks " +
                        symbol);
    return function;
  }

 private:
  CudaLibrary() {
    std::error_code ignored;
    for (const std::filesystem::path& folder : own_folders()) {
      for (const std::filesystem::path& path : {folder / kLibrary, folder / ".." / BDGLM_LIBRARY_FOLDER / kLibrary}) {
        if (std::filesystem::exists(path, ignored)) {
          open(path);
          return;
        }
      }
    }
    open(kLibrary);
    if (handle_ == nullptr)
      reason_ =
          "this program was built without CUDA; use " + setting("device") + " cpu, or build it with the preset 'cuda'";
  }

  void open(const std::filesystem::path& path) {
    handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle_ == nullptr) reason_ = std::string("the CUDA library cannot be loaded: ") + dlerror();
  }

  void* handle_ = nullptr;
  std::string reason_;
};

std::string mebibytes(double bytes) { return std::to_string(static_cast<long long>(bytes / 1048576) + 1) + " MiB"; }

/// Why the device does not serve; empty where it does.
std::string what_is_missing(const Workload& workload) {
  const CudaLibrary& library = CudaLibrary::instance();
  if (!library.there()) return library.reason();
  std::vector<std::string> devices;
  library.find<void(std::vector<std::string>&)>("bdglm_describe_cuda_devices")(devices);
  const std::string none = "no device";
  if (devices.front().rfind(none, 0) == 0)
    return "there is no CUDA device to use" + devices.front().substr(none.size());
  const auto free = static_cast<double>(library.find<std::size_t()>("bdglm_free_cuda_bytes")());
  const double chain_bytes = workload.chain_bytes + kLibraryBytes;
  const double needed = workload.shared_bytes + workload.chains * chain_bytes;
  if (needed <= free) return "";
  const double fits = (free - workload.shared_bytes) / chain_bytes;
  return "the model needs " + mebibytes(needed) + " on the device, of which " + mebibytes(free) + " are free; " +
         (fits >= 1 ? std::to_string(static_cast<int>(fits)) + " chains would fit" : "not even one chain would fit");
}

}  // namespace

OpenedBackend open_backend(const std::string& device, const Workload& workload) {
  if (device == "cpu") return {open_cpu_backend(), ""};
  if (device != "auto" && device != "cuda")
    throw DeviceError(setting("device") + " is auto, cpu or cuda, not '" + device + "'");
  if (workload.sparse && device == "cuda")
    throw DeviceError(
        "sparse matrices, and factors of more than 256 levels in deep(), are held on the CPU alone; use " +
        setting("device") + " cpu");
  if (device == "auto" && !CudaLibrary::instance().there() && CudaLibrary::instance().reason().rfind("this", 0) == 0)
    return {open_cpu_backend(), ""};
  if (workload.sparse)
    return {open_cpu_backend(),
            "runs on the CPU: sparse matrices and factors of many levels in deep() are held there alone"};
  if (device == "auto" && workload.operations < kSmall)
    return {open_cpu_backend(),
            "runs on the CPU: a device pays for larger models (" + setting("device") + " cuda overrides)"};
  const std::string missing = what_is_missing(workload);
  if (missing.empty()) {
    OpenedBackend opened;
    CudaLibrary::instance().find<void(std::shared_ptr<const Backend>&)>("bdglm_open_cuda_backend")(opened.backend);
    return opened;
  }
  if (device == "cuda") throw DeviceError(missing);
  return {open_cpu_backend(), "runs on the CPU: " + missing};
}

std::vector<std::string> list_devices() {
  std::vector<std::string> lines = {"cpu: " + std::to_string(std::thread::hardware_concurrency()) + " threads"};
  const CudaLibrary& library = CudaLibrary::instance();
  if (!library.there()) {
    lines.push_back("cuda: not there (" + library.reason() + ")");
    return lines;
  }
  std::vector<std::string> devices;
  library.find<void(std::vector<std::string>&)>("bdglm_describe_cuda_devices")(devices);
  for (const std::string& name : devices) lines.push_back("cuda: " + name);
  return lines;
}

}  // namespace bdglm
