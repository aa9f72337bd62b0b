// The binomial distribution function in terms of the linear predictor.
#pragma once

namespace bdglm {

/// P(Y <= count) for Y ~ binomial(trials, logistic(eta)): sums of Loader's (2000) masses, exact where the probability
/// rounds to 0 or 1; above a variance of 1e5 the uniform expansion of the incomplete beta function (DLMF 8.18.9), whose
/// error is below 1e-7.
double binomial_cdf(double count, double trials, double eta);

}  // namespace bdglm
