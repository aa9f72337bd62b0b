// The network's numeric inputs as sums of ramps between quantiles, so that a unit can bend anywhere along them.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include "base/row_matrix.hpp"

namespace bdglm {

struct Design;
struct Frame;

/// A piecewise linear encoding (Gorishniy, Rubachev, Babenko 2022, NeurIPS 35, eq. 1) beside the number itself: ramp k
/// goes from 0 at knots[k] to 1 at knots[k + 1] and is level elsewhere. Outside all knots the number alone goes on: two
/// knots may be so near to each other that a ramp which went on would run away.
struct InputRamps {
  std::vector<double> knots;  ///< ascending, least and largest value included; in the unit of the input as it enters
  std::vector<double> mean, unit;  ///< that the ramps are standardised by

  std::size_t size() const { return mean.size(); }
  /// Writes the standardised ramps at x.
  void write(double x, double* to) const;
};

void to_json(nlohmann::json& json, const InputRamps& ramps);
void from_json(const nlohmann::json& json, InputRamps& ramps);

/// Ramps with `knots` inner knots at most, at quantiles of these values; none where the values have no two distinct
/// quantiles inside their range. A ramp's unit is its standard deviation, or a tenth of its largest deviation.
InputRamps make_ramps(std::vector<double> values, int knots);

/// What follows an input's name in that of its ramps.
constexpr std::string_view kRampsName = " (knots)";

/// Columns of the network's first layer that have a relevance in common, from starts[k] up to starts[k + 1].
struct InputGroups {
  std::vector<std::string> names;
  std::vector<int> starts = {0};
  std::vector<int> active;  ///< as how many columns they act: one of a factor of which every row has one level

  int columns() const { return starts.back(); }
  int all_active() const { return std::accumulate(active.begin(), active.end(), 0); }
};

/// Each column of the frame's inputs by itself, and after a number its ramps; a sparse factor as a whole.
InputGroups input_groups(const Frame& frame);

/// The dense inputs of rows [first, first + count), each followed by its ramps.
RowMatrix network_inputs(const Design& design, Eigen::Index first, Eigen::Index count);

}  // namespace bdglm
