// Predictive accuracy of a row from its log likelihood at the draws: leave-one-out by Pareto smoothed importance
// sampling, and WAIC.
#pragma once

#include <Eigen/Core>

namespace bdglm {

/// A generalised Pareto distribution of exceedances of zero: density (1 + shape x / scale)^(-1 - 1/shape) / scale.
struct ParetoFit {
  double shape = 0;
  double scale = 0;
};

/// The fit of Zhang and Stephens (2009), Technometrics 51: a mean over a grid, weighted by the profile likelihood. The
/// prior of the shape is left to the caller. `exceedances` ascend and are above zero. Not finite where they do not tell
/// a distribution.
ParetoFit fit_pareto(const Eigen::ArrayXd& exceedances);

/// Pareto smoothed importance sampling (Vehtari, Simpson, Gelman, Yao, Gabry 2024, JMLR 25): puts in place of the
/// largest weights the expected order statistics of a generalised Pareto distribution fitted to them, and normalises
/// all to a sum of one. Returns the shape k that the fit has under the paper's prior; infinite where the draws are too
/// few or too much alike for a fit. `relative_efficiency` is the effective share of the draws.
double smooth_log_weights(Eigen::ArrayXd& log_weights, double relative_efficiency);

/// The largest k with which so many draws are enough: min(1 - 1 / log10(draws), 0.7), the same paper, section 3.2.4.
double pareto_k_threshold(double draws);

struct RowAccuracy {
  double lpd = 0;       ///< log of the mean density over the draws
  double elpd_loo = 0;  ///< log of the density of the row given all others
  double pareto_k = 0;
  double p_waic = 0;  ///< variance of the log density over the draws
  double elpd_waic() const { return lpd - p_waic; }
  double p_loo() const { return lpd - elpd_loo; }
};

/// Vehtari, Gelman, Gabry (2017), Statistics and Computing 27; equal to ArviZ's (math note, eqs. 14 and 15).
RowAccuracy row_accuracy(const Eigen::ArrayXd& log_likelihood, double relative_efficiency);

}  // namespace bdglm
