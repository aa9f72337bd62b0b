// Every family of the list: derivatives, distribution functions, draws of new responses, and what it refuses.
#include <gtest/gtest.h>

#include <array>

#include "bdglm/error.hpp"
#include "family/response.hpp"
#include "support/family_numbers.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

class Families : public testing::TestWithParam<Family> {
 protected:
  /// Whether the observed curvature is the expected one.
  bool is_canonical() const {
    const std::string link = describe(GetParam()).link;
    return parameters_of(GetParam()).empty() && !has_cutpoints(GetParam()) && GetParam() != Family::exponential &&
           link != "probit" && link != "cloglog";
  }
  /// A size of one observation, and a response that it may have.
  double size() const {
    const ResponseKind kind = describe(GetParam()).response;
    if (kind == ResponseKind::successes) return 7;
    return kind == ResponseKind::two_levels || !is_canonical() ? 1 : 7;
  }
  double response() const {
    if (GetParam() == Family::beta) return 0.3;
    return describe(GetParam()).response == ResponseKind::two_levels || has_levels(GetParam()) ? 1 : 3;
  }
};

TEST_P(Families, ScoreIsTheDerivativeAndCurvatureItsOwn) {
  const double y = response();
  const double n = size();
  const auto score = [&](double eta) {
    double own = 0;
    Row row(y, n, &eta, 0, 1, &kNumbers);
    row.write_scores(&own, 0);
    with_family(GetParam(), [&](auto text) { decltype(text)::likelihood(row); });
    return own;
  };
  const auto density = [&](double eta) { return log_density(GetParam(), y, n, {&eta, 0, 1, &kNumbers}); };
  constexpr double kStep = 1e-5;
  for (const double eta : {-3.0, -0.2, 0.0001, 1.5, 5.0, 40.0}) {
    if (describe(GetParam()).augmentation == Augmentation::none && eta > 20) continue;
    const double scale = 1 + std::fabs(score(eta));
    EXPECT_NEAR(score(eta), (density(eta + kStep) - density(eta - kStep)) / (2 * kStep), 1e-5 * scale);
    // Expected curvature is the observed one of canonical links alone.
    if (!is_canonical()) continue;
    EXPECT_NEAR(curvature(GetParam(), y, n, {&eta}), -(score(eta + kStep) - score(eta - kStep)) / (2 * kStep),
                1e-5 * scale);
  }
}

/// While the numbers are held, what depends on them and the response alone may be left out: a constant in eta.
TEST_P(Families, HeldNumbersLeaveAConstantOut) {
  FamilyParameters held = kNumbers;
  held.held = true;
  const auto sum = [&](double eta, const FamilyParameters& numbers) {
    Row row(response(), size(), &eta, 0, 1, &numbers);
    with_family(GetParam(), [&](auto text) { decltype(text)::likelihood(row); });
    return row.sum();
  };
  const double constant = sum(0.3, held) - sum(0.3, kNumbers);
  for (const double eta : {-3.0, -0.2, 1.5, 4.0})
    EXPECT_NEAR(sum(eta, held) - sum(eta, kNumbers), constant, 1e-10 * (1 + std::fabs(sum(eta, kNumbers)))) << eta;
}

TEST(Counts, OfAMeanBeyondNumbersAreNotMissing) {
  Stream stream({11, 0, 0, Site::simulation, 0}, 0);
  for (int k = 0; k < 20; ++k)
    EXPECT_EQ(PoissonFamily::draw_count(stream, std::numeric_limits<double>::infinity()),
              std::numeric_limits<double>::infinity());
}

TEST_P(Families, DrawsHaveTheExpectationAndTheDistribution) {
  if (has_levels(GetParam())) GTEST_SKIP() << "levels have neither";
  std::uint32_t instance = 0;
  for (const double eta : {-2.0, 0.3, 1.1, 2.5, 4.0}) {
    // A rate beyond ten is certain to show.
    if (std::string(describe(GetParam()).link) == "cloglog" && eta > 2) continue;
    // Doubles end before the law of such beta numbers does.
    if (GetParam() == Family::beta && eta > 3) continue;
    Stream stream({11, 0, instance++, Site::simulation, static_cast<std::uint32_t>(GetParam())}, 0);
    constexpr int kDraws = 40000;
    double sum = 0, squares = 0, uniform = 0, uniform_squares = 0;
    for (int k = 0; k < kDraws; ++k) {
      const double y = draw_response(GetParam(), stream, size(), {&eta, 0, 1, &kNumbers});
      sum += y;
      squares += y * y;
      // Randomised: uniform where the distribution function is right.
      const DistributionStep step = distribution(GetParam(), y, size(), {&eta, 0, 1, &kNumbers});
      EXPECT_LE(step.below, step.upto);
      if (describe(GetParam()).discrete) {
        EXPECT_NEAR(step.upto - step.below, std::exp(log_density(GetParam(), y, size(), {&eta, 0, 1, &kNumbers})),
                    1e-9);
      }
      const double u = step.below + (step.upto - step.below) * stream.uniform53();
      uniform += u;
      uniform_squares += u * u;
    }
    const double mean = sum / kDraws;
    const double error = std::sqrt((squares / kDraws - mean * mean) / kDraws);
    const double trials = describe(GetParam()).residual_scale ? 1 : size();
    double expected = 0;
    expected_response(GetParam(), {&eta, 0, 1, &kNumbers}, trials, &expected);
    EXPECT_LT(std::fabs(mean - expected), 4.5 * error) << eta;
    EXPECT_LT(std::fabs(uniform / kDraws - 0.5), 4.5 * std::sqrt(1.0 / 12 / kDraws)) << eta;
    EXPECT_LT(std::fabs(uniform_squares / kDraws - 1.0 / 3), 4.5 * std::sqrt(4.0 / 45 / kDraws)) << eta;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Families, testing::ValuesIn(kFamilies),
                         [](const auto& instance) { return family_label(instance.param); });

TEST(PoissonFamily, DistributionFunctionIsTheSumOfMasses) {
  for (const double mean : {1e-8, 0.3, 4.0, 60.0, 3000.0, 2e6}) {
    const double eta = std::log(mean);
    double sum = 0;
    const double low = std::floor(std::max(0.0, mean - 12 * std::sqrt(mean) - 5));
    for (double y = low; y <= mean + 3 * std::sqrt(mean) + 2; ++y) {
      sum += std::exp(log_density(Family::poisson, y, 1, {&eta}));
      if (static_cast<long>(y) % 97 > 3 && mean > 100) continue;
      EXPECT_NEAR(distribution(Family::poisson, y, 1, {&eta}).upto, sum, 1e-8) << mean << ' ' << y;
    }
  }
  // The approximation of large means meets the sums.
  for (const double z : {-3.0, -1.0, 0.0, 1.0, 3.0}) {
    const double mean = 1e7;
    const double y = std::floor(mean + z * std::sqrt(mean));
    const double below = std::log(mean * 0.9999999999);
    const double above = std::log(mean * 1.0000000001);
    EXPECT_NEAR(distribution(Family::poisson, y, 1, {&below}).upto, distribution(Family::poisson, y, 1, {&above}).upto,
                1e-6);
  }
}

TEST(PoissonFamily, LargeMeansAreDrawn) {
  Stream stream({12, 0, 0, Site::simulation, 0}, 0);
  for (const double mean : {9.9, 10.1, 300.0, 1e6, 1e14, 1e16}) {
    constexpr int kDraws = 20000;
    const double eta = std::log(mean);
    double sum = 0, squares = 0;
    for (int k = 0; k < kDraws; ++k) {
      const double z = (draw_response(Family::poisson, stream, 1, {&eta}) - mean) / std::sqrt(mean);
      sum += z;
      squares += z * z;
    }
    EXPECT_LT(std::fabs(sum / kDraws), 4.5 / std::sqrt(kDraws) + 2e-3) << mean;
    EXPECT_NEAR(squares / kDraws, 1, 4.5 * std::sqrt((2 + 1 / mean) / kDraws)) << mean;
  }
}

/// Predictors of four levels, far apart, near, and beyond the exponent's range.
const std::vector<std::array<double, 3>> kLevels = {{0.3, -1.2, 0.9}, {5, -3, 4.9}, {-30, -31, -29}, {800, 799, -800}};

TEST(CategoricalFamily, ScoresAndCurvaturesAreDerivatives) {
  constexpr double kStep = 1e-5;
  for (const auto& at : kLevels) {
    for (const double y : {0.0, 1.0, 3.0}) {
      const auto scores = [&](std::array<double, 3> eta) {
        std::array<double, 3> own{};
        Row row(y, 1.5, eta.data(), 1, 3);
        row.write_scores(own.data(), 1);
        CategoricalFamily::likelihood(row);
        EXPECT_NEAR(row.sum(), 1.5 * log_density(Family::categorical, y, 1, {eta.data(), 1, 3}),
                    1e-12 * std::fabs(row.sum()));
        return std::pair{row.sum(), own};
      };
      for (int c = 0; c < 3; ++c) {
        auto up = at;
        auto down = at;
        up[static_cast<std::size_t>(c)] += kStep;
        down[static_cast<std::size_t>(c)] -= kStep;
        const auto [value_up, score_up] = scores(up);
        const auto [value_down, score_down] = scores(down);
        EXPECT_NEAR(scores(at).second[static_cast<std::size_t>(c)], (value_up - value_down) / (2 * kStep), 1e-5);
        for (int d = 0; d < 3; ++d) {
          const auto k = static_cast<std::size_t>(d);
          EXPECT_NEAR(curvature(Family::categorical, y, 1.5, {at.data(), 1, 3}, c, d),
                      -(score_up[k] - score_down[k]) / (2 * kStep), 1e-5);
        }
      }
    }
  }
}

TEST(CategoricalFamily, OnePredictorIsBernoulli) {
  for (const double eta : {-700.0, -3.0, 0.0, 0.7, 40.0})
    for (const double y : {0.0, 1.0}) {
      EXPECT_NEAR(log_density(Family::categorical, y, 1, {&eta}), log_density(Family::bernoulli, y, 1, {&eta}),
                  1e-13 * (1 + std::fabs(eta)));
      const auto latent = CategoricalFamily::latent(Row(y, 2, &eta), 0);
      const auto bernoulli = BernoulliFamily::latent(Row(2 * y, 2, &eta), 0);
      EXPECT_EQ(latent.shape, bernoulli.shape);
      EXPECT_EQ(latent.tilt, bernoulli.tilt);
      EXPECT_EQ(latent.linear, bernoulli.linear);
      EXPECT_EQ(latent.shift, 0);
    }
}

TEST(CategoricalFamily, LatentsGiveBackTheConditionalOfOnePredictor) {
  // E[exp(-omega psi^2 / 2)] over PG(b, 0) is cosh(psi / 2)^-b: with kappa psi it must differ from the log likelihood
  // by what does not depend on the predictor.
  for (const auto& at : kLevels) {
    if (std::fabs(at[0]) > 100) continue;
    for (const double y : {0.0, 1.0, 3.0}) {
      for (int c = 0; c < 3; ++c) {
        const auto gap = [&](double eta) {
          auto moved = at;
          moved[static_cast<std::size_t>(c)] = eta;
          const Row row(y, 3, moved.data(), 1, 3);
          const auto latent = CategoricalFamily::latent(row, c);
          EXPECT_NEAR(latent.tilt, eta - latent.shift, 1e-12);
          return 3 * log_density(Family::categorical, y, 1, {moved.data(), 1, 3}) - latent.linear * latent.tilt +
                 latent.shape * std::log(std::cosh(0.5 * latent.tilt));
        };
        EXPECT_NEAR(gap(0.3), gap(-1.4), 1e-10) << y << ' ' << c;
      }
    }
  }
}

TEST(CategoricalFamily, DrawsHaveTheProbabilities) {
  Stream stream({13, 0, 0, Site::simulation, 0}, 0);
  for (const auto& at : kLevels) {
    const Predictors eta{at.data(), 1, 3};
    double p[4];
    expected_response(Family::categorical, eta, 1, p);
    EXPECT_NEAR(p[0] + p[1] + p[2] + p[3], 1, 1e-14);
    constexpr int kDraws = 40000;
    double count[4] = {};
    for (int k = 0; k < kDraws; ++k) count[static_cast<int>(draw_response(Family::categorical, stream, 1, eta))] += 1;
    for (int k = 0; k < 4; ++k) {
      EXPECT_NEAR(count[k] / kDraws, p[k], 4.5 * std::sqrt(p[k] * (1 - p[k]) / kDraws) + 1e-9);
      EXPECT_NEAR(std::exp(log_density(Family::categorical, k, 1, eta)), p[k], 1e-13);
    }
  }
}

TEST(FamilyList, NamesAndDefaults) {
  for (const Family family : kFamilies) {
    std::vector<std::string> names;
    for (const FamilyParameter& parameter : parameters_of(family)) names.emplace_back(parameter.name);
    EXPECT_EQ(family_from_name(family_name(family), describe(family).link, names), family);
  }
  EXPECT_EQ(family_from_name("gaussian"), Family::gaussian);
  EXPECT_EQ(family_from_name("gaussian", "", {"sgma"}), Family::gaussian);
  EXPECT_EQ(family_from_name("binomial", "probit"), Family::binomial_probit);
  EXPECT_THROW(family_from_name("poisson", "logit"), ModelError);
  EXPECT_THROW(family_from_name("poison"), ModelError);
  EXPECT_EQ(family_for(ResponseKind::two_levels), Family::bernoulli);
  EXPECT_EQ(family_for(ResponseKind::count), Family::poisson);
  EXPECT_EQ(family_for(ResponseKind::levels), Family::categorical);
}

TEST(FamilyList, ComplaintsAreMadeOfWhatIsWrong) {
  EXPECT_EQ(complaint(Family::poisson, 3, 1), nullptr);
  for (const double bad : {-1.0, 2.5, static_cast<double>(INFINITY)})
    EXPECT_NE(complaint(Family::poisson, bad, 1), nullptr) << bad;
  EXPECT_NE(complaint(Family::bernoulli, 2, 1), nullptr);
  EXPECT_NE(complaint(Family::binomial, 6, 5), nullptr);
  EXPECT_NE(trials_complaint(Family::binomial, 1.5), nullptr);
  EXPECT_EQ(trials_complaint(Family::poisson, 1.5), nullptr);
}

}  // namespace
}  // namespace bdglm::test
