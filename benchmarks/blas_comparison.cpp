// Eigen's own products at the shapes of a sweep; compile once as it is and once with -DEIGEN_USE_BLAS -lopenblas
// to compare (see README.md here).
#include <benchmark/benchmark.h>

#include <Eigen/Dense>

namespace {

using RowMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// C = A B with A rows x inner, B inner x cols.
void product(benchmark::State& state) {
  const RowMatrix a = RowMatrix::Random(state.range(0), state.range(1));
  const RowMatrix b = RowMatrix::Random(state.range(1), state.range(2));
  RowMatrix c(state.range(0), state.range(2));
  for (auto _ : state) {
    c.noalias() = a * b;
    benchmark::ClobberMemory();
  }
  state.counters["flops"] =
      benchmark::Counter(2.0 * static_cast<double>(a.size() * b.cols()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(product)
    ->Args({256, 10, 32})
    ->Args({256, 32, 32})
    ->Args({32, 256, 32})
    ->Args({256, 128, 128})
    ->Args({512, 512, 512});

/// G += A' A with A rows x cols.
void gram(benchmark::State& state) {
  const RowMatrix a = RowMatrix::Random(state.range(0), state.range(1));
  Eigen::MatrixXd g = Eigen::MatrixXd::Zero(a.cols(), a.cols());
  for (auto _ : state) {
    g.selfadjointView<Eigen::Lower>().rankUpdate(a.transpose());
    benchmark::ClobberMemory();
  }
  state.counters["flops"] =
      benchmark::Counter(static_cast<double>(a.size() * a.cols()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(gram)->Args({256, 10})->Args({256, 50})->Args({256, 100});

}  // namespace
