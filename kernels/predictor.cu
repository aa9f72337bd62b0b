// The predictor and its gradient on the device.
#include "kernels/predictor_pass.cuh"

namespace bdglm::cuda {
namespace {

/// The derivatives by those coefficients: scores (count x rows) times the columns.
void by_columns(const Pass& pass, int count, std::size_t width, const double* x, const double* scores,
                std::size_t stride, double* out) {
  if (width == 0) return;
  if (count == 1)
    gemv(pass.queue, true, pass.rows, width, 1, x, width, scores, 0, out);
  else
    gemm(pass.queue, false, false, static_cast<std::size_t>(count), width, pass.rows, 1, scores, pass.rows, x, width, 0,
         out, stride);
}

}  // namespace

void forward(Queue& queue, const Network& network, const Matrix& theta, const Matrix& base,
             std::vector<Matrix>& pre_activations, std::vector<Matrix>& activations, Matrix& eta) {
  Pass pass(queue, network, theta, count_of(eta) / static_cast<std::size_t>(network.shape.predictors()));
  run_forward(pass, values(base), values(eta), Keep::values);
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
  const NetworkShape& shape = network.shape;
  const auto predictors = static_cast<std::size_t>(shape.predictors());
  const std::size_t rows = count_of(eta) / predictors;
  Pass pass(queue, network, theta, rows);
  run_forward(pass, values(base), values(eta));
  double* scores = queue.scratch(Scratch::score, predictors * rows);
  const double value = score(queue, likelihood, values(eta), shape.predictors(), scores);
  double* out = values(gradient);
  queue.clear(out, count_of(gradient));
  if (rows == 0) return value;
  for_each_run(pass, [&](int c, int count, std::size_t stride) {
    const double* own = scores + static_cast<std::size_t>(c) * rows;
    by_columns(pass, count, pass.fixed(c), pass.columns(c), own, stride, out + shape.fixed_offset(c));
    if (pass.units(c) > 0)
      by_columns(pass, count, pass.units(c), pass.activation(pass.last()), own, stride, out + shape.output_offset(c));
  });
  if (shape.layers() == 0) return value;
  double* delta = queue.scratch(Scratch::delta, rows * widest(shape));
  double* other = queue.scratch(Scratch::delta_below, rows * widest(shape));
  output_delta(pass, scores, delta);
  const double* one = ones(queue, rows);
  for (int l = pass.last(); l >= 0; --l) {
    gemm(queue, true, false, pass.input_width(l), pass.width(l), rows, 1, pass.below(l), pass.input_width(l), delta,
         pass.width(l), 0, out + shape.weight_offset(l), pass.width(l));
    gemv(queue, true, rows, pass.width(l), 1, delta, pass.width(l), one, 0, out + shape.bias_offset(l));
    if (l > 0) step_down(pass, l, delta, other);
  }
  return value;
}

}  // namespace bdglm::cuda
