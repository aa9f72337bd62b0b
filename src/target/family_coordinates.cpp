// There and back between the family's numbers and coordinates without bounds.
#include "target/family_coordinates.hpp"

#include <cmath>

namespace bdglm {

FamilyCoordinates::FamilyCoordinates(const Model& model) {
  for (std::size_t k = 0; k < model.parameters.size(); ++k)
    if (model.priors.parameters[k].kind != PositivePrior::Kind::constant) free_.push_back(k);
  if (model.has_cuts()) cuts_ = model.start_cuts.size() - 1;
}

Eigen::VectorXd FamilyCoordinates::of(const State& state, const Context& context) const {
  Eigen::VectorXd x(size());
  for (std::size_t k = 0; k < free_.size(); ++k)
    x[static_cast<Eigen::Index>(k)] =
        context.model.parameter(free_[k]).inverse(state.parameters[static_cast<Eigen::Index>(free_[k])]);
  for (Eigen::Index k = 0; k < cuts_; ++k) x[parameters() + k] = std::log(state.cutpoints[k + 1] - state.cutpoints[k]);
  return x;
}

void FamilyCoordinates::put(const Eigen::VectorXd& x, State& state, const Context& context) const {
  for (std::size_t k = 0; k < free_.size(); ++k)
    state.parameters[static_cast<Eigen::Index>(free_[k])] =
        context.model.parameter(free_[k]).value(x[static_cast<Eigen::Index>(k)]);
  if (cuts_ > 0) {
    const Eigen::Index anchor = context.model.anchor;
    state.cutpoints[anchor] = 0;
    for (Eigen::Index k = anchor; k < cuts_; ++k)
      state.cutpoints[k + 1] = state.cutpoints[k] + std::exp(x[parameters() + k]);
    for (Eigen::Index k = anchor; k > 0; --k)
      state.cutpoints[k - 1] = state.cutpoints[k] - std::exp(x[parameters() + k - 1]);
  }
  set_parameters(state, context);
}

double FamilyCoordinates::log_prior(const Eigen::VectorXd& x, const State& state, const Context& context) const {
  const PriorCoupling& earlier = context.model.prior_coupling;
  if (context.model.priors.earlier) return -0.5 * (x - earlier.mean).dot(earlier.precision * (x - earlier.mean));
  double sum = 0;
  for (std::size_t k = 0; k < free_.size(); ++k) {
    const double own = x[static_cast<Eigen::Index>(k)];
    const FamilyParameter& parameter = context.model.parameter(free_[k]);
    sum += log_density(context.model.priors.parameters[free_[k]], parameter.value(own)) + parameter.log_slope(own);
  }
  if (cuts_ > 0) {
    // What the intercept's prior, which is about the cutpoints' mean, leaves of their density.
    const double sd = context.model.priors.cut.sd;
    sum -= 0.5 * (state.cutpoints.array() - state.cutpoints.mean()).square().sum() / (sd * sd);
    sum += x.tail(cuts_).sum();
  }
  return sum;
}

double FamilyCoordinates::log_slope(const Eigen::VectorXd& x, const Model& model) const {
  double sum = x.tail(cuts_).sum();
  for (std::size_t k = 0; k < free_.size(); ++k)
    sum += model.parameter(free_[k]).log_slope(x[static_cast<Eigen::Index>(k)]);
  return sum;
}

}  // namespace bdglm
