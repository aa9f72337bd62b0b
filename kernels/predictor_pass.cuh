// All rows on their way through the network on the device: products by cuBLAS, the rest a thread an entry.
#pragma once

#include "kernels/operations.cuh"

namespace bdglm::cuda {

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

/// What is kept of the layers' pre-activations; the way back reads their slopes.
enum class Keep { values, slopes };

/// z += bias + noise, a = unit(z).
template <class Unit>
void activate_by(const Pass& pass, int l, Keep keep, Unit unit) {
  const std::size_t width = pass.width(l);
  const double* bias = pass.theta + pass.shape.bias_offset(l);
  const bool noisy = !pass.network.noise.empty() && !pass.network.noise[static_cast<std::size_t>(l)].empty();
  const double* noise = noisy ? values(pass.network.noise[static_cast<std::size_t>(l)]) : nullptr;
  const bool slopes = keep == Keep::slopes;
  double* z = pass.pre_activation(l);
  double* a = pass.activation(l);
  for_each(pass.queue, pass.rows * width, [=] __device__(std::size_t t) {
    const double value = z[t] + bias[t % width] + (noise != nullptr ? noise[t] : 0.0);
    const Activated own = unit(value);
    z[t] = slopes ? own.slope : value;
    a[t] = own.value;
  });
}

inline void activate(const Pass& pass, int l, Keep keep) {
  const Activation activation = pass.shape.activation;
  if (activation == Activation::tanh)
    return activate_by(pass, l, keep, [] __device__(double z) { return tanh_unit(z); });
  if (activation == Activation::silu)
    return activate_by(pass, l, keep, [] __device__(double z) { return silu_unit(z); });
  const Slopes slopes = slopes_of(activation);
  activate_by(pass, l, keep, [slopes] __device__(double z) { return piecewise_unit(z, slopes); });
}

/// eta += the last layer's activations times the rows' own output weights of predictor c.
inline void add_output_effects(const Pass& pass, int c, double* eta) {
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
inline void add_columns(const Pass& pass, int count, std::size_t width, const double* x, const double* coefficients,
                        std::size_t stride, double* eta) {
  if (width == 0) return;
  if (count == 1)
    gemv(pass.queue, false, pass.rows, width, 1, x, width, coefficients, 1, eta);
  else
    gemm(pass.queue, false, true, static_cast<std::size_t>(count), pass.rows, width, 1, coefficients, stride, x, width,
         1, eta, pass.rows);
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
inline void run_forward(Pass& pass, const double* base, double* eta, Keep keep = Keep::slopes) {
  Queue& queue = pass.queue;
  const NetworkShape& shape = pass.shape;
  for (int l = 0; l < shape.layers(); ++l) {
    gemm(queue, false, false, pass.rows, pass.width(l), pass.input_width(l), 1, pass.below(l), pass.input_width(l),
         pass.weights(l), pass.width(l), 0, pass.pre_activation(l), pass.width(l));
    activate(pass, l, keep);
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

inline void apply_slopes(const Pass& pass, int l, double* delta) {
  const double* slopes = pass.pre_activation(l);
  for_each(pass.queue, pass.rows * pass.width(l), [=] __device__(std::size_t t) { delta[t] *= slopes[t]; });
}

/// delta += derivative of predictor c by the last layer's activations, times the score; a null score is one.
inline void add_delta(const Pass& pass, int c, const double* score, double* delta) {
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
inline void output_delta(const Pass& pass, const double* scores, double* delta) {
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
inline void step_down(const Pass& pass, int l, double*& delta, double*& below) {
  gemm(pass.queue, false, true, pass.rows, pass.input_width(l), pass.width(l), 1, delta, pass.width(l), pass.weights(l),
       pass.width(l), 0, below, pass.input_width(l));
  std::swap(delta, below);
  apply_slopes(pass, l - 1, delta);
}

inline std::size_t widest(const NetworkShape& shape) {
  int width = 0;
  for (const int w : shape.widths) width = std::max(width, w);
  return static_cast<std::size_t>(width);
}

}  // namespace bdglm::cuda
