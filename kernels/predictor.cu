// The predictor and its gradient on the device.
#include <cmath>

#include "kernels/predictor_pass.cuh"

namespace bdglm::cuda {
namespace {

/// The derivatives by those coefficients: scores (count x rows) times the columns.
template <class T>
void by_columns(Queue& queue, std::size_t rows, int count, std::size_t width, const T* x, const T* scores,
                std::size_t stride, T* out) {
  if (width == 0) return;
  if (count == 1)
    gemv(queue, true, rows, width, T{1}, x, width, scores, T{0}, out);
  else
    gemm(queue, false, false, static_cast<std::size_t>(count), width, rows, T{1}, scores, rows, x, width, T{0}, out,
         stride);
}

/// Adds the derivatives by the network's own parameters to `out`, in theta's order.
template <class T>
void backward(const Pass<T>& pass, const T* scores, T* out) {
  const NetworkShape& shape = pass.shape;
  if (shape.layers() == 0) return;
  Queue& queue = pass.queue;
  const std::size_t rows = pass.rows;
  for_each_run(pass, [&](int c, int count, std::size_t stride) {
    if (pass.units(c) > 0)
      by_columns(queue, rows, count, pass.units(c), static_cast<const T*>(pass.activation(pass.last())),
                 scores + static_cast<std::size_t>(c) * rows, stride, out + shape.output_offset(c));
  });
  T* delta = queue.scratch<T>(Scratch::delta, rows * widest(shape));
  T* other = queue.scratch<T>(Scratch::delta_below, rows * widest(shape));
  output_delta(pass, scores, delta);
  const T* one = ones<T>(queue, rows);
  for (int l = pass.last(); l >= 0; --l) {
    gemm(queue, true, false, pass.input_width(l), pass.width(l), rows, T{1}, pass.below(l), pass.stride_below(l),
         static_cast<const T*>(delta), pass.width(l), T{0}, out + shape.weight_offset(l), pass.width(l));
    gemv(queue, true, rows, pass.width(l), T{1}, static_cast<const T*>(delta), pass.width(l), one, T{0},
         out + shape.bias_offset(l));
    if (l > 0) step_down(pass, l, delta, other);
  }
}

/// With the passes through the layers in T.
template <class T>
double gradient_by(Queue& queue, const Network& network, const Matrix& theta, const Matrix& base,
                   const Likelihood& likelihood, Matrix& gradient, Matrix& eta) {
  const NetworkShape& shape = network.shape;
  const auto predictors = static_cast<std::size_t>(shape.predictors());
  const std::size_t rows = count_of(eta) / predictors;
  const Pass<T> pass(queue, network, theta, rows);
  run_forward(pass, values(theta), values(base), values(eta));
  double* scores = queue.scratch(Scratch::score, predictors * rows);
  const double value = score(queue, likelihood, values(eta), shape.predictors(), scores);
  double* out = values(gradient);
  queue.clear(out, count_of(gradient));
  if (rows == 0) return value;
  if constexpr (std::is_same_v<T, double>) {
    backward<double>(pass, scores, out);
  } else {
    T* own = queue.scratch<T>(Scratch::rounded_gradient, count_of(gradient));
    queue.clear(own, count_of(gradient));
    backward(pass, in_precision<T>(queue, Scratch::rounded_scores, scores, predictors * rows), own);
    for_each(queue, count_of(gradient), [=] __device__(std::size_t t) { out[t] = static_cast<double>(own[t]); });
  }
  for_each_run(pass, [&](int c, int count, std::size_t stride) {
    by_columns<double>(queue, rows, count, pass.fixed(c), pass.columns(c), scores + static_cast<std::size_t>(c) * rows,
                       stride, out + shape.fixed_offset(c));
  });
  return value;
}

}  // namespace

void forward(Queue& queue, const Network& network, const Matrix& theta, const Matrix& base,
             std::vector<Matrix>& pre_activations, std::vector<Matrix>& activations, Matrix& eta) {
  const Pass<double> pass(queue, network, theta, count_of(eta) / static_cast<std::size_t>(network.shape.predictors()));
  run_forward(pass, values(theta), values(base), values(eta), Keep::values);
  for (int l = 0; l < network.shape.layers(); ++l) {
    const auto k = static_cast<std::size_t>(l);
    if (k < pre_activations.size())
      queue.copy(pass.pre_activation(l), count_of(pre_activations[k]), values(pre_activations[k]));
    if (k < activations.size()) queue.copy(pass.activation(l), count_of(activations[k]), values(activations[k]));
  }
}

void layer_mean(Queue& queue, const Network& network, const Matrix& theta, int layer, const Matrix& below,
                Matrix& out) {
  const std::size_t width = cols_of(out);
  const double* bias = values(theta) + network.shape.bias_offset(layer);
  double* to = values(out);
  for_each(queue, count_of(out), [=] __device__(std::size_t t) { to[t] = bias[t % width]; });
  if (below.empty()) return;
  gemm(queue, false, false, rows_of(out), width, cols_of(below), 1, values(below), cols_of(below),
       values(theta) + network.shape.weight_offset(layer), width, 1, to, width);
}

double gradient(Queue& queue, const Network& network, const Matrix& theta, const Matrix& base,
                const Likelihood& likelihood, Matrix& gradient, Matrix& eta) {
  if (network.passes_rough()) {
    const TensorCores rounding(queue, network.single_precision);
    const double value = gradient_by<float>(queue, network, theta, base, likelihood, gradient, eta);
    // Beyond the range of single precision, as of responses in units that make them huge or tiny.
    const double norm = dot(queue, count_of(gradient), values(gradient), values(gradient));
    if (std::isfinite(value) && std::isfinite(norm)) return value;
  }
  return gradient_by<double>(queue, network, theta, base, likelihood, gradient, eta);
}

}  // namespace bdglm::cuda
