// Moves along the homogeneity of straight units: units, and layers that have no others, against what reads them.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

class UnitRescaleUpdate final : public Update {
 public:
  std::string name() const override { return "unit rescaling"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const NetworkShape& shape = context.model.shape;
    RowMatrix theta = context.backend.download(state.theta);
    for (int l = 0; l < shape.layers(); ++l) {
      // A unit's weights in, bias and weights out; interior layers and output weights alike.
      const Eigen::VectorXd precision = context.theta_prior_precision(state);
      for (int j = 0; j < shape.straight(l); ++j) {
        double in = 0;
        double out = 0;
        const auto each_in = [&](auto&& f) {
          for (int i = 0; i <= shape.input_width(l); ++i) f(shape.weight_offset(l) + i * shape.width(l) + j);
        };
        const std::vector<int> weights_out = weights_of(l, j, shape);
        const auto each_out = [&](auto&& f) { std::for_each(weights_out.begin(), weights_out.end(), f); };
        each_in([&](int at) { in += precision[at] * theta(at, 0) * theta(at, 0); });
        each_out([&](int at) { out += precision[at] * theta(at, 0) * theta(at, 0); });
        const double power = shape.input_width(l) + 1 - static_cast<double>(weights_out.size());
        Stream stream(position.address.at(Site::unit_rescale, static_cast<std::uint32_t>(2 * l)),
                      static_cast<std::uint32_t>(j));
        const double t = slice_sample(stream, 0, 0.5, [&](double s) {
          return power * s - 0.5 * in * std::exp(2 * s) - 0.5 * out * std::exp(-2 * s);
        });
        each_in([&](int at) { theta(at, 0) *= std::exp(t); });
        each_out([&](int at) { theta(at, 0) *= std::exp(-t); });
      }
      if (shape.straight(l) == shape.width(l)) rescale_layer(l, theta, state, context, position);
    }
    context.backend.upload(theta, state.theta);
    refresh(state, context);
  }

 private:
  /// Where theta has the weights out of a layer's unit: into the next layer, or the heads that read the network.
  static std::vector<int> weights_of(int layer, int unit, const NetworkShape& shape) {
    std::vector<int> places;
    if (layer + 1 < shape.layers()) {
      const int count = shape.width(layer + 1);
      for (int k = 0; k < count; ++k) places.push_back(shape.weight_offset(layer + 1) + unit * count + k);
      return places;
    }
    for (int c = 0; c < shape.predictors(); ++c)
      if (shape.head(c).units > 0) places.push_back(shape.output_offset(c) + unit);
    return places;
  }

  /// All of layer l's weights, biases and tau_l times e^t, the next layer's weights and tau times e^-t:
  /// the weights' densities cancel against the Jacobian, the biases' and the scales' priors remain.
  static void rescale_layer(int l, RowMatrix& theta, State& state, const Context& context,
                            const SweepPosition& position) {
    const NetworkShape& shape = context.model.shape;
    const auto here = static_cast<std::size_t>(l);
    auto weights = theta.col(0).segment(shape.weight_offset(l), shape.input_width(l) * shape.width(l));
    auto biases = theta.col(0).segment(shape.bias_offset(l), shape.width(l));
    const bool interior = l + 1 < shape.layers();
    const double bias_squares = biases.squaredNorm() / (context.model.priors.bias_sd * context.model.priors.bias_sd);
    // Of the next layer, or of all output weights.
    const std::size_t next = interior ? here + 2 : state.weight_variance.size();
    const auto each_next = [&](auto&& f) {
      for (std::size_t k = here + 1; k < next; ++k) f(k);
    };
    const double before = state.weight_variance[here];
    Stream stream(position.address.at(Site::unit_rescale, static_cast<std::uint32_t>(2 * l + 1)), 0);
    const double t = slice_sample(stream, 0, 0.5, [&](double s) {
      const double c2 = std::exp(2 * s);
      double value = (shape.width(l) + 2) * s - 0.5 * bias_squares * c2 +
                     context.model.priors.weight[here].log_density(before * c2);
      each_next([&](std::size_t k) {
        value += context.model.priors.weight[k].log_density(state.weight_variance[k] / c2) - 2 * s;
      });
      return value;
    });
    weights *= std::exp(t);
    biases *= std::exp(t);
    if (interior) theta.middleRows(shape.weight_offset(l + 1), shape.width(l) * shape.width(l + 1)) *= std::exp(-t);
    for (int c = 0; !interior && c < shape.predictors(); ++c)
      theta.middleRows(shape.output_offset(c), shape.head(c).units) *= std::exp(-t);
    state.weight_variance[here] = before * std::exp(2 * t);
    each_next([&](std::size_t k) { state.weight_variance[k] *= std::exp(-2 * t); });
  }
};

}  // namespace

std::unique_ptr<Update> make_unit_rescale_update() { return std::make_unique<UnitRescaleUpdate>(); }

}  // namespace bdglm
