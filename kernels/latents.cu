// The latent draws as CUDA kernels: the CPU loop's three lines, one thread an element.
#include "kernels/latents.hpp"

#include "kernels/device.cuh"

namespace bdglm::cuda {
namespace {

template <class FamilyText>
__global__ void latents_kernel(const double* response, const double* size, const double* eta, std::size_t n,
                               Address address, double* omega, double* kappa, Failure* failure) {
  const std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (i >= n) return;
  Stream stream(address, static_cast<std::uint32_t>(i));
  FamilyText::draw_latent(stream, response[i], size[i], eta[i], omega[i], kappa[i]);
  if (!isfinite(omega[i]) && atomicCAS(&failure->failed, 0, 1) == 0) {
    failure->element = static_cast<unsigned>(i);
    failure->site = static_cast<int>(address.site);
  }
}

}  // namespace

void draw_latents(Family family, const double* response, const double* size, const double* eta, std::size_t n,
                  const Address& address, double* omega, double* kappa) {
  if (n == 0) return;
  DeviceArray<Failure> failure(1);
  Failure record;
  failure.upload(&record);
  with_family(family, [&](auto text) {
    latents_kernel<decltype(text)>
        <<<blocks_for(n), kThreads>>>(response, size, eta, n, address, omega, kappa, failure.data());
  });
  check(cudaGetLastError(), "launch the latent draws");
  failure.download(&record);
  if (record.failed != 0)
    throw NumericalError("the latent variable of row " + std::to_string(record.element + 1) + " is not finite");
}

void draw_latents_from_host(Family family, const double* response, const double* size, const double* eta, std::size_t n,
                            const Address& address, double* omega, double* kappa) {
  DeviceArray<double> a(n), b(n), e(n), w(n), k(n);
  a.upload(response);
  b.upload(size);
  e.upload(eta);
  draw_latents(family, a.data(), b.data(), e.data(), n, address, w.data(), k.data());
  w.download(omega);
  k.download(kappa);
}

}  // namespace bdglm::cuda
