// The CPU's lanes against exact laws and the scalar texts, on every instruction set that this machine has.
#include <gtest/gtest.h>

#include <Eigen/Core>
#include <numeric>

#include "compute/cpu/lanes/lanes.hpp"
#include "family/response.hpp"
#include "support/family_numbers.hpp"
#include "support/instruction_sets.hpp"
#include "support/polya_gamma_exact.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

std::vector<double> draw(const std::vector<double>& size, const std::vector<double>& z, std::uint32_t instance) {
  std::vector<double> omega(z.size());
  lanes::draw_polya_gamma({2026, 0, 0, Site::simulation, instance}, 0, size.data(), z.data(), z.size(), omega.data());
  return omega;
}

std::vector<double> draw_one(const std::vector<double>& z, std::uint32_t instance) {
  return draw(std::vector<double>(z.size(), 1.0), z, instance);
}

TEST_P(Lanes, PolyaGammaOneHasItsLaw) {
  const std::size_t kDraws = sample_size();
  const double bound = 2.23 + 3e-7 * std::sqrt(static_cast<double>(kDraws));
  std::uint32_t instance = 200;
  for (const double z : {0.0, -1e-8, 1.0, -3.0, 3.1089, 3.1091, 10.0, 177.0, 1e4}) {
    const auto omega = draw_one(std::vector<double>(kDraws, z), instance++);
    EXPECT_LT(ks_statistic(omega, [&](double w) { return polya_gamma_one_cdf(w, z); }), bound) << z;
  }
  const auto omega = draw_one(std::vector<double>(kDraws, 1.0), instance);
  EXPECT_GT(ks_statistic(omega, [](double w) { return polya_gamma_one_cdf(w, 1.05); }), 2.23);
}

struct Point {
  double b, z;
};

/// Every regime, on both sides of its borders.
const Point kGrid[] = {{2, 1},       {5, 3.109}, {8, 16.9},   {1.5, 0},      {2.5, 3.999}, {2.5, 4.001}, {1.01, 10.001},
                       {8.001, 3},   {50, 3},    {169.9, 2},  {169.9, 22},   {170, 0},     {200, 1.999}, {200, 2.001},
                       {1000.5, .1}, {1, 16.9},  {2.5, 17.9}, {2.5, -17.95}, {20, 35},     {1e5, 5}};

TEST_P(Lanes, PolyaGammaCumulantsOverTheGrid) {
  std::uint32_t instance = 240;
  for (const Point& p : kGrid) {
    const std::size_t n = sample_size();
    const PolyaGammaCumulants<double> k = polya_gamma_cumulants(p.b, p.z);
    const PowerMoments m = standardised_moments(
        draw(std::vector<double>(n, p.b), std::vector<double>(n, p.z), instance++), k.k1, std::sqrt(k.k2));
    EXPECT_LT(std::fabs(m.error(1, 0, 1)), 4.5) << p.b << ' ' << p.z;
    EXPECT_LT(std::fabs(m.error(2, 1, m.power[4] - 1)), 4.5) << p.b << ' ' << p.z;
    EXPECT_LT(std::fabs(m.error(3, k.k3 / std::pow(k.k2, 1.5), m.power[6])), 4.5) << p.b << ' ' << p.z;
    EXPECT_LT(std::fabs(m.error(4, 3 + k.k4 / (k.k2 * k.k2), m.power[8])), 4.5) << p.b << ' ' << p.z;
  }
}

TEST_P(Lanes, PolyaGammaDistributionOverTheGrid) {
  std::uint32_t instance = 240;
  for (const Point& p : kGrid) {
    const std::size_t n = sample_size();
    const double root = std::sqrt(static_cast<double>(n));
    const double sd = std::sqrt(polya_gamma_cumulants(p.b, p.z).k2);
    auto omega = draw(std::vector<double>(n, p.b), std::vector<double>(n, p.z), instance++);
    EXPECT_LT(root * distance_at_quantiles(omega, [&](double w) { return polya_gamma_cdf(w, p.b, p.z, sd); }),
              2.23 + 1e-5 * root)
        << p.b << ' ' << p.z;
  }
  auto omega = draw(std::vector<double>(100000, 2.5), std::vector<double>(100000, 1), instance);
  const double sd = std::sqrt(polya_gamma_cumulants(2.5, 1).k2);
  EXPECT_GT(std::sqrt(1e5) * distance_at_quantiles(omega, [&](double w) { return polya_gamma_cdf(w, 2.52, 1, sd); }),
            2.23);
}

/// Elements of lanes and of the scalar float text that differ by more than rounding, at the same addresses.
std::size_t count_different(const std::vector<double>& size, const std::vector<double>& z, std::uint32_t instance) {
  const auto omega = draw(size, z, instance);
  std::size_t differ = 0;
  for (std::size_t i = 0; i < z.size(); ++i) {
    Stream stream({2026, 0, 0, Site::simulation, instance}, static_cast<std::uint32_t>(i));
    const auto expected =
        static_cast<double>(draw_polya_gamma(stream, static_cast<float>(size[i]), static_cast<float>(z[i])));
    differ += std::fabs(omega[i] - expected) > 1e-5 * expected ? 1 : 0;
  }
  return differ;
}

TEST_P(Lanes, PolyaGammaIsTheScalarTextAtTheSameAddresses) {
  // Roundings of elementary functions may turn an acceptance, in fewer than one of 10^6 draws.
  std::size_t differ = 0;
  for (const std::size_t n : {0U, 1U, 7U, 8U, 9U, 31U, 33U, 2047U, 2048U, 2049U, 100000U}) {
    std::vector<double> one(n, 1), z(n), small(n), mixed(n);
    for (std::size_t i = 0; i < n; ++i) {
      z[i] = 8 * std::sin(0.37 * static_cast<double>(i));
      small[i] = 0.4 * z[i];
      mixed[i] = kGrid[i * i % 20].b;
    }
    differ += count_different(one, z, 220) + count_different(mixed, z, 221);
    for (const double b : {3.0, 2.5, 60.0, 300.0}) differ += count_different(std::vector<double>(n, b), small, 222);
    for (double& each : z) each += 30;
    differ += count_different(std::vector<double>(n, 2.5), z, 223);
  }
  EXPECT_LE(differ, 2U);
}

TEST_P(Lanes, PolyaGammaAtTheEdges) {
  const double inf = HUGE_VAL;
  auto omega = draw_one({std::nan(""), inf, -inf, 1e9, 1e7, 0.5}, 230);
  EXPECT_TRUE(std::isnan(omega[0]));
  EXPECT_EQ(omega[1], 0);
  EXPECT_EQ(omega[2], 0);
  EXPECT_EQ(omega[3], 0);
  EXPECT_NEAR(omega[4], 0.5e-7, 1e-9);
  EXPECT_GT(omega[5], 0);
  omega = draw({0, -1, inf, std::nan(""), 3.5, 0.5, 1e8, 2}, {1, 1, 1, 1, std::nan(""), 1, 1, inf}, 231);
  EXPECT_EQ(omega[0], 0);
  for (const std::size_t bad : {1U, 2U, 3U, 4U}) EXPECT_TRUE(std::isnan(omega[bad])) << bad;
  EXPECT_GT(omega[5], 0);
  EXPECT_NEAR(omega[6], 1e8 * std::tanh(0.5) / 2, 2e4);
  EXPECT_EQ(omega[7], 0);
}

/// The scalar text's log likelihood at base + scale * direction, and its scores.
double scalar_likelihood(Family family, const lanes::LikelihoodRows& rows, std::vector<double>& scores) {
  double sum = 0;
  std::vector<double> eta(static_cast<std::size_t>(rows.predictors));
  for (std::size_t i = 0; i < rows.count; ++i) {
    for (std::size_t c = 0; c < eta.size(); ++c)
      eta[c] = rows.eta[c * rows.stride + i] +
               (rows.direction != nullptr ? rows.scale * rows.direction[c * rows.stride + i] : 0);
    Row row(rows.response[i], rows.size[i], eta.data(), 1, rows.predictors, &rows.parameters);
    row.write_scores(scores.data() + i, rows.count);
    with_family(family, [&](auto text) { decltype(text)::likelihood(row); });
    sum += row.sum();
  }
  return sum;
}

TEST_P(Lanes, LikelihoodsAndScoresOfEveryFamily) {
  for (const Family family : kFamilies) {
    const bool precisions = describe(family).weight == WeightKind::precision;
    for (const std::size_t n : {0U, 1U, 3U, 8U, 17U, 1000U, 5001U}) {
      for (const bool weighted : {false, true}) {
        const std::size_t parameters = parameters_of(family).size();
        // With weights, parameters are linear predictors.
        const std::size_t predictors = static_cast<std::size_t>(predictors_of(family)) + (weighted ? parameters : 0);
        const std::size_t all = predictors * n;
        std::vector<double> eta(all), direction(all), response(n), size(n), score(all), expected(all);
        for (std::size_t i = 0; i < all; ++i) {
          const auto x = static_cast<double>(i);
          eta[i] = (i % 50 == 7 && describe(family).bounded_curvature ? 800 : 5) * std::sin(0.7 * x);
          direction[i] = std::cos(0.3 * x);
        }
        for (std::size_t i = 0; i < n; ++i) {
          size[i] = weighted && i % 3 == 0 ? 2.5 : (weighted && i % 100 == 1 && !precisions ? 0 : 1);
          response[i] = i % 2 == 0 ? 0 : size[i];
          if (has_levels(family)) response[i] = static_cast<double>(i % 4);
          if (describe(family).response != ResponseKind::successes && complaint(family, response[i], 1) != nullptr)
            response[i] = family == Family::beta ? 0.3 : response[i] + 0.5;
        }
        lanes::LikelihoodRows rows{response.data(), size.data(), eta.data(), n};
        rows.predictors = static_cast<int>(predictors);
        rows.stride = n;
        rows.score_stride = n;
        rows.direction = direction.data();
        rows.scale = 0.4;
        rows.parameters = kNumbers;
        for (std::size_t k = 0; weighted && k < parameters; ++k) rows.parameters.predictor[k] = static_cast<int>(k) + 1;
        // Sums of hundreds, and logarithms of the gamma function, whose terms are larger than they.
        const double bound = (parameters > 0 ? 1e-10 : 1e-11) * static_cast<double>(n + 1);
        const double rounding = parameters > 0 ? 1e-11 : 1e-14;
        EXPECT_NEAR(lanes::log_likelihood(family, rows), scalar_likelihood(family, rows, expected), bound)
            << family_label(family);
        rows.direction = nullptr;
        EXPECT_NEAR(lanes::log_likelihood(family, rows), scalar_likelihood(family, rows, expected), bound)
            << family_label(family);
        rows.scores = score.data();
        EXPECT_NEAR(lanes::log_likelihood(family, rows), scalar_likelihood(family, rows, expected), bound)
            << family_label(family);
        for (std::size_t i = 0; i < all; ++i)
          EXPECT_NEAR(score[i], expected[i], rounding * (1 + std::fabs(expected[i]))) << family_label(family) << i;
        // Of one predictor alone, with the rows' terms.
        const std::size_t last = predictors - 1;
        std::vector<double> own(n), terms(n);
        rows.scores = own.data();
        rows.scored = static_cast<int>(last);
        rows.terms = terms.data();
        const double value = lanes::log_likelihood(family, rows);
        EXPECT_NEAR(value, std::accumulate(terms.begin(), terms.end(), 0.0), bound);
        EXPECT_EQ(own, std::vector<double>(score.begin() + static_cast<std::ptrdiff_t>(last * n), score.end()));
      }
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

TEST_P(Lanes, MomentsOfNarrowRows) {
  constexpr std::ptrdiff_t kRows = 37;
  constexpr std::ptrdiff_t kStride = 9;
  for (std::ptrdiff_t width = 0; width <= 8; ++width) {
    // Rows of no columns stand before other numbers, which are not theirs.
    std::vector<double> x(static_cast<std::size_t>(kRows * std::max<std::ptrdiff_t>(width, 1)));
    std::vector<double> w(kRows);
    std::vector<double> v(kRows);
    for (std::size_t k = 0; k < x.size(); ++k) x[k] = std::sin(1.0 + static_cast<double>(k));
    for (std::size_t i = 0; i < w.size(); ++i) {
      w[i] = 1.0 + static_cast<double>(i % 3);
      v[i] = std::cos(static_cast<double>(i));
    }
    std::vector<double> gram(kStride * kStride, 0.5);
    std::vector<double> sums(kStride, 0.25);
    lanes::add_weighted_moments({x.data(), width}, kRows, w.data(), v.data(), gram.data(), kStride, sums.data());
    for (std::ptrdiff_t k = 0; k < kStride; ++k) {
      for (std::ptrdiff_t c = 0; c < kStride; ++c) {
        double second = 0.5;
        for (std::ptrdiff_t i = 0; i < kRows && k < width && c < width; ++i)
          second += w[static_cast<std::size_t>(i)] * x[static_cast<std::size_t>(i * width + k)] *
                    x[static_cast<std::size_t>(i * width + c)];
        EXPECT_NEAR(gram[static_cast<std::size_t>(k * kStride + c)], second, 1e-12) << width;
      }
      double first = 0.25;
      for (std::ptrdiff_t i = 0; i < kRows && k < width; ++i)
        first += v[static_cast<std::size_t>(i)] * x[static_cast<std::size_t>(i * width + k)];
      EXPECT_NEAR(sums[static_cast<std::size_t>(k)], first, 1e-12) << width;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, Lanes, testing::ValuesIn(instruction_sets()), instruction_set_name);

}  // namespace
}  // namespace bdglm::test
