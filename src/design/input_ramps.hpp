// The network's numeric inputs as sums of ramps between quantiles, so that a unit can bend anywhere along them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/input_ramps.hpp"

namespace bdglm {

struct Frame;

void to_json(nlohmann::json& json, const InputRamps& ramps);
void from_json(const nlohmann::json& json, InputRamps& ramps);

/// Ramps with `knots` inner knots at most, at quantiles of these values; none where the values have no two distinct
/// quantiles inside their range. A ramp's unit is its standard deviation, or a tenth of its largest deviation, times
/// the root of how many ramps there are: with equal weights' variances all of them vary as one input does, however
/// many.
InputRamps make_ramps(std::vector<double> values, int knots);

/// What follows an input's name in that of its ramps.
constexpr std::string_view kRampsName = " (knots)";

/// Columns of the network's first layer that have a relevance in common, from starts[k] up to starts[k + 1].
struct InputGroups {
  std::vector<std::string> names;
  std::vector<int> starts = {0};
  std::vector<int> active;  ///< as how many columns they act: one of a factor's levels, one of a number's ramps

  int columns() const { return starts.back(); }
  int all_active() const { return std::accumulate(active.begin(), active.end(), 0); }
};

/// Each dense column of the frame's inputs by itself, then the ramps of each, then the sparse columns: a factor as a
/// whole.
InputGroups input_groups(const Frame& frame);

}  // namespace bdglm
