// Vectors on the device: sums, normals, priors, changes of coordinates, random effects.
#include <cmath>

#include "kernels/operations.cuh"
#include "random/stream.hpp"
#include "sampling/standard.hpp"

namespace bdglm::cuda {
namespace {

void multiply(Queue& queue, const Matrix& factor, double* x) {
  if (factor.empty()) return;
  const double* f = values(factor);
  for_each(queue, count_of(factor), [=] __device__(std::size_t i) { x[i] *= f[i]; });
}

/// part = left part right', or left' part right.
void rotate(Queue& queue, const MetricBlock& block, bool transposed, double* part) {
  const auto rows = static_cast<std::size_t>(block.rows);
  const auto cols = static_cast<std::size_t>(block.cols);
  double* turned = queue.scratch(Scratch::small_matrix, rows * cols);
  if (!block.left.empty()) {
    gemm(queue, transposed, false, rows, cols, rows, 1, values(block.left), rows, part, cols, 0, turned, cols);
    queue.copy(turned, rows * cols, part);
  }
  if (!block.right.empty()) {
    gemm(queue, false, !transposed, rows, cols, cols, 1, part, cols, values(block.right), cols, 0, turned, cols);
    queue.copy(turned, rows * cols, part);
  }
}

}  // namespace

void axpy(Queue& queue, double a, const Matrix& x, Matrix& y) {
  const double* from = values(x);
  double* to = values(y);
  for_each(queue, count_of(y), [=] __device__(std::size_t i) { to[i] += a * from[i]; });
}

void rotate(Queue& queue, double angle, Matrix& x, Matrix& y) {
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  double* a = values(x);
  double* b = values(y);
  for_each(queue, count_of(x), [=] __device__(std::size_t i) {
    const double old = a[i];
    a[i] = c * old + s * b[i];
    b[i] = c * b[i] - s * old;
  });
}

void draw_normal(Queue& queue, const Address& address, Matrix& out) {
  const std::size_t count = count_of(out);
  double* to = values(out);
  for_each(queue, (count + 1) / 2, [=] __device__(std::size_t pair) {
    const std::size_t i = 2 * pair;
    Stream stream(address, static_cast<std::uint32_t>(i));
    double first;
    double second;
    draw_normal_pair(stream, first, second);
    to[i] = first;
    if (i + 1 < count) to[i + 1] = second;
  });
}

void draw_stream_normals(Queue& queue, const Address& address, std::size_t streams, std::size_t per_stream,
                         std::size_t stream_step, std::size_t step, double* out) {
  // A block of four words makes four normals: each is a thread's.
  const std::size_t blocks = (per_stream + 3) / 4;
  for_each(queue, streams * blocks, [=] __device__(std::size_t t) {
    const std::size_t s = t / blocks;
    const std::size_t block = t % blocks;
    Stream stream(address, static_cast<std::uint32_t>(s));
    stream.skip_to(static_cast<std::uint32_t>(block));
    double* to = out + s * stream_step;
    for (std::size_t k = 4 * block; k < 4 * block + 4 && k < per_stream; k += 2) {
      double first;
      double second;
      draw_normal_pair(stream, first, second);
      to[k * step] = first;
      if (k + 1 < per_stream) to[(k + 1) * step] = second;
    }
  });
}

double add_normal_prior(Queue& queue, const Matrix& theta, const Matrix& mean, const Matrix& precision,
                        Matrix& gradient) {
  const std::size_t count = count_of(theta);
  const double* at = values(theta);
  const double* center = values(mean);
  const double* weight = values(precision);
  double* out = values(gradient);
  double* terms = queue.scratch(Scratch::terms, count);
  for_each(queue, count, [=] __device__(std::size_t i) {
    const double deviation = at[i] - center[i];
    out[i] -= weight[i] * deviation;
    terms[i] = weight[i] * deviation * deviation;
  });
  return -0.5 * sum(queue, count, terms);
}

void precondition(Queue& queue, const Metric& metric, bool transposed, const Matrix& v, Matrix& out) {
  queue.copy(values(v), count_of(v), values(out));
  if (!metric.cholesky.empty()) {
    const std::size_t n = rows_of(metric.cholesky);
    solve_lower(queue, !transposed, n, values(metric.cholesky), n, values(out));
    return;
  }
  multiply(queue, transposed ? metric.scale : metric.diagonal, values(out));
  for (const MetricBlock& block : metric.blocks) rotate(queue, block, transposed, values(out) + block.offset);
  multiply(queue, transposed ? metric.diagonal : metric.scale, values(out));
}

void transform(Queue& queue, const Matrix& x, const RowMatrix& m, Matrix& out) {
  double* small = queue.scratch(Scratch::small_matrix, static_cast<std::size_t>(m.size()));
  queue.write(m.data(), static_cast<std::size_t>(m.size()), small);
  gemm(queue, false, true, rows_of(x), static_cast<std::size_t>(m.rows()), cols_of(x), 1, values(x), cols_of(x), small,
       cols_of(x), 0, values(out), static_cast<std::size_t>(m.rows()));
}

void working_residual(Queue& queue, const Matrix& kappa, const Matrix& omega, const Matrix& base, Matrix& out) {
  const double* k = values(kappa);
  const double* w = values(omega);
  const double* b = values(base);
  double* to = values(out);
  for_each(queue, count_of(out), [=] __device__(std::size_t i) { to[i] = k[i] - w[i] * b[i]; });
}

void add_group_effects(Queue& queue, const ResidentTerm& term, const double* u, double scale, double* eta) {
  const std::size_t q = cols_of(term.z);
  const double* z = values(term.z);
  const std::int32_t* group = groups(term.index).group.data();
  for_each(queue, rows_of(term.z), [=] __device__(std::size_t i) {
    const double* effects = u + static_cast<std::size_t>(group[i]) * q;
    double part = 0;
    for (std::size_t k = 0; k < q; ++k) part += z[i * q + k] * effects[k];
    eta[i] += scale * part;
  });
}

}  // namespace bdglm::cuda
