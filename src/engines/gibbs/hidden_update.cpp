// Layers with noise: hidden units, layer weights and the noise variances (math note, section 5).
#include <cmath>

#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"
#include "sampling/gamma.hpp"

namespace bdglm {
namespace {

/// Sets every layer's additive noise to Z_l minus its mean under the present weights.
void noise_from_units(State& state, const Context& context) {
  const Network network = context.network(state);
  for (std::size_t l = 0; l < state.noise.size(); ++l) {
    const Matrix& below = l == 0 ? context.data.inputs : state.activations[l - 1];
    context.backend.layer_mean(network, state.theta, static_cast<int>(l), below, state.noise[l]);
    // noise = Z - mean, formed as -(mean - Z).
    context.backend.axpy(-2, state.noise[l], state.noise[l]);
    context.backend.axpy(1, state.pre_activations[l], state.noise[l]);
  }
}

class HiddenUnitsUpdate final : public Update {
 public:
  std::string name() const override { return "hidden units"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Backend& backend = context.backend;
    const NetworkShape& shape = context.model.shape;
    const Network network = context.network(state);
    const Eigen::Index n = context.data.rows;
    for (int l = shape.layers() - 1; l >= 0; --l) {
      const auto k = static_cast<std::size_t>(l);
      const bool top = l + 1 == shape.layers();
      HiddenLayer layer;
      layer.noise = state.layer_noise[k];
      layer.mean = state.workspace.matrix(backend, "layer mean", n, shape.width(l));
      backend.layer_mean(network, state.theta, l, l == 0 ? context.data.inputs : state.activations[k - 1], layer.mean);
      const Eigen::Index outgoing = top ? 1 : shape.width(l + 1);
      layer.weights_up = state.workspace.matrix(backend, "weights up", shape.width(l), outgoing);
      backend.copy_segment(state.theta, top ? shape.output_offset(0) : shape.weight_offset(l + 1), layer.weights_up, 0,
                           shape.width(l) * outgoing);
      layer.target = state.workspace.matrix(backend, "layer target", n, outgoing);
      if (top) {
        fixed_predictor(state, context);
        backend.working_residual(state.kappa, state.omega, state.scratch, layer.target);
        layer.row_precision = state.omega;
        if (network.effects_of(0) != nullptr) layer.output_effects = *network.effects_of(0);
      } else {
        // Next layer's units less their bias.
        backend.layer_mean(network, state.theta, l + 1, Matrix(), layer.target);
        backend.axpy(-2, layer.target, layer.target);
        backend.axpy(1, state.pre_activations[k + 1], layer.target);
        layer.precision_up = 1 / state.layer_noise[k + 1];
      }
      backend.draw_hidden_units(layer, slopes_of(shape.activation),
                                position.address.at(Site::hidden_units, static_cast<std::uint32_t>(l)),
                                state.pre_activations[k], state.activations[k]);
    }
    noise_from_units(state, context);
    refresh(state, context);
  }

 private:
  /// scratch = base + X beta: the predictor without the network.
  static void fixed_predictor(State& state, const Context& context) {
    const NetworkShape& shape = context.model.shape;
    std::vector<Matrix> none;
    context.backend.forward(context.fixed_effects(0), state.theta.part(shape.fixed_offset(0), shape.head(0).fixed),
                            state.base, none, none, state.scratch);
  }
};

class LayerWeightsUpdate final : public Update {
 public:
  std::string name() const override { return "layer weights"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Backend& backend = context.backend;
    const NetworkShape& shape = context.model.shape;
    for (int l = 0; l < shape.layers(); ++l) {
      const auto k = static_cast<std::size_t>(l);
      const Eigen::Index inputs = shape.input_width(l);
      Eigen::VectorXd precision = Eigen::VectorXd::Constant(inputs + 1, 1 / state.weight_variance[k]);
      for (std::size_t g = 0; l == 0 && g < context.model.inputs.names.size(); ++g)
        for (int j = context.model.inputs.starts[g]; j < context.model.inputs.starts[g + 1]; ++j)
          precision[j] /= state.relevance[static_cast<Eigen::Index>(g)];
      precision[inputs] = 1 / (context.model.priors.bias_sd * context.model.priors.bias_sd);
      Matrix& weights = state.workspace.matrix(backend, "layer weights", inputs + 1, shape.width(l));
      backend.draw_regression(l == 0 ? context.data.inputs : state.activations[k - 1], state.pre_activations[k],
                              state.layer_noise[k], precision,
                              position.address.at(Site::layer_weights, static_cast<std::uint32_t>(l)), weights);
      backend.copy_segment(weights, 0, state.theta, shape.weight_offset(l), weights.size());
    }
    noise_from_units(state, context);
    refresh(state, context);
  }
};

class LayerNoiseUpdate final : public Update {
 public:
  std::string name() const override { return "layer noise"; }
  void save(Archive& archive, const Context& /*context*/) const override { widths_.save(archive); }
  void load(const Archive& archive, const Context& /*context*/) override { widths_.load(archive); }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const bool fixed = context.model.layer_noise.kind == LayerNoise::Kind::fixed;
    double log_likelihood = fixed ? 0 : context.backend.log_likelihood(state.likelihood, state.eta);
    for (std::size_t l = 0; l < state.noise.size(); ++l) {
      if (fixed)
        cool(l, state, context, position);
      else
        log_likelihood = learn(l, log_likelihood, state, context, position);
    }
    refresh(state, context);
  }

 private:
  /// Rescales a layer's noise to a new variance, its standardised values held.
  static void rescale(std::size_t l, double variance, State& state, const Context& context) {
    const double factor = std::sqrt(variance / state.layer_noise[l]);
    context.backend.axpy(factor - 1, state.noise[l], state.noise[l]);
    state.layer_noise[l] = variance;
  }

  /// A fixed variance is reached from above, geometrically, over the first half of the warm-up.
  static void cool(std::size_t l, State& state, const Context& context, const SweepPosition& position) {
    const double target = context.model.layer_noise.value;
    const double start = std::max(0.1, target);
    const double progress = position.warmup > 0 ? std::min(1.0, 2.0 * position.address.sweep / position.warmup) : 1.0;
    const double variance = progress < 1 ? start * std::pow(target / start, progress) : target;
    if (variance != state.layer_noise[l]) rescale(l, variance, state, context);
  }

  /// Takes and returns the log likelihood at the present state: eta itself is stale once a layer below has moved.
  double learn(std::size_t l, double here, State& state, const Context& context, const SweepPosition& position) {
    const Backend& backend = context.backend;
    const ScalePrior& prior = context.model.priors.layer_noise;
    Stream stream(position.address.at(Site::layer_noise, static_cast<std::uint32_t>(l)), 0);
    // Centred: Delta given the noise itself.
    const double squares = backend.dot_rows(state.noise[l], state.noise[l]);
    const double count = context.data.all_rows * static_cast<double>(state.noise[l].cols());
    state.layer_noise[l] = prior.draw_variance(stream, state.layer_noise[l], count, squares);
    // Non-centred: the standardised noise held, omega integrated out.
    const Network network = context.network(state);
    const double variance = state.layer_noise[l];
    Matrix& original = state.workspace.matrix(backend, "noise", state.noise[l].rows(), state.noise[l].cols());
    backend.copy(state.noise[l], original);
    std::vector<Matrix> none;
    double there = here;
    const auto log_density = [&](double s) {
      backend.copy(original, state.noise[l]);
      backend.axpy(std::expm1(0.5 * s), original, state.noise[l]);
      backend.forward(network, state.theta, state.base, none, none, state.scratch);
      there = backend.log_likelihood(state.likelihood, state.scratch);
      return there + prior.log_density(variance * std::exp(s)) + s;
    };
    const double t = slice_move(stream, widths_.of(static_cast<Eigen::Index>(l)), position.adapting(),
                                here + prior.log_density(variance), log_density);
    backend.copy(original, state.noise[l]);
    rescale(l, variance * std::exp(t), state, context);
    return t == 0 ? here : there;
  }

  SliceWidths widths_{"noise_widths", 1.0};
};

}  // namespace

std::unique_ptr<Update> make_hidden_units_update() { return std::make_unique<HiddenUnitsUpdate>(); }
std::unique_ptr<Update> make_layer_weights_update() { return std::make_unique<LayerWeightsUpdate>(); }
std::unique_ptr<Update> make_layer_noise_update() { return std::make_unique<LayerNoiseUpdate>(); }

}  // namespace bdglm
