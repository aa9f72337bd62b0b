// The CPU and the CUDA backend side by side. Without a device the CUDA backend's own text runs on an emulated one
// (support/emulated_cuda).
#pragma once

#include <gtest/gtest.h>

#include "family/response.hpp"
#include "kernels/cuda_backend.hpp"
#include "support/family_numbers.hpp"
#include "support/pattern.hpp"

namespace bdglm::test {

struct Machines {
  std::shared_ptr<const Backend> cpu = open_cpu_backend();
  std::shared_ptr<const Backend> cuda = cuda::open_cuda_backend();
};

inline Likelihood likelihood_on(const Backend& b, Family family, Eigen::Index n) {
  Likelihood likelihood;
  likelihood.family = family;
  likelihood.parameters = kNumbers;
  RowMatrix response = pattern(n, 1, 4.2).array() + 1;
  if (family == Family::beta) response = (0.48 * response).array() + 0.01;
  for (Eigen::Index i = 0; i < n && has_levels(family); ++i) response(i, 0) = static_cast<double>(i % 4);
  const RowMatrix size = pattern(n, 1, 2.2).array() * 3 + 4;
  if (describe(family).response == ResponseKind::successes) response = response.cwiseMin(size);
  likelihood.response = b.uploaded(response);
  likelihood.size = b.uploaded(size);
  return likelihood;
}

/// Awkward sizes.
constexpr Eigen::Index kSizes[] = {0, 1, 31, 32, 33, 1000};

/// Runs `operation` on both machines and compares the matrix that it returns, entry by entry.
template <class F>
void expect_same(const Machines& on, double tolerance, F&& operation) {
  const RowMatrix expected = operation(*on.cpu);
  const RowMatrix actual = operation(*on.cuda);
  on.cuda->finish();
  ASSERT_EQ(expected.rows(), actual.rows());
  ASSERT_EQ(expected.cols(), actual.cols());
  for (Eigen::Index i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(actual.data()[i], expected.data()[i], tolerance * (1 + std::fabs(expected.data()[i]))) << i;
}

inline RowMatrix one(double value) { return RowMatrix::Constant(1, 1, value); }

inline std::vector<std::int32_t> groups_of(Eigen::Index rows, Eigen::Index groups) {
  std::vector<std::int32_t> index;
  for (Eigen::Index i = 0; i < rows; ++i) index.push_back(static_cast<std::int32_t>(i * 7919 % groups));
  return index;
}

}  // namespace bdglm::test
