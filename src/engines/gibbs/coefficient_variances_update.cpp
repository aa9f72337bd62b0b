// Unknown variances of coefficients' priors, and horseshoes' global scales (math note, section 13).
#include <cmath>

#include "engines/gibbs/sweep.hpp"
#include "model/horseshoe.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

/// The horseshoe coefficients of a predictor.
struct Horseshoe {
  int predictor;
  std::vector<Eigen::Index> own;  ///< as Model::fixed_names
  Eigen::Index first = 0;         ///< of all the predictor's coefficients

  Horseshoe(int c, const Model& model) : predictor(c), own(model.horseshoe_coefficients(c)) {
    for (int d = 0; d < c; ++d) first += model.shape.head(d).fixed;
  }
};

class CoefficientVariancesUpdate final : public Update {
 public:
  std::string name() const override { return "variances of coefficients"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Model& model = context.model;
    const Eigen::VectorXd beta = context.fixed_coefficients(context.backend.download(state.theta).reshaped());
    std::vector<Horseshoe> horseshoes;
    // The variance of each coefficient is psi times the inverse of this.
    Eigen::VectorXd precision = model.fixed_prior_precision;
    for (int c = 0; c < model.shape.predictors(); ++c) {
      horseshoes.emplace_back(c, model);
      if (horseshoes.back().own.empty()) continue;
      move_global(horseshoes.back(), beta, state, model, position);
      for (const Eigen::Index k : horseshoes.back().own) precision[k] /= state.global_variance[c];
    }
    for (std::size_t j = 0; j < model.priors.fixed.size(); ++j) {
      const CoefficientPrior& prior = model.priors.fixed[j];
      if (!prior.mixture()) continue;
      const auto k = static_cast<Eigen::Index>(j);
      Stream stream(position.address.at(Site::coefficient_variances), static_cast<std::uint32_t>(j));
      state.coefficient_variance[k] =
          prior.draw_variance(stream, (beta[k] - model.fixed_prior_mean[k]) * std::sqrt(precision[k]));
    }
    for (const Horseshoe& horseshoe : horseshoes)
      if (!horseshoe.own.empty()) move_with_coefficients(horseshoe, state, context, position);
  }

 private:
  /// The global variance given coefficients, local variances integrated out.
  static void move_global(const Horseshoe& horseshoe, const Eigen::VectorXd& beta, State& state, const Model& model,
                          const SweepPosition& position) {
    const auto c = static_cast<std::uint32_t>(horseshoe.predictor);
    Stream stream(position.address.at(Site::coefficient_variances, 1), c);
    double& global = state.global_variance[horseshoe.predictor];
    const auto count = static_cast<double>(horseshoe.own.size());
    const double t = slice_sample(stream, 0, 3 / std::sqrt(count), [&](double s) {
      double value = kHalfCauchy.log_density(global * std::exp(2 * s)) + (2 - count) * s;
      for (const Eigen::Index k : horseshoe.own)
        value += log_horseshoe_density(beta[k] * std::exp(-s) * std::sqrt(model.fixed_prior_precision[k] / global));
      return value;
    });
    global *= std::exp(2 * t);
  }

  /// The non-centred twin: the global scale times e^t, latents integrated out. Coefficients follow it but for those
  /// that are drawn to stay, whose local scales give way: probably the large ones, which the data hold.
  static void move_with_coefficients(const Horseshoe& horseshoe, State& state, const Context& context,
                                     const SweepPosition& position) {
    const Backend& backend = context.backend;
    const NetworkShape& shape = context.model.shape;
    const int c = horseshoe.predictor;
    Stream stream(position.address.at(Site::coefficient_variances, 2), static_cast<std::uint32_t>(c));
    double& global = state.global_variance[c];
    Eigen::VectorXd& local = state.coefficient_variance;
    // One stays with probability 1 / (1 + (large / psi)^2); what is large is drawn anew, for any sparsity.
    const double large = std::exp(2 * std::log(100.0) * stream.uniform53());
    const auto against = [&](double psi) { return large / psi * (large / psi); };
    RowMatrix theta = backend.download(state.theta);
    RowMatrix follow = RowMatrix::Zero(shape.head(c).fixed, 1);
    std::vector<Eigen::Index> stay;
    for (const Eigen::Index k : horseshoe.own) {
      const Eigen::Index at = k - horseshoe.first;
      if (stream.uniform53() * (1 + against(local[k])) < 1)
        stay.push_back(k);
      else
        follow(at, 0) = theta(shape.fixed_offset(c) + at, 0);
    }
    const Eigen::Index rows = state.eta.rows();
    Matrix& zero = state.workspace.matrix(backend, "zero", rows, 1);
    Matrix& direction = state.workspace.matrix(backend, "direction", rows, 1);
    backend.copy(zero, direction);
    Matrix moving = state.workspace.matrix(backend, "following coefficients", follow.rows(), 1);
    backend.upload(follow, moving);
    Matrix part = context.data.of_predictor(c, direction);
    std::vector<Matrix> none;
    backend.forward(context.fixed_effects(c), moving, context.data.of_predictor(c, zero), none, none, part);
    const Likelihood likelihood = held(state.likelihood);
    const double here = backend.log_likelihood(likelihood, state.eta);
    const auto log_likelihood = backend.log_likelihood_along(likelihood, state.eta, direction, here);
    const double t = slice_sample(stream, 0, 0.5, [&](double s) {
      // The densities of those that follow cancel their Jacobian.
      double value = log_likelihood(std::expm1(s)) + kHalfCauchy.log_density(global * std::exp(2 * s)) + 2 * s;
      for (const Eigen::Index k : stay) {
        const double psi = local[k] * std::exp(-2 * s);
        value += kHalfCauchy.log_density(psi) - 2 * s - std::log1p(against(psi));
      }
      return value;
    });
    global *= std::exp(2 * t);
    for (const Eigen::Index k : stay) local[k] *= std::exp(-2 * t);
    theta.middleRows(shape.fixed_offset(c), follow.rows()) += std::expm1(t) * follow;
    backend.upload(theta, state.theta);
    refresh_predictor(c, state, context);
  }
};

}  // namespace

std::unique_ptr<Update> make_coefficient_variances_update() { return std::make_unique<CoefficientVariancesUpdate>(); }

}  // namespace bdglm
