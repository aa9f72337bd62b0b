// Terms of a likelihood by distinct responses.
#include "engines/gibbs/parameter_terms.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "family/response.hpp"
#include "target/family_coordinates.hpp"

namespace bdglm {

Likelihood ParameterTerms::of_rows(const State& state, const Context& context) {
  if (!counted_) count_pairs(state, context);
  return few_ ? held(state.likelihood) : state.likelihood;
}

void ParameterTerms::count_pairs(const State& state, const Context& context) {
  // A pair costs some ten times what lanes spend on a row.
  constexpr std::size_t kMost = 4096;
  constexpr std::size_t kRowsPerPair = 16;
  counted_ = true;
  if (FamilyCoordinates(context.model).parameters() == 0) return;
  const RowMatrix response = context.backend.download(state.likelihood.response);
  const RowMatrix size = context.backend.download(state.likelihood.size);
  const std::size_t most = std::min(kMost, static_cast<std::size_t>(response.size()) / kRowsPerPair);
  std::map<std::pair<double, double>, double> counts;
  for (Eigen::Index i = 0; i < response.size() && counts.size() <= most; ++i) counts[{response(i, 0), size(i, 0)}] += 1;
  few_ = context.backend.sum_of_parts(counts.size() <= most ? 0.0 : 1.0) == 0;
  if (!few_) return;
  const FamilyParameters rest = held(state.likelihood).parameters;
  for (const auto& [pair, count] : counts) {
    Pair made{pair.first, pair.second, count, 0};
    double least = std::fabs(log_likelihood_of(made, rest, context));
    for (const double eta : {std::log(std::fabs(made.response)), made.response}) {
      const Pair there{made.response, made.size, made.count, eta};
      const double beside = std::isfinite(eta) ? std::fabs(log_likelihood_of(there, rest, context)) : least;
      if (!(beside < least)) continue;
      least = beside;
      made.eta = eta;
    }
    pairs_.push_back(made);
  }
}

double ParameterTerms::log_likelihood_of(const Pair& pair, const FamilyParameters& parameters, const Context& context) {
  const int predictors = context.model.shape.predictors();
  std::vector<double> eta(static_cast<std::size_t>(predictors), 0.0);
  eta[0] = pair.eta;
  return with_family(context.model.family, [&](auto text) {
    Row row(pair.response, pair.size, eta.data(), 1, predictors, &parameters);
    decltype(text)::likelihood(row);
    return row.sum();
  });
}

/// What held likelihoods leave out does not depend on the predictors: it is the difference at any. Where the rest is
/// large, as a gamma's at a mean far from the response, the difference would be rounding.
double ParameterTerms::of_responses(const State& state, const Context& context) {
  if (!counted_) count_pairs(state, context);
  if (!few_) return 0;
  const FamilyParameters& whole = state.likelihood.parameters;
  const FamilyParameters rest = held(state.likelihood).parameters;
  double sum = 0;
  for (const Pair& pair : pairs_)
    sum += pair.count * (log_likelihood_of(pair, whole, context) - log_likelihood_of(pair, rest, context));
  return context.backend.sum_of_parts(sum);
}

}  // namespace bdglm
