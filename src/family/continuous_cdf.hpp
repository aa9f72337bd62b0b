// Distribution functions by the incomplete gamma and beta functions.
#pragma once

namespace bdglm {

/// P(X <= x) of Gamma(shape, rate 1).
double gamma_cdf(double shape, double x);

/// P(X <= x) of Beta(a, b).
double beta_cdf(double a, double b, double x);

}  // namespace bdglm
