// Families that are others' limits or transforms: the same densities row by row, the same posteriors by whole chains,
// and closed forms of an exponential mean and of a hurdle's zeros.
#include <gtest/gtest.h>

#include <cmath>

#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

using Columns = std::vector<std::vector<double>>;
using Quantities = std::function<std::vector<double>(const Eigen::VectorXd& coefficients, const State& state)>;

/// Draws of quantities, a column each, in a run with the default sweep.
Columns run(const Problem& problem, const Quantities& quantities, std::uint32_t seed) {
  const Context& context = *problem.context;
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, problem.design);
  constexpr int kWarmup = 500;
  constexpr int kDraws = 20000;
  sweep.begin(warm_start(state, context, {seed, 0, 0, Site::latents, 0}));
  Columns columns;
  for (int k = 0; k < kWarmup + kDraws; ++k) {
    sweep.run(state, context, {{seed, 0, static_cast<std::uint32_t>(k), Site::latents, 0}, kWarmup});
    if (k < kWarmup) continue;
    const Eigen::VectorXd theta = problem.backend->download(state.theta);
    const std::vector<double> values = quantities(problem.model.user_coefficients(theta), state);
    columns.resize(values.size());
    for (std::size_t q = 0; q < values.size(); ++q) columns[q].push_back(values[q]);
  }
  return columns;
}

std::vector<double> both_coefficients(const Eigen::VectorXd& b, const State& /*state*/) { return {b[0], b[1]}; }

BatchMeans squares_about(const std::vector<double>& draws, double center) {
  std::vector<double> squares;
  for (const double d : draws) squares.push_back((d - center) * (d - center));
  return batch_means(squares, 50);
}

/// The largest difference of means and of squared deviations, in combined Monte Carlo errors.
double distance(const Columns& a, const Columns& b) {
  double worst = 0;
  for (std::size_t q = 0; q < a.size(); ++q) {
    const BatchMeans mean = batch_means(a[q], 50);
    worst = std::max(worst, std::fabs(z_score(mean, batch_means(b[q], 50))));
    worst = std::max(worst, std::fabs(z_score(squares_about(a[q], mean.mean), squares_about(b[q], mean.mean))));
  }
  return worst;
}

/// Columns x, time (positive), l (its logarithm), count, s successes of n.
Table table_of_all() {
  std::vector<double> x, time, l, count, s, n;
  for (int i = 0; i < 40; ++i) {
    x.push_back(std::sin(1.7 * i));
    time.push_back(std::exp(0.5 + 0.6 * x.back() + std::cos(2.3 * i * i)));
    l.push_back(std::log(time.back()));
    count.push_back(i % 3 == 0 ? 0 : std::round(time.back()));
    n.push_back(4 + i % 5);
    s.push_back(std::round(n.back() / (1 + std::exp(-l.back() + 1))));
  }
  Table table;
  table.add(numbers("x", x));
  table.add(numbers("time", time));
  table.add(numbers("l", l));
  table.add(numbers("count", count));
  table.add(numbers("s", s));
  table.add(numbers("n", n));
  return table;
}

Columns posterior(const std::string& formula, Family family, const std::vector<std::string>& more, std::uint32_t seed,
                  const Quantities& quantities = both_coefficients) {
  std::vector<std::string> priors = {"b ~ normal(0, 1)", "b_Intercept ~ normal(0, 2)"};
  priors.insert(priors.end(), more.begin(), more.end());
  return run(Problem(table_of_all(), formula, family, {priors, {}, false}), quantities, seed);
}

/// One number for each parameter of a family, as the sampler moves it.
FamilyParameters numbers_of(std::initializer_list<double> values) {
  FamilyParameters parameters;
  std::copy(values.begin(), values.end(), parameters.value);
  return parameters;
}

TEST(FamilyLimits, ExponentialIsGammaOfShapeOne) {
  const FamilyParameters one = numbers_of({0});
  for (const double eta : {-3.0, 0.2, 4.0})
    for (const double y : {1e-3, 0.7, 30.0})
      for (const double weight : {1.0, 2.5})
        EXPECT_NEAR(log_density(Family::exponential, y, weight, {&eta}),
                    log_density(Family::gamma, y, weight, {&eta, 0, 1, &one}),
                    1e-12 * (1 + y * std::exp(-eta) * weight));
  const Columns exponential = posterior("time ~ x", Family::exponential, {}, 1);
  EXPECT_LT(distance(exponential, posterior("time ~ x", Family::gamma, {"shape ~ constant(1)"}, 2)), 4);
  EXPECT_GT(distance(exponential, posterior("time ~ x", Family::gamma, {"shape ~ constant(1.5)"}, 3)), 6);
}

TEST(FamilyLimits, ExponentialMeanAgainstQuadrature) {
  // Given the log mean b, n observations of sum S have log density -n b - S exp(-b).
  const std::vector<double> y = {0.3, 2.5, 0.9, 4.1, 0.2, 1.6, 0.7};
  Table table;
  table.add(numbers("y", y));
  const Problem problem(table, "y ~ 1", Family::exponential, {{"b_Intercept ~ normal(0.2, 0.4)"}, {}, false});
  const auto moments = [](double sum, double n) {
    double total = 0, first = 0, second = 0;
    for (double b = -4; b < 5; b += 1e-3) {
      const double weight = std::exp(-n * b - sum * std::exp(-b) - 0.5 * std::pow((b - 0.2) / 0.4, 2));
      total += weight;
      first += weight * b;
      second += weight * b * b;
    }
    return std::pair{first / total, second / total - first / total * first / total};
  };
  const Columns draws = run(
      problem, [](const Eigen::VectorXd& b, const State&) { return std::vector<double>{b[0]}; }, 4);
  const BatchMeans estimate = batch_means(draws[0], 50);
  const auto [mean, variance] = moments(10.3, 7);
  EXPECT_LT(std::fabs(estimate.mean - mean), 4 * estimate.error);
  const BatchMeans spread = squares_about(draws[0], mean);
  EXPECT_LT(std::fabs(spread.mean - variance), 4 * spread.error);
  // The control waits one unit longer.
  EXPECT_GT(std::fabs(estimate.mean - moments(11.3, 7).first), 6 * estimate.error);
}

TEST(FamilyLimits, LognormalIsGaussianInTheLogarithm) {
  const double log_sigma = -0.4;
  const FamilyParameters sigma = numbers_of({log_sigma});
  for (const double eta : {-3.0, 0.2, 4.0})
    for (const double y : {1e-3, 0.7, 30.0})
      EXPECT_NEAR(log_density(Family::lognormal, y, 1, {&eta, 0, 1, &sigma}),
                  log_density(Family::gaussian, std::log(y), std::exp(-2 * log_sigma), {&eta}) - std::log(y), 1e-11);
  const std::vector<std::string> priors = {"sigma ~ half_t(3, 0.5)"};
  const Columns lognormal =
      posterior("time ~ x", Family::lognormal, priors, 5, [](const Eigen::VectorXd& b, const State& state) {
        return std::vector<double>{b[0], b[1], std::log(state.parameters[0])};
      });
  const Quantities of_gaussian = [](const Eigen::VectorXd& b, const State& state) {
    return std::vector<double>{b[0], b[1], 0.5 * std::log(state.sigma2[0])};
  };
  EXPECT_LT(distance(lognormal, posterior("l ~ x", Family::gaussian, priors, 6, of_gaussian)), 4);
  EXPECT_GT(distance(lognormal, posterior("l ~ x", Family::gaussian, {"sigma ~ half_t(3, 0.2)"}, 7, of_gaussian)), 6);
}

TEST(FamilyLimits, StudentOfManyDegreesIsGaussian) {
  const double log_sigma = 0.3;
  const FamilyParameters many = numbers_of({log_sigma, std::log(1e6 - 1)});
  for (const double z : {0.0, 0.8, -2.0, 5.0}) {
    const double eta = 0.7;
    const double y = eta + z * std::exp(log_sigma);
    const double gaussian = log_density(Family::gaussian, y, std::exp(-2 * log_sigma), {&eta});
    // To first order in 1 / nu the difference is (z^4 - 2 z^2 - 1) / (4 nu).
    EXPECT_NEAR(log_density(Family::student_t, y, 1, {&eta, 0, 1, &many}) - gaussian,
                (z * z * z * z - 2 * z * z - 1) / 4e6, 1e-8);
  }
  const std::string sigma = "sigma ~ half_t(3, 0.5)";
  const Columns gaussian =
      posterior("l ~ x", Family::gaussian, {sigma}, 8, [](const Eigen::VectorXd& b, const State& state) {
        return std::vector<double>{b[0], b[1], 0.5 * std::log(state.sigma2[0])};
      });
  const Quantities of_student = [](const Eigen::VectorXd& b, const State& state) {
    return std::vector<double>{b[0], b[1], std::log(state.parameters[0])};
  };
  EXPECT_LT(distance(gaussian, posterior("l ~ x", Family::student_t, {sigma, "nu ~ constant(1e6)"}, 9, of_student)), 4);
  EXPECT_GT(distance(gaussian, posterior("l ~ x", Family::student_t, {sigma, "nu ~ constant(5)"}, 10, of_student)), 6);
}

TEST(FamilyLimits, NegativeBinomialOfLargeShapeIsPoisson) {
  const Columns poisson = posterior("count ~ x", Family::poisson, {}, 11);
  const auto negative_binomial = [](const std::string& shape, std::uint32_t seed) {
    return posterior("count ~ x", Family::negative_binomial, {"shape ~ constant(" + shape + ")"}, seed);
  };
  EXPECT_LT(distance(poisson, negative_binomial("1e9", 12)), 4);
  EXPECT_GT(distance(poisson, negative_binomial("3", 13)), 6);
}

TEST(FamilyLimits, BetaBinomialOfLargePrecisionIsBinomial) {
  const FamilyParameters large = numbers_of({std::log(1e9)});
  for (const double eta : {-2.0, 0.1, 3.0})
    for (const double y : {0.0, 3.0, 7.0})
      EXPECT_NEAR(log_density(Family::beta_binomial, y, 7, {&eta, 0, 1, &large}),
                  log_density(Family::binomial, y, 7, {&eta}), 1e-6);
  const Columns binomial = posterior("s | trials(n) ~ x", Family::binomial, {}, 14);
  const auto beta_binomial = [](const std::string& phi, std::uint32_t seed) {
    return posterior("s | trials(n) ~ x", Family::beta_binomial, {"phi ~ constant(" + phi + ")"}, seed);
  };
  EXPECT_LT(distance(binomial, beta_binomial("1e9", 15)), 4);
  EXPECT_GT(distance(binomial, beta_binomial("5", 16)), 6);
}

TEST(FamilyLimits, ZerosOfAHurdleAreBeta) {
  // Whether a count is zero is a Bernoulli variable of its own, whatever the counts above zero.
  const Table table = table_of_all();
  const std::vector<double>& y = table.column("count").numbers;
  const auto zeros = static_cast<double>(std::count(y.begin(), y.end(), 0.0));
  const auto n = static_cast<double>(y.size());
  for (const auto& [prior, a, b] :
       {std::tuple{"zi ~ beta(1, 1)", 1 + zeros, 1 + n - zeros}, {"zi ~ beta(2, 9)", 2 + zeros, 9 + n - zeros}}) {
    const Columns draws =
        posterior("count ~ x", Family::hurdle_poisson, {prior}, 17,
                  [](const Eigen::VectorXd&, const State& state) { return std::vector<double>{state.parameters[0]}; });
    const double mean = a / (a + b);
    const BatchMeans estimate = batch_means(draws[0], 50);
    EXPECT_LT(std::fabs(estimate.mean - mean), 4 * estimate.error) << prior;
    const BatchMeans spread = squares_about(draws[0], mean);
    EXPECT_LT(std::fabs(spread.mean - mean * (1 - mean) / (a + b + 1)), 4 * spread.error) << prior;
    // The control has one zero more.
    EXPECT_GT(std::fabs(estimate.mean - (a + 1) / (a + b + 1)), 6 * estimate.error) << prior;
  }
}

}  // namespace
}  // namespace bdglm::test
