// Tests of the CPU's lanes on every instruction set that this machine has.
#pragma once

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <string>
#include <vector>

#include "compute/cpu/lanes/lanes.hpp"

namespace bdglm::test {

/// One instruction set in turn; the library's own choice comes back at the end of the test.
class Lanes : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    choose(GetParam());
    ASSERT_STREQ(lanes::instruction_set(), hwy::TargetName(GetParam()));
  }
  void TearDown() override { choose(0); }

 private:
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

/// Those from SSE4 up that both this machine and this build have.
inline std::vector<std::int64_t> instruction_sets() {
  std::vector<std::int64_t> sets;
  const std::int64_t built = HWY_SSE4 | HWY_AVX2 | HWY_AVX3 | HWY_NEON;
  for (std::int64_t left = hwy::SupportedTargets() & built; left != 0; left &= left - 1) sets.push_back(left & -left);
  return sets;
}

inline std::string instruction_set_name(const testing::TestParamInfo<std::int64_t>& instance) {
  return hwy::TargetName(instance.param);
}

}  // namespace bdglm::test
