// Families with parameters beside their mean, or whose curvature depends on the response: scores by them, expected
// curvatures, limits, and the gamma function's text.
#include <gtest/gtest.h>

#include "family/response.hpp"
#include "support/family_numbers.hpp"

namespace bdglm::test {
namespace {

std::vector<Family> with_parameters() {
  std::vector<Family> families;
  for (const Family family : kFamilies)
    if (describe(family).augmentation == Augmentation::none && family != Family::poisson) families.push_back(family);
  return families;
}

/// Trials, or one.
double size_of(Family family) { return describe(family).response == ResponseKind::successes ? 7 : 1; }

class ParametersOfFamilies : public testing::TestWithParam<Family> {};

/// Of one predictor by another, or by itself, over draws of the response: the square of the score.
TEST_P(ParametersOfFamilies, ExpectedCurvatureIsTheScoresVariance) {
  const auto parameters = parameters_of(GetParam());
  FamilyParameters places = kNumbers;
  for (std::size_t k = 0; k < parameters.size(); ++k) places.predictor[k] = static_cast<int>(k) + 1;
  const int predictors = static_cast<int>(parameters.size()) + 1;
  std::uint32_t instance = 0;
  for (const double mean : {-1.0, 0.5, 3.0}) {
    for (const double x : {-0.7, 1.2, 3.0}) {
      // Beta numbers of small shapes round to 0 and 1.
      const bool beta = GetParam() == Family::beta;
      std::vector<double> eta(static_cast<std::size_t>(predictors), beta ? 1.5 + 0.5 * x : x);
      // Nor are probabilities near 0 and 1 seen in draws.
      const bool linked = parameters.empty() && GetParam() != Family::exponential;
      eta[0] = beta || linked ? std::min(mean, linked ? 1.0 : 1.5) : mean;
      const Predictors at{eta.data(), 1, predictors, &places};
      Stream stream({19, 0, instance++, Site::simulation, static_cast<std::uint32_t>(GetParam())}, 0);
      constexpr int kDraws = 40000;
      Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(predictors, predictors);
      Eigen::VectorXd total = Eigen::VectorXd::Zero(predictors);
      Eigen::VectorXd fourth = Eigen::VectorXd::Zero(predictors);
      for (int k = 0; k < kDraws; ++k) {
        const double y = draw_response(GetParam(), stream, size_of(GetParam()), at);
        Eigen::VectorXd score(predictors);
        Row row(y, size_of(GetParam()), at);
        row.write_scores(score.data(), 1);
        with_family(GetParam(), [&](auto text) { decltype(text)::likelihood(row); });
        sum += score * score.transpose();
        total += score;
        fourth += score.array().pow(4).matrix();
      }
      for (int c = 0; c < predictors; ++c) {
        const double own = sum(c, c) / kDraws;
        EXPECT_LT(std::fabs(total[c] / kDraws), 4.5 * std::sqrt(own / kDraws)) << c << " at " << mean << ' ' << x;
        const double said = curvature(GetParam(), 0.5, size_of(GetParam()), at, c, c);
        const double error = std::sqrt((fourth[c] / kDraws - own * own) / kDraws);
        // That of a parameter of the family may be rough, as beta_binomial's, which is of the variance alone: it is
        // only that of a proposal.
        const double factor = c > 0 ? 4 : (GetParam() == Family::beta_binomial ? 2 : 1.05);
        EXPECT_LT(said, factor * own + 4.5 * error) << c << " at " << mean << ' ' << x;
        EXPECT_GT(said, own / factor - 4.5 * error) << c << " at " << mean << ' ' << x;
      }
    }
  }
}

/// A parameter that is a linear predictor gives the same likelihood as the number, and its score is the derivative.
TEST_P(ParametersOfFamilies, ParametersAreNumbersOrPredictors) {
  const auto parameters = parameters_of(GetParam());
  const double n = describe(GetParam()).response == ResponseKind::successes ? 7 : 2;
  const double y = GetParam() == Family::beta ? 0.3 : 3;
  for (std::size_t k = 0; k < parameters.size(); ++k) {
    FamilyParameters places = kNumbers;
    places.predictor[k] = 1;
    places.value[k] = -100;
    double eta[2] = {0.8, kNumbers.value[k]};
    const Predictors at{eta, 1, 2, &places};
    EXPECT_EQ(log_density(GetParam(), y, n, at), log_density(GetParam(), y, n, {eta, 1, 1, &kNumbers}));
    constexpr double kStep = 1e-5;
    for (const double x : {-2.0, 0.3, 2.5, 8.0}) {
      double scores[2];
      eta[1] = x;
      Row row(y, n, at);
      row.write_scores(scores, 1);
      with_family(GetParam(), [&](auto text) { decltype(text)::likelihood(row); });
      eta[1] = x + kStep;
      const double above = log_density(GetParam(), y, n, at);
      eta[1] = x - kStep;
      EXPECT_NEAR(scores[1], (above - log_density(GetParam(), y, n, at)) / (2 * kStep),
                  1e-5 * (1 + std::fabs(scores[1])));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, ParametersOfFamilies, testing::ValuesIn(with_parameters()),
                         [](const auto& instance) { return family_label(instance.param); });

TEST(NegativeBinomialFamily, IsPoissonForLargeShapesAndItsMassesAddUp) {
  for (const double eta : {-2.0, 1.0, 4.0}) {
    FamilyParameters large;
    large.value[0] = 40;
    for (const double y : {0.0, 1.0, 7.0, 90.0})
      EXPECT_NEAR(log_density(Family::negative_binomial, y, 1, {&eta, 0, 1, &large}),
                  log_density(Family::poisson, y, 1, {&eta}), 1e-10 * (1 + y));
    for (const double log_shape : {-1.0, 0.5, 5.0, 12.0, 15.9, 16.1}) {
      FamilyParameters own;
      own.value[0] = log_shape;
      double sum = 0;
      for (double y = 0; y < 400; ++y) {
        sum += std::exp(log_density(Family::negative_binomial, y, 1, {&eta, 0, 1, &own}));
        EXPECT_NEAR(distribution(Family::negative_binomial, y, 1, {&eta, 0, 1, &own}).upto, sum, 2e-6) << log_shape;
      }
    }
  }
}

TEST(MeanShift, KeepsTheExpectedResponse) {
  struct Parameter {
    Family family;
    int k;
    bool shifts;
  };
  for (const auto& [family, k, shifts] :
       {Parameter{Family::zero_inflated_poisson, 0, true}, Parameter{Family::zero_inflated_negative_binomial, 1, true},
        Parameter{Family::zero_inflated_negative_binomial, 0, false}, Parameter{Family::hurdle_poisson, 0, false}}) {
    for (const double to : {-6.0, -0.4, 0.9, 5.0}) {
      const auto mean = [&, of = family, at = k](double eta, double x) {
        FamilyParameters numbers = kNumbers;
        numbers.value[at] = x;
        double out = 0;
        expected_response(of, {&eta, 1, 1, &numbers}, 1, &out);
        return out;
      };
      const double shift = mean_shift(family, k, 0.3, to);
      if (!shifts)
        EXPECT_EQ(shift, 0);
      else
        EXPECT_NEAR(mean(0.7 + shift, to), mean(0.7, 0.3), 1e-12);
    }
  }
}

TEST(GammaFunction, IsTheLibrarysAndItsDerivatives) {
  for (const double x : {1e-8, 0.02, 0.7, 1.0, 1.5, 2.0, 3.3, 6.99, 7.0, 20.0, 900.0, 1e7, 1e20}) {
    EXPECT_NEAR(log_gamma(x), std::lgamma(x), 1e-14 * (1 + std::fabs(std::lgamma(x)))) << x;
    EXPECT_NEAR(gamma_normaliser(x), x * std::log(x) - x - std::lgamma(x), 1e-14 * (1 + x * std::fabs(std::log(x))));
    for (const double y : {0.0, 1.0, 30.0, 5e5})
      EXPECT_NEAR(log_rising(x, y), std::lgamma(x + y) - std::lgamma(x), 2e-14 * (1 + std::lgamma(x + y)))
          << x << ' ' << y;
    if (x > 1e6) continue;
    const double h = 1e-4 * x;
    const double slope = (std::lgamma(x + h) - std::lgamma(x - h)) / (2 * h);
    EXPECT_NEAR(digamma(x), slope, 2e-7 * (1 + std::fabs(slope))) << x;
    EXPECT_NEAR(trigamma(x), (digamma(x + h) - digamma(x - h)) / (2 * h), 1e-6 * trigamma(x)) << x;
  }
  EXPECT_NEAR(digamma(1.0), -0.57721566490153286, 1e-14);
  EXPECT_NEAR(trigamma(1.0), 1.6449340668482264, 1e-14);
  // No digit is lost where the shape is large beside the count: y ln x + y (y - 1) / 2x.
  EXPECT_NEAR(log_rising(1e12, 3.0) - 3 * std::log(1e12), 3e-12, 3e-14);
  EXPECT_NEAR(gamma_normaliser(1e12), 0.5 * std::log(1e12) - 0.91893853320467274, 1e-12);
}

}  // namespace
}  // namespace bdglm::test
