// A family's functions for callers that know it at run time: expectation, density, distribution, curvature, new draws.
#pragma once

#include <span>

#include "family/family.hpp"

namespace bdglm {

/// Whether responses are levels: expected are then their probabilities.
constexpr bool has_levels(const FamilyDescription& description) {
  return description.response == ResponseKind::levels || description.response == ResponseKind::ordered_levels;
}
inline bool has_levels(Family family) { return has_levels(describe(family)); }

/// Whether they are in order, with cutpoints between them.
inline bool has_cutpoints(Family family) { return describe(family).response == ResponseKind::ordered_levels; }

/// What the family has beside its mean.
inline std::span<const FamilyParameter> parameters_of(Family family) {
  return with_family(family, [](auto text) -> std::span<const FamilyParameter> {
    if constexpr (requires { decltype(text)::kParameters; })
      return decltype(text)::kParameters;
    else
      return {};
  });
}

/// How many numbers an expected response is: the levels' probabilities, or one.
inline int outcomes(Family family, std::size_t levels) { return has_levels(family) ? static_cast<int>(levels) : 1; }

/// E(y), trials times it for successes, or the probabilities of the levels, into `out`.
inline void expected_response(Family family, const Predictors& eta, double trials, double* out) {
  with_family(family, [&](auto text) {
    using Text = decltype(text);
    if constexpr (has_levels(Text::kDescription))
      Text::probabilities(eta, out);
    else
      *out = Text::expectation(eta, trials);
  });
}

/// Log density of one observation with its constant; `size` is the precision or the trials.
inline double log_density(Family family, double response, double size, const Predictors& eta) {
  return with_family(family, [&](auto text) {
    Row row(response, size, eta);
    decltype(text)::likelihood(row);
    return row.sum() + decltype(text)::log_constant(response, size);
  });
}

/// The distribution function about a response, which is no level; `size` is the precision or the trials.
inline DistributionStep distribution(Family family, double response, double size, const Predictors& eta) {
  return with_family(family, [&](auto text) -> DistributionStep {
    using Text = decltype(text);
    if constexpr (has_levels(Text::kDescription))
      return {0, 1};
    else
      return Text::distribution(response, size, eta);
  });
}

/// Expected curvature of the negative log likelihood by predictors c and d, in the sampler's units of response and
/// size.
inline double curvature(Family family, double response, double size, const Predictors& eta, int c = 0, int d = 0) {
  return with_family(family,
                     [&](auto text) -> double { return decltype(text)::curvature(Row(response, size, eta), c, d); });
}

/// A new observation; `size` is the precision or the trials.
inline double draw_response(Family family, Stream& stream, double size, const Predictors& eta) {
  return with_family(family, [&](auto text) { return decltype(text)::draw_response(stream, size, eta); });
}

/// What the sampler calls response and size, from the response, its trials and its weight.
inline double sampler_response(Family family, double response, double weight) {
  return with_family(family, [&](auto text) { return decltype(text)::sampler_response(response, weight); });
}
inline double sampler_size(Family family, double trials, double weight) {
  return with_family(family, [&](auto text) { return decltype(text)::sampler_size(trials, weight); });
}

/// What is wrong with trials, as below.
inline const char* trials_complaint(Family family, double trials) {
  return with_family(family, [&](auto text) -> const char* {
    if constexpr (decltype(text)::kDescription.response == ResponseKind::successes)
      return decltype(text)::trials_complaint(trials);
    else
      return nullptr;
  });
}

/// What is wrong with a response, with {response}, {trials}, {y}, {n} and {row} to be filled in; null where nothing is.
inline const char* complaint(Family family, double response, double trials) {
  return with_family(family, [&](auto text) { return decltype(text)::complaint(response, trials); });
}

/// How well draws given the family's latent variables mix, from 0 to 1, by the sums of its responses and sizes; 1 where
/// it does not say.
inline double augmented_information(Family family, double response, double size) {
  return with_family(family, [&](auto text) {
    if constexpr (requires { decltype(text)::augmented_information(response, size); })
      return decltype(text)::augmented_information(response, size);
    else
      return 1.0;
  });
}

/// What the mean's predictor must gain for the expected response to stay as x of the family's k-th parameter goes from
/// one value to another; zero where the family does not say.
inline double mean_shift(Family family, int k, double from, double to) {
  return with_family(family, [&](auto text) {
    if constexpr (requires { decltype(text)::mean_shift(k, from, to); })
      return decltype(text)::mean_shift(k, from, to);
    else
      return 0.0;
  });
}

/// The units of default priors.
inline PredictorUnits predictor_units(Family family, const Eigen::VectorXd& response, const Eigen::VectorXd& offset) {
  return with_family(family, [&](auto text) { return decltype(text)::units(response, offset); });
}

}  // namespace bdglm
