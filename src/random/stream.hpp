// Randomness by address: an address names chain, sweep, site, instance and element; a stream reads its blocks in turn.
#pragma once

#include <cstdint>

#include "base/host_device.hpp"
#include "random/philox.hpp"
#include "random/site.hpp"

namespace bdglm {

/// Where in the space of random numbers an operation draws: everything but element and block.
struct Address {
  std::uint64_t seed = 0;
  std::uint32_t chain = 0;  ///< below 2^12
  std::uint32_t sweep = 0;
  Site site = Site::latents;
  std::uint32_t instance = 0;  ///< below 2^12: which layer, term or block of the site

  /// The same address at another site or instance.
  BDGLM_HOST_DEVICE Address at(Site new_site, std::uint32_t new_instance = 0) const {
    Address other = *this;
    other.site = new_site;
    other.instance = new_instance;
    return other;
  }
};

/// The counter word that names site (8 bits), chain (12) and instance (12).
BDGLM_HOST_DEVICE inline std::uint32_t place_word(const Address& address) {
  return (static_cast<std::uint32_t>(address.site) << 24U) | ((address.chain & 0xFFFU) << 12U) |
         (address.instance & 0xFFFU);
}

/// A sequence of uniforms that belongs to one element of one address.
/// Counter words: element; sweep; place_word; block.
class Stream {
 public:
  BDGLM_HOST_DEVICE Stream(const Address& address, std::uint32_t element)
      : key_(address.seed), counter_{{element, address.sweep, place_word(address), 0}} {}

  /// Goes on at the given block of four words.
  BDGLM_HOST_DEVICE void skip_to(std::uint32_t block) {
    counter_.word[3] = block;
    used_ = 4;
  }

  /// The next 32 random bits.
  BDGLM_HOST_DEVICE std::uint32_t bits() {
    if (used_ == 4) {
      block_ = philox4x32_10(counter_, key_);
      ++counter_.word[3];
      used_ = 0;
    }
    return block_.word[used_++];
  }

  /// A uniform on the open interval (0, 1) with the resolution of 32 bits: (bits + 1/2) 2^-32.
  template <class Real>
  BDGLM_HOST_DEVICE Real uniform() {
    return as_uniform<Real>(bits());
  }

  /// The next four uniforms. A stream that is used by fours alone never looks into a block, which keeps the block in
  /// registers.
  template <class Real>
  BDGLM_HOST_DEVICE void four_uniforms(Real* u) {
    if (used_ == 4) {
      const PhiloxBlock block = philox4x32_10(counter_, key_);
      ++counter_.word[3];
      for (int k = 0; k < 4; ++k) u[k] = as_uniform<Real>(block.word[k]);
    } else {
      for (int k = 0; k < 4; ++k) u[k] = uniform<Real>();
    }
  }

  /// A uniform on (0, 1) with the resolution of 53 bits.
  BDGLM_HOST_DEVICE double uniform53() {
    const std::uint64_t high = bits() >> 5U;
    const std::uint64_t low = bits() >> 6U;
    return (static_cast<double>(high * 67108864U + low) + 0.5) * 1.1102230246251565e-16;
  }

 private:
  template <class Real>
  BDGLM_HOST_DEVICE static Real as_uniform(std::uint32_t word) {
    const Real u = (static_cast<Real>(word) + Real(0.5)) * Real(2.3283064365386963e-10);
    // In float the sum with 1/2 may round up to 2^32; the largest float below 1 stands in.
    if constexpr (sizeof(Real) == 4) return u < Real(1) ? u : Real(0.99999994);
    return u;
  }

  std::uint64_t key_;
  PhiloxBlock counter_;
  PhiloxBlock block_{};
  std::uint32_t used_ = 4;
};

}  // namespace bdglm
