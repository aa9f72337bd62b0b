// Gaussian conditionals on the device: weighted Gram matrices and regressions whose columns share one factor.
#include "kernels/operations.cuh"

namespace bdglm::cuda {
namespace {

/// Numbers that are scaled at a time, so that scratch does not grow with the data.
constexpr std::size_t kChunk = std::size_t{1} << 22U;

}  // namespace

void resident_gram(Queue& queue, const std::vector<Matrix>& blocks, const double* weights, double* out,
                   std::size_t width) {
  if (width == 0) return;
  const std::size_t rows = rows_of(blocks.front());
  const std::size_t chunk = std::min(rows, kChunk / width + 1);
  double* scaled = queue.scratch(Scratch::scaled_rows, chunk * width);
  queue.clear(out, width * width);
  for (std::size_t first = 0; first < rows; first += chunk) {
    const std::size_t count = std::min(chunk, rows - first);
    std::size_t column = 0;
    for (const Matrix& block : blocks) {
      const std::size_t cols = cols_of(block);
      const double* x = values(block) + first * cols;
      const double* w = weights == nullptr ? nullptr : weights + first;
      for_each(queue, count * cols, [=] __device__(std::size_t t) {
        const std::size_t i = t / cols;
        scaled[i * width + column + t % cols] = w == nullptr ? x[t] : sqrt(w[i]) * x[t];
      });
      column += cols;
    }
    gram(queue, count, width, 1, scaled, width, 1, out, width);
  }
}

RowMatrix weighted_gram(Queue& queue, const std::vector<Matrix>& blocks, const Matrix& weights) {
  std::size_t width = 0;
  for (const Matrix& block : blocks) width += cols_of(block);
  double* out = queue.scratch(Scratch::gram, width * width);
  resident_gram(queue, blocks, values(weights), out, width);
  RowMatrix host(width, width);
  queue.read(out, width * width, host.data());
  host.triangularView<Eigen::StrictlyUpper>() = host.transpose();
  return host;
}

void draw_regression(Queue& queue, const Matrix& inputs, const Matrix& targets, double variance,
                     const Eigen::VectorXd& prior_precision, const Address& address, const RowPart& part,
                     Matrix& weights) {
  const std::size_t rows = rows_of(inputs);
  const std::size_t d = cols_of(inputs);
  const std::size_t k = cols_of(targets);
  const double* x = values(inputs);
  const double* y = values(targets);
  double* solution = values(weights);
  const double* one = ones(queue, rows);
  queue.clear(solution, count_of(weights));
  double* precision = queue.scratch(Scratch::gram, (d + 1) * (d + 1));
  double* prior = queue.scratch(Scratch::small_matrix, d + 1);
  queue.write(prior_precision.data(), d + 1, prior);
  queue.clear(precision, (d + 1) * (d + 1));
  gram(queue, rows, d, 1, x, d, 0, precision, d + 1);
  gemv(queue, true, rows, d, 1, x, d, one, 0, precision + d * (d + 1));
  add_up(queue, part, precision, (d + 1) * (d + 1));
  const double all_rows = part.sum(static_cast<double>(rows));
  for_each(queue, (d + 1) * (d + 1), [=] __device__(std::size_t t) {
    const std::size_t i = t / (d + 1);
    const std::size_t j = t % (d + 1);
    const double value = i == d && j == d ? all_rows : precision[t];
    precision[t] = value / variance + (i == j ? prior[i] : 0.0);
  });
  if (!cholesky(queue, d + 1, precision, d + 1))
    throw NumericalError(
        "the precision of a layer's weights is not positive definite; columns of very different size or huge values "
        "may be the cause");
  gemm(queue, true, false, d, k, rows, 1 / variance, x, d, y, k, 0, solution, k);
  gemv(queue, true, rows, k, 1 / variance, y, k, one, 0, solution + d * k);
  add_up(queue, part, solution, (d + 1) * k);
  solve_lower(queue, false, d + 1, k, precision, d + 1, solution);
  double* normals = queue.scratch(Scratch::normals, (d + 1) * k);
  draw_stream_normals(queue, address, k, d + 1, 1, k, normals);
  for_each(queue, (d + 1) * k, [=] __device__(std::size_t t) { solution[t] += normals[t]; });
  solve_lower(queue, true, d + 1, k, precision, d + 1, solution);
}

}  // namespace bdglm::cuda
