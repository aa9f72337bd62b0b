// Whether the linear algebra library could have the memory that it works in.
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

#include "base/names.hpp"
#include "bdglm/error.hpp"
#include "compute/backend.hpp"

namespace bdglm {

void check_work_memory(int threads) {
#ifdef EIGEN_USE_BLAS
  // OpenBLAS asks for 128 MiB a thread when it is first used, and asks for ever where it cannot have them.
  constexpr std::size_t kBuffer = (std::size_t{128} + 64) << 20U;
  std::vector<std::unique_ptr<char[]>> held;
  for (int t = 0; t < threads; ++t) {
    held.emplace_back(new (std::nothrow) char[kBuffer]);
    if (!held.back())
      throw DeviceError("not enough memory for " + std::to_string(threads) + " threads, of which each needs " +
                        std::to_string(kBuffer >> 20U) + " MiB to work; use fewer " + setting("threads") +
                        " or raise the limit");
  }
#endif
  static_cast<void>(threads);
}

}  // namespace bdglm
