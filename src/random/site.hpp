// One name per use of randomness: two uses never share a site, so no two draws share an address.
#pragma once

#include <cstdint>

namespace bdglm {

/// Append only: the numbers are part of what makes a run reproducible and are pinned by a test.
enum class Site : std::uint8_t {
  latents = 0,
  arrow_core = 1,
  arrow_groups = 2,
  group_covariance = 3,
  group_moves = 4,
  residual_scale = 5,
  weight_scale = 6,
  input_relevance = 7,
  unit_rescale = 8,
  hidden_units = 9,
  layer_weights = 10,
  layer_noise = 11,
  hmc_momentum = 12,
  hmc_accept = 13,
  warm_start = 14,
  initial_state = 15,
  predict_group = 16,
  predict_response = 17,
  scale_move = 18,
  simulation = 19,
  collapsed_covariance = 20,
  residual_core = 21,
  residual_groups = 22,
  residual_accept = 23,
  whitened_covariance = 24,
  family_parameters = 25,
  coefficient_variances = 26,
  cutpoints = 27,
  network_choice = 28,
  sparse_coefficients = 29,
  importance = 30,
};

}  // namespace bdglm
