// The name of the arithmetic that this processor is given: lanes' instruction set and OpenBLAS's kernels.
#include <hwy/targets.h>

#include "bdglm/backend/backend.hpp"

#ifdef EIGEN_USE_BLAS
extern "C" char* openblas_get_corename();
#endif

namespace bdglm {

std::string cpu_arithmetic() {
  const auto targets = hwy::SupportedTargets();
  // The best target has the lowest bit.
  std::string name = hwy::TargetName(targets & -targets);
#ifdef EIGEN_USE_BLAS
  name += std::string(", OpenBLAS ") + openblas_get_corename();
#endif
  return name;
}

}  // namespace bdglm
