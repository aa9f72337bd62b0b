// The predictor forward and backward on the device: products by cuBLAS, the rest a thread an entry.
#include "kernels/operations.cuh"

namespace bdglm::cuda {
namespace {

/// Theta's parts, and a queue's buffers for all rows of each layer.
struct Pass {
  Pass(Queue& its_queue, const Network& its_network, const Matrix& its_theta, std::size_t its_rows)
      : queue(its_queue), network(its_network), shape(its_network.shape), theta(values(its_theta)), rows(its_rows) {
    for (int l = 0; l < shape.layers(); ++l) {
      pre.push_back(queue.scratch(Scratch::layers, rows * width(l), 2 * l));
      act.push_back(queue.scratch(Scratch::layers, rows * width(l), 2 * l + 1));
    }
  }

  std::size_t width(int l) const { return static_cast<std::size_t>(shape.width(l)); }
  std::size_t input_width(int l) const { return static_cast<std::size_t>(shape.input_width(l)); }
  std::size_t units(int c) const { return static_cast<std::size_t>(shape.head(c).units); }
  std::size_t fixed(int c) const { return static_cast<std::size_t>(shape.head(c).fixed); }
  const double* columns(int c) const {
    return fixed(c) == 0 ? nullptr : values(network.fixed[static_cast<std::size_t>(c)]);
  }
  const double* weights(int l) const { return theta + shape.weight_offset(l); }
  const double* below(int l) const { return l == 0 ? values(network.inputs) : act[static_cast<std::size_t>(l - 1)]; }
  double* pre_activation(int l) const { return pre[static_cast<std::size_t>(l)]; }
  double* activation(int l) const { return act[static_cast<std::size_t>(l)]; }
  int last() const { return shape.layers() - 1; }

  Queue& queue;
  const Network& network;
  const NetworkShape& shape;
  const double* theta;
  std::size_t rows;
  std::vector<double*> pre, act;
};

/// z += bias + noise, a = activation(z).
void activate(const Pass& pass, int l) {
  const std::size_t width = pass.width(l);
  const double* bias = pass.theta + pass.shape.bias_offset(l);
  const bool noisy = !pass.network.noise.empty() && !pass.network.noise[static_cast<std::size_t>(l)].empty();
  const double* noise = noisy ? values(pass.network.noise[static_cast<std::size_t>(l)]) : nullptr;
  const double negative = pass.shape.slope_negative;
  const double positive = pass.shape.slope_positive;
  double* z = pass.pre_activation(l);
  double* a = pass.activation(l);
  for_each(pass.queue, pass.rows * width, [=] __device__(std::size_t t) {
    const double value = z[t] + bias[t % width] + (noise != nullptr ? noise[t] : 0.0);
    z[t] = value;
    a[t] = value * (value < 0 ? negative : positive);
  });
}

/// eta += the last layer's activations times the rows' own output weights of predictor c.
void add_output_effects(const Pass& pass, int c, double* eta) {
  const OutputEffects* effects = pass.network.effects_of(c);
  if (effects == nullptr) return;
  const std::size_t width = pass.width(pass.last());
  const double* own = values(effects->weights);
  const std::int32_t* group = groups(effects->index).group.data();
  const double* a = pass.activation(pass.last());
  for_each(pass.queue, pass.rows, [=] __device__(std::size_t i) {
    const double* w = own + static_cast<std::size_t>(group[i]) * width;
    double part = 0;
    for (std::size_t j = 0; j < width; ++j) part += a[i * width + j] * w[j];
    eta[i] += part;
  });
}

/// eta (count x rows) += coefficients (count of them, `stride` apart) times the columns of x.
void add_columns(const Pass& pass, int count, std::size_t width, const double* x, const double* coefficients,
                 std::size_t stride, double* eta) {
  if (width == 0) return;
  if (count == 1)
    gemv(pass.queue, false, pass.rows, width, 1, x, width, coefficients, 1, eta);
  else
    gemm(pass.queue, false, true, static_cast<std::size_t>(count), pass.rows, width, 1, coefficients, stride, x, width,
         1, eta, pass.rows);
}

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

/// Calls f(first, count, stride of their parameters) for predictors in turn, those that are alike together.
template <class F>
void for_each_run(const Pass& pass, F&& f) {
  for (int c = 0; c < pass.shape.predictors();) {
    const int count = pass.network.alike(c);
    f(c, count, static_cast<std::size_t>(pass.shape.head(c).size()));
    c += count;
  }
}

/// eta = base + predictors.
void run_forward(Pass& pass, const double* base, double* eta) {
  Queue& queue = pass.queue;
  const NetworkShape& shape = pass.shape;
  for (int l = 0; l < shape.layers(); ++l) {
    gemm(queue, false, false, pass.rows, pass.width(l), pass.input_width(l), 1, pass.below(l), pass.input_width(l),
         pass.weights(l), pass.width(l), 0, pass.pre_activation(l), pass.width(l));
    activate(pass, l);
  }
  if (base != eta) queue.copy(base, pass.rows * static_cast<std::size_t>(shape.predictors()), eta);
  for_each_run(pass, [&](int c, int count, std::size_t stride) {
    double* own = eta + static_cast<std::size_t>(c) * pass.rows;
    add_columns(pass, count, pass.fixed(c), pass.columns(c), pass.theta + shape.fixed_offset(c), stride, own);
    if (pass.units(c) > 0)
      add_columns(pass, count, pass.units(c), pass.activation(pass.last()), pass.theta + shape.output_offset(c), stride,
                  own);
  });
  for (int c = 0; c < shape.predictors(); ++c)
    add_output_effects(pass, c, eta + static_cast<std::size_t>(c) * pass.rows);
}

void apply_slopes(const Pass& pass, int l, double* delta) {
  const double* z = pass.pre_activation(l);
  const double negative = pass.shape.slope_negative;
  const double positive = pass.shape.slope_positive;
  for_each(pass.queue, pass.rows * pass.width(l),
           [=] __device__(std::size_t t) { delta[t] *= z[t] < 0 ? negative : positive; });
}

/// delta += derivative of predictor c by the last layer's activations, times the score; a null score is one.
void add_delta(const Pass& pass, int c, const double* score, double* delta) {
  if (pass.units(c) == 0) return;
  const std::size_t width = pass.width(pass.last());
  const double* b = pass.theta + pass.shape.output_offset(c);
  const OutputEffects* effects = pass.network.effects_of(c);
  const double* own = effects != nullptr ? values(effects->weights) : nullptr;
  const std::int32_t* group = effects != nullptr ? groups(effects->index).group.data() : nullptr;
  for_each(pass.queue, pass.rows * width, [=] __device__(std::size_t t) {
    const std::size_t i = t / width;
    const std::size_t j = t % width;
    const double weight = b[j] + (own != nullptr ? own[static_cast<std::size_t>(group[i]) * width + j] : 0.0);
    delta[t] += (score != nullptr ? score[i] : 1.0) * weight;
  });
}

/// delta = derivative of the score-weighted predictors by the last layer's pre-activations.
void output_delta(const Pass& pass, const double* scores, double* delta) {
  const std::size_t width = pass.width(pass.last());
  pass.queue.clear(delta, pass.rows * width);
  for_each_run(pass, [&](int c, int count, std::size_t stride) {
    const double* own = scores + static_cast<std::size_t>(c) * pass.rows;
    if (count == 1 || !pass.network.output_effects.empty()) {
      for (int k = 0; k < count; ++k) add_delta(pass, c + k, own + static_cast<std::size_t>(k) * pass.rows, delta);
    } else if (pass.units(c) > 0) {
      gemm(pass.queue, true, false, pass.rows, width, static_cast<std::size_t>(count), 1, own, pass.rows,
           pass.theta + pass.shape.output_offset(c), stride, 1, delta, width);
    }
  });
  apply_slopes(pass, pass.last(), delta);
}

/// The layer below's delta, in the other buffer; swaps them.
void step_down(const Pass& pass, int l, double*& delta, double*& below) {
  gemm(pass.queue, false, true, pass.rows, pass.input_width(l), pass.width(l), 1, delta, pass.width(l), pass.weights(l),
       pass.width(l), 0, below, pass.input_width(l));
  std::swap(delta, below);
  apply_slopes(pass, l - 1, delta);
}

std::size_t widest(const NetworkShape& shape) {
  int width = 0;
  for (const int w : shape.widths) width = std::max(width, w);
  return static_cast<std::size_t>(width);
}

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

void forward(Queue& queue, const Network& network, const Matrix& theta, const Matrix& base,
             std::vector<Matrix>& pre_activations, std::vector<Matrix>& activations, Matrix& eta) {
  Pass pass(queue, network, theta, count_of(eta) / static_cast<std::size_t>(network.shape.predictors()));
  run_forward(pass, values(base), values(eta));
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

std::vector<FisherFactors> fisher_factors(Queue& queue, const Network& network, const Matrix& theta,
                                          const Matrix& weights, Eigen::Index largest) {
  const NetworkShape& shape = network.shape;
  const auto predictors = static_cast<std::size_t>(shape.predictors());
  const std::size_t rows = count_of(weights) / predictors;
  Pass pass(queue, network, theta, rows);
  double* eta = queue.scratch(Scratch::residual, predictors * rows);
  run_forward(pass, eta, eta);
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
    add_delta(pass, c, nullptr, delta);
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
