// The name of the arithmetic that this processor is given: lanes' instruction set and OpenBLAS's kernels.
#include "compute/backend.hpp"
#include "compute/cpu/lanes/lanes.hpp"

#ifdef EIGEN_USE_BLAS
extern "C" char* openblas_get_corename();
#endif

namespace bdglm {

std::string cpu_arithmetic() {
  std::string name = lanes::instruction_set();
#ifdef EIGEN_USE_BLAS
  name += std::string(", OpenBLAS ") + openblas_get_corename();
#endif
  return name;
}

}  // namespace bdglm
