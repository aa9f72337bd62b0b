// Latent variables of the families on a CUDA device, behind a plain C++ interface.
#pragma once

#include <cstddef>

#include "bdglm/family/family.hpp"
#include "bdglm/random/stream.hpp"

namespace bdglm::cuda {

/// First failure of a kernel: which element, at which site.
struct Failure {
  int failed = 0;
  unsigned element = 0;
  int site = 0;
};

/// Working precision omega and kappa of n rows, as Backend::draw_latents: element i reads the stream at
/// (address, i), so that the draws equal the CPU's. All pointers are device pointers. Throws
/// NumericalError naming the first row whose latent variable is not finite; DeviceError where CUDA fails.
void draw_latents(Family family, const double* response, const double* size, const double* eta, std::size_t n,
                  const Address& address, double* omega, double* kappa);

/// The same for host arrays, with the transfers; for checks.
void draw_latents_from_host(Family family, const double* response, const double* size, const double* eta, std::size_t n,
                            const Address& address, double* omega, double* kappa);

}  // namespace bdglm::cuda
