// What the parts of the Python module share: numbers as arrays that own the library's memory.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "bdglm/bdglm.hpp"

namespace bdglm::python {

namespace nb = nanobind;

/// The numbers as a NumPy array of that shape, without a copy.
inline nb::object as_array(std::vector<double> values, const std::vector<std::size_t>& shape) {
  auto owned = std::make_unique<std::vector<double>>(std::move(values));
  double* data = owned->data();
  const nb::capsule owner(owned.get(), [](void* p) noexcept { delete static_cast<std::vector<double>*>(p); });
  owned.release();
  return nb::cast(nb::ndarray<nb::numpy, double>(data, shape.size(), shape.data(), owner));
}

/// What the word says of levels that the fit has not seen; throws ModelError for another.
GroupMode group_mode(const std::string& groups);

void bind_data(nb::module_& module);
void bind_posterior(nb::module_& module);
void bind_effects(nb::module_& module);
void bind_program(nb::module_& module);
void bind_runs(nb::module_& module);

}  // namespace bdglm::python
