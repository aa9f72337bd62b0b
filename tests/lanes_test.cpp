// The CPU's lanes against exact laws and the scalar texts, on every instruction set that this machine has.
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <Eigen/Core>

#include "backend/lanes/lanes.hpp"
#include "bdglm/family/binomial.hpp"
#include "support/polya_gamma_exact.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

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
std::vector<std::int64_t> instruction_sets() {
  std::vector<std::int64_t> sets;
  const std::int64_t built = HWY_SSE4 | HWY_AVX2 | HWY_AVX3 | HWY_NEON;
  for (std::int64_t left = hwy::SupportedTargets() & built; left != 0; left &= left - 1) sets.push_back(left & -left);
  return sets;
}

std::vector<double> draw_one(const std::vector<double>& z, std::uint32_t instance) {
  std::vector<double> omega(z.size());
  lanes::draw_polya_gamma_one({2026, 0, 0, Site::simulation, instance}, z.data(), z.size(), omega.data());
  return omega;
}

TEST_P(Lanes, PolyaGammaOneHasItsLaw) {
  constexpr std::size_t kDraws = 200000;
  std::uint32_t instance = 200;
  for (const double z : {0.0, -1e-8, 1.0, -3.0, 3.1089, 3.1091, 10.0, 100.0, 1e4}) {
    const auto omega = draw_one(std::vector<double>(kDraws, z), instance++);
    EXPECT_LT(ks_statistic(omega, [&](double w) { return polya_gamma_one_cdf(w, z); }), 2.23) << z;
  }
  const auto omega = draw_one(std::vector<double>(kDraws, 1.0), instance);
  EXPECT_GT(ks_statistic(omega, [](double w) { return polya_gamma_one_cdf(w, 1.05); }), 2.23);
}

TEST_P(Lanes, PolyaGammaOneIsTheScalarTextAtTheSameAddresses) {
  std::size_t differ = 0;
  std::size_t total = 0;
  for (const std::size_t n : {0U, 1U, 7U, 8U, 9U, 31U, 33U, 2047U, 2048U, 2049U, 100000U}) {
    std::vector<double> z(n);
    for (std::size_t i = 0; i < n; ++i) z[i] = 8 * std::sin(0.37 * static_cast<double>(i));
    const auto omega = draw_one(z, 220);
    for (std::size_t i = 0; i < n; ++i) {
      Stream stream({2026, 0, 0, Site::simulation, 220}, static_cast<std::uint32_t>(i));
      const auto expected = static_cast<double>(draw_polya_gamma_one(stream, static_cast<float>(z[i])));
      differ += std::fabs(omega[i] - expected) > 1e-5 * expected ? 1 : 0;
    }
    total += n;
  }
  // Roundings of elementary functions may turn an acceptance, in fewer than one of 10^7 draws.
  EXPECT_LE(differ, 1U) << "of " << total;
}

TEST_P(Lanes, PolyaGammaOneAtTheEdges) {
  const double inf = HUGE_VAL;
  const auto omega = draw_one({std::nan(""), inf, -inf, 1e9, 1e7, 0.5}, 230);
  EXPECT_TRUE(std::isnan(omega[0]));
  EXPECT_EQ(omega[1], 0);
  EXPECT_EQ(omega[2], 0);
  EXPECT_EQ(omega[3], 0);
  EXPECT_NEAR(omega[4], 0.5e-7, 1e-9);
  EXPECT_GT(omega[5], 0);
}

TEST_P(Lanes, LogisticLikelihoodAndScore) {
  for (const Eigen::Index n : {0, 1, 3, 8, 17, 1000, 5001}) {
    for (const bool weighted : {false, true}) {
      Eigen::ArrayXd eta(n), direction(n), response(n), size(n), score(n);
      for (Eigen::Index i = 0; i < n; ++i) {
        const auto x = static_cast<double>(i);
        eta[i] = (i % 50 == 7 ? 800 : 5) * std::sin(0.7 * x);
        direction[i] = std::cos(0.3 * x);
        size[i] = weighted && i % 3 == 0 ? 2.5 : (weighted && i % 100 == 1 ? 0 : 1);
        response[i] = i % 2 == 0 ? 0 : size[i];
      }
      const auto count = static_cast<std::size_t>(n);
      const Eigen::ArrayXd moved = eta + 0.4 * direction;
      const double bound = 1e-11 * static_cast<double>(n + 1);
      EXPECT_NEAR(
          lanes::logistic_log_likelihood(response.data(), size.data(), eta.data(), direction.data(), 0.4, count),
          BinomialFamily::log_likelihood(response, size, moved).sum(), bound);
      const double exact = BinomialFamily::log_likelihood(response, size, eta).sum();
      EXPECT_NEAR(lanes::logistic_log_likelihood(response.data(), size.data(), eta.data(), nullptr, 0, count), exact,
                  bound);
      EXPECT_NEAR(lanes::logistic_score(response.data(), size.data(), eta.data(), count, score.data()), exact, bound);
      const Eigen::ArrayXd expected = BinomialFamily::score(response, size, eta);
      for (Eigen::Index i = 0; i < n; ++i) EXPECT_NEAR(score[i], expected[i], 1e-14) << i;
    }
  }
}

TEST_P(Lanes, TiledProducts) {
  for (const std::size_t rows : {1U, 31U, 32U, 33U, 256U, 300U}) {
    for (const std::size_t cols : {1U, 2U, 63U, 64U, 65U, 130U}) {
      const std::size_t tiles = (rows + lanes::kTileRows - 1) / lanes::kTileRows;
      std::vector<float> design(tiles * lanes::kTileRows * cols, 0);
      Eigen::MatrixXd x(rows, cols);
      for (std::size_t i = 0; i < rows; ++i) {
        for (std::size_t j = 0; j < cols; ++j) {
          const auto value = static_cast<float>(std::sin(0.9 * static_cast<double>(i) + 2.1 * static_cast<double>(j)));
          design[(i / lanes::kTileRows * cols + j) * lanes::kTileRows + i % lanes::kTileRows] = value;
          x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) = static_cast<double>(value);
        }
      }
      const Eigen::VectorXd w = Eigen::VectorXd::LinSpaced(static_cast<Eigen::Index>(cols), -1, 2);
      const Eigen::VectorXd v = Eigen::VectorXd::LinSpaced(static_cast<Eigen::Index>(rows), 1, -3);
      Eigen::VectorXd out = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(rows));
      lanes::add_tiles_times(design.data(), rows, cols, w.data(), out.data());
      EXPECT_LT((out - x * w - Eigen::VectorXd::Ones(out.size())).norm(), 1e-10);
      Eigen::VectorXd sums = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(cols));
      lanes::add_tiles_transposed_times(design.data(), rows, cols, v.data(), sums.data());
      EXPECT_LT((sums - x.transpose() * v - Eigen::VectorXd::Ones(sums.size())).norm(), 1e-10);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, Lanes, testing::ValuesIn(instruction_sets()),
                         [](const auto& instance) { return std::string(hwy::TargetName(instance.param)); });

}  // namespace
}  // namespace bdglm::test
