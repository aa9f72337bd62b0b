// Philox4x32-10 as a pure function of counter and key (Salmon, Moraes, Dror, Shaw 2011): Random123's on the host,
// cuRAND's where nvcc compiles; the same bits.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#include "random/curand_philox.hpp"
#else
#include <Random123/philox.h>
#endif

#include "base/host_device.hpp"

namespace bdglm {

/// Four 32-bit words: a counter, or one block of random bits.
struct PhiloxBlock {
  std::uint32_t word[4];
};

/// The 128 random bits at `counter` under the 64-bit `key`; the same on host and device.
BDGLM_HOST_DEVICE inline PhiloxBlock philox4x32_10(const PhiloxBlock& counter, std::uint64_t key) {
#if defined(__CUDACC__)
  PhiloxBlock block;
  curand_philox(counter.word, key, block.word);
  return block;
#else
  const r123::Philox4x32::ctr_type c = {{counter.word[0], counter.word[1], counter.word[2], counter.word[3]}};
  const r123::Philox4x32::key_type k = {{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
  const r123::Philox4x32::ctr_type r = r123::Philox4x32()(c, k);
  return {{r.v[0], r.v[1], r.v[2], r.v[3]}};
#endif
}

}  // namespace bdglm
