// Where a chain starts: Newton's mode for a linear predictor, early-stopped AdamW for a network.
#include <Eigen/Cholesky>
#include <cmath>

#include "bdglm/base/error.hpp"
#include "bdglm/inference/network_metric.hpp"
#include "bdglm/inference/sweep.hpp"

namespace bdglm {
namespace {

/// Newton's method with halving; ends at the mode of beta given no random effects, and leaves the
/// Cholesky factor of the Hessian there as metric. The start is a draw of the Laplace approximation.
void newton(State& state, const Context& context, const Address& address) {
  const Backend& backend = context.backend;
  const Eigen::VectorXd mean = context.theta_prior_mean();
  const Eigen::VectorXd precision = context.theta_prior_precision(state);
  Matrix prior_mean = backend.uploaded(mean);
  Matrix prior_precision = backend.uploaded(precision);
  Matrix gradient = backend.allocate(state.theta.rows(), 1);
  const Network network = context.network(state);
  const auto objective = [&] {
    double value = backend.gradient(network, state.theta, state.base, state.likelihood, gradient, state.scratch);
    return value + backend.add_normal_prior(state.theta, prior_mean, prior_precision, gradient);
  };
  Eigen::MatrixXd factor;
  double value = objective();
  for (int iteration = 0; iteration < 50; ++iteration) {
    const Matrix weights = backend.uploaded(curvature(state, context));
    Eigen::MatrixXd hessian = backend.weighted_gram({context.data.fixed}, weights);
    hessian.diagonal() += precision;
    const Eigen::LLT<Eigen::MatrixXd> llt(hessian);
    if (llt.info() != Eigen::Success)
      throw NumericalError(
          "the information matrix of the coefficients is not positive definite; rescale columns of very different "
          "size");
    factor = llt.matrixL();
    const RowMatrix from = backend.download(state.theta);
    const Eigen::VectorXd direction = llt.solve(Eigen::VectorXd(backend.download(gradient)));
    const double slope = direction.dot(Eigen::VectorXd(backend.download(gradient)));
    double length = 1;
    double reached = value;
    for (int halving = 0; halving < 30; ++halving, length *= 0.5) {
      backend.upload(RowMatrix(from + length * direction), state.theta);
      reached = objective();
      if (reached >= value + 1e-4 * length * slope) break;
    }
    refresh(state, context);
    const bool done = !(slope > 1e-8) || !(reached > value);
    value = reached;
    if (done) break;
  }
  state.metric.cholesky = backend.uploaded(RowMatrix(factor));
  Matrix noise = backend.allocate(state.theta.rows(), 1);
  Matrix step = backend.allocate(state.theta.rows(), 1);
  backend.draw_normal(address.at(Site::initial_state), noise);
  backend.precondition(state.metric, false, noise, step);
  backend.axpy(1, step, state.theta);
  refresh(state, context);
}

/// Full-batch AdamW (Loshchilov and Hutter 2019) on a random tenfold split; the weights with the best
/// held-out log likelihood stay.
class AdamW {
 public:
  AdamW(State& state, const Context& context, const Address& address)
      : state_(state), context_(context), address_(address) {}

  void run() {
    initialise();
    split();
    const Backend& backend = context_.backend;
    const Eigen::Index size = state_.theta.rows();
    const Network network = context_.network(state_);
    Matrix gradient = backend.allocate(size, 1);
    Eigen::ArrayXd first = Eigen::ArrayXd::Zero(size);
    Eigen::ArrayXd second = Eigen::ArrayXd::Zero(size);
    RowMatrix theta = backend.download(state_.theta);
    RowMatrix best = theta;
    double best_value = -INFINITY;
    int since_best = 0;
    std::vector<Matrix> none;
    constexpr int kSteps = 600;
    constexpr int kPatience = 60;
    for (int t = 1; t <= kSteps && since_best < kPatience; ++t) {
      backend.gradient(network, state_.theta, state_.base, train_, gradient, state_.scratch);
      const Eigen::ArrayXd g = -backend.download(gradient).array() / train_rows_ * scale_;
      first = 0.9 * first + 0.1 * g;
      second = 0.999 * second + 0.001 * g.square();
      const double rate = 0.01 * std::min(1.0, t / 20.0);
      const Eigen::ArrayXd move = first / (1 - std::pow(0.9, t)) / ((second / (1 - std::pow(0.999, t))).sqrt() + 1e-8);
      theta.array() -= rate * (move * units_ + 0.001 * theta.array());
      backend.upload(theta, state_.theta);
      backend.forward(network, state_.theta, state_.base, none, none, state_.eta);
      const double value = backend.log_likelihood(held_out_, state_.eta);
      ++since_best;
      if (value > best_value) {
        best_value = value;
        best = theta;
        since_best = 0;
      }
    }
    backend.upload(best, state_.theta);
    refresh(state_, context_);
    start_scales();
    average_information(state_, context_, 1);
  }

 private:
  /// Weights from N(0, 2 / inputs), the response's mean as intercept.
  void initialise() {
    const NetworkShape& shape = context_.model.shape;
    Matrix normal = context_.backend.allocate(shape.size(), 1);
    context_.backend.draw_normal(address_.at(Site::initial_state), normal);
    RowMatrix theta = context_.backend.download(normal);
    units_.setOnes(shape.size());
    const bool logistic = is_logistic(context_.model.family);
    const double unit = logistic ? 1.0 : std::sqrt(state_.sigma2.mean());
    for (int l = 0; l < shape.layers(); ++l) {
      theta.block(shape.weight_offset(l), 0, shape.input_width(l) * shape.width(l), 1) *=
          std::sqrt(2.0 / shape.input_width(l));
      theta.block(shape.bias_offset(l), 0, shape.width(l), 1) *= 0.1;
    }
    theta.block(shape.output_offset(), 0, shape.last_width(), 1) *= 0.5 * unit / std::sqrt(shape.last_width());
    theta.bottomRows(shape.fixed) = context_.model.fixed_prior_mean;
    units_.tail(shape.last_width() + shape.fixed).setConstant(unit);
    scale_ = logistic ? 1.0 : unit;
    context_.backend.upload(theta, state_.theta);
    for (std::size_t l = 0; l < state_.noise.size(); ++l) context_.backend.axpy(-1, state_.noise[l], state_.noise[l]);
    refresh(state_, context_);
  }

  void split() {
    const RowMatrix size = context_.backend.download(state_.likelihood.size);
    const RowMatrix response = context_.backend.download(state_.likelihood.response);
    RowMatrix train = size;
    RowMatrix held = size;
    RowMatrix train_response = response;
    RowMatrix held_response = response;
    const bool logistic = is_logistic(context_.model.family);
    for (Eigen::Index i = 0; i < size.rows(); ++i) {
      Stream stream(address_.at(Site::warm_start), static_cast<std::uint32_t>(i));
      const bool out = stream.uniform53() < 0.1;
      // A row is left out by weight: no trials, or next to no precision.
      (out ? train : held)(i, 0) *= logistic ? 0.0 : 1e-12;
      if (logistic) (out ? train_response : held_response)(i, 0) = 0;
      train_rows_ += out ? 0.0 : 1.0;
    }
    train_rows_ = std::max(train_rows_, 1.0);
    train_ = {context_.model.family, context_.backend.uploaded(train_response), context_.backend.uploaded(train)};
    held_out_ = {context_.model.family, context_.backend.uploaded(held_response), context_.backend.uploaded(held)};
  }

  /// Residual variances and weight scales at their estimates under the weights found.
  void start_scales() {
    const NetworkShape& shape = context_.model.shape;
    const Backend& backend = context_.backend;
    if (!is_logistic(context_.model.family)) {
      const Eigen::VectorXd squares =
          backend.grouped_squares(state_.likelihood.response, state_.eta, context_.data.size, context_.data.sigma);
      for (Eigen::Index g = 0; g < squares.size(); ++g)
        state_.sigma2[g] = std::max(squares[g] / std::max(context_.data.sigma_rows[g], 1.0), 1e-6 * state_.sigma2[g]);
    }
    const Eigen::VectorXd theta = backend.download(state_.theta);
    for (int l = 0; l < shape.layers(); ++l) {
      const int count = shape.input_width(l) * shape.width(l);
      state_.weight_variance[static_cast<std::size_t>(l)] =
          theta.segment(shape.weight_offset(l), count).squaredNorm() / count;
    }
    state_.weight_variance.back() =
        std::max(theta.segment(shape.output_offset(), shape.last_width()).squaredNorm() / shape.last_width(),
                 1e-4 * state_.weight_variance.back());
    refresh(state_, context_);
  }

  State& state_;
  const Context& context_;
  const Address& address_;
  Likelihood train_, held_out_;
  Eigen::ArrayXd units_;
  double scale_ = 1;
  double train_rows_ = 0;
};

}  // namespace

void warm_start(State& state, const Context& context, const Address& address) {
  refresh(state, context);
  if (context.model.shape.layers() > 0)
    AdamW(state, context, address).run();
  else if (context.model.shape.fixed > 0)
    newton(state, context, address);
}

}  // namespace bdglm
