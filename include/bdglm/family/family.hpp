// The list of response families, and the one switch from a family's name to its text.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "bdglm/base/error.hpp"
#include "bdglm/family/binomial.hpp"
#include "bdglm/family/gaussian.hpp"

namespace bdglm {

enum class Family { gaussian, bernoulli, binomial };

/// Calls `f` with the family's text, GaussianFamily{} or BinomialFamily{}.
template <class F>
decltype(auto) with_family(Family family, F&& f) {
  if (family == Family::gaussian) return std::forward<F>(f)(GaussianFamily{});
  return std::forward<F>(f)(BinomialFamily{});
}

inline std::string family_name(Family family) {
  switch (family) {
    case Family::gaussian:
      return "gaussian";
    case Family::bernoulli:
      return "bernoulli";
    default:
      return "binomial";
  }
}

/// The family of a name; throws ModelError for a name that is none.
inline Family family_from_name(std::string_view name) {
  for (Family f : {Family::gaussian, Family::bernoulli, Family::binomial}) {
    if (family_name(f) == name) return f;
  }
  throw ModelError("unknown family '" + std::string(name) + "'; this version has gaussian, bernoulli and binomial");
}

/// True where the linear predictor passes through the logistic function.
inline bool is_logistic(Family family) { return family != Family::gaussian; }

}  // namespace bdglm
