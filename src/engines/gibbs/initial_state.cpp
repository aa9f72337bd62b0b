// Scales and random effects from which chains start: further apart than their posteriors are wide.
#include <Eigen/Cholesky>
#include <cmath>

#include "engines/gibbs/sweep.hpp"
#include "sampling/standard.hpp"

namespace bdglm {
namespace {

/// exp(u) with u uniform on (low, high).
double log_uniform(Stream& stream, double low, double high) {
  return std::exp(low + (high - low) * stream.uniform53());
}

/// A correlation matrix of vectors with more normal coordinates than there are vectors, so that none is near the edge.
Eigen::MatrixXd draw_correlation(Stream& stream, Eigen::Index size) {
  Eigen::MatrixXd vectors(size, size + 3);
  for (double& value : vectors.reshaped()) value = draw_normal<double>(stream);
  vectors.rowwise().normalize();
  return vectors * vectors.transpose();
}

}  // namespace

void spread_start(State& state, const Context& context, const Address& address) {
  const Backend& backend = context.backend;
  for (std::size_t r = 0; r < state.effects.size(); ++r) {
    const RandomEffect& effect = context.model.effects[r];
    Stream stream(address.at(Site::initial_state, 1 + static_cast<std::uint32_t>(r)), 0);
    // About a fifth of the prior's scale, where posteriors of well-scaled data lie, a factor of five to each side.
    Eigen::VectorXd sd = 0.2 * effect.sd_scales();
    for (double& value : sd) value *= log_uniform(stream, -std::log(5.0), std::log(5.0));
    state.covariance[r] = sd.asDiagonal() * draw_correlation(stream, effect.width()) * sd.asDiagonal();
    // A network that was sought without effects on its output keeps its fit.
    if (effect.deep) continue;
    const Eigen::MatrixXd factor = state.covariance[r].llt().matrixL();
    RowMatrix u(state.effects[r].rows(), state.effects[r].cols());
    for (double& value : u.reshaped<Eigen::RowMajor>()) value = draw_normal<double>(stream);
    backend.upload(RowMatrix(u * factor.transpose()), state.effects[r]);
  }
  Stream stream(address.at(Site::initial_state, 0xFFFU), 0);
  for (double& value : state.sigma2) value *= log_uniform(stream, -1.5, 0.5);
  for (std::size_t k = 0; k < context.model.parameters.size(); ++k) {
    double& value = state.parameters[static_cast<Eigen::Index>(k)];
    const FamilyParameter& parameter = context.model.parameter(k);
    const double factor = log_uniform(stream, -1, 1);
    if (context.model.priors.parameters[k].kind != PositivePrior::Kind::constant)
      value = parameter.value(parameter.inverse(value) + std::log(factor));
  }
  Stream globals(address.at(Site::initial_state, 0xFFFU), 1);
  for (double& value : state.global_variance) value *= log_uniform(globals, -4, 0);
  refresh(state, context);
}

}  // namespace bdglm
