// Densities of draws by Gaussian kernels, mirrored at bounds.
#pragma once

#include <limits>
#include <vector>

namespace bdglm {

struct DensityEstimate {
  std::vector<double> x, density;
};

/// At `points` places that span all but the outer half percents of the draws, with the bandwidth of Silverman (1986),
/// eq. 3.31. Beyond `least` and `most` there is no density: what the kernels put there is mirrored. Empty where the
/// draws are all one value.
DensityEstimate estimate_density(std::vector<double> draws, std::size_t points,
                                 double least = -std::numeric_limits<double>::infinity(),
                                 double most = std::numeric_limits<double>::infinity());

}  // namespace bdglm
