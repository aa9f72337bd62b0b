// Normal, gamma, inverse Gaussian, truncated normal, piecewise Gaussian and binomial draws against their laws.
#include <gtest/gtest.h>

#include "diagnostics/diagnostics.hpp"
#include "family/family.hpp"
#include "sampling/piecewise_gaussian.hpp"
#include "support/draws.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

constexpr std::size_t kDraws = 200000;
constexpr double kBound = 2.23;  // sqrt(N) D with false alarm 1e-4

TEST(Normal, Distribution) {
  EXPECT_LT(ks_statistic(draw_many(kDraws, 0, [](Stream& s) { return draw_normal<double>(s); }), normal_cdf), kBound);
  EXPECT_LT(ks_statistic(draw_many(kDraws, 1, [](Stream& s) { return static_cast<double>(draw_normal<float>(s)); }),
                         normal_cdf),
            kBound);
}

TEST(Normal, UpperQuantileFromLogTail) {
  for (double x = 0.01; x < 10; x += 0.01) {
    EXPECT_NEAR(normal_upper_quantile_from_log(log_normal_tail(x)), x, 1e-8);
    if (x < 6.5) {
      EXPECT_NEAR(normal_upper_quantile_from_log(static_cast<float>(log_normal_tail(x))), x, 3e-6);
    }
  }
}

TEST(Normal, QuantileInvertsTheDistributionFunction) {
  for (const double p : {1e-12, 1e-4, 0.025, 0.3, 0.5, 0.8, 0.999})
    EXPECT_NEAR(normal_cdf(normal_quantile(p)) / p, 1, 1e-13);
}

TEST(Normal, LogTailJoinsItsAsymptoticForm) {
  EXPECT_NEAR(log_normal_tail(24.9999999), log_normal_tail(25.0000001), 1e-5);
  EXPECT_NEAR(log_normal_tail(40), -804.6084420137538, 1e-7);
}

TEST(Gamma, MomentsOfLogAndValue) {
  // E log G = digamma(a), E G = a, Var G = a.
  const struct {
    double shape, digamma;
  } cases[] = {{0.05, -20.49784490847786},
               {0.5, -1.9635100260214235},
               {1, -0.5772156649015329},
               {3.7, 1.1671535393615113},
               {150, 5.007298563101432}};
  std::uint32_t instance = 10;
  for (const auto& c : cases) {
    const auto logs = draw_many(kDraws, instance++, [&](Stream& s) { return draw_log_gamma(s, c.shape); });
    std::vector<double> values;
    for (const double l : logs) values.push_back(std::exp(l));
    const BatchMeans log_mean = batch_means(logs, 200);
    const BatchMeans mean = batch_means(values, 200);
    EXPECT_LT(std::fabs(log_mean.mean - c.digamma), 4.5 * log_mean.error) << c.shape;
    EXPECT_LT(std::fabs(mean.mean - c.shape), 4.5 * mean.error) << c.shape;
    EXPECT_NEAR(mean.error, std::sqrt(c.shape / kDraws), 0.25 * std::sqrt(c.shape / kDraws)) << c.shape;
  }
}

TEST(Gamma, ShapeOneIsExponential) {
  EXPECT_LT(ks_statistic(draw_many(kDraws, 20, [](Stream& s) { return draw_gamma(s, 1.0); }),
                         [](double x) { return -std::expm1(-x); }),
            kBound);
}

TEST(InverseGaussian, Distribution) {
  std::uint32_t instance = 30;
  for (const auto& [mean, shape] : {std::pair{1.0, 1.0}, {0.2, 5.0}, {4.0, 0.3}, {0.01, 0.25}}) {
    const auto draws =
        draw_many(kDraws, instance++, [m = mean, l = shape](Stream& s) { return draw_inverse_gaussian(s, m, l); });
    EXPECT_LT(ks_statistic(draws,
                           [m = mean, l = shape](double x) {
                             const double r = std::sqrt(l / x);
                             // The second term is exp(2 l / m) Phi(-r (x/m + 1)), formed in logarithms.
                             return normal_cdf(r * (x / m - 1)) +
                                    std::exp(2 * l / m + log_normal_tail(r * (x / m + 1)));
                           }),
              kBound)
        << mean << ' ' << shape;
  }
}

TEST(TruncatedNormal, Distribution) {
  std::uint32_t instance = 40;
  for (const double lower : {-8.0, -2.0, -0.3, 0.0, 0.7, 3.0, 4.999, 5.001, 12.0, 60.0}) {
    const auto draws = draw_many(kDraws, instance++, [&](Stream& s) { return draw_normal_above(s, lower); });
    EXPECT_LT(ks_statistic(draws, [&](double x) { return -std::expm1(log_normal_tail(x) - log_normal_tail(lower)); }),
              kBound)
        << lower;
  }
}

/// Distribution function of a piecewise Gaussian by quadrature.
double piecewise_cdf(double x, const GaussianPiece& negative, const GaussianPiece& positive) {
  const auto density = [&](double z) {
    const GaussianPiece& p = z < 0 ? negative : positive;
    return std::exp(-0.5 * p.precision * z * z + p.linear * z);
  };
  const auto integral = [&](double from, double to) {
    constexpr int kSteps = 4000;
    double sum = 0;
    for (int k = 0; k < kSteps; ++k) sum += density(from + (to - from) * (k + 0.5) / kSteps);
    return sum * (to - from) / kSteps;
  };
  const double total = integral(-15, 0) + integral(0, 15);
  return (x < 0 ? integral(-15, x) : integral(-15, 0) + integral(0, x)) / total;
}

TEST(PiecewiseGaussian, Distribution) {
  const std::pair<GaussianPiece, GaussianPiece> cases[] = {
      {{1, 0}, {1, 0}}, {{1, 0.5}, {4, 2}}, {{2, -3}, {1, -1}}, {{0.5, 1}, {9, -6}}, {{30, 4}, {1, 0.2}}};
  std::uint32_t instance = 60;
  for (const auto& [negative, positive] : cases) {
    auto draws = draw_many(kDraws, instance++,
                           [n = negative, p = positive](Stream& s) { return draw_piecewise_gaussian(s, n, p); });
    std::sort(draws.begin(), draws.end());
    double distance = 0;
    for (int k = 1; k < 40; ++k) {
      const std::size_t at = kDraws * static_cast<std::size_t>(k) / 40;
      distance = std::max(distance,
                          std::fabs(static_cast<double>(at) / kDraws - piecewise_cdf(draws[at], negative, positive)));
    }
    EXPECT_LT(distance * std::sqrt(static_cast<double>(kDraws)), kBound);
  }
}

TEST(PiecewiseGaussian, FarTailsStayFinite) {
  Stream stream({1, 0, 0, Site::simulation, 70}, 0);
  for (int k = 0; k < 1000; ++k) {
    const double below = draw_piecewise_gaussian(stream, {1e6, -1e7}, {1e8, -3e9});
    EXPECT_TRUE(std::isfinite(below));
    EXPECT_LT(below, 0);
    const double above = draw_piecewise_gaussian(stream, {1, 500}, {1, 500});
    EXPECT_NEAR(above, 500, 7);
  }
}

TEST(Binomial, MeanAndVariance) {
  std::uint32_t instance = 80;
  for (const auto& [n, eta] :
       {std::pair{1.0, 0.3}, {7.0, -1.0}, {64.0, 2.0}, {65.0, -2.0}, {500.0, 0.1}, {3000.0, 5.0}}) {
    const auto draws = draw_many(kDraws / 4, instance++, [size = n, e = eta](Stream& s) {
      return BinomialFamily::draw_response(s, size, {&e});
    });
    const BatchMeans mean = batch_means(draws, 200);
    const double p = 1 / (1 + std::exp(-eta));
    EXPECT_LT(std::fabs(mean.mean - n * p), 4.5 * mean.error) << n << ' ' << eta;
    const double error = std::sqrt(n * p * (1 - p) / static_cast<double>(draws.size()));
    EXPECT_NEAR(mean.error, error, 0.25 * error) << n << ' ' << eta;
  }
}

}  // namespace
}  // namespace bdglm::test
