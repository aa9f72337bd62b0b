// Pólya-Gamma draws a second on one core, by instruction set; z_i ~ N(0, 2^2), its own for every element.
#include <benchmark/benchmark.h>
#include <hwy/targets.h>

#include <vector>

#include "backend/lanes/lanes.hpp"
#include "bdglm/sampling/polya_gamma.hpp"

namespace {

using namespace bdglm;

std::vector<double> tilts(double mean, double sd, std::size_t n) {
  std::vector<double> z(n);
  for (std::size_t i = 0; i < n; ++i) {
    Stream stream({7, 0, 0, Site::simulation, 0}, static_cast<std::uint32_t>(i));
    z[i] = mean + sd * draw_normal<double>(stream);
  }
  return z;
}

/// PG(1, z_i) on lanes; argument 1 leaves AVX-512 out.
void lanes_one(benchmark::State& state) {
  hwy::DisableTargets(state.range(0) != 0 ? HWY_AVX3 | HWY_AVX3_DL : 0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  const std::vector<double> z = tilts(0, 2, 1 << 16);
  std::vector<double> omega(z.size());
  Address address{1, 0, 0, Site::latents, 0};
  for (auto _ : state) {
    ++address.sweep;
    lanes::draw_polya_gamma_one(address, z.data(), z.size(), omega.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(z.size()));
  state.SetLabel(lanes::instruction_set());
  hwy::DisableTargets(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}
BENCHMARK(lanes_one)->ArgName("without_avx512")->Arg(0)->Arg(1);

/// PG(b, z_i), z_i near z, by the scalar text in double precision; arguments 10 b and 10 z.
void scalar(benchmark::State& state) {
  const std::vector<double> z = tilts(static_cast<double>(state.range(1)) / 10, 0.01, 1 << 12);
  const double b = static_cast<double>(state.range(0)) / 10;
  Address address{1, 0, 0, Site::latents, 0};
  for (auto _ : state) {
    ++address.sweep;
    for (std::size_t i = 0; i < z.size(); ++i) {
      Stream stream(address, static_cast<std::uint32_t>(i));
      benchmark::DoNotOptimize(draw_polya_gamma(stream, b, z[i]));
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(z.size()));
}
BENCHMARK(scalar)
    ->ArgNames({"10b", "10z"})
    ->Args({10, 0})
    ->Args({10, 10})
    ->Args({10, 30})
    ->Args({10, 100})
    ->Args({25, 10})
    ->Args({100, 20})
    ->Args({500, 30})
    ->Args({2000, 10})
    ->Args({10005, 1});

}  // namespace
