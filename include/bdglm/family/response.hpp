// The response given its linear predictor: expectation, full log density, distribution function, a new draw.
#pragma once

#include <cmath>

#include "bdglm/family/family.hpp"

namespace bdglm {

/// E(y): eta, or trials times the success probability.
inline double expected_response(Family family, double eta, double trials) {
  return family == Family::gaussian ? eta : trials / (1 + std::exp(-eta));
}

/// Log density of one observation with its constant; `size` is the precision or the trials.
inline double log_density(Family family, double response, double size, double eta) {
  if (family == Family::gaussian) return GaussianFamily::log_likelihood(response, size, eta) - 0.91893853320467274;
  const double coefficient = std::lgamma(size + 1) - std::lgamma(response + 1) - std::lgamma(size - response + 1);
  return BinomialFamily::log_likelihood(response, size, eta) + coefficient;
}

/// A new observation; `size` is the precision or the trials.
inline double draw_response(Family family, Stream& stream, double size, double eta) {
  return with_family(family, [&](auto text) { return decltype(text)::draw_response(stream, size, eta); });
}

}  // namespace bdglm
