// The CPU and the CUDA backend side by side. Without a device the CUDA backend's own text runs on an emulated one
// (support/emulated_cuda).
#pragma once

#include <gtest/gtest.h>

#include "kernels/cuda_backend.hpp"
#include "support/pattern.hpp"

namespace bdglm::test {

struct Machines {
  std::shared_ptr<const Backend> cpu = open_cpu_backend();
  std::shared_ptr<const Backend> cuda = cuda::open_cuda_backend();
};

inline Likelihood likelihood_on(const Backend& b, Family family, Eigen::Index n) {
  Likelihood likelihood;
  likelihood.family = family;
  likelihood.response = b.uploaded(RowMatrix((pattern(n, 1, 4.2).array() + 1).matrix()));
  likelihood.size = b.uploaded(RowMatrix((pattern(n, 1, 2.2).array() * 3 + 4).matrix()));
  return likelihood;
}

}  // namespace bdglm::test
