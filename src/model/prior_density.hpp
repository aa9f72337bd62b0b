// Priors as normalised densities of what is reported: coefficients, deviations, correlations, numbers of a family.
#pragma once

#include "model/prior.hpp"

namespace bdglm {

/// What `log_density` leaves out: adding it makes the density of the variance integrate to one.
double log_constant(const ScalePrior& prior);
/// The same of a family's number; NaN for a constant, which has no density.
double log_constant(const PositivePrior& prior);

/// The density of a coefficient, its variance integrated out; NaN for the horseshoe, which has none in closed form.
double density(const CoefficientPrior& prior, double value);
/// The density of a variance, and that of its root; zero below zero.
double variance_density(const ScalePrior& prior, double variance);
double deviation_density(const ScalePrior& prior, double deviation);
/// The density of a number of a family; zero where it cannot be.
double density(const PositivePrior& prior, double value);

/// The density of one correlation of `width` coefficients: by LKJ's prior with eta, or for eta 0 by Huang and Wand's
/// with half-t deviations of `df` degrees of freedom.
double correlation_density(double eta, double df, double width, double correlation);

}  // namespace bdglm
