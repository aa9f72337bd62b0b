// The binomial distribution function by Eigen's incomplete beta function.
#include "bdglm/posterior/binomial_cdf.hpp"

#include <cmath>
#include <unsupported/Eigen/SpecialFunctions>

namespace bdglm {

double binomial_cdf(double count, double trials, double eta) {
  const double successes = std::floor(count);
  if (successes < 0) return 0;
  if (successes >= trials) return 1;
  const double p = 1 / (1 + std::exp(-eta));
  const double q = 1 / (1 + std::exp(eta));
  if (trials == 1) return q;
  if (p == 0) return 1;
  if (q == 0) return 0;
  // The smaller of the probabilities keeps all its digits.
  if (p < q) return 1 - Eigen::numext::betainc(successes + 1, trials - successes, p);
  return Eigen::numext::betainc(trials - successes, successes + 1, q);
}

}  // namespace bdglm
