// Residual variances, scales of the layers' weights, the inputs' relevance.
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
    const int scales = static_cast<int>(state.weight_variance.size());
    for (int l = 0; l < scales; ++l) {
      double squares = 0;
      Eigen::Index count = 0;
      if (l >= shape.layers()) {
        for (const int c : readers(l, context.model)) {
          squares += theta.segment(shape.output_offset(c), shape.last_width()).squaredNorm();
          count += shape.last_width();
        }
      } else {
        count = static_cast<Eigen::Index>(shape.input_width(l)) * shape.width(l);
        if (l > 0) squares = theta.segment(shape.weight_offset(l), count).squaredNorm();
        for (Eigen::Index g = 0; l == 0 && g < state.relevance.size(); ++g)
          squares += squares_of(theta, context.model.input_weights(g)) / state.relevance[g];
      }
      Stream stream(position.address.at(Site::weight_scale), static_cast<std::uint32_t>(l));
      double& variance = state.weight_variance[static_cast<std::size_t>(l)];
      variance = context.model.priors.weight[static_cast<std::size_t>(l)].draw_variance(
          stream, variance, static_cast<double>(count), squares);
    }
    double here = context.backend.log_likelihood(state.likelihood, state.eta);
    // Output weights first, while eta is what the weights make it.
    move_output_weights(here, state, context, position);
    for (int l = shape.layers() - 1; l >= 0; --l) {
      const auto at = static_cast<std::size_t>(l);
      Stream stream = stream_of_move(l, position);
      move_with_weights({shape.weight_offset(l), Eigen::Index{shape.input_width(l)} * shape.width(l)},
                        state.weight_variance[at], widths_.of(l), here, stream, state, context, position,
                        [&](double variance) { return context.model.priors.weight[at].log_density(variance); });
    }
    if (context.model.horseshoe) move_relevance(here, state, context, position);
    refresh(state, context);
  }

 private:
  /// The predictors whose output weights have a scale.
  static std::vector<int> readers(int scale, const Model& model) {
    std::vector<int> found;
    for (int c = 0; c < model.shape.predictors(); ++c)
      if (model.output_scales[static_cast<std::size_t>(c)] == scale) found.push_back(c);
    return found;
  }

  static Stream stream_of_move(int scale, const SweepPosition& position) {
    return {position.address.at(Site::weight_scale, 64U + static_cast<std::uint32_t>(scale)), 0};
  }

  /// The non-centred twin: weights and their scale times e^t together, latents integrated out. The weights'
  /// density cancels their Jacobian; the variance's Jacobian e^2t remains. `here` is the log likelihood before and
  /// after.
  template <class LogPrior>
  static void move_with_weights(const ThetaRows& rows, double& variance, double& width, double& here, Stream& stream,
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

  /// The same of the output weights, in which the predictors are linear: `state.eta` must be what theta makes it, and
  /// is afterwards.
  void move_output_weights(double& here, State& state, const Context& context, const SweepPosition& position) {
    const Backend& backend = context.backend;
    const Model& model = context.model;
    const NetworkShape& shape = model.shape;
    const auto scaled = [&](const std::vector<int>& predictors, double factor) {
      RowMatrix theta = backend.download(state.theta);
      for (const int c : predictors) theta.middleRows(shape.output_offset(c), shape.last_width()) *= factor;
      return theta;
    };
    Matrix& moved = state.workspace.matrix(backend, "moved theta", state.theta.rows(), 1);
    Matrix& direction = state.workspace.matrix(backend, "of output weights", state.eta.rows(), 1);
    std::vector<Matrix> none;
    const int scales = static_cast<int>(state.weight_variance.size());
    for (int l = shape.layers(); l < scales; ++l) {
      const std::vector<int> predictors = readers(l, model);
      backend.upload(scaled(predictors, 2), moved);
      backend.forward(context.network(state), moved, state.base, none, none, direction);
      backend.axpy(-1, state.eta, direction);
      const auto along = backend.log_likelihood_along(state.likelihood, state.eta, direction, here);
      const auto at = static_cast<std::size_t>(l);
      Stream stream = stream_of_move(l, position);
      const double t = slice_variance(
          state.weight_variance[at], widths_.of(l), here, stream, position,
          [&](double s) { return along(std::expm1(s)); },
          [&](double variance) { return model.priors.weight[at].log_density(variance); });
      backend.upload(scaled(predictors, std::exp(t)), state.theta);
      backend.axpy(std::expm1(t), direction, state.eta);
    }
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
    const Address address = position.address.at(Site::input_relevance, 1);
    const Eigen::Index inputs = state.relevance.size();
    const auto g = static_cast<Eigen::Index>(position.address.sweep) % inputs;
    Stream stream(address, 0);
    move_with_weights(context.model.input_weights(g), state.relevance[g], relevance_widths_.of(g), here, stream, state,
                      context, position,
                      [&](double v) { return -1.5 * std::log(v) - 1 / (state.relevance_mixing[g] * v); });
    const double sum = (state.relevance_mixing.array() * state.relevance.array()).inverse().sum();
    double& variance = state.weight_variance[0];
    const ScalePrior& prior = context.model.priors.weight[0];
    Stream other(address, 1);
    const double t = slice_sample(other, 0, 0.5, [&](double s) {
      // Of the relevances' e^{3s} densities and e^{-2s} Jacobians e^s each is left.
      return prior.log_density(variance * std::exp(2 * s)) + (2 + static_cast<double>(inputs)) * s -
             sum * std::exp(2 * s);
    });
    variance *= std::exp(2 * t);
    state.relevance *= std::exp(-2 * t);
  }

  static double squares_of(const Eigen::VectorXd& theta, const ThetaRows& rows) {
    return theta.segment(rows.start, rows.count).squaredNorm();
  }

  /// Horseshoe lambda_j ~ C+(0, 1) as two inverse gammas (Makalic and Schmidt 2016, eq. 5 to 9).
  static void relevance(const Eigen::VectorXd& theta, State& state, const Context& context,
                        const SweepPosition& position) {
    for (Eigen::Index g = 0; g < state.relevance.size(); ++g) {
      const ThetaRows weights = context.model.input_weights(g);
      Stream stream(position.address.at(Site::input_relevance), static_cast<std::uint32_t>(g));
      state.relevance_mixing[g] = draw_inverse_gamma(stream, 1.0, 1 + 1 / state.relevance[g]);
      state.relevance[g] = draw_inverse_gamma(
          stream, 0.5 * (1 + static_cast<double>(weights.count)),
          1 / state.relevance_mixing[g] + squares_of(theta, weights) / (2 * state.weight_variance[0]));
    }
  }

  SliceWidths widths_{"weight_widths", 0.5};
  SliceWidths relevance_widths_{"relevance_widths", 0.5};
};

}  // namespace

std::unique_ptr<Update> make_residual_scale_update() { return std::make_unique<ResidualScaleUpdate>(); }
std::unique_ptr<Update> make_weight_scale_update() { return std::make_unique<WeightScaleUpdate>(); }

}  // namespace bdglm
