// Priors of scales, covariances and coefficients: densities and draws against closed forms and quadrature.
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "model/horseshoe.hpp"
#include "model/prior_density.hpp"
#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

/// sqrt(N) D above this has probability 0.001; a wrong law of these draws is far beyond.
constexpr double kBound = 1.95;
constexpr double kControl = 4;
constexpr int kDraws = 20000;

Stream stream_of(int k, std::uint32_t instance = 0) {
  return Stream({51, 0, static_cast<std::uint32_t>(k), Site::simulation, instance}, 0);
}

std::vector<double> draws_of(const std::function<double(Stream&)>& draw, std::uint32_t instance = 0) {
  std::vector<double> draws;
  for (int k = 0; k < kDraws; ++k) {
    Stream stream = stream_of(k, instance);
    draws.push_back(draw(stream));
  }
  return draws;
}

/// The distribution function of a density on (from, to), up to a constant, by the trapezium rule.
std::function<double(double)> cdf_of(const std::function<double(double)>& density, double from, double to) {
  constexpr int kSteps = 20000;
  const double step = (to - from) / kSteps;
  std::vector<double> sums = {0};
  for (int k = 0; k < kSteps; ++k) {
    const double a = density(from + k * step);
    const double b = density(from + (k + 1) * step);
    sums.push_back(sums.back() + 0.5 * step * ((std::isfinite(a) ? a : b) + (std::isfinite(b) ? b : a)));
  }
  return [=](double x) {
    const double at = std::clamp((x - from) / step, 0.0, kSteps - 1e-9);
    const auto k = static_cast<std::size_t>(at);
    return (sums[k] + (at - static_cast<double>(k)) * (sums[k + 1] - sums[k])) / sums.back();
  };
}

double cauchy_cdf(double x) { return 0.5 + std::atan(x) / M_PI; }
double laplace_cdf(double x) { return x < 0 ? 0.5 * std::exp(x) : 1 - 0.5 * std::exp(-x); }
/// Student's t of three degrees of freedom.
double student3_cdf(double x) {
  return 0.5 + (std::atan(x / std::sqrt(3.0)) + x * std::sqrt(3.0) / (3 + x * x)) / M_PI;
}

CoefficientPrior coefficient(const std::string& distribution) {
  return coefficient_prior(parse_prior("b ~ " + distribution), false);
}

/// A coefficient's draw, less its mean and in units of its scale.
double draw_z(const CoefficientPrior& prior, Stream& stream) {
  const double psi = prior.draw_prior_variance(stream);
  return std::sqrt(psi) * draw_normal<double>(stream);
}

TEST(CoefficientLaw, MixturesHaveTheirNames) {
  const CoefficientPrior student = coefficient("student_t(3, 0, 1)");
  const CoefficientPrior laplace = coefficient("laplace(0, 1)");
  const auto of_student = draws_of([&](Stream& s) { return draw_z(student, s); });
  const auto of_laplace = draws_of([&](Stream& s) { return draw_z(laplace, s); });
  EXPECT_LT(ks_statistic(of_student, student3_cdf), kBound);
  EXPECT_LT(ks_statistic(of_laplace, laplace_cdf), kBound);
  EXPECT_GT(ks_statistic(of_student, normal_cdf), kControl);
  EXPECT_GT(ks_statistic(of_laplace, normal_cdf), kControl);
  // A horseshoe's local scale is half-Cauchy.
  const CoefficientPrior horseshoe = coefficient("horseshoe()");
  const auto lambda = draws_of([&](Stream& s) { return std::sqrt(horseshoe.draw_prior_variance(s)); });
  EXPECT_LT(ks_statistic(lambda, [](double x) { return 2 * cauchy_cdf(x) - 1; }), kBound);
}

TEST(CoefficientLaw, VariancesGivenCoefficientsKeepTheirLaw) {
  for (const char* name : {"student_t(3, 0, 1)", "laplace(0, 1)", "horseshoe(1)"}) {
    const CoefficientPrior prior = coefficient(name);
    const auto log_psi = [&](double shrink) {
      return draws_of(
          [&](Stream& s) {
            const double psi = prior.draw_prior_variance(s);
            const double z = shrink * std::sqrt(psi) * draw_normal<double>(s);
            return std::log(prior.draw_variance(s, z));
          },
          1);
    };
    const auto cdf =
        cdf_of([&](double x) { return std::exp(prior.log_density_of_variance(std::exp(x)) + x); }, -40, 40);
    EXPECT_LT(ks_statistic(log_psi(1), cdf), kBound) << name;
    EXPECT_GT(ks_statistic(log_psi(1.5), cdf), kControl) << name;
  }
  // At zero a Laplace's variance is chi^2 of one degree of freedom.
  const CoefficientPrior laplace = coefficient("laplace(0, 1)");
  const auto at_zero = draws_of([&](Stream& s) { return laplace.draw_variance(s, 0); });
  EXPECT_LT(ks_statistic(at_zero, [](double x) { return std::erf(std::sqrt(0.5 * x)); }), kBound);
}

/// psi given x, and x with psi integrated out, both of e^(-x^2 / (2 psi)) / (1 + psi) in the logarithm of psi.
TEST(CoefficientLaw, AHorseshoeCoefficientAgainstQuadrature) {
  const auto joint = [](double x, double log_psi) {
    return std::exp(-0.5 * x * x * std::exp(-log_psi)) / (1 + std::exp(log_psi));
  };
  std::vector<double> constants;
  for (const double x : {1e-3, 0.3, 1.2, 1.414, 1.415, 2.0, 4.5, 12.0}) {
    const auto density = [&](double u) { return joint(x, u); };
    const auto draws = draws_of([&](Stream& s) { return std::log(draw_horseshoe_variance(s, x)); }, 4);
    EXPECT_LT(ks_statistic(draws, cdf_of(density, -40, 40)), kBound) << x;
    EXPECT_GT(ks_statistic(draws, cdf_of([&](double u) { return joint(1.3 * x + 0.01, u); }, -40, 40)), kControl) << x;
    double integral = 0;
    for (double u = -40; u < 40; u += 0.002) integral += 0.002 * joint(x, u);
    constants.push_back(log_horseshoe_density(x) - std::log(integral));
  }
  for (const double c : constants) EXPECT_NEAR(c, constants.front(), 1e-9);
}

TEST(ScaleLaw, DrawsFollowDensities) {
  for (const char* name : {"half_t(3, 2)", "half_cauchy(0.5)", "normal(0, 2)", "half_normal(0.3)", "exponential(4)",
                           "gamma(2, 3)", "student_t(4, 0, 1)"}) {
    const ScalePrior prior = deviation_prior(parse_prior(std::string("sd ~ ") + name));
    const auto log_v = draws_of([&](Stream& s) { return std::log(prior.draw_prior(s)); });
    const auto cdf = cdf_of([&](double x) { return std::exp(prior.log_density(std::exp(x)) + x); }, -60, 40);
    EXPECT_LT(ks_statistic(log_v, cdf), kBound) << name;
    EXPECT_GT(ks_statistic(log_v, [&](double x) { return cdf(x + 0.3); }), kControl) << name;
  }
  const ScalePrior exponential = deviation_prior(parse_prior("sd ~ exponential(4)"));
  const auto sd = draws_of([&](Stream& s) { return std::sqrt(exponential.draw_prior(s)); });
  EXPECT_LT(ks_statistic(sd, [](double x) { return 1 - std::exp(-4 * x); }), kBound);
  const ScalePrior normal = deviation_prior(parse_prior("sd ~ normal(0, 2)"));
  const auto half = draws_of([&](Stream& s) { return std::sqrt(normal.draw_prior(s)); });
  EXPECT_LT(ks_statistic(half, [](double x) { return 2 * normal_cdf(x / 2) - 1; }), kBound);
}

TEST(ScaleLaw, VariancesGivenResidualsAgainstQuadrature) {
  for (const char* name : {"half_t(3, 0.5)", "normal(0, 0.5)", "exponential(3)", "gamma(2, 1)"}) {
    const ScalePrior prior = deviation_prior(parse_prior(std::string("sd ~ ") + name));
    const double n = 6;
    const double squares = 4;
    const auto density = [&](double x) {
      const double v = std::exp(x);
      return std::exp(prior.log_density(v) + x - 0.5 * n * x - 0.5 * squares / v);
    };
    const auto cdf = cdf_of(density, -12, 12);
    double v = 1;
    std::vector<double> draws;
    for (int k = 0; k < 20 * kDraws; ++k) {
      Stream stream = stream_of(k, 2);
      v = prior.draw_variance(stream, v, n, squares);
      if (k % 20 == 0) draws.push_back(std::log(v));
    }
    EXPECT_LT(ks_statistic(draws, cdf), kBound) << name;
  }
}

RandomEffect effect_of(std::size_t q, const std::string& sd, double eta) {
  RandomEffect effect;
  for (std::size_t k = 0; k < q; ++k) effect.coefficients.push_back(std::to_string(k));
  effect.levels = 5;
  effect.sd = deviation_prior(parse_prior("sd ~ " + sd));
  effect.lkj = eta;
  return effect;
}

double correlation(const Eigen::MatrixXd& m, Eigen::Index k, Eigen::Index l) {
  return m(k, l) / std::sqrt(m(k, k) * m(l, l));
}

/// LKJ's correlations of q coefficients are each 2 Beta(a, a) - 1 with a = eta + (q - 2) / 2 (Lewandowski, Kurowicka
/// and Joe 2009, section 3); standard deviations have their own law and are independent of them.
TEST(CovarianceLaw, MarginalsAreThoseOfLkjAndOfTheDeviations) {
  for (const Eigen::Index q : {2, 3, 4})
    for (const double eta : {0.6, 1.0, 3.0}) {
      const RandomEffect effect = effect_of(static_cast<std::size_t>(q), "exponential(2)", eta);
      std::vector<double> r, sd, product;
      for (int k = 0; k < kDraws; ++k) {
        Stream stream = stream_of(k, 3);
        const Eigen::MatrixXd m = effect.draw_prior(stream);
        r.push_back(correlation(m, q - 1, 0));
        sd.push_back(std::sqrt(m(q - 1, q - 1)));
        product.push_back(std::tanh(sd.back()) * r.back() * r.back() - std::tanh(sd.back()) / (2 * eta + q - 1));
      }
      const double power = eta + 0.5 * static_cast<double>(q - 2) - 1;
      // In the angle the density has no poles.
      const auto angle = cdf_of([&](double x) { return std::pow(std::cos(x), 2 * power + 1); }, -M_PI_2, M_PI_2);
      EXPECT_LT(ks_statistic(r, [&](double x) { return angle(std::asin(x)); }), kBound) << q << " " << eta;
      const auto other = cdf_of([&](double x) { return std::pow(std::cos(x), 2 * power + 3); }, -M_PI_2, M_PI_2);
      EXPECT_GT(ks_statistic(r, [&](double x) { return other(std::asin(x)); }), kControl) << q << " " << eta;
      EXPECT_LT(ks_statistic(sd, [](double x) { return 1 - std::exp(-2 * x); }), kBound);
      const BatchMeans independent = batch_means(product, 50);
      EXPECT_LT(std::fabs(independent.mean), 4 * independent.error) << q << " " << eta;
    }
}

/// Against |R|^(eta - 1) and the deviations' densities with the Jacobian of (s, R) -> Sigma by differences.
TEST(CovarianceLaw, DensityIsThatOfItsParts) {
  for (const Eigen::Index q : {1, 2, 3}) {
    const RandomEffect effect = effect_of(static_cast<std::size_t>(q), "normal(0, 0.8)", 2.5);
    const Eigen::Index pairs = q * (q + 1) / 2;
    const auto build = [&](const Eigen::VectorXd& x) {
      Eigen::MatrixXd r = Eigen::MatrixXd::Identity(q, q);
      Eigen::Index at = q;
      for (Eigen::Index k = 0; k < q; ++k)
        for (Eigen::Index l = 0; l < k; ++l) r(k, l) = r(l, k) = x[at++];
      return r;
    };
    const auto entries = [&](const Eigen::VectorXd& x) {
      const Eigen::MatrixXd m = x.head(q).asDiagonal() * build(x) * x.head(q).asDiagonal();
      Eigen::VectorXd all(pairs);
      Eigen::Index at = 0;
      for (Eigen::Index k = 0; k < q; ++k)
        for (Eigen::Index l = 0; l <= k; ++l) all[at++] = m(k, l);
      return all;
    };
    std::vector<double> constants;
    for (int trial = 0; trial < 4; ++trial) {
      Eigen::VectorXd x(pairs);
      for (Eigen::Index k = 0; k < pairs; ++k)
        x[k] = k < q ? 0.4 + 0.3 * std::fabs(std::sin(trial + 2.0 * static_cast<double>(k)))
                     : 0.5 * std::cos(trial + static_cast<double>(k));
      Eigen::MatrixXd jacobian(pairs, pairs);
      for (Eigen::Index k = 0; k < pairs; ++k) {
        Eigen::VectorXd up = x, down = x;
        up[k] += 1e-6;
        down[k] -= 1e-6;
        jacobian.col(k) = (entries(up) - entries(down)) / 2e-6;
      }
      const Eigen::MatrixXd r = build(x);
      double expected = 1.5 * std::log(r.determinant()) - std::log(std::fabs(jacobian.determinant()));
      for (Eigen::Index k = 0; k < q; ++k) expected -= 0.5 * x[k] * x[k] / 0.64;
      const Eigen::MatrixXd m = x.head(q).asDiagonal() * r * x.head(q).asDiagonal();
      constants.push_back(effect.log_density(m) - expected);
    }
    for (const double c : constants) EXPECT_NEAR(c, constants.front(), 1e-7) << q;
  }
}

/// What reports draw is the sampler's density with its constant: it integrates to one.
TEST(PriorDensity, IntegratesToOneAndIsTheSamplers) {
  // In x = ln of what is positive, over all that matters.
  const auto integral = [](const std::function<double(double)>& f, double from, double to) {
    constexpr int kSteps = 40000;
    const double step = (to - from) / kSteps;
    double sum = 0;
    for (int k = 0; k < kSteps; ++k) sum += step * f(from + (k + 0.5) * step);
    return sum;
  };
  for (const char* name : {"half_t(3, 2.5)", "half_normal(0.7)", "gamma(2, 3)", "inv_gamma(2.5, 0.4)"}) {
    const ScalePrior prior = deviation_prior(parse_prior(std::string("sigma ~ ") + name), true);
    const auto deviation = [&](double x) { return deviation_density(prior, std::exp(x)) * std::exp(x); };
    const auto variance = [&](double x) { return variance_density(prior, std::exp(x)) * std::exp(x); };
    EXPECT_NEAR(integral(deviation, -40, 30), 1, 1e-4) << name;
    EXPECT_NEAR(integral(variance, -60, 40), 1, 1e-4) << name;
    EXPECT_EQ(deviation_density(prior, -1), 0);
    EXPECT_TRUE(std::isfinite(deviation_density(prior, 0))) << name;
  }
  using Kind = PositivePrior::Kind;
  for (const PositivePrior& prior : {PositivePrior{Kind::gamma, 0.8, 2}, PositivePrior{Kind::inverse_gamma, 2, 0.3},
                                     PositivePrior{Kind::half_t, 3, 0.5}})
    EXPECT_NEAR(integral([&](double x) { return density(prior, std::exp(x)) * std::exp(x); }, -40, 30), 1, 1e-4);
  const PositivePrior share{Kind::beta, 2, 3};
  EXPECT_NEAR(integral([&](double x) { return density(share, x); }, 0, 1), 1, 1e-6);
  for (const char* name : {"normal(1, 2)", "student_t(3, 1, 2)", "laplace(-1, 0.5)"}) {
    const CoefficientPrior prior = coefficient(name);
    const auto f = [&](double x) { return density(prior, std::sinh(x)) * std::cosh(x); };
    EXPECT_NEAR(integral(f, -16, 16), 1, 1e-4) << name;
  }
}

/// Correlations of Huang and Wand's prior and of LKJ's against the draws of covariances.
TEST(PriorDensity, OfCorrelationsIsThatOfTheirDraws) {
  for (const Eigen::Index q : {2, 3})
    for (const double eta : {0.0, 1.5}) {
      const RandomEffect effect = effect_of(static_cast<std::size_t>(q), "half_t(3, 2)", eta);
      std::vector<double> r;
      for (int k = 0; k < kDraws; ++k) {
        Stream stream = stream_of(k, 4);
        r.push_back(correlation(effect.draw_prior(stream), q - 1, 0));
      }
      const auto of = [&](double other) {
        return cdf_of([=](double x) { return correlation_density(eta, 3 + other, static_cast<double>(q) + other, x); },
                      -1, 1);
      };
      EXPECT_LT(ks_statistic(r, of(0)), kBound) << q << " " << eta;
      EXPECT_GT(ks_statistic(r, of(2)), kControl) << q << " " << eta;
    }
}

}  // namespace
}  // namespace bdglm::test
