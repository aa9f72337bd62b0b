// The binomial distribution function in terms of the linear predictor.
#pragma once

namespace bdglm {

/// P(Y <= count) for Y ~ binomial(trials, logistic(eta)), by the incomplete beta function (Abramowitz and Stegun 1964,
/// 26.5.24); exact where the probability rounds to 0 or 1.
double binomial_cdf(double count, double trials, double eta);

}  // namespace bdglm
