// The network's inputs as training fixes them.
#pragma once

#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

/// Largest deviation from the mean that an input of the network has, in its unit. By their standard deviation alone,
/// columns that are seldom other than zero (pixels at an image's edge, rare words) would swamp all others where they
/// are.
inline constexpr double kLargestDeviation = 10;

/// Adds names, means and standard deviations of the network's inputs to the frame; 0 and 1 for indicators. Throws
/// DataError for an input that does not vary in `rows`.
void find_input_scalings(Frame& frame, const Formula& formula, const Table& table,
                         const std::vector<std::size_t>& rows);

/// Knots of each of so many numbers that are tried where the formula does not say: the cube root of the rows, as the
/// bins of a histogram grow, up to 32 and up to 512 of all numbers; none of few rows.
int usual_knots(std::size_t rows, std::size_t numbers);
/// Those that the formula says, or else these.
int knots_of(const DeepTerm& network, const Frame& frame, std::size_t rows);

/// Gives the network's numeric inputs, whose scalings are there, the ramps that its number of knots asks for: knots at
/// quantiles of `rows`. Factors and the columns of matrices have none.
void find_input_ramps(Frame& frame, const DeepTerm& network, const Table& table, const std::vector<std::size_t>& rows);

/// The shortest number that is standardised to this one: the product and sum alone would show rounding.
double unstandardised(double standardised, double mean, double sd);

}  // namespace bdglm
