// Residual variances, scales of the layers' weights, the inputs' relevance, and moves along the activation's
// homogeneity.
#include <algorithm>
#include <cmath>
#include <vector>

#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"
#include "sampling/gamma.hpp"

namespace bdglm {
namespace {

class ResidualScaleUpdate final : public Update {
 public:
  std::string name() const override { return "residual scale"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const EarlierLikelihood& earlier = context.model.earlier;
    Eigen::VectorXd rows = context.data.sigma_rows;
    Eigen::VectorXd squares =
        context.backend.grouped_squares(state.likelihood.response, state.eta, context.data.size, context.data.sigma);
    if (!earlier.empty()) {
      rows[0] += earlier.rows;
      squares[0] += earlier.squares_at(context.fixed_coefficients(context.backend.download(state.theta)));
    }
    for (Eigen::Index g = 0; g < squares.size(); ++g) {
      Stream stream(position.address.at(Site::residual_scale), static_cast<std::uint32_t>(g));
      state.sigma2[g] = context.model.priors.sigma_of(g).draw_variance(stream, state.sigma2[g], rows[g], squares[g]);
    }
    context.backend.set_precisions(context.data.size, context.data.sigma, state.sigma2, state.likelihood.size);
  }
};

class WeightScaleUpdate final : public Update {
 public:
  std::string name() const override { return "weight scales"; }
  void save(Archive& archive, const Context& /*context*/) const override {
    widths_.save(archive);
    relevance_widths_.save(archive);
  }
  void load(const Archive& archive, const Context& /*context*/) override {
    widths_.load(archive);
    relevance_widths_.load(archive);
  }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const NetworkShape& shape = context.model.shape;
    const Eigen::VectorXd theta = context.backend.download(state.theta);
    if (context.model.horseshoe) relevance(theta, state, context, position);
    for (int l = 0; l <= shape.layers(); ++l) {
      double squares = 0;
      Eigen::Index count = 0;
      if (l == shape.layers()) {
        for (const Rows& rows : output_weights(shape)) {
          squares += theta.segment(rows.start, rows.count).squaredNorm();
          count += rows.count;
        }
      } else {
        count = static_cast<Eigen::Index>(shape.input_width(l)) * shape.width(l);
        for (int j = 0; j < shape.input_width(l); ++j)
          squares += row_squares(theta, shape, l, j) / (l == 0 ? state.relevance[j] : 1.0);
      }
      Stream stream(position.address.at(Site::weight_scale), static_cast<std::uint32_t>(l));
      double& variance = state.weight_variance[static_cast<std::size_t>(l)];
      variance = context.model.priors.weight[static_cast<std::size_t>(l)].draw_variance(
          stream, variance, static_cast<double>(count), squares);
    }
    double here = context.backend.log_likelihood(state.likelihood, state.eta);
    // The output layer first, while eta is what the weights make it.
    for (int l = shape.layers(); l >= 0; --l) {
      const auto at = static_cast<std::size_t>(l);
      const ScalePrior& prior = context.model.priors.weight[at];
      Stream stream(position.address.at(Site::weight_scale, 64U + static_cast<std::uint32_t>(l)), 0);
      const auto log_prior = [&](double variance) { return prior.log_density(variance); };
      if (l == shape.layers())
        move_output_weights(widths_.of(l), here, stream, state, context, position, log_prior);
      else
        move_with_weights({shape.weight_offset(l), Eigen::Index{shape.input_width(l)} * shape.width(l)},
                          state.weight_variance[at], widths_.of(l), here, stream, state, context, position, log_prior);
    }
    if (context.model.horseshoe) move_relevance(here, state, context, position);
    refresh(state, context);
  }

 private:
  /// A contiguous part of theta.
  struct Rows {
    Eigen::Index start;
    Eigen::Index count;
  };

  static std::vector<Rows> output_weights(const NetworkShape& shape) {
    std::vector<Rows> rows;
    rows.reserve(static_cast<std::size_t>(shape.predictors()));
    for (int c = 0; c < shape.predictors(); ++c) rows.push_back({shape.output_offset(c), shape.head(c).units});
    return rows;
  }

  /// The non-centred twin: weights and their scale times e^t together, latents integrated out. The weights'
  /// density cancels their Jacobian; the variance's Jacobian e^2t remains. `here` is the log likelihood before and
  /// after.
  template <class LogPrior>
  static void move_with_weights(const Rows& rows, double& variance, double& width, double& here, Stream& stream,
                                State& state, const Context& context, const SweepPosition& position,
                                LogPrior&& log_prior) {
    const Backend& backend = context.backend;
    const RowMatrix from = backend.download(state.theta);
    Matrix& moved = state.workspace.matrix(backend, "moved theta", from.rows(), 1);
    const Network network = context.network(state);
    const auto scaled = [&](double t) {
      RowMatrix theta = from;
      theta.middleRows(rows.start, rows.count) *= std::exp(t);
      return theta;
    };
    std::vector<Matrix> none;
    const auto log_likelihood = [&](double t) {
      backend.upload(scaled(t), moved);
      backend.forward(network, moved, state.base, none, none, state.scratch);
      return backend.log_likelihood(state.likelihood, state.scratch);
    };
    const double t = slice_variance(variance, width, here, stream, position, log_likelihood, log_prior);
    backend.upload(scaled(t), state.theta);
  }

  /// The same of the output weights, in which the predictors are linear: `state.eta` must be what theta makes it.
  template <class LogPrior>
  static void move_output_weights(double& width, double& here, Stream& stream, State& state, const Context& context,
                                  const SweepPosition& position, LogPrior&& log_prior) {
    const Backend& backend = context.backend;
    const auto scaled = [&](double factor) {
      RowMatrix theta = backend.download(state.theta);
      for (const Rows& rows : output_weights(context.model.shape)) theta.middleRows(rows.start, rows.count) *= factor;
      return theta;
    };
    Matrix& moved = state.workspace.matrix(backend, "moved theta", state.theta.rows(), 1);
    backend.upload(scaled(2), moved);
    std::vector<Matrix> none;
    backend.forward(context.network(state), moved, state.base, none, none, state.scratch);
    backend.axpy(-1, state.eta, state.scratch);
    const auto along = backend.log_likelihood_along(state.likelihood, state.eta, state.scratch, here);
    const double t = slice_variance(
        state.weight_variance.back(), width, here, stream, position, [&](double s) { return along(std::expm1(s)); },
        log_prior);
    backend.upload(scaled(std::exp(t)), state.theta);
  }

  /// A scale's factor e^t under log_likelihood(t) and the variance's prior, by a slice move.
  template <class LogLikelihood, class LogPrior>
  static double slice_variance(double& variance, double& width, double& here, Stream& stream,
                               const SweepPosition& position, LogLikelihood&& log_likelihood, LogPrior&& log_prior) {
    const double before = here;
    const auto jacobian = [&](double t) { return log_prior(variance * std::exp(2 * t)) + 2 * t; };
    // The last point that a move looks at is where it goes, if it goes anywhere.
    double last = before;
    const double t = slice_move(stream, width, position.adapting(), before + jacobian(0), [&](double s) {
      last = log_likelihood(s);
      return last + jacobian(s);
    });
    here = t == 0 ? before : last;
    variance *= std::exp(2 * t);
    return t;
  }

  /// One input's relevance with its weights, the inputs in turn; then tau_1 times e^t and all relevances times
  /// e^-t, which leaves the weights' density alone.
  void move_relevance(double& here, State& state, const Context& context, const SweepPosition& position) {
    const NetworkShape& shape = context.model.shape;
    const Address address = position.address.at(Site::input_relevance, 1);
    const auto j = static_cast<Eigen::Index>(position.address.sweep) % shape.inputs;
    Stream stream(address, 0);
    move_with_weights({shape.weight_offset(0) + j * shape.width(0), shape.width(0)}, state.relevance[j],
                      relevance_widths_.of(j), here, stream, state, context, position,
                      [&](double v) { return -1.5 * std::log(v) - 1 / (state.relevance_mixing[j] * v); });
    const double sum = (state.relevance_mixing.array() * state.relevance.array()).inverse().sum();
    double& variance = state.weight_variance[0];
    const ScalePrior& prior = context.model.priors.weight[0];
    Stream other(address, 1);
    const double t = slice_sample(other, 0, 0.5, [&](double s) {
      // Of the d0 relevances' e^{3s} densities and e^{-2s} Jacobians e^{s d0} is left.
      return prior.log_density(variance * std::exp(2 * s)) + (2 + shape.inputs) * s - sum * std::exp(2 * s);
    });
    variance *= std::exp(2 * t);
    state.relevance *= std::exp(-2 * t);
  }

  static double row_squares(const Eigen::VectorXd& theta, const NetworkShape& shape, int layer, int input) {
    return theta.segment(shape.weight_offset(layer) + input * shape.width(layer), shape.width(layer)).squaredNorm();
  }

  /// Horseshoe lambda_j ~ C+(0, 1) as two inverse gammas (Makalic and Schmidt 2016, eq. 5 to 9).
  static void relevance(const Eigen::VectorXd& theta, State& state, const Context& context,
                        const SweepPosition& position) {
    const NetworkShape& shape = context.model.shape;
    for (int j = 0; j < shape.inputs; ++j) {
      Stream stream(position.address.at(Site::input_relevance), static_cast<std::uint32_t>(j));
      state.relevance_mixing[j] = draw_inverse_gamma(stream, 1.0, 1 + 1 / state.relevance[j]);
      state.relevance[j] = draw_inverse_gamma(
          stream, 0.5 * (1 + shape.width(0)),
          1 / state.relevance_mixing[j] + row_squares(theta, shape, 0, j) / (2 * state.weight_variance[0]));
    }
  }

  SliceWidths widths_{"weight_widths", 0.5};
  SliceWidths relevance_widths_{"relevance_widths", 0.5};
};

class UnitRescaleUpdate final : public Update {
 public:
  std::string name() const override { return "unit rescaling"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const NetworkShape& shape = context.model.shape;
    RowMatrix theta = context.backend.download(state.theta);
    for (int l = 0; l < shape.layers(); ++l) {
      // A unit's weights in, bias and weights out; interior layers and output weights alike.
      const Eigen::VectorXd precision = context.theta_prior_precision(state);
      for (int j = 0; j < shape.width(l); ++j) {
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
      rescale_layer(l, theta, state, context, position);
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
    const double before = state.weight_variance[here];
    const double after = state.weight_variance[here + 1];
    Stream stream(position.address.at(Site::unit_rescale, static_cast<std::uint32_t>(2 * l + 1)), 0);
    const double t = slice_sample(stream, 0, 0.5, [&](double s) {
      const double c2 = std::exp(2 * s);
      // Densities of the variances, whose Jacobians c^2 and c^-2 cancel.
      return shape.width(l) * s - 0.5 * bias_squares * c2 + context.model.priors.weight[here].log_density(before * c2) +
             context.model.priors.weight[here + 1].log_density(after / c2);
    });
    weights *= std::exp(t);
    biases *= std::exp(t);
    if (interior) theta.middleRows(shape.weight_offset(l + 1), shape.width(l) * shape.width(l + 1)) *= std::exp(-t);
    for (int c = 0; !interior && c < shape.predictors(); ++c)
      theta.middleRows(shape.output_offset(c), shape.head(c).units) *= std::exp(-t);
    state.weight_variance[here] = before * std::exp(2 * t);
    state.weight_variance[here + 1] = after * std::exp(-2 * t);
  }
};

}  // namespace

std::unique_ptr<Update> make_residual_scale_update() { return std::make_unique<ResidualScaleUpdate>(); }
std::unique_ptr<Update> make_weight_scale_update() { return std::make_unique<WeightScaleUpdate>(); }
std::unique_ptr<Update> make_unit_rescale_update() { return std::make_unique<UnitRescaleUpdate>(); }

}  // namespace bdglm
