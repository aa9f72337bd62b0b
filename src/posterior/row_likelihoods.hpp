// The log likelihood of a fit's own rows by draws, from where it was saved or from the draws.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "posterior/predict.hpp"

namespace bdglm {

class RowLikelihoods {
 public:
  /// `source` must outlive it. Throws DataError where the fit keeps too little for a log likelihood, or no draws;
  /// `threads` 0: as many as the machine has.
  RowLikelihoods(const DrawSource& source, int threads);

  /// Knows the draws, also of a saved log likelihood.
  const Predictor& predictor() const { return *predictor_; }
  /// What the user should know of where it comes from.
  const std::vector<std::string>& notes() const { return notes_; }

  /// Calls f, from several threads, with each row of positive weight of `design`, the fit's own, and its log likelihood
  /// at the draws: of all observations where the weight is a frequency. Throws NumericalError where one is not finite.
  using OnRow = std::function<void(Eigen::Index row, const Eigen::ArrayXd& log_likelihood)>;
  void for_each_row(const Design& design, const OnRow& on_row) const;

 private:
  const DrawSource& source_;
  bool saved_;
  std::unique_ptr<Predictor> predictor_;
  std::vector<std::string> notes_;
};

}  // namespace bdglm
