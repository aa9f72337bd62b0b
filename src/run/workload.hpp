// What a model asks of a device, told before anything is allocated.
#pragma once

#include "compute/backend.hpp"
#include "model/model.hpp"

namespace bdglm {

/// Multiply-adds of a sweep and bytes of data and chains; arrays of eight bytes.
Workload workload(const Model& model, const Design& design, int chains);

}  // namespace bdglm
