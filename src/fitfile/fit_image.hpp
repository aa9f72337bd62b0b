// The netCDF-4 file that a fit starts as: groups, dimensions, coordinates and attributes, no draws yet.
#pragma once

#include <string>

#include "fitfile/fit_file.hpp"

namespace bdglm {

/// Chains' states stand in two slots in turn.
constexpr int kStateSlots = 2;

/// The bytes of a new fit file: everything but the values of data variables.
std::string fit_image(const FitLayout& layout);

}  // namespace bdglm
