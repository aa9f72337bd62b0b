// Archives of named arrays as vectors, and back.
#pragma once

#include <vector>

#include "fitfile/fit_file.hpp"
#include "target/state.hpp"

namespace bdglm {

/// All values, in the order of names.
std::vector<double> flatten(const Archive& archive);

/// Names and shapes, as `unflatten` needs them.
Spec layout_of(const Archive& archive);

/// The archive of a flattened one; throws DataError where it is shorter than its layout says.
Archive unflatten(const std::vector<double>& flat, const Spec& layout);

}  // namespace bdglm
