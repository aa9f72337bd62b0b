// Newton's mode of the coefficients of linear predictors, and the metric there.
#include "engines/gibbs/newton_start.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "bdglm/error.hpp"
#include "engines/gibbs/linear_approximation.hpp"

namespace bdglm {
namespace {

/// Newton's method from the prior's mean, by the expected information, with steps halved, or doubled where the
/// objective is far from quadratic; ends at the mode of beta given no random effects, and leaves the Cholesky factor of
/// the Hessian there as metric. The start is a draw of the Laplace approximation.
class Newton final : public WarmStart {
 public:
  Newton(State& state, const Context& context, const Address& address)
      : state_(state),
        context_(context),
        address_(address),
        precision_(context.theta_prior_precision(state)),
        prior_mean_(context.backend.uploaded(context.theta_prior_mean(state))),
        prior_precision_(context.backend.uploaded(precision_)),
        gradient_(context.backend.allocate(state.theta.rows(), 1)) {
    context.backend.copy(prior_mean_, state.theta);
    refresh(state_, context_);
    value_ = objective();
  }

  int steps() const override { return kSteps; }
  int done() const override { return done_; }

  bool step() override {
    const Backend& backend = context_.backend;
    Eigen::MatrixXd hessian = information();
    hessian.diagonal() += precision_;
    const Eigen::LLT<Eigen::MatrixXd> llt(hessian);
    if (llt.info() != Eigen::Success)
      throw NumericalError(
          "the information matrix of the coefficients is not positive definite; rescale columns of very different "
          "size");
    const RowMatrix from = backend.download(state_.theta);
    const Eigen::VectorXd slope_by = backend.download(gradient_);
    const Eigen::VectorXd direction = llt.solve(slope_by);
    const double slope = direction.dot(slope_by);
    const auto at = [&](double length) {
      backend.upload(RowMatrix(from + length * direction), state_.theta);
      return objective();
    };
    const double longest = longest_step(direction);
    double length = std::min(1.0, longest);
    double reached = at(length);
    for (int halving = 0; halving < 30 && !(reached >= value_ + 1e-4 * length * slope); ++halving)
      reached = at(length *= 0.5);
    // Along a quadratic a whole step gains half of what its slope promises.
    bool straight = reached - value_ > 0.75 * length * slope;
    while (straight && 2 * length <= longest) {
      const double further = at(2 * length);
      straight = further > reached;
      if (straight) length *= 2;
      reached = straight ? further : at(length);
    }
    refresh(state_, context_);
    const bool last = !(slope > 1e-8) || !(reached > value_) || done_ + 1 >= kSteps;
    value_ = reached;
    ++done_;
    if (last) finish(Eigen::MatrixXd(llt.matrixL()));
    return !last;
  }

  const MoveMetric& metric() const override { return metric_; }

  void save(Archive& archive) const override {
    archive["warm_theta"] = context_.backend.download(state_.theta);
    archive["warm_done"] = RowMatrix::Constant(1, 1, done_);
  }

  void load(const Archive& archive) override {
    context_.backend.upload(archive.at("warm_theta"), state_.theta);
    done_ = static_cast<int>(archive.at("warm_done")(0, 0));
    value_ = objective();
    refresh(state_, context_);
  }

 private:
  static constexpr int kSteps = 100;
  /// A link's inverse is far from linear beyond, and clamped at last.
  static constexpr double kMostOfLink = 5;

  /// As many times `direction` as moves no linear predictor with a link by more than that, in root mean square.
  double longest_step(const Eigen::VectorXd& direction) const {
    const Backend& backend = context_.backend;
    Matrix& zero = state_.workspace.matrix(backend, "zero", state_.eta.rows(), 1);
    Matrix& change = state_.workspace.matrix(backend, "direction", state_.eta.rows(), 1);
    std::vector<Matrix> none;
    backend.forward(context_.network(state_), backend.uploaded(RowMatrix(direction)), zero, none, none, change);
    double most = 0;
    for (int c = 0; c < context_.model.shape.predictors(); ++c) {
      const bool linked = context_.model.is_parameter(static_cast<std::size_t>(c)) ||
                          std::string(describe(context_.model.family).link) != "identity";
      const Matrix own = context_.data.of_predictor(c, change);
      if (linked) most = std::max(most, std::sqrt(backend.dot_rows(own, own) / context_.data.all_rows));
    }
    return most > 0 ? kMostOfLink / most : HUGE_VAL;
  }

  Eigen::MatrixXd information() const {
    std::vector<RowMatrix> curvatures;
    curvatures.reserve(static_cast<std::size_t>(context_.model.shape.predictors()));
    for (int c = 0; c < context_.model.shape.predictors(); ++c)
      curvatures.push_back(curvatures_with(state_, context_, c));
    return likelihood_information(context_, curvatures);
  }

  double objective() {
    const double value = context_.backend.gradient(context_.network(state_), state_.theta, state_.base,
                                                   state_.likelihood, gradient_, state_.scratch);
    return value + context_.backend.add_normal_prior(state_.theta, prior_mean_, prior_precision_, gradient_);
  }

  void finish(const Eigen::MatrixXd& factor) {
    const Backend& backend = context_.backend;
    metric_ = MoveMetric(backend.uploaded(RowMatrix(factor)));
    Matrix noise = backend.allocate(state_.theta.rows(), 1);
    Matrix move = backend.allocate(state_.theta.rows(), 1);
    backend.draw_normal(address_.at(Site::initial_state), noise);
    backend.precondition(metric_.metric(), false, noise, move);
    backend.axpy(1, move, state_.theta);
    spread_start(state_, context_, address_);
  }

  State& state_;
  const Context& context_;
  Address address_;
  Eigen::VectorXd precision_;
  Matrix prior_mean_, prior_precision_, gradient_;
  double value_ = 0;
  int done_ = 0;
  MoveMetric metric_;
};

}  // namespace

std::unique_ptr<WarmStart> make_newton_start(State& state, const Context& context, const Address& address) {
  return std::make_unique<Newton>(state, context, address);
}

}  // namespace bdglm
