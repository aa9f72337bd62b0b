// The metric of the networks' gradient move (math note, section 8): averaged in the warm-up, scaled at every sweep.
#pragma once

#include "target/state.hpp"

namespace bdglm {

/// Moves the averaged Fisher information of a network's layers towards the present one by `weight` (wholly
/// where there is none yet) and rotates the metric to its eigenvectors.
void average_information(State& state, const Context& context, double weight);
/// Brings the bases of the averaged information to the backend.
void upload_bases(State& state, const Context& context);
/// Sets the metric's diagonals for prior precision plus information at the present scales.
void scale_network_metric(State& state, const Context& context);

}  // namespace bdglm
