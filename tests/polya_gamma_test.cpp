// Pólya-Gamma draws against exact distribution functions, cumulants and Laplace transforms, over the dispatch grid.
#include <gtest/gtest.h>

#include "sampling/polya_gamma.hpp"
#include "support/draws.hpp"
#include "support/polya_gamma_exact.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

/// Bound of sqrt(N) D with false alarm 1e-4, plus the stated approximation error of the regime.
double ks_bound(double approximation = 0) {
  return 2.23 + std::sqrt(static_cast<double>(sample_size())) * approximation;
}

template <class Real>
void check_one(Real z, std::uint32_t instance, double approximation) {
  const auto draws = draw_many(sample_size(), instance,
                               [&](Stream& s) { return static_cast<double>(draw_polya_gamma_one<Real>(s, z)); });
  EXPECT_LT(ks_statistic(draws, [&](double w) { return polya_gamma_one_cdf(w, static_cast<double>(z)); }),
            ks_bound(approximation))
      << "z = " << z;
}

TEST(PolyaGammaOne, DistributionInDouble) {
  std::uint32_t instance = 0;
  for (const double z : {0.0, 1e-8, -1e-8, 1.0, 3.0, 3.1089, 3.1091, 10.0, 177.0, 1e4})
    check_one<double>(z, instance++, 0);
}

TEST(PolyaGammaOne, DistributionInFloat) {
  std::uint32_t instance = 20;
  for (const float z : {0.0F, 1.0F, 3.0F, 3.109F, 10.0F, 100.0F}) check_one<float>(z, instance++, 3e-7);
}

TEST(PolyaGammaOne, WrongScaleFails) {
  const auto draws = draw_many(sample_size(), 30, [](Stream& s) { return 1.01 * draw_polya_gamma_one(s, 1.0); });
  EXPECT_GT(ks_statistic(draws, [](double w) { return polya_gamma_one_cdf(w, 1.0); }), ks_bound());
}

struct Point {
  double b, z;
  double approximation;  ///< Kolmogorov distance of the regime, as docs/math.md states
};

const Point kGrid[] = {{0.3, 0, 1e-4},     {0.7, 2, 1e-4},      {1.5, 0, 1e-6},    {2, 1, 0},        {2.5, 2, 1e-6},
                       {2.5, -17.9, 1e-6}, {2.5, 17.95, 1e-6},  {8, 3, 0},         {8.001, 3, 1e-6}, {20, 10, 1e-6},
                       {20, 35, 1e-6},     {50, 3, 1e-6},       {60, 1e-8, 1e-6},  {169.9, 2, 1e-6}, {170, 2, 2e-5},
                       {200, 1, 2e-5},     {1000.5, 0.1, 2e-5}, {1, 16.9, 0},      {51, 40, 1e-6},   {0.5, 17.1, 1e-5},
                       {1.01, 10, 1e-6},   {3.5, 4.001, 1e-6},  {1.5, 16.9, 1e-6}, {0.05, 1, 1e-4}};

TEST(PolyaGamma, CumulantsOverTheGrid) {
  std::uint32_t instance = 40;
  for (const Point& p : kGrid) {
    const auto draws = draw_many(sample_size(), instance++, [&](Stream& s) { return draw_polya_gamma(s, p.b, p.z); });
    const PolyaGammaCumulants<double> k = polya_gamma_cumulants(p.b, p.z);
    const PowerMoments m = standardised_moments(draws, k.k1, std::sqrt(k.k2));
    const double bound = 4.5 + 20 * p.approximation * std::sqrt(m.n);
    EXPECT_LT(std::fabs(m.error(1, 0, 1)), bound) << p.b << ' ' << p.z;
    EXPECT_LT(std::fabs(m.error(2, 1, m.power[4] - 1)), bound) << p.b << ' ' << p.z;
    EXPECT_LT(std::fabs(m.error(3, k.k3 / std::pow(k.k2, 1.5), m.power[6])), bound) << p.b << ' ' << p.z;
    EXPECT_LT(std::fabs(m.error(4, 3 + k.k4 / (k.k2 * k.k2), m.power[8])), bound) << p.b << ' ' << p.z;
  }
}

TEST(PolyaGamma, DistributionOverTheGrid) {
  std::uint32_t instance = 40;
  for (const Point& p : kGrid) {
    auto draws = draw_many(sample_size(), instance++, [&](Stream& s) { return draw_polya_gamma(s, p.b, p.z); });
    const double sd = std::sqrt(polya_gamma_cumulants(p.b, p.z).k2);
    const double distance = distance_at_quantiles(draws, [&](double w) { return polya_gamma_cdf(w, p.b, p.z, sd); });
    EXPECT_LT(distance * std::sqrt(static_cast<double>(draws.size())), ks_bound(p.approximation)) << p.b << ' ' << p.z;
  }
}

TEST(PolyaGamma, LaplaceTransform) {
  std::uint32_t instance = 70;
  for (const Point& p : {Point{1, 2, 0}, Point{3.7, 1, 0}, Point{0.4, 0.5, 1e-4}, Point{200, 2, 0}}) {
    const auto draws = draw_many(sample_size(), instance++, [&](Stream& s) { return draw_polya_gamma(s, p.b, p.z); });
    for (const double scaled : {0.2, 1.0, 4.0}) {
      const double t = scaled / p.b;
      const double y = std::sqrt(p.z * p.z + 2 * t);
      const double exact = std::exp(-p.b * (t / (y + p.z) + std::log1p(std::exp(-y)) - std::log1p(std::exp(-p.z))));
      double sum = 0;
      double squares = 0;
      for (const double w : draws) {
        const double value = std::exp(-t * w);
        sum += value;
        squares += value * value;
      }
      const auto n = static_cast<double>(draws.size());
      const double error = std::sqrt((squares / n - (sum / n) * (sum / n)) / n);
      EXPECT_LT(std::fabs(sum / n - exact), 4.5 * error + 1e-4 * p.approximation) << p.b << ' ' << p.z << ' ' << t;
    }
  }
}

TEST(PolyaGamma, Additivity) {
  const std::size_t n = 50000;
  auto whole = draw_many(n, 80, [](Stream& s) { return draw_polya_gamma(s, 4.2, 1.5); });
  auto parts = draw_many(n, 81, [](Stream& s) {
    const double first = draw_polya_gamma(s, 1.0, 1.5);
    return first + draw_polya_gamma(s, 3.2, 1.5);
  });
  std::sort(whole.begin(), whole.end());
  const double ks = ks_statistic(parts, [&](double w) {
    return static_cast<double>(std::upper_bound(whole.begin(), whole.end(), w) - whole.begin()) /
           static_cast<double>(n);
  });
  EXPECT_LT(ks, 2.23 * std::sqrt(2.0));
}

TEST(PolyaGamma, Edges) {
  const double kNaN = std::nan("");
  const double kInfinity = HUGE_VAL;
  Stream stream({1, 0, 0, Site::simulation, 90}, 0);
  EXPECT_EQ(draw_polya_gamma(stream, 0.0, 1.0), 0.0);
  EXPECT_TRUE(std::isnan(draw_polya_gamma(stream, -1.0, 1.0)));
  EXPECT_TRUE(std::isnan(draw_polya_gamma(stream, kNaN, 1.0)));
  EXPECT_TRUE(std::isnan(draw_polya_gamma(stream, 1.0, kNaN)));
  EXPECT_TRUE(std::isnan(draw_polya_gamma(stream, 2.5, kNaN)));
  EXPECT_TRUE(std::isnan(draw_polya_gamma(stream, kInfinity, 1.0)));
  EXPECT_EQ(draw_polya_gamma(stream, 1.0, kInfinity), 0.0);
  EXPECT_EQ(draw_polya_gamma(stream, 3.3, -kInfinity), 0.0);
  EXPECT_GT(draw_polya_gamma(stream, 1.0, 1e7), 0.0);
}

}  // namespace
}  // namespace bdglm::test
