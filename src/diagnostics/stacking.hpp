// Weights of models in a mixture of their predictive distributions.
#pragma once

#include <Eigen/Core>

namespace bdglm {

/// The weights w >= 0 of sum one that maximise the mean over rows i of log sum_k w_k exp(elpd(i, k)): stacking (Yao,
/// Vehtari, Simpson, Gelman 2018, Bayesian Analysis 13; math note, section 12). `elpd` is rows x models, finite. The
/// attained mean is within 1e-10 of the largest possible. Throws NumericalError where that is not reached.
Eigen::VectorXd stacking_weights(const Eigen::MatrixXd& elpd);

}  // namespace bdglm
