// Means and standard deviations of the network's numeric inputs.
#include "design/input_scaling.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "bdglm/error.hpp"
#include "design/blocks.hpp"
#include "design/coding.hpp"
#include "design/columns.hpp"

namespace bdglm {
namespace {

/// As many columns as matrices may have and be held whole however few of their numbers are not zero.
constexpr std::size_t kMostDenseLevels = 256;

/// Of the knots that a network has unasked: more gained little, few rows may be met exactly, and those of many numbers
/// would make weights by the hundred thousand.
constexpr double kMostKnots = 32;
constexpr double kMostKnotsOfAll = 512;
constexpr int kLeastKnots = 8;
constexpr std::size_t kLeastRowsWithKnots = 2048;
constexpr std::size_t kLeastRowsOfANumber = 64;

/// Adds the mean and the unit of an input's values: their standard deviation (Welford's update), or more where one lies
/// far out.
template <class Value>
void add_input_scaling(Frame& frame, const std::string& name, const std::vector<std::size_t>& rows,
                       const Value& value) {
  double mean = 0;
  double m2 = 0;
  double count = 0;
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const std::size_t row : rows) {
    const double x = value(row);
    least = std::min(least, x);
    most = std::max(most, x);
    count += 1;
    const double change = x - mean;
    mean += change / count;
    m2 += change * (x - mean);
  }
  const double sd = std::sqrt(m2 / std::max(count - 1, 1.0));
  if (!(sd > 0))
    throw DataError("column '" + name + "' is constant in the rows used; it carries nothing, take it out of deep()");
  frame.deep_names.push_back(name);
  frame.deep_mean.push_back(mean);
  frame.deep_sd.push_back(std::max(sd, std::max(most - mean, mean - least) / kLargestDeviation));
}

/// Of a sparse matrix, whose zeros stay zeros: its columns' means are taken as zero.
void add_sparse_scalings(Frame& frame, const BlockAtom& atom, const std::vector<std::size_t>& rows) {
  const SparseRows held = atom.rows_of(rows);
  std::vector<double> squares(held.columns, 0);
  std::vector<double> largest(held.columns, 0);
  for (std::size_t k = 0; k < held.values.size(); ++k) {
    const auto column = static_cast<std::size_t>(held.indices[k]);
    squares[column] += held.values[k] * held.values[k];
    largest[column] = std::max(largest[column], std::fabs(held.values[k]));
  }
  for (std::size_t k = 0; k < held.columns; ++k) {
    frame.deep_names.push_back(atom.names()[k]);
    frame.deep_mean.push_back(0);
    frame.deep_sd.push_back(
        std::max(std::sqrt(squares[k] / static_cast<double>(rows.size())), largest[k] / kLargestDeviation));
  }
}

bool is_number(const Expression& input, const Frame& frame) {
  return frame.levels.count(deparse(input)) == 0 && block_of(input, frame) == nullptr;
}

}  // namespace

void find_input_scalings(Frame& frame, const Formula& formula, const Table& table,
                         const std::vector<std::size_t>& rows) {
  for (const Expression& input : formula.deep->inputs)
    if (frame.levels.count(deparse(input)) != 0 && input_width(input, frame) > kMostDenseLevels)
      frame.sparse_factors.push_back(deparse(input));
  for (const Expression& input : sorted_inputs(*formula.deep, frame)) {
    const auto levels = frame.levels.find(deparse(input));
    if (levels != frame.levels.end()) {
      const std::string prefix =
          is_factor_call(input) ? factor_coding(input, formula.deep->text).column : deparse(input);
      for (const std::string& level : levels->second) {
        frame.deep_names.push_back(prefix + level);
        frame.deep_mean.push_back(0);
        frame.deep_sd.push_back(1);
      }
      continue;
    }
    if (const FrameBlock* block = block_of(input, frame)) {
      const BlockAtom atom(input.text, *block, table);
      if (block->sparse) {
        add_sparse_scalings(frame, atom, rows);
        continue;
      }
      for (std::size_t k = 0; k < atom.width(); ++k)
        add_input_scaling(frame, atom.names()[k], rows, [&](std::size_t row) { return atom.value(k, row); });
      continue;
    }
    const NumericAtom atom(input, table);
    add_input_scaling(frame, deparse(input), rows, [&](std::size_t row) { return atom.value(row); });
  }
}

int usual_knots(std::size_t rows, std::size_t numbers) {
  if (rows < kLeastRowsWithKnots || rows < kLeastRowsOfANumber * numbers) return 0;
  const double share = kMostKnotsOfAll / std::max(static_cast<double>(numbers), 1.0);
  const int knots = static_cast<int>(std::min({std::cbrt(static_cast<double>(rows)) + 1e-9, share, kMostKnots}));
  return knots < kLeastKnots ? 0 : knots;
}

int knots_of(const DeepTerm& network, const Frame& frame, std::size_t rows) {
  if (network.knots) return *network.knots;
  const auto numbers = std::count_if(network.inputs.begin(), network.inputs.end(),
                                     [&](const Expression& input) { return is_number(input, frame); });
  return usual_knots(rows, static_cast<std::size_t>(numbers));
}

void find_input_ramps(Frame& frame, const DeepTerm& network, const Table& table, const std::vector<std::size_t>& rows) {
  frame.deep_ramps.clear();
  const int knots = knots_of(network, frame, rows.size());
  if (knots == 0) return;
  std::size_t at = 0;
  for (const Expression& input : sorted_inputs(network, frame)) {
    const std::size_t first = at;
    at += input_width(input, frame);
    if (!is_number(input, frame)) continue;
    const NumericAtom atom(input, table);
    std::vector<double> values;
    values.reserve(rows.size());
    for (const std::size_t row : rows)
      values.push_back((atom.value(row) - frame.deep_mean[first]) / frame.deep_sd[first]);
    InputRamps ramps = make_ramps(std::move(values), knots);
    if (ramps.size() == 0) continue;
    frame.deep_ramps.resize(at);
    frame.deep_ramps.back() = std::move(ramps);
  }
}

double unstandardised(double standardised, double mean, double sd) {
  const double value = standardised * sd + mean;
  const double whole = std::nearbyint(value) + 0.0;
  if ((whole - mean) / sd == standardised) return whole;
  for (const int digits : {3, 5, 7, 9, 11, 13, 15, 16, 17}) {
    char text[40];
    std::snprintf(text, sizeof text, "%.*f", std::max(0, digits - 1), value);
    const double fixed = std::strtod(text, nullptr) + 0.0;
    if ((fixed - mean) / sd == standardised) return fixed;
  }
  return value;
}

}  // namespace bdglm
