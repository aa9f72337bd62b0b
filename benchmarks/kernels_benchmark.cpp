// The operations that a sweep is made of, beside the machine's own copy and product rates in the same run.
#include <benchmark/benchmark.h>

#include <Eigen/Core>

#include "compute/backend.hpp"

namespace {

using namespace bdglm;

RowMatrix pattern(Eigen::Index rows, Eigen::Index cols) {
  RowMatrix m(rows, cols);
  for (Eigen::Index k = 0; k < m.size(); ++k) m.data()[k] = 2 * std::sin(0.7 * static_cast<double>(k));
  return m;
}

void machine_copy(benchmark::State& state) {
  const Eigen::VectorXd from = Eigen::VectorXd::Ones(1 << 23);
  Eigen::VectorXd to = from;
  for (auto _ : state) {
    to = from;
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * from.size() * 16);
}
BENCHMARK(machine_copy);

void machine_product(benchmark::State& state) {
  const Eigen::MatrixXd a = Eigen::MatrixXd::Random(512, 512);
  Eigen::MatrixXd c(512, 512);
  for (auto _ : state) {
    c.noalias() = a * a;
    benchmark::ClobberMemory();
  }
  state.counters["flops"] = benchmark::Counter(2.0 * 512 * 512 * 512, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(machine_product);

/// Gradient of a logistic model, (n, p), or of a network with two layers of `width`.
void gradient(benchmark::State& state) {
  const auto backend = open_cpu_backend();
  const Eigen::Index n = state.range(0);
  Network network;
  const auto width = static_cast<int>(state.range(2));
  if (width > 0) {
    network.shape.inputs = 10;
    network.shape.widths = {width, width};
    network.inputs = backend->uploaded(pattern(n, 10));
  }
  const auto fixed = static_cast<int>(state.range(1));
  network.shape.set_heads(1, fixed);
  network.fixed = {backend->uploaded(pattern(n, fixed))};
  const Likelihood likelihood{Family::bernoulli, backend->uploaded(RowMatrix::Zero(n, 1)),
                              backend->uploaded(RowMatrix::Ones(n, 1))};
  const Matrix base = backend->allocate(n, 1);
  const Matrix theta = backend->uploaded(0.1 * pattern(network.shape.size(), 1));
  Matrix out = backend->allocate(network.shape.size(), 1);
  Matrix eta = backend->allocate(n, 1);
  for (auto _ : state) benchmark::DoNotOptimize(backend->gradient(network, theta, base, likelihood, out, eta));
  auto products = static_cast<double>(fixed);
  for (int l = 0; l < network.shape.layers(); ++l)
    products += 1.5 * network.shape.input_width(l) * network.shape.width(l);
  state.counters["flops"] =
      benchmark::Counter(4.0 * static_cast<double>(n) * products, benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(gradient)
    ->ArgNames({"n", "p", "width"})
    ->Args({10000, 50, 0})
    ->Args({100000, 100, 0})
    ->Args({5000, 1, 32})
    ->Args({1934, 2, 16});

void weighted_gram(benchmark::State& state) {
  const auto backend = open_cpu_backend();
  const Eigen::Index n = state.range(0);
  const Eigen::Index p = state.range(1);
  const Matrix x = backend->uploaded(pattern(n, p));
  const Matrix w = backend->uploaded(RowMatrix::Ones(n, 1));
  for (auto _ : state) benchmark::DoNotOptimize(backend->weighted_gram({x}, w));
  state.counters["flops"] =
      benchmark::Counter(static_cast<double>(n * p * p), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(weighted_gram)->ArgNames({"n", "p"})->Args({10000, 50})->Args({100000, 100});

}  // namespace
