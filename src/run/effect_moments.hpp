// Running means and covariances of random effects, for terms of too many levels to keep every draw of.
#pragma once

#include <vector>

#include "fitfile/draw_store.hpp"
#include "target/state.hpp"

namespace bdglm {

/// Of one chain, by Welford's (1962) recurrence; a level's coefficients stand together.
class EffectMoments {
 public:
  /// Adds a draw of the effects of the given terms.
  void add(const std::vector<RowMatrix>& effects);
  /// Adds another chain's.
  void add(const EffectMoments& other);

  double count() const { return count_; }
  /// levels x coefficients of term `r`.
  const RowMatrix& mean(std::size_t r) const { return terms_[r].mean; }
  /// levels x (coefficients^2) of term `r`, row-major; the sample covariance.
  RowMatrix covariance(std::size_t r) const;

  void save(Archive& archive) const;
  void load(const Archive& archive);

 private:
  struct Term {
    RowMatrix mean;
    RowMatrix products;  ///< sums of products of deviations, levels x coefficients^2
  };
  double count_ = 0;
  std::vector<Term> terms_;
};

}  // namespace bdglm
