// All rows on their way through the network on the device: products by cuBLAS, the rest a thread an entry.
#pragma once

#include <type_traits>

#include "kernels/operations.cuh"

namespace bdglm::cuda {

/// What a pass in T reads of double numbers; they are rounded into scratch memory where T is narrower.
template <class T>
const T* in_precision(Queue& queue, Scratch use, const double* from, std::size_t count) {
  if constexpr (std::is_same_v<T, double>) {
    return from;
  } else {
    T* to = queue.scratch<T>(use, count);
    for_each(queue, count, [=] __device__(std::size_t t) { to[t] = static_cast<T>(from[t]); });
    return to;
  }
}

/// Theta's parts, and a queue's buffers for all rows of each layer, in double or, of a network that passes rough, in
/// single precision.
template <class T>
struct Pass {
  Pass(Queue& its_queue, const Network& its_network, const Matrix& its_theta, std::size_t its_rows)
      : queue(its_queue),
        network(its_network),
        shape(its_network.shape),
        theta(in_precision<T>(queue, Scratch::rounded_theta, values(its_theta), count_of(its_theta))),
        rows(its_rows) {
    if constexpr (std::is_same_v<T, double>) {
      inputs = values(network.inputs);
      input_stride = input_width(0);
    } else {
      inputs = rounded(queue, network.inputs);
      input_stride = rounded_stride(network.inputs);
    }
    for (int l = 0; l < shape.layers(); ++l) {
      pre.push_back(queue.scratch<T>(Scratch::layers, rows * width(l), 2 * l));
      act.push_back(queue.scratch<T>(Scratch::layers, rows * width(l), 2 * l + 1));
    }
  }

  std::size_t width(int l) const { return static_cast<std::size_t>(shape.width(l)); }
  std::size_t input_width(int l) const { return static_cast<std::size_t>(shape.input_width(l)); }
  std::size_t units(int c) const { return static_cast<std::size_t>(shape.head(c).units); }
  std::size_t fixed(int c) const { return static_cast<std::size_t>(shape.head(c).fixed); }
  const double* columns(int c) const {
    return fixed(c) == 0 ? nullptr : values(network.fixed[static_cast<std::size_t>(c)]);
  }
  const T* weights(int l) const { return theta + shape.weight_offset(l); }
  const T* below(int l) const { return l == 0 ? inputs : act[static_cast<std::size_t>(l - 1)]; }
  /// From one row below the layer to the next.
  std::size_t stride_below(int l) const { return l == 0 ? input_stride : input_width(l); }
  T* pre_activation(int l) const { return pre[static_cast<std::size_t>(l)]; }
  T* activation(int l) const { return act[static_cast<std::size_t>(l)]; }
  int last() const { return shape.layers() - 1; }

  Queue& queue;
  const Network& network;
  const NetworkShape& shape;
  const T* theta;
  std::size_t rows;
  const T* inputs = nullptr;
  std::size_t input_stride = 0;
  std::vector<T*> pre, act;
};

/// What is kept of the layers' pre-activations; the way back reads their slopes.
enum class Keep { values, slopes };

/// z += bias + noise, a = unit(z, j) of unit j.
template <class T, class Unit>
void activate_by(const Pass<T>& pass, int l, Keep keep, Unit unit) {
  const std::size_t width = pass.width(l);
  const T* bias = pass.theta + pass.shape.bias_offset(l);
  const bool noisy = !pass.network.noise.empty() && !pass.network.noise[static_cast<std::size_t>(l)].empty();
  const double* noise = noisy ? values(pass.network.noise[static_cast<std::size_t>(l)]) : nullptr;
  const bool slopes = keep == Keep::slopes;
  T* z = pass.pre_activation(l);
  T* a = pass.activation(l);
  for_each(pass.queue, pass.rows * width, [=] __device__(std::size_t t) {
    const T value = z[t] + bias[t % width] + (noise != nullptr ? static_cast<T>(noise[t]) : T{0});
    const auto own = unit(value, t % width);
    z[t] = slopes ? own.slope : value;
    a[t] = own.value;
  });
}

template <class T>
void activate(const Pass<T>& pass, int l, Keep keep) {
  const Activation activation = pass.shape.activation;
  if (activation == Activation::silu)
    return activate_by(pass, l, keep, [] __device__(T z, std::size_t) { return silu_unit(z); });
  const Slopes slopes = slopes_of(activation);
  const std::size_t straight = straight_units(activation, pass.width(l));
  activate_by(pass, l, keep,
              [=] __device__(T z, std::size_t j) { return j < straight ? piecewise_unit(z, slopes) : tanh_unit(z); });
}

/// eta += the last layer's activations times the rows' own output weights of predictor c.
inline void add_output_effects(const Pass<double>& pass, int c, double* eta) {
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
template <class T>
void add_columns(Queue& queue, std::size_t rows, int count, std::size_t width, const T* x, const T* coefficients,
                 std::size_t stride, T* eta) {
  if (width == 0) return;
  if (count == 1)
    gemv(queue, false, rows, width, T{1}, x, width, coefficients, T{1}, eta);
  else
    gemm(queue, false, true, static_cast<std::size_t>(count), rows, width, T{1}, coefficients, stride, x, width, T{1},
         eta, rows);
}

/// Calls f(first, count, stride of their parameters) for predictors in turn, those that are alike together.
template <class T, class F>
void for_each_run(const Pass<T>& pass, F&& f) {
  for (int c = 0; c < pass.shape.predictors();) {
    const int count = pass.network.alike(c);
    f(c, count, static_cast<std::size_t>(pass.shape.head(c).size()));
    c += count;
  }
}

/// Activations of all layers.
template <class T>
void run_layers(const Pass<T>& pass, Keep keep) {
  for (int l = 0; l < pass.shape.layers(); ++l) {
    gemm(pass.queue, false, false, pass.rows, pass.width(l), pass.input_width(l), T{1}, pass.below(l),
         pass.stride_below(l), pass.weights(l), pass.width(l), T{0}, pass.pre_activation(l), pass.width(l));
    activate(pass, l, keep);
  }
}

/// eta = base + predictors, of which `theta`, in double, holds the coefficients of the fixed columns.
template <class T>
void run_forward(const Pass<T>& pass, const double* theta, const double* base, double* eta, Keep keep = Keep::slopes) {
  Queue& queue = pass.queue;
  const NetworkShape& shape = pass.shape;
  const std::size_t rows = pass.rows;
  run_layers(pass, keep);
  if (base != eta) queue.copy(base, rows * static_cast<std::size_t>(shape.predictors()), eta);
  for_each_run(pass, [&](int c, int count, std::size_t stride) {
    double* own = eta + static_cast<std::size_t>(c) * rows;
    add_columns(queue, rows, count, pass.fixed(c), pass.columns(c), theta + shape.fixed_offset(c), stride, own);
    if (pass.units(c) == 0) return;
    const T* activations = pass.activation(pass.last());
    const T* weights = pass.theta + shape.output_offset(c);
    if constexpr (std::is_same_v<T, double>) {
      add_columns(queue, rows, count, pass.units(c), activations, weights, stride, own);
    } else {
      const std::size_t all = rows * static_cast<std::size_t>(count);
      T* outputs = queue.scratch<T>(Scratch::rounded_outputs, all);
      queue.clear(outputs, all);
      add_columns(queue, rows, count, pass.units(c), activations, weights, stride, outputs);
      for_each(queue, all, [=] __device__(std::size_t t) { own[t] += static_cast<double>(outputs[t]); });
    }
  });
  if constexpr (std::is_same_v<T, double>)
    for (int c = 0; c < shape.predictors(); ++c) add_output_effects(pass, c, eta + static_cast<std::size_t>(c) * rows);
}

template <class T>
void apply_slopes(const Pass<T>& pass, int l, T* delta) {
  const T* slopes = pass.pre_activation(l);
  for_each(pass.queue, pass.rows * pass.width(l), [=] __device__(std::size_t t) { delta[t] *= slopes[t]; });
}

/// delta += derivative of predictor c by the last layer's activations, times the score; a null score is one.
template <class T>
void add_delta(const Pass<T>& pass, int c, const T* score, T* delta) {
  if (pass.units(c) == 0) return;
  const std::size_t width = pass.width(pass.last());
  const T* b = pass.theta + pass.shape.output_offset(c);
  const OutputEffects* effects = pass.network.effects_of(c);
  const double* own = effects != nullptr ? values(effects->weights) : nullptr;
  const std::int32_t* group = effects != nullptr ? groups(effects->index).group.data() : nullptr;
  for_each(pass.queue, pass.rows * width, [=] __device__(std::size_t t) {
    const std::size_t i = t / width;
    const std::size_t j = t % width;
    const T effect = own != nullptr ? static_cast<T>(own[static_cast<std::size_t>(group[i]) * width + j]) : T{0};
    delta[t] += (score != nullptr ? score[i] : T{1}) * (b[j] + effect);
  });
}

/// delta = derivative of the score-weighted predictors by the last layer's pre-activations.
template <class T>
void output_delta(const Pass<T>& pass, const T* scores, T* delta) {
  const std::size_t width = pass.width(pass.last());
  pass.queue.clear(delta, pass.rows * width);
  for_each_run(pass, [&](int c, int count, std::size_t stride) {
    const T* own = scores + static_cast<std::size_t>(c) * pass.rows;
    if (count == 1 || !pass.network.output_effects.empty()) {
      for (int k = 0; k < count; ++k) add_delta(pass, c + k, own + static_cast<std::size_t>(k) * pass.rows, delta);
    } else if (pass.units(c) > 0) {
      gemm(pass.queue, true, false, pass.rows, width, static_cast<std::size_t>(count), T{1}, own, pass.rows,
           pass.theta + pass.shape.output_offset(c), stride, T{1}, delta, width);
    }
  });
  apply_slopes(pass, pass.last(), delta);
}

/// The layer below's delta, in the other buffer; swaps them.
template <class T>
void step_down(const Pass<T>& pass, int l, T*& delta, T*& below) {
  gemm(pass.queue, false, true, pass.rows, pass.input_width(l), pass.width(l), T{1}, delta, pass.width(l),
       pass.weights(l), pass.width(l), T{0}, below, pass.input_width(l));
  std::swap(delta, below);
  apply_slopes(pass, l - 1, delta);
}

inline std::size_t widest(const NetworkShape& shape) {
  int width = 0;
  for (const int w : shape.widths) width = std::max(width, w);
  return static_cast<std::size_t>(width);
}

}  // namespace bdglm::cuda
