// cuRAND's Philox on the host: in a file of its own, since its header and Random123's share names.
#include "random/curand_philox.hpp"

namespace bdglm::test {

void curand_philox_on_host(const std::uint32_t* counter, std::uint64_t key, std::uint32_t* words) {
  curand_philox(counter, key, words);
}

}  // namespace bdglm::test
