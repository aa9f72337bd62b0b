// The switch from a family to its likelihood on lanes (likelihood-inl.hpp).
#include "compute/cpu/lanes/lanes.hpp"

namespace bdglm::lanes {

double log_likelihood(Family family, const LikelihoodRows& rows) {
  switch (family) {
#define BDGLM_FAMILY(name, type) \
  case Family::name:             \
    return family_likelihood<Family::name>(rows);
    BDGLM_FAMILIES(BDGLM_FAMILY)
#undef BDGLM_FAMILY
  }
  return 0;
}

}  // namespace bdglm::lanes
