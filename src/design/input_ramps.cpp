// Ramps between quantiles of the network's inputs.
#include "design/input_ramps.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "design/blocks.hpp"
#include "design/design.hpp"
#include "design/input_scaling.hpp"

namespace bdglm {
namespace {

/// Knots nearer to each other than this share of the range would make a cliff of rounding.
constexpr double kLeastDistance = 1e-10;

/// One of these ascending values: between two of them numbers with few distinct values would bend for nothing.
double quantile(const std::vector<double>& sorted, double p) {
  return sorted[static_cast<std::size_t>(std::lround(p * static_cast<double>(sorted.size() - 1)))];
}

}  // namespace

void to_json(nlohmann::json& json, const InputRamps& ramps) {
  json = {{"knots", ramps.knots}, {"mean", ramps.mean}, {"unit", ramps.unit}};
}

void from_json(const nlohmann::json& json, InputRamps& ramps) {
  json.at("knots").get_to(ramps.knots);
  json.at("mean").get_to(ramps.mean);
  json.at("unit").get_to(ramps.unit);
  const std::size_t size = ramps.mean.size();
  if (ramps.unit.size() != size || ramps.knots.size() != (size == 0 ? 0 : size + 1))
    throw DataError("an input of the network has " + std::to_string(ramps.knots.size()) + " knots for " +
                    std::to_string(size) + " ramps: the file is damaged");
}

InputRamps make_ramps(std::vector<double> values, int knots) {
  std::sort(values.begin(), values.end());
  const double least = (values.back() - values.front()) * kLeastDistance;
  InputRamps ramps;
  ramps.knots.push_back(values.front());
  for (int k = 1; k <= knots; ++k) {
    const double knot = quantile(values, k / (knots + 1.0));
    if (knot > ramps.knots.back() + least && knot < values.back() - least) ramps.knots.push_back(knot);
  }
  if (ramps.knots.size() == 1) return {};
  ramps.knots.push_back(values.back());
  const std::size_t size = ramps.knots.size() - 1;
  ramps.mean.assign(size, 0);
  ramps.unit.assign(size, 1);
  const auto n = static_cast<double>(values.size());
  std::vector<double> at(size);
  Eigen::ArrayXd sums = Eigen::ArrayXd::Zero(static_cast<Eigen::Index>(size));
  Eigen::ArrayXd squares = sums;
  for (const double x : values) {
    ramps.write(ramps.place(x), at.data());
    const Eigen::Map<const Eigen::ArrayXd> heights(at.data(), sums.size());
    sums += heights;
    squares += heights.square();
  }
  for (std::size_t k = 0; k < size; ++k) {
    const auto i = static_cast<Eigen::Index>(k);
    const double mean = sums[i] / n;
    const double variance = (squares[i] - n * mean * mean) / std::max(n - 1, 1.0);
    ramps.mean[k] = mean;
    ramps.unit[k] = std::max(std::sqrt(std::max(variance, 0.0)), std::max(1 - mean, mean) / kLargestDeviation) *
                    std::sqrt(static_cast<double>(size));
  }
  return ramps;
}

InputGroups input_groups(const Frame& frame) {
  InputGroups groups;
  const auto add = [&](const std::string& name, std::size_t columns, std::size_t active) {
    groups.names.push_back(name);
    groups.starts.push_back(groups.starts.back() + static_cast<int>(columns));
    groups.active.push_back(static_cast<int>(active));
  };
  if (frame.deep_names.empty()) return groups;
  const std::vector<Expression> inputs = sorted_inputs(frame.formula().deep.value(), frame);
  std::size_t at = 0;
  const auto add_inputs = [&](bool sparse) {
    for (const Expression& input : inputs) {
      if (is_sparse_input(input, frame) != sparse) continue;
      const std::size_t width = input_width(input, frame);
      const bool whole = sparse && block_of(input, frame) == nullptr;
      if (whole) add(deparse(input), width, 1);
      for (std::size_t k = at; k < at + width && !whole; ++k) add(frame.deep_names[k], 1, 1);
      at += width;
    }
  };
  add_inputs(false);
  for (std::size_t k = 0; k < frame.deep_ramps.size(); ++k)
    if (const std::size_t ramps = frame.deep_ramps[k].size(); ramps > 0)
      add(frame.deep_names[k] + std::string(kRampsName), ramps, 1);
  add_inputs(true);
  return groups;
}

}  // namespace bdglm
