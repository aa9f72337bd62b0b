// Prior distributions fitted to draws: the likeliest gammas, a normal with the draws' moments.
#pragma once

#include <Eigen/Core>

#include "model/earlier_rows.hpp"
#include "model/prior.hpp"

namespace bdglm {

/// Shape and rate of the gamma distribution under which positive numbers are likeliest.
struct GammaFit {
  double shape = 1;
  double rate = 1;
};

GammaFit fit_gamma(const Eigen::VectorXd& draws);

/// Of standard deviations of effects: a gamma, or, where they keep away from zero, an inverse gamma of the square,
/// whichever the draws are likelier under.
ScalePrior matched_deviation(const Eigen::VectorXd& draws);
/// Of residual standard deviations: inverse gamma on the variance, to which the residuals' squares are conjugate.
ScalePrior matched_residual_scale(const Eigen::VectorXd& draws);
/// Mean and covariance of draws x coefficients.
JointNormal matched_normals(const RowMatrix& draws);

}  // namespace bdglm
