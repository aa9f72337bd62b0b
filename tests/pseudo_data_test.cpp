// Gaussian factors from the warm-up's averages: draws far out in a tail do not make them.
#include "engines/gibbs/pseudo_data.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "support/problem.hpp"

namespace bdglm::test {
namespace {

class PseudoDataTest : public testing::Test {
 protected:
  PseudoDataTest()
      : problem_(counts(), "counted ~ x + (1 | g)", Family::poisson, ModelOptions{}),
        state_(make_state(*problem_.context)) {}

  static Table counts() {
    Table table = small_table(60);
    std::vector<double> y(60);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = static_cast<double>(i % 4);
    table.add(numbers("counted", y));
    return table;
  }

  /// Omega of all rows after draws whose predictors are all `etas`, in this order.
  double omega_after(const std::vector<double>& etas, bool through_archive = false) {
    PseudoData pseudo;
    for (std::size_t k = 0; k < etas.size(); ++k) {
      if (through_archive && k == 1) {
        Archive archive;
        pseudo.set_here(state_, *problem_.context);
        pseudo.save(archive, *problem_.context);
        pseudo = PseudoData();
        pseudo.load(archive, *problem_.context);
      }
      problem_.context->backend.upload(RowMatrix::Constant(state_.eta.rows(), 1, etas[k]), state_.eta);
      pseudo.add(state_, *problem_.context);
    }
    pseudo.set_averages(*problem_.context);
    return problem_.context->backend.download(pseudo.omega())(0, 0);
  }

  Problem problem_;
  State state_;
};

TEST_F(PseudoDataTest, IsTheAverageOfCurvatures) {
  EXPECT_NEAR(omega_after({0, 1, 0.5}), (1 + std::exp(1) + std::exp(0.5)) / 3, 1e-12);
}

TEST_F(PseudoDataTest, DrawsFarOutDoNotMakeIt) {
  const double usual = omega_after({0, 1, 0.5});
  EXPECT_NEAR(omega_after({0, 1, 20, 0.5, 27}), usual, 1e-12);
  // Nor where the first is.
  EXPECT_NEAR(omega_after({27, 0, 1, 0.5}), usual, 1e-12);
  // Their average would be e^27 / 4.
  EXPECT_LT(omega_after({27, 0, 1, 0.5}), 10);
  EXPECT_NEAR(omega_after({0, 800, 1, 0.5}), usual, 1e-12);
}

TEST_F(PseudoDataTest, IsSavedWithItsLevel) {
  EXPECT_EQ(omega_after({0, 20, 1, 0.5}, true), omega_after({0, 20, 1, 0.5}));
}

}  // namespace
}  // namespace bdglm::test
