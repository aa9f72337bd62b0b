// What a user should know of data before they are fitted.
#pragma once

#include <string>
#include <vector>

#include "model/model.hpp"

namespace bdglm {

/// Notes of data that say nothing about what is asked of them.
void note_response(Family family, const Frame& frame, Design& design);

/// Names the dense columns of a right side that earlier ones span; they stay, and the prior identifies them.
void note_collinear(const SideDesign& side, std::vector<std::string>& notes);

/// Counts the sparse columns that are zero in all rows, as where those of weight zero are gone.
void note_empty_columns(Design& design);

}  // namespace bdglm
