// The factors of the network's Fisher information on the device: second moments of inputs and of derivatives.
#include "kernels/predictor_pass.cuh"

namespace bdglm::cuda {
namespace {

/// Second moments of the columns of x (rows x cols, in a scratch buffer that is overwritten), or their diagonal.
RowMatrix moments(Queue& queue, double* x, std::size_t rows, std::size_t cols, const double* weights, bool diagonal) {
  for_each(queue, rows * cols, [=] __device__(std::size_t t) {
    const double w = weights[t / cols];
    x[t] = diagonal ? w * x[t] * x[t] : sqrt(w) * x[t];
  });
  double* out = queue.scratch(Scratch::gram, cols * cols);
  RowMatrix host(cols, diagonal ? 1 : cols);
  if (diagonal)
    gemv(queue, true, rows, cols, 1, x, cols, ones(queue, rows), 0, out);
  else
    gemm(queue, true, false, cols, cols, rows, 1, x, cols, x, cols, 0, out, cols);
  queue.read(out, static_cast<std::size_t>(host.size()), host.data());
  return host;
}

/// Copies `cols` columns of x behind one another into columns [at, at + cols) of a wider matrix; null x is ones.
void place(Queue& queue, const double* x, std::size_t rows, std::size_t cols, double* to, std::size_t width,
           std::size_t at) {
  for_each(queue, rows * cols,
           [=] __device__(std::size_t t) { to[t / cols * width + at + t % cols] = x != nullptr ? x[t] : 1.0; });
}

}  // namespace

std::vector<FisherFactors> fisher_factors(Queue& queue, const Network& network, const Matrix& theta,
                                          const Matrix& weights, Eigen::Index largest) {
  const NetworkShape& shape = network.shape;
  const auto predictors = static_cast<std::size_t>(shape.predictors());
  const std::size_t rows = count_of(weights) / predictors;
  const Pass<double> pass(queue, network, theta, rows);
  run_layers(pass, Keep::slopes);
  const auto moment = [&](double* x, std::size_t cols, const double* w) {
    return moments(queue, x, rows, cols, w, cols > static_cast<std::size_t>(largest));
  };
  const auto weights_of = [&](int c) { return values(weights) + static_cast<std::size_t>(c) * rows; };
  std::vector<FisherFactors> factors(static_cast<std::size_t>(shape.layers() + shape.predictors()));
  for (int c = 0; c < shape.predictors(); ++c) {
    const std::size_t units = pass.units(c);
    const std::size_t width = units + pass.fixed(c);
    double* columns = queue.scratch(Scratch::columns, rows * width);
    if (units > 0) place(queue, pass.activation(pass.last()), rows, units, columns, width, 0);
    if (pass.fixed(c) > 0) place(queue, pass.columns(c), rows, pass.fixed(c), columns, width, units);
    FisherFactors& own = factors[static_cast<std::size_t>(shape.layers() + c)];
    own.inputs = moment(columns, width, weights_of(c));
    own.derivatives = RowMatrix::Constant(1, 1, sum(queue, rows, weights_of(c)));
  }
  if (shape.layers() == 0) return factors;
  double* total = queue.scratch(Scratch::score, rows);
  const double* each = values(weights);
  for_each(queue, rows, [=] __device__(std::size_t i) {
    double sum = 0;
    for (std::size_t c = 0; c < predictors; ++c) sum += each[c * rows + i];
    total[i] = sum;
  });
  for (int l = 0; l < shape.layers(); ++l) {
    const std::size_t inputs = pass.input_width(l) + 1;
    double* columns = queue.scratch(Scratch::columns, rows * inputs);
    place(queue, pass.below(l), rows, inputs - 1, columns, inputs, 0);
    place(queue, nullptr, rows, 1, columns, inputs, inputs - 1);
    factors[static_cast<std::size_t>(l)].inputs = moment(columns, inputs, total);
  }
  double* delta = queue.scratch(Scratch::delta, rows * widest(shape));
  double* other = queue.scratch(Scratch::delta_below, rows * widest(shape));
  for (int c = 0; c < shape.predictors(); ++c) {
    queue.clear(delta, rows * pass.width(pass.last()));
    add_delta<double>(pass, c, nullptr, delta);
    apply_slopes(pass, pass.last(), delta);
    for (int l = pass.last(); l >= 0; --l) {
      double* columns = queue.scratch(Scratch::columns, rows * pass.width(l));
      queue.copy(delta, rows * pass.width(l), columns);
      const RowMatrix own = moment(columns, pass.width(l), weights_of(c));
      RowMatrix& sum = factors[static_cast<std::size_t>(l)].derivatives;
      if (c == 0)
        sum = own;
      else
        sum += own;
      if (l > 0) step_down(pass, l, delta, other);
    }
  }
  return factors;
}

}  // namespace bdglm::cuda
