// Convergence diagnostics of draws: rank-normalised split R-hat, effective sample sizes, Monte Carlo errors.
#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

#include "bdglm/report.hpp"

namespace bdglm {

/// Draws of one scalar: draws x chains.
using ChainDraws = Eigen::MatrixXd;

/// Vehtari, Gelman, Simpson, Carpenter, Bürkner (2021), Bayesian Analysis 16; equal to ArviZ's.
double split_rhat(const ChainDraws& draws);
double bulk_ess(const ChainDraws& draws);
double tail_ess(const ChainDraws& draws);
double mean_ess(const ChainDraws& draws);
/// Monte Carlo standard error of the mean: sd / sqrt(mean_ess).
double mcse_mean(const ChainDraws& draws);

/// Quantile with linear interpolation (R's type 7) of sorted values.
double sorted_quantile(const std::vector<double>& sorted, double probability);

/// Standard normal quantile to full precision.
double normal_quantile(double probability);

ParameterSummary summarise(const std::string& name, const ChainDraws& draws);

}  // namespace bdglm
