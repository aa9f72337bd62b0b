// Posteriors of one and two coefficients under heavy-tailed priors, against quadrature.
#include <gtest/gtest.h>

#include <cmath>

#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

constexpr int kDraws = 20000;

/// Draws of a function of the coefficients in a run with the default sweep.
std::vector<double> run(const Problem& problem, const std::function<double(const Eigen::VectorXd&)>& f) {
  const Context& context = *problem.context;
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, problem.design);
  constexpr int kWarmup = 500;
  sweep.begin(warm_start(state, context, {52, 0, 0, Site::latents, 0}));
  std::vector<double> values;
  for (int k = 0; k < kWarmup + kDraws; ++k) {
    sweep.run(state, context, {{52, 0, static_cast<std::uint32_t>(k), Site::latents, 0}, kWarmup});
    if (k >= kWarmup) values.push_back(f(problem.model.user_coefficients(problem.backend->download(state.theta))));
  }
  return values;
}

Table regression_table(Family family) {
  Table table = small_table(14);
  if (family != Family::poisson) return table;
  std::vector<double> y;
  for (int i = 0; i < 14; ++i) y.push_back(i * i % 5);
  table.add(numbers("count", y));
  return table;
}

/// Two coefficients on a grid: the density of a and b given the priors' logarithms.
void expect_posterior(Family family, const std::vector<std::string>& priors,
                      const std::function<double(double, double)>& log_prior, bool augmented = true) {
  const Table table = regression_table(family);
  const std::string response = family == Family::poisson ? "count" : "y";
  ModelOptions options{priors, {}, false};
  options.augmented = augmented;
  const Problem problem(table, response + " ~ x", family, options);
  const std::vector<double>& x = table.column("x").numbers;
  const std::vector<double>& y = table.column(response).numbers;
  double total = 0;
  double means[4] = {};
  for (double a = -7; a < 7; a += 0.04)
    for (double b = -9; b < 9; b += 0.04) {
      double log_weight = log_prior(a, b);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double eta = a + b * x[i];
        log_weight += y[i] * eta - (family == Family::poisson ? std::exp(eta) : std::log1p(std::exp(eta)));
      }
      const double weight = std::exp(log_weight);
      total += weight;
      means[0] += weight * std::tanh(a);
      means[1] += weight * std::tanh(b);
      means[2] += weight * std::tanh(a * a);
      means[3] += weight * std::tanh(b * b);
    }
  const std::vector<std::function<double(const Eigen::VectorXd&)>> functions = {
      [](const Eigen::VectorXd& v) { return std::tanh(v[0]); },
      [](const Eigen::VectorXd& v) { return std::tanh(v[1]); },
      [](const Eigen::VectorXd& v) { return std::tanh(v[0] * v[0]); },
      [](const Eigen::VectorXd& v) { return std::tanh(v[1] * v[1]); }};
  for (std::size_t k = 0; k < functions.size(); ++k) {
    const BatchMeans estimate = batch_means(run(problem, functions[k]), 50);
    EXPECT_LT(estimate.error, 0.01);
    EXPECT_LT(std::fabs(estimate.mean - means[k] / total), 4 * estimate.error) << priors.front() << " " << k;
  }
}

double log_student(double x, double df, double mean, double scale) {
  return -0.5 * (df + 1) * std::log1p((x - mean) * (x - mean) / (df * scale * scale));
}

TEST(CoefficientPosterior, RegressionsAgainstQuadrature) {
  const std::vector<std::string> student = {"b_x ~ student_t(3, 1, 0.3)", "b_Intercept ~ student_t(2, -1, 0.4)"};
  const auto log_priors = [](double a, double b) { return log_student(a, 2, -1, 0.4) + log_student(b, 3, 1, 0.3); };
  expect_posterior(Family::bernoulli, student, log_priors);
  expect_posterior(Family::bernoulli, student, log_priors, false);
  expect_posterior(Family::poisson, student, log_priors);
  const std::vector<std::string> laplace = {"b_x ~ laplace(0.5, 0.2)", "b_Intercept ~ normal(0, 1)"};
  const auto log_laplace = [](double a, double b) { return -0.5 * a * a - std::fabs(b - 0.5) / 0.2; };
  expect_posterior(Family::bernoulli, laplace, log_laplace);
  expect_posterior(Family::poisson, laplace, log_laplace);
}

/// One coefficient's horseshoe: the marginal prior by quadrature over local and global scales.
TEST(CoefficientPosterior, HorseshoeAgainstQuadrature) {
  const double scale = 0.5;
  const auto marginal = [&](double b) {
    double sum = 0;
    for (double l = -12; l < 12; l += 0.1)
      for (double g = -12; g < 12; g += 0.1) {
        const double sd = scale * std::exp(l + g);
        sum +=
            std::exp(l + g - std::log1p(std::exp(2 * l)) - std::log1p(std::exp(2 * g)) - 0.5 * b * b / (sd * sd)) / sd;
      }
    return sum;
  };
  const Table table = regression_table(Family::bernoulli);
  const std::vector<double>& x = table.column("x").numbers;
  const std::vector<double>& y = table.column("y").numbers;
  double total = 0, mean = 0, square = 0;
  // In the logarithm of |b| the pole at zero is none.
  for (double u = -12; u < 3; u += 0.05) {
    const double p = marginal(std::exp(u)) * std::exp(u);
    for (const double b : {-std::exp(u), std::exp(u)}) {
      double log_weight = 0;
      for (std::size_t i = 0; i < x.size(); ++i) log_weight += y[i] * b * x[i] - std::log1p(std::exp(b * x[i]));
      const double weight = p * std::exp(log_weight);
      total += weight;
      mean += weight * std::tanh(b);
      square += weight * std::tanh(4 * b * b);
    }
  }
  const Problem problem(table, "y ~ 0 + x", Family::bernoulli, {{"b ~ horseshoe(0.5)"}, {}, false});
  const BatchMeans first = batch_means(run(problem, [](const Eigen::VectorXd& v) { return std::tanh(v[0]); }), 50);
  const BatchMeans second =
      batch_means(run(problem, [](const Eigen::VectorXd& v) { return std::tanh(4 * v[0] * v[0]); }), 50);
  EXPECT_LT(first.error, 0.01);
  EXPECT_LT(std::fabs(first.mean - mean / total), 4 * first.error);
  EXPECT_LT(std::fabs(second.mean - square / total), 4 * second.error);
}

}  // namespace
}  // namespace bdglm::test
