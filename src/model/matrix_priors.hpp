// Statements of priors that are of all columns of a matrix.
#pragma once

#include <vector>

#include "model/model.hpp"

namespace bdglm {

/// With "b_pixels ~ ...", of a matrix whose columns have coefficients, as a statement for each of these that has none
/// of its own; "b_LEVEL_pixels" too, of one linear predictor.
std::vector<PriorStatement> with_matrix_columns(const std::vector<PriorStatement>& statements, const Frame& frame,
                                                const Model& model);

}  // namespace bdglm
