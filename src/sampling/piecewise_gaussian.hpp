// Draws from a density that is Gaussian on each side of zero and continuous there: a hidden unit's conditional.
#pragma once

#include "sampling/truncated_normal.hpp"

namespace bdglm {

/// One side's unnormalised log density -precision z^2 / 2 + linear z; precision > 0.
struct GaussianPiece {
  double precision;
  double linear;
};

/// log of the integral of exp(-precision z^2 / 2 + linear z) over z > 0, up to the constant ln(2 pi) / 2.
BDGLM_HOST_DEVICE inline double log_positive_mass(double precision, double linear) {
  const double t = linear / std::sqrt(precision);
  // t^2/2 + log Phi(t); for very negative t the two cancel and the asymptotic series stands in.
  double scaled;
  if (t > -25.0) {
    scaled = 0.5 * t * t + std::log(0.5 * std::erfc(-t * 0.70710678118654752));
  } else {
    const double r = 1.0 / (t * t);
    scaled =
        -0.91893853320467274 - std::log(-t) + std::log(1.0 - r * (1.0 - 3.0 * r * (1.0 - 5.0 * r * (1.0 - 7.0 * r))));
  }
  return scaled - 0.5 * std::log(precision);
}

/// A draw of z with log density `negative` on z < 0 and `positive` on z > 0 (math note, eq. 7).
BDGLM_HOST_DEVICE inline double draw_piecewise_gaussian(Stream& stream, GaussianPiece negative,
                                                        GaussianPiece positive) {
  const double log_odds =
      log_positive_mass(positive.precision, positive.linear) - log_positive_mass(negative.precision, -negative.linear);
  const double u = stream.uniform53();
  const bool above = std::log(u) - std::log1p(-u) < log_odds;
  const GaussianPiece piece = above ? positive : negative;
  const double sign = above ? 1.0 : -1.0;
  const double sd = 1.0 / std::sqrt(piece.precision);
  const double mean = sign * piece.linear / piece.precision;
  // |z| is N(mean, sd^2) conditioned on being positive.
  const double magnitude = mean + sd * draw_normal_above(stream, -mean / sd);
  return sign * (magnitude > 0.0 ? magnitude : 0.0);
}

}  // namespace bdglm
