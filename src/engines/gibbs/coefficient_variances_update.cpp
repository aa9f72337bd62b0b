// Unknown variances of coefficients' priors, given the coefficients (math note, section 12).
#include <cmath>

#include "engines/gibbs/sweep.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

class CoefficientVariancesUpdate final : public Update {
 public:
  std::string name() const override { return "variances of coefficients"; }

  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Model& model = context.model;
    const Eigen::VectorXd beta = context.fixed_coefficients(context.backend.download(state.theta).reshaped());
    // The variance of each coefficient is psi times the inverse of this.
    Eigen::VectorXd precision = model.fixed_prior_precision;
    for (int c = 0; c < model.shape.predictors(); ++c)
      for (const Eigen::Index k : model.horseshoe_coefficients(c)) precision[k] /= state.global_variance[c];
    for (std::size_t j = 0; j < model.priors.fixed.size(); ++j) {
      const CoefficientPrior& prior = model.priors.fixed[j];
      if (!prior.mixture()) continue;
      const auto k = static_cast<Eigen::Index>(j);
      Stream stream(position.address.at(Site::coefficient_variances), static_cast<std::uint32_t>(j));
      state.coefficient_variance[k] = prior.draw_variance(
          stream, state.coefficient_variance[k], (beta[k] - model.fixed_prior_mean[k]) * std::sqrt(precision[k]));
    }
    for (int c = 0; c < model.shape.predictors(); ++c) move_global(c, beta, state, model, position);
  }

 private:
  /// The global variance given coefficients and local variances; then it times e^2t and the local ones times e^-2t,
  /// which leaves the coefficients' density alone.
  static void move_global(int c, const Eigen::VectorXd& beta, State& state, const Model& model,
                          const SweepPosition& position) {
    const std::vector<Eigen::Index> own = model.horseshoe_coefficients(c);
    if (own.empty()) return;
    Stream stream(position.address.at(Site::coefficient_variances, 1), static_cast<std::uint32_t>(c));
    const auto count = static_cast<double>(own.size());
    double& global = state.global_variance[c];
    double squares = 0;
    for (const Eigen::Index k : own)
      squares += beta[k] * beta[k] * model.fixed_prior_precision[k] / state.coefficient_variance[k];
    global = kHalfCauchy.draw_variance(stream, global, count, squares);
    const double t = slice_sample(stream, 0, 1 / std::sqrt(count), [&](double s) {
      double value = kHalfCauchy.log_density(global * std::exp(2 * s)) + 2 * (1 - count) * s;
      for (const Eigen::Index k : own)
        value += kHalfCauchy.log_density(state.coefficient_variance[k] * std::exp(-2 * s));
      return value;
    });
    global *= std::exp(2 * t);
    for (const Eigen::Index k : own) state.coefficient_variance[k] *= std::exp(-2 * t);
  }
};

}  // namespace

std::unique_ptr<Update> make_coefficient_variances_update() { return std::make_unique<CoefficientVariancesUpdate>(); }

}  // namespace bdglm
