// Draws the latents of every family on the CUDA device and on the CPU, element by element; exit 77 without a device.
#include <cmath>
#include <cstdio>
#include <vector>

#include "kernels/cuda_devices.hpp"
#include "kernels/latents.hpp"

namespace {

/// Largest relative difference between device and host draws of n rows.
double worst_difference(bdglm::Family family, std::size_t n, double size) {
  std::vector<double> response(n, 0.5 * size), sizes(n, size), eta(n), omega(n), kappa(n);
  for (std::size_t i = 0; i < n; ++i) eta[i] = 6 * std::sin(0.37 * static_cast<double>(i));
  const bdglm::Address address{7, 1, 3, bdglm::Site::latents, 0};
  bdglm::cuda::draw_latents_from_host(family, response.data(), sizes.data(), eta.data(), n, address, omega.data(),
                                      kappa.data());
  double worst = 0;
  for (std::size_t i = 0; i < n; ++i) {
    bdglm::Stream stream(address, static_cast<std::uint32_t>(i));
    double w = 0;
    double k = 0;
    bdglm::with_family(family,
                       [&](auto text) { decltype(text)::draw_latent(stream, response[i], sizes[i], eta[i], w, k); });
    worst = std::fmax(worst, std::fmax(std::fabs(w - omega[i]) / w, std::fabs(k - kappa[i])));
  }
  return worst;
}

}  // namespace

int main() {
  const std::vector<std::string> devices = bdglm::cuda::describe_devices();
  std::printf("%s\n", devices[0].c_str());
  if (devices[0].rfind("no device", 0) == 0) return 77;
  bool good = true;
  for (const std::size_t n :
       {std::size_t{0}, std::size_t{1}, std::size_t{31}, std::size_t{32}, std::size_t{33}, std::size_t{1000000}}) {
    for (const double size : {1.0, 5.0, 2.7, 400.0}) {
      const double worst = worst_difference(bdglm::Family::binomial, n, size);
      std::printf("binomial n = %zu, size %g: worst difference %.2e\n", n, size, worst);
      good = good && worst < 1e-10;
    }
    good = good && worst_difference(bdglm::Family::gaussian, n, 2.0) < 1e-14;
  }
  return good ? 0 : 1;
}
