// Terms of a likelihood by distinct responses.
#include "engines/gibbs/parameter_terms.hpp"

#include <algorithm>
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
  for (const auto& [pair, count] : counts) pairs_.push_back({pair.first, pair.second, count});
}

/// What held likelihoods leave out does not depend on the predictors: the difference at predictors of zero is it.
double ParameterTerms::of_responses(const State& state, const Context& context) {
  if (!counted_) count_pairs(state, context);
  if (!few_) return 0;
  const int predictors = context.model.shape.predictors();
  const std::vector<double> zero(static_cast<std::size_t>(predictors), 0.0);
  const FamilyParameters& whole = state.likelihood.parameters;
  const FamilyParameters rest = held(state.likelihood).parameters;
  double sum = 0;
  with_family(context.model.family, [&](auto text) {
    for (const Pair& pair : pairs_) {
      const auto at = [&](const FamilyParameters& parameters) {
        Row row(pair.response, pair.size, zero.data(), 1, predictors, &parameters);
        decltype(text)::likelihood(row);
        return row.sum();
      };
      sum += pair.count * (at(whole) - at(rest));
    }
  });
  return context.backend.sum_of_parts(sum);
}

}  // namespace bdglm
