// Pólya-Gamma draws a second on one core, by instruction set, with its own z for every element.
#include <benchmark/benchmark.h>
#include <hwy/targets.h>

#include <vector>

#include "compute/cpu/lanes/lanes.hpp"
#include "sampling/polya_gamma.hpp"

namespace {

using namespace bdglm;

std::vector<double> tilts(double mean, double sd, std::size_t n) {
  std::vector<double> z(n);
  for (std::size_t i = 0; i < n; ++i) {
    Stream stream({7, 0, 0, Site::simulation, 0}, static_cast<std::uint32_t>(i));
    z[i] = mean + (sd > 0 ? sd : 0.01) * draw_normal<double>(stream);
  }
  return z;
}

/// PG(b, z_i) on lanes; arguments 10 b, 10 times the mean and the standard deviation of z, and whether AVX-512 is left
/// out.
void lanes_draws(benchmark::State& state) {
  hwy::DisableTargets(state.range(3) != 0 ? HWY_AVX3 | HWY_AVX3_DL : 0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  const std::vector<double> z =
      tilts(static_cast<double>(state.range(1)) / 10, static_cast<double>(state.range(2)) / 10, 1 << 16);
  const std::vector<double> size(z.size(), static_cast<double>(state.range(0)) / 10);
  std::vector<double> omega(z.size());
  Address address{1, 0, 0, Site::latents, 0};
  for (auto _ : state) {
    ++address.sweep;
    lanes::draw_polya_gamma(address, 0, size.data(), z.data(), z.size(), omega.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(z.size()));
  state.SetLabel(lanes::instruction_set());
  hwy::DisableTargets(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

/// PG(b, z_i) by the scalar text in double precision.
void scalar(benchmark::State& state) {
  const std::vector<double> z =
      tilts(static_cast<double>(state.range(1)) / 10, static_cast<double>(state.range(2)) / 10, 1 << 12);
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

/// The design note's table, 10 b and 10 z, with z_i ~ N(z, .01^2) and z_i ~ N(0, 2^2) first.
const std::vector<std::vector<std::int64_t>> kTable = {{10, 0, 20},   {10, 0, 0},   {10, 10, 0},  {10, 30, 0},
                                                       {10, 100, 0},  {25, 10, 0},  {100, 20, 0}, {500, 30, 0},
                                                       {2000, 10, 0}, {10005, 1, 0}};

void every_case(benchmark::internal::Benchmark* benchmark, bool lanes) {
  benchmark->ArgNames(lanes ? std::vector<std::string>{"10b", "10z", "10sd", "without_avx512"}
                            : std::vector<std::string>{"10b", "10z", "10sd"});
  for (std::vector<std::int64_t> arguments : kTable) {
    if (!lanes) {
      benchmark->Args(arguments);
      continue;
    }
    for (const std::int64_t without : {0, 1}) {
      arguments.resize(3);
      arguments.push_back(without);
      benchmark->Args(arguments);
    }
  }
}
BENCHMARK(lanes_draws)->Apply([](benchmark::internal::Benchmark* benchmark) { every_case(benchmark, true); });
BENCHMARK(scalar)->Apply([](benchmark::internal::Benchmark* benchmark) { every_case(benchmark, false); });

}  // namespace
