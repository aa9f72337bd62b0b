// A linear predictor and what a likelihood leaves of the factors that stand in for it, in one pass over the rows.
#include <algorithm>

#include "base/stop_point.hpp"
#include "compute/cpu/gaussian.hpp"

namespace bdglm::cpu {

double residual_likelihood(const Likelihood& likelihood, const LinearPredictor& own, const Matrix& omega,
                           const Matrix& kappa, int predictor, Matrix& eta, Matrix& terms, Matrix& scores) {
  const Eigen::Index n = omega.size();
  const auto base = array(own.base);
  const auto precision = array(omega);
  const auto linear = array(kappa);
  auto predictors_own = array(eta).segment(predictor * n, n);
  std::vector<TermView> effects;
  for (const ResidentTerm& term : own.terms) effects.emplace_back(term, 0);
  double sum = 0;
  for (Eigen::Index at = 0; at < n; at += kRowBlock) {
    stop_point();
    const Eigen::Index m = std::min(kRowBlock, n - at);
    auto here = predictors_own.segment(at, m);
    here = base.segment(at, m);
    const double* coefficients = values(own.coefficients).data();
    for (const Matrix& columns : own.dense) {
      add_columns_times(columns, at, m, coefficients, here.data());
      coefficients += columns.cols();
    }
    for (std::size_t k = 0; k < effects.size(); ++k)
      add_effects(effects[k].from(at), values(own.effects[k]).data(), 1, here.data(), m);
    lanes::LikelihoodRows rows = likelihood_rows(likelihood, eta);
    rows.response += at;
    rows.size += at;
    rows.eta += at;
    rows.count = static_cast<std::size_t>(m);
    rows.scored = predictor;
    if (!terms.empty()) rows.terms = array(terms).data() + at;
    if (!scores.empty()) rows.scores = array(scores).data() + at;
    sum += lanes::log_likelihood(likelihood.family, rows);
    const auto factors = here * (linear.segment(at, m) - 0.5 * precision.segment(at, m) * here);
    sum -= factors.sum();
    if (!terms.empty()) array(terms).segment(at, m) -= factors;
    if (!scores.empty()) array(scores).segment(at, m) -= linear.segment(at, m) - precision.segment(at, m) * here;
  }
  return sum;
}

}  // namespace bdglm::cpu
