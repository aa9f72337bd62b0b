// Variances: of residuals, of weights, of the inputs' weights (the horseshoe), of hidden layers' noise with the noise.
#include <cmath>

#include "sampling/gamma.hpp"
#include "target/parameter.hpp"

namespace bdglm {
namespace {

template <class Values>
void append_roots(const Values& variances, std::vector<double>& out) {
  for (const double v : variances) out.push_back(std::sqrt(v));
}

class ResidualVariances final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    const Backend& backend = context.backend;
    const double all_rows = context.data.all_rows;
    double variance = 1;
    if (all_rows > 1) {
      const RowMatrix y = backend.download(context.data.response);
      const double mean = backend.sum_of_parts(y.sum()) / all_rows;
      variance = backend.sum_of_parts((y.array() - mean).square().sum()) / (all_rows - 1);
    }
    state.sigma2.setConstant(static_cast<Eigen::Index>(context.model.sigma_levels.size()), variance > 0 ? variance : 1);
  }

  std::vector<SavedArray> arrays(State& state) const override { return {{"sigma2", &state.sigma2}}; }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    const Model& model = context.model;
    for (Eigen::Index l = 0; l < state.sigma2.size(); ++l) sum += model.priors.sigma_of(l).log_density(state.sigma2[l]);
    // Coefficients have the density that earlier rows give them at this variance.
    if (!model.earlier.empty()) sum += model.earlier.log_marginal(state.sigma2[0], model.fixed_prior_mean);
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    for (Eigen::Index l = 0; l < state.sigma2.size(); ++l)
      state.sigma2[l] = context.model.priors.sigma_of(l).draw_prior(stream);
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    std::vector<Axis> axes;
    if (!model.sigma_name.empty()) axes.push_back({"sigma__" + model.sigma_name, model.sigma_levels});
    return {{"sigma", axes, Quantity::Support::positive,
             [](const StateView& view, std::vector<double>& out) { append_roots(view.state.sigma2, out); }}};
  }
};

class WeightVariances final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    for (const ScalePrior& prior : context.model.priors.weight)
      state.weight_variance.push_back(prior.scale() * prior.scale());
  }

  std::vector<SavedArray> arrays(State& state) const override { return {{"weight_variance", &state.weight_variance}}; }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    for (std::size_t l = 0; l < state.weight_variance.size(); ++l)
      sum += context.model.priors.weight[l].log_density(state.weight_variance[l]);
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    for (std::size_t l = 0; l < state.weight_variance.size(); ++l)
      state.weight_variance[l] = context.model.priors.weight[l].draw_prior(stream);
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    return {{"weight_scale",
             {{"weight_layer", model.weight_layers}},
             Quantity::Support::positive,
             [](const StateView& view, std::vector<double>& out) { append_roots(view.state.weight_variance, out); }}};
  }
};

/// lambda_j ~ C+(0, 1), its mixing variable integrated out of the density; ones without horseshoe.
class InputRelevance final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    const auto groups = static_cast<Eigen::Index>(context.model.inputs.names.size());
    state.relevance.setOnes(groups);
    state.relevance_mixing.setOnes(groups);
  }

  std::vector<SavedArray> arrays(State& state) const override {
    return {{"relevance", &state.relevance}, {"relevance_mixing", &state.relevance_mixing}};
  }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    // As a density of lambda^2.
    if (context.model.horseshoe) sum -= (0.5 * state.relevance.array().log() + state.relevance.array().log1p()).sum();
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    if (!context.model.horseshoe) return;
    for (Eigen::Index j = 0; j < state.relevance.size(); ++j) {
      state.relevance_mixing[j] = draw_inverse_gamma(stream, 0.5, 1.0);
      state.relevance[j] = draw_inverse_gamma(stream, 0.5, 1 / state.relevance_mixing[j]);
    }
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    if (!model.horseshoe) return {};
    return {{"input_relevance",
             {{"input", model.inputs.names}},
             Quantity::Support::positive,
             [](const StateView& view, std::vector<double>& out) { append_roots(view.state.relevance, out); }}};
  }
};

/// Delta_l, and the noise sqrt(Delta_l) E_l that it scales.
class LayerNoiseVariances final : public Parameter {
 public:
  void allocate(State& state, const Context& context) const override {
    for (int l = 0; l < context.model.shape.layers(); ++l) {
      state.layer_noise.push_back(context.model.layer_noise.value);
      state.noise.push_back(context.backend.allocate(context.data.rows, context.model.shape.width(l)));
    }
  }

  std::vector<SavedArray> arrays(State& state) const override {
    std::vector<SavedArray> result = {{"layer_noise", &state.layer_noise}};
    for (std::size_t l = 0; l < state.noise.size(); ++l)
      result.push_back({"noise" + std::to_string(l), &state.noise[l]});
    return result;
  }

  void add_log_prior(const State& state, const Context& context, double& sum) const override {
    for (std::size_t l = 0; l < state.noise.size(); ++l) {
      const double variance = state.layer_noise[l];
      sum -= 0.5 * (context.data.all_rows * static_cast<double>(state.noise[l].cols()) * std::log(variance) +
                    context.backend.dot_rows(state.noise[l], state.noise[l]) / variance);
      if (learned(context.model)) sum += context.model.priors.layer_noise.log_density(variance);
    }
  }

  void draw_prior(State& state, const Context& context, Stream& stream) const override {
    for (std::size_t l = 0; l < state.noise.size(); ++l) {
      if (learned(context.model)) state.layer_noise[l] = context.model.priors.layer_noise.draw_prior(stream);
      RowMatrix noise(state.noise[l].rows(), state.noise[l].cols());
      for (double& value : noise.reshaped<Eigen::RowMajor>())
        value = std::sqrt(state.layer_noise[l]) * draw_normal<double>(stream);
      context.backend.upload(noise, state.noise[l]);
    }
  }

  std::vector<Quantity> quantities(const Model& model) const override {
    return {{"layer_noise",
             {{"layer", numbered(static_cast<std::size_t>(model.shape.layers()))}},
             Quantity::Support::positive,
             [](const StateView& view, std::vector<double>& out) {
               out.insert(out.end(), view.state.layer_noise.begin(), view.state.layer_noise.end());
             }}};
  }

 private:
  static bool learned(const Model& model) { return model.layer_noise.kind == LayerNoise::Kind::learned; }
};

}  // namespace

std::unique_ptr<Parameter> make_residual_variances() { return std::make_unique<ResidualVariances>(); }
std::unique_ptr<Parameter> make_weight_variances() { return std::make_unique<WeightVariances>(); }
std::unique_ptr<Parameter> make_layer_noise() { return std::make_unique<LayerNoiseVariances>(); }
std::unique_ptr<Parameter> make_input_relevance() { return std::make_unique<InputRelevance>(); }

}  // namespace bdglm
