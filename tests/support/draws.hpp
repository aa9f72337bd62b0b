// Many draws of one distribution, each element with its own stream.
#pragma once

#include <vector>

#include "random/stream.hpp"

namespace bdglm::test {

template <class F>
std::vector<double> draw_many(std::size_t n, std::uint32_t instance, F&& f) {
  std::vector<double> draws(n);
  for (std::size_t i = 0; i < n; ++i) {
    Stream stream({2026, 0, 0, Site::simulation, instance}, static_cast<std::uint32_t>(i));
    draws[i] = f(stream);
  }
  return draws;
}

}  // namespace bdglm::test
