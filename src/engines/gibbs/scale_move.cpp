// One scale of all that the linear predictors are made of, with the latents integrated out.
#include <cmath>
#include <set>
#include <vector>

#include "engines/gibbs/slice_widths.hpp"
#include "engines/gibbs/sweep.hpp"

namespace bdglm {
namespace {

/// Those of the mean: a scale's logarithm or the like is far from zero in most units, and would hold the others back.
std::vector<int> moved_predictors(const Model& model) {
  std::vector<int> moved;
  for (int p = 0; p < model.shape.predictors(); ++p)
    if (!model.is_parameter(static_cast<std::size_t>(p))) moved.push_back(p);
  return moved;
}

/// One for each fixed coefficient of these, zero for others.
Eigen::VectorXd moving_coefficients(const Model& model) {
  Eigen::VectorXd moving = Eigen::VectorXd::Zero(model.shape.all_fixed());
  Eigen::Index at = 0;
  for (int p = 0; p < model.shape.predictors(); at += model.shape.head(p++).fixed)
    if (!model.is_parameter(static_cast<std::size_t>(p))) moving.segment(at, model.shape.head(p).fixed).setOnes();
  return moving;
}

/// (beta, B, all u and all sd) of the mean's predictors times e^t with the latents integrated out; tau of the output
/// follows B.
class ScaleMove final : public Update {
 public:
  std::string name() const override { return "scale of coefficients and effects"; }
  void save(Archive& archive, const Context& /*context*/) const override { widths_.save(archive); }
  void load(const Archive& archive, const Context& /*context*/) override { widths_.load(archive); }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    const Backend& backend = context.backend;
    const Model& model = context.model;
    const NetworkShape& shape = model.shape;
    const std::vector<int> moved = moved_predictors(model);
    backend.copy(state.eta, state.scratch);
    backend.axpy(-1, context.data.offset, state.scratch);
    for (int p = 0; p < shape.predictors(); ++p) {
      Matrix own = context.data.of_predictor(p, state.scratch);
      if (model.is_parameter(static_cast<std::size_t>(p))) backend.axpy(-1, own, own);
    }
    RowMatrix theta = backend.download(state.theta);
    const Eigen::VectorXd beta = context.fixed_coefficients(theta.col(0));
    // Horseshoe coefficients move with their global scale, so that their densities cancel their Jacobian.
    const Eigen::VectorXd mean = context.fixed_prior_mean(state);
    Eigen::VectorXd precision = context.fixed_prior_precision(state);
    const Eigen::MatrixXd& across = model.prior_coupling.across;
    const Eigen::VectorXd moving = moving_coefficients(model);
    double alone = moving.sum();
    std::vector<int> global;
    for (const int k : moved) {
      if (state.global_variance.size() == 0) break;
      const std::vector<Eigen::Index> with = model.horseshoe_coefficients(k);
      for (const Eigen::Index j : with) precision[j] = 0;
      alone -= static_cast<double>(with.size());
      if (!with.empty()) global.push_back(k);
    }
    std::set<std::size_t> scales;
    for (const int p : moved)
      if (const int scale = model.output_scales[static_cast<std::size_t>(p)]; scale >= 0)
        scales.insert(static_cast<std::size_t>(scale));
    const auto moves = [&](std::size_t r) {
      return !model.is_parameter(static_cast<std::size_t>(model.effects[r].predictor));
    };
    const Likelihood likelihood = held(state.likelihood);
    const double here = backend.log_likelihood(likelihood, state.eta);
    const auto log_likelihood = backend.log_likelihood_along(likelihood, state.eta, state.scratch, here);
    const auto log_prior = [&](double t) {
      const double c = std::exp(t);
      const Eigen::VectorXd z = beta + (c - 1) * moving.cwiseProduct(beta) - mean;
      double value = alone * t - 0.5 * (precision.array() * z.array().square()).sum();
      if (across.size() > 0) value -= 0.5 * z.dot(across * z);
      for (const int k : global) value += 2 * t + kHalfCauchy.log_density(state.global_variance[k] * c * c);
      for (const std::size_t l : scales)
        value += 2 * t + model.priors.weight[l].log_density(state.weight_variance[l] * c * c);
      for (std::size_t r = 0; r < model.effects.size(); ++r) {
        if (!moves(r)) continue;
        const auto q = static_cast<double>(model.effects[r].width());
        value += q * (q + 1) * t + model.effects[r].log_density(c * c * state.covariance[r]);
      }
      return value;
    };
    Stream stream(position.address.at(Site::scale_move), 0);
    const double t = slice_move(stream, widths_.of(0), position.adapting(), here + log_prior(0),
                                [&](double s) { return log_likelihood(std::expm1(s)) + log_prior(s); });
    const double c = std::exp(t);
    for (const int p : moved) theta.col(0).segment(shape.head_offset(p), shape.head(p).size()) *= c;
    backend.upload(theta, state.theta);
    for (const std::size_t l : scales) state.weight_variance[l] *= c * c;
    for (const int k : global) state.global_variance[k] *= c * c;
    for (std::size_t r = 0; r < model.effects.size(); ++r) {
      if (!moves(r)) continue;
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
