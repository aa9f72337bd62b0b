// The Philox block of cuRAND, as its device header gives it; on the host for the test of its bits.
#pragma once

#include <vector_types.h>

#include <cstdint>

#include "base/host_device.hpp"

// cuRAND marks its functions for the device alone unless told otherwise.
#if !defined(QUALIFIERS)
#if defined(__CUDACC__)
#define QUALIFIERS static __forceinline__ __host__ __device__
#else
#define QUALIFIERS static inline
#endif
#endif
#include <curand_philox4x32_x.h>

namespace bdglm {

/// The four words at a counter of four under a 64-bit key: curand_Philox4x32_10.
BDGLM_HOST_DEVICE inline void curand_philox(const std::uint32_t* counter, std::uint64_t key, std::uint32_t* words) {
  const uint4 at = {counter[0], counter[1], counter[2], counter[3]};
  const uint2 under = {static_cast<unsigned>(key), static_cast<unsigned>(key >> 32)};
  const uint4 block = curand_Philox4x32_10(at, under);
  words[0] = block.x;
  words[1] = block.y;
  words[2] = block.z;
  words[3] = block.w;
}

}  // namespace bdglm
