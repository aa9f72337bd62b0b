// Terms of a likelihood that depend on the family's numbers and the responses alone, summed by distinct responses.
#pragma once

#include <vector>

#include "engines/gibbs/sweep.hpp"

namespace bdglm {

/// The log likelihood where the family's numbers move. Counts have few distinct values: what a family leaves out of a
/// likelihood whose numbers are held (`held`), gamma functions mostly, is summed over these instead of over the rows.
/// Where values are many, all is summed over the rows.
class ParameterTerms {
 public:
  /// At the state's numbers and the predictors eta, of all parts of the rows.
  double log_likelihood(const State& state, const Matrix& eta, const Context& context) {
    return context.backend.log_likelihood(of_rows(state, context), eta) + of_responses(state, context);
  }

  /// What is to be summed over the rows, and what that leaves out at the state's numbers.
  Likelihood of_rows(const State& state, const Context& context);
  double of_responses(const State& state, const Context& context);

  /// Distinct pairs of response and size in this part of the rows; none before the first call, or where they are many.
  std::size_t distinct() const { return pairs_.size(); }

 private:
  struct Pair {
    double response, size, count;
    double eta;  ///< of the first predictor, at which little of the likelihood is beside these terms
  };

  void count_pairs(const State& state, const Context& context);
  static double log_likelihood_of(const Pair& pair, const FamilyParameters& parameters, const Context& context);

  bool counted_ = false;
  bool few_ = false;  ///< in every part of the rows
  std::vector<Pair> pairs_;
};

}  // namespace bdglm
