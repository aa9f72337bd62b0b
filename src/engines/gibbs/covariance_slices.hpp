// Slice moves of a random effect's covariance given the effects, for priors that are not conjugate.
#pragma once

#include "engines/gibbs/sweep.hpp"

namespace bdglm {

/// Moves `covariance` given `squares`, the sum of u u' over the effect's groups (both q x q), along Sigma -> B Sigma B'
/// with B = C A C^-1, A each scale and shear, C C' = squares + scale^2 I: in these coordinates the likelihood's part is
/// round (math note, section 13). Each move's random numbers are an element of `address`.
void slice_covariance(const RandomEffect& effect, const Eigen::MatrixXd& squares, const Address& address,
                      Eigen::MatrixXd& covariance);

}  // namespace bdglm
