// One scale of all that the linear predictors are made of, with the latents integrated out.
#include <cmath>

#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

/// (beta, B, all u and all sd) times e^t with the latents integrated out; tau of the output follows B.
class ScaleMove final : public Update {
 public:
  std::string name() const override { return "scale of coefficients and effects"; }
  void save(Archive& archive, const Context& /*context*/) const override { widths_.save(archive); }
  void load(const Archive& archive, const Context& /*context*/) override { widths_.load(archive); }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Backend& backend = context.backend;
    const Model& model = context.model;
    const NetworkShape& shape = model.shape;
    const auto hidden = static_cast<std::size_t>(shape.layers());
    backend.copy(state.eta, state.scratch);
    backend.axpy(-1, context.data.offset, state.scratch);
    RowMatrix theta = backend.download(state.theta);
    const Eigen::VectorXd beta = context.fixed_coefficients(theta.col(0));
    // Horseshoe coefficients move with their global scale, so that their densities cancel their Jacobian.
    const Eigen::VectorXd mean = context.fixed_prior_mean(state);
    Eigen::VectorXd precision = context.fixed_prior_precision(state);
    const Eigen::MatrixXd& across = model.prior_coupling.across;
    auto alone = static_cast<double>(beta.size());
    std::vector<int> global;
    for (int k = 0; k < state.global_variance.size(); ++k) {
      const std::vector<Eigen::Index> with = model.horseshoe_coefficients(k);
      for (const Eigen::Index j : with) precision[j] = 0;
      alone -= static_cast<double>(with.size());
      if (!with.empty()) global.push_back(k);
    }
    const Likelihood likelihood = held(state.likelihood);
    const double here = backend.log_likelihood(likelihood, state.eta);
    const auto log_likelihood = backend.log_likelihood_along(likelihood, state.eta, state.scratch, here);
    const auto log_prior = [&](double t) {
      const double c = std::exp(t);
      double value = alone * t - 0.5 * (precision.array() * (c * beta - mean).array().square()).sum();
      if (across.size() > 0) value -= 0.5 * (c * beta - mean).dot(across * (c * beta - mean));
      for (const int k : global) value += 2 * t + kHalfCauchy.log_density(state.global_variance[k] * c * c);
      for (std::size_t l = hidden; l < state.weight_variance.size(); ++l)
        value += 2 * t + model.priors.weight[l].log_density(state.weight_variance[l] * c * c);
      for (std::size_t r = 0; r < model.effects.size(); ++r) {
        const auto q = static_cast<double>(model.effects[r].width());
        value += q * (q + 1) * t + model.effects[r].log_density(c * c * state.covariance[r]);
      }
      return value;
    };
    Stream stream(position.address.at(Site::scale_move), 0);
    const double t = slice_move(stream, widths_.of(0), position.adapting(), here + log_prior(0),
                                [&](double s) { return log_likelihood(std::expm1(s)) + log_prior(s); });
    const double c = std::exp(t);
    theta.col(0).tail(shape.size() - shape.heads_offset()) *= c;
    backend.upload(theta, state.theta);
    for (std::size_t l = hidden; l < state.weight_variance.size(); ++l) state.weight_variance[l] *= c * c;
    for (const int k : global) state.global_variance[k] *= c * c;
    for (std::size_t r = 0; r < model.effects.size(); ++r) {
      backend.axpy(std::expm1(t), state.effects[r], state.effects[r]);
      state.covariance[r] *= c * c;
    }
    refresh(state, context);
  }

 private:
  SliceWidths widths_{"scale_widths", 0.5};
};

}  // namespace

std::unique_ptr<Update> make_scale_move() { return std::make_unique<ScaleMove>(); }

}  // namespace bdglm
