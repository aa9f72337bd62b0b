// cuRAND's Philox gives Random123's bits: the toolkit's own header, compiled for the host.
#include <gtest/gtest.h>

#include "random/philox.hpp"
namespace bdglm::test {

void curand_philox_on_host(const std::uint32_t* counter, std::uint64_t key, std::uint32_t* words);

namespace {

TEST(CurandPhilox, HasTheBitsOfTheHosts) {
#ifdef BDGLM_CURAND
  // The first three are Random123's known answers (kat_vectors), which random_test holds the host's against.
  std::vector<PhiloxBlock> counters = {
      {{0, 0, 0, 0}}, {{~0U, ~0U, ~0U, ~0U}}, {{0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}}};
  std::vector<std::uint64_t> keys = {0, ~std::uint64_t{0}, 0x299f31d0a4093822ULL};
  for (std::uint32_t k = 0; k < 10000; ++k) {
    const PhiloxBlock random = philox4x32_10({{k, 7, 8, 9}}, 3);
    counters.push_back(random);
    keys.push_back((static_cast<std::uint64_t>(random.word[1]) << 32U) | random.word[2]);
  }
  for (std::size_t k = 0; k < counters.size(); ++k) {
    const PhiloxBlock host = philox4x32_10(counters[k], keys[k]);
    PhiloxBlock device{};
    curand_philox_on_host(counters[k].word, keys[k], device.word);
    for (int w = 0; w < 4; ++w) ASSERT_EQ(host.word[w], device.word[w]) << k;
  }
#else
  GTEST_SKIP() << "no cuRAND here: its header curand_philox4x32_x.h comes with the CUDA toolkit";
#endif
}

}  // namespace
}  // namespace bdglm::test
