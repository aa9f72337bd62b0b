// The network's inputs as training fixes them.
#pragma once

#include <vector>

#include "data/table.hpp"
#include "design/design.hpp"

namespace bdglm {

/// Adds names, means and standard deviations of the network's inputs to the frame; 0 and 1 for indicators. Throws
/// DataError for an input that does not vary in `rows`.
void find_input_scalings(Frame& frame, const Formula& formula, const Table& table,
                         const std::vector<std::size_t>& rows);

/// Knots of each of so many numbers where the formula does not say: the cube root of the rows, as the bins of a
/// histogram grow, from 12 to 32; none of few rows.
int usual_knots(std::size_t rows, std::size_t numbers);

/// Gives the network's numeric inputs, whose scalings are there, the ramps that its number of knots asks for: knots at
/// quantiles of `rows`. Factors and the columns of matrices have none.
void find_input_ramps(Frame& frame, const DeepTerm& network, const Table& table, const std::vector<std::size_t>& rows);

/// The shortest number that is standardised to this one: the product and sum alone would show rounding.
double unstandardised(double standardised, double mean, double sd);

}  // namespace bdglm
