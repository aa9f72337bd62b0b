// Whole chains against conjugate posteriors: Beta, normal-gamma, Student's t predictive, and groups with one row.
#include <gtest/gtest.h>

#include "diagnostics/diagnostics.hpp"
#include "support/problem.hpp"
#include "support/statistics.hpp"

namespace bdglm::test {
namespace {

/// Draws of a function of the state over a run with default sweep, warm-up excluded.
std::vector<double> run(const Problem& problem, int draws, const std::function<double(const State&, Stream&)>& f) {
  const Context& context = *problem.context;
  State state = make_state(context);
  const Sweep sweep = make_sweep(context, problem.design);
  constexpr int kWarmup = 500;
  sweep.begin(warm_start(state, context, {21, 0, 0, Site::latents, 0}));
  std::vector<double> values;
  for (int k = 0; k < kWarmup + draws; ++k) {
    const Address address{21, 0, static_cast<std::uint32_t>(k), Site::latents, 0};
    sweep.run(state, context, {address, kWarmup});
    Stream stream(address.at(Site::simulation), 0);
    if (k >= kWarmup) values.push_back(f(state, stream));
  }
  return values;
}

double coefficient(const Problem& p, const State& state, Eigen::Index k) {
  const Eigen::VectorXd theta = p.backend->download(state.theta);
  return p.model.user_coefficients(theta)[k];
}

Table counts(const std::vector<double>& y, const std::vector<double>& n = {}) {
  Table t;
  t.add(numbers("y", y));
  if (!n.empty()) t.add(numbers("n", n));
  return t;
}

/// Posterior moments of logistic(intercept) under N(0, 2) by quadrature, for s successes of n.
std::pair<double, double> logistic_moments(double s, double n, double prior_sd) {
  double total = 0;
  double m1 = 0;
  double m2 = 0;
  for (double b = -15; b < 15; b += 1e-3) {
    const double weight = std::exp(s * b - n * std::log1p(std::exp(b)) - 0.5 * b * b / (prior_sd * prior_sd));
    const double p = 1 / (1 + std::exp(-b));
    total += weight;
    m1 += weight * p;
    m2 += weight * p * p;
  }
  return {m1 / total, m2 / total - m1 / total * m1 / total};
}

TEST(ClosedForm, BernoulliInterceptAgainstQuadratureAndBeta) {
  const std::vector<double> y = {1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0};
  const Problem p(counts(y), "y ~ 1", Family::bernoulli, {{"b_Intercept ~ normal(0, 2)"}, {}, false});
  const auto draws = run(p, 20000, [&](const State& s, Stream&) { return 1 / (1 + std::exp(-coefficient(p, s, 0))); });
  const auto [mean, variance] = logistic_moments(8, 12, 2);
  const BatchMeans estimate = batch_means(draws, 50);
  EXPECT_LT(std::fabs(estimate.mean - mean), 4 * estimate.error);
  std::vector<double> squares;
  for (const double d : draws) squares.push_back((d - mean) * (d - mean));
  const BatchMeans spread = batch_means(squares, 50);
  EXPECT_LT(std::fabs(spread.mean - variance), 4 * spread.error);
  // A logistic(0, 1) prior on the intercept is Beta(1, 1) on p; N(0, 1.6^2) is close to it.
  const Problem near_flat(counts(y), "y ~ 1", Family::bernoulli, {{"b_Intercept ~ normal(0, 1.6)"}, {}, false});
  const auto flat =
      run(near_flat, 20000, [&](const State& s, Stream&) { return 1 / (1 + std::exp(-coefficient(near_flat, s, 0))); });
  EXPECT_NEAR(batch_means(flat, 50).mean, 9.0 / 14.0, 0.01);
}

TEST(ClosedForm, BinomialInterceptAgainstQuadrature) {
  const Problem p(counts({3, 0, 11, 200}, {5, 2, 30, 421}), "y | trials(n) ~ 1", Family::binomial,
                  {{"b_Intercept ~ normal(0, 2)"}, {}, false});
  const auto draws = run(p, 20000, [&](const State& s, Stream&) { return 1 / (1 + std::exp(-coefficient(p, s, 0))); });
  const auto [mean, variance] = logistic_moments(214, 458, 2);
  const BatchMeans estimate = batch_means(draws, 50);
  EXPECT_LT(std::fabs(estimate.mean - mean), 4 * estimate.error);
  std::vector<double> squares;
  for (const double d : draws) squares.push_back((d - mean) * (d - mean));
  const BatchMeans spread = batch_means(squares, 50);
  EXPECT_LT(std::fabs(spread.mean - variance), 4 * spread.error);
}

TEST(ClosedForm, PoissonInterceptIsLogGamma) {
  // Under a flat prior of the log mean the mean's posterior is gamma(sum of y, exposure).
  Table t = counts({3, 0, 2, 5, 1, 1, 4});
  t.add(numbers("e", {1, 0.5, 2, 1.5, 1, 0.7, 1.3}));
  const Problem p(t, "y ~ 1 + offset(log(e))", Family::poisson, {{"b_Intercept ~ normal(0, 1000)"}, {}, false});
  const auto draws = run(p, 20000, [&](const State& s, Stream&) { return std::exp(coefficient(p, s, 0)); });
  const double mean = 16.0 / 8.0;
  const BatchMeans estimate = batch_means(draws, 50);
  EXPECT_LT(std::fabs(estimate.mean - mean), 4 * estimate.error);
  std::vector<double> squares;
  for (const double d : draws) squares.push_back((d - mean) * (d - mean));
  const BatchMeans spread = batch_means(squares, 50);
  EXPECT_LT(std::fabs(spread.mean - 16.0 / 64.0), 4 * spread.error);
  // The control counts one more event, which moves the mean by half a standard error of one draw.
  EXPECT_GT(std::fabs(estimate.mean - 17.0 / 8.0), 6 * estimate.error);
}

TEST(ClosedForm, PoissonRowPerEffectAgainstQuadrature) {
  // One count with an effect of its own, the scale of effects nearly known: E(eta | y) by quadrature.
  Table t = counts({4, 0, 9, 1});
  t.add(labels("g", {"a", "b", "c", "d"}));
  const Problem p(t, "y ~ 1 + (1 | g)", Family::poisson,
                  {{"b_Intercept ~ normal(0.5, 0.8)", "sd ~ half_t(3, 1)"}, {}, false});
  // Joint posterior over (b, log sd) on a grid, the effects integrated out by quadrature.
  double total = 0, mean_b = 0, mean_sd = 0;
  const double y[] = {4, 0, 9, 1};
  for (double b = -2.5; b < 3.5; b += 0.1) {
    for (double s = -6; s < 2.5; s += 0.1) {
      const double sd = std::exp(s);
      double log_weight = -0.5 * std::pow((b - 0.5) / 0.8, 2) - 2 * std::log1p(sd * sd / 3) + s;
      for (const double count : y) {
        double marginal = 0;
        for (double z = -7; z < 7; z += 0.02)
          marginal +=
              0.02 * std::exp(-0.5 * z * z + count * (b + sd * z) - std::exp(b + sd * z) - std::lgamma(count + 1));
        log_weight += std::log(marginal);
      }
      const double weight = std::exp(log_weight);
      total += weight;
      mean_b += weight * b;
      mean_sd += weight * std::tanh(sd);
    }
  }
  const auto b = run(p, 40000, [&](const State& s, Stream&) { return coefficient(p, s, 0); });
  const auto sd = run(p, 40000, [&](const State& s, Stream&) { return std::tanh(std::sqrt(s.covariance[0](0, 0))); });
  const BatchMeans of_b = batch_means(b, 50);
  const BatchMeans of_sd = batch_means(sd, 50);
  EXPECT_LT(std::fabs(of_b.mean - mean_b / total), 4 * of_b.error);
  EXPECT_LT(std::fabs(of_sd.mean - mean_sd / total), 4 * of_sd.error);
}

/// CDF of Student's t by quadrature of its density.
double student_cdf(double x, double df) {
  const double log_constant = std::lgamma(0.5 * (df + 1)) - std::lgamma(0.5 * df) - 0.5 * std::log(df * M_PI);
  double sum = 0;
  constexpr int kSteps = 2000;
  const double top = std::fabs(x);
  for (int k = 0; k < kSteps; ++k) {
    const double t = top * (k + 0.5) / kSteps;
    sum += std::exp(log_constant - 0.5 * (df + 1) * std::log1p(t * t / df)) * top / kSteps;
  }
  return x < 0 ? 0.5 - sum : 0.5 + sum;
}

TEST(ClosedForm, GaussianInterceptIsNormalGammaAndItsPredictiveStudent) {
  // Flat limit of the normal-gamma: sigma^2 ~ IG(a + (n-1)/2, b + SS/2), mu | sigma^2 ~ N(ybar, sigma^2 / n).
  const std::vector<double> y = {1.2, 0.3, 2.5, 1.9, -0.4, 0.8, 1.1};
  const Problem p(counts(y), "y ~ 1", Family::gaussian,
                  {{"Intercept ~ normal(0, 1e6)", "sigma ~ inv_gamma(1.5, 0.7)"}, {}, false});
  const double mean = 7.4 / 7;
  double squares = 0;
  for (const double v : y) squares += (v - mean) * (v - mean);
  const double shape = 1.5 + 3;
  const double rate = 0.7 + 0.5 * squares;
  const double df = 2 * shape;
  const double scale2 = rate / shape;
  const auto mu = run(p, 20000, [&](const State& s, Stream&) { return coefficient(p, s, 0); });
  std::vector<double> thinned;
  for (std::size_t k = 0; k < mu.size(); k += 4) thinned.push_back(mu[k]);
  EXPECT_LT(ks_statistic(thinned, [&](double x) { return student_cdf((x - mean) / std::sqrt(scale2 / 7), df); }), 2.23);
  const auto fresh = run(p, 20000, [&](const State& s, Stream& stream) {
    return coefficient(p, s, 0) + std::sqrt(s.sigma2[0]) * draw_normal<double>(stream);
  });
  thinned.clear();
  for (std::size_t k = 0; k < fresh.size(); k += 4) thinned.push_back(fresh[k]);
  EXPECT_LT(
      ks_statistic(thinned, [&](double x) { return student_cdf((x - mean) / std::sqrt(scale2 * (1 + 1.0 / 7)), df); }),
      2.23);
  const auto sigma2 = run(p, 20000, [](const State& s, Stream&) { return 1 / s.sigma2[0]; });
  const BatchMeans precision = batch_means(sigma2, 50);
  EXPECT_LT(std::fabs(precision.mean - shape / rate), 4 * precision.error);
}

TEST(ClosedForm, FlatCategoricalInterceptsAreDirichlet) {
  // A flat prior on log odds is Dirichlet(0, ..., 0) on probabilities, and the posterior Dirichlet(n_0, ..., n_K).
  std::vector<double> y;
  const std::vector<double> n = {5, 11, 7, 3};
  for (std::size_t k = 0; k < n.size(); ++k) y.insert(y.end(), static_cast<std::size_t>(n[k]), static_cast<double>(k));
  const Problem p(counts(y), "y ~ 1", Family::categorical, {{"Intercept ~ normal(0, 1e3)"}, {}, false});
  const double total = 26;
  for (std::size_t k = 0; k < n.size(); ++k) {
    const auto probability = run(p, 20000, [&](const State& s, Stream&) {
      const double eta[] = {coefficient(p, s, 0), coefficient(p, s, 1), coefficient(p, s, 2)};
      double all[4];
      expected_response(Family::categorical, {eta, 1, 3}, 1, all);
      return all[k];
    });
    const double mean = n[k] / total;
    const BatchMeans estimate = batch_means(probability, 50);
    EXPECT_LT(std::fabs(estimate.mean - mean), 4 * estimate.error) << k;
    std::vector<double> squares;
    for (const double d : probability) squares.push_back((d - mean) * (d - mean));
    const BatchMeans spread = batch_means(squares, 50);
    EXPECT_LT(std::fabs(spread.mean - mean * (1 - mean) / (total + 1)), 4 * spread.error) << k;
    // The control has one more row of this level.
    EXPECT_GT(std::fabs(estimate.mean - (n[k] + 1) / (total + 1)), 6 * estimate.error) << k;
  }
}

TEST(ClosedForm, SeparableDataStayWithThePrior) {
  Table t;
  t.add(numbers("y", {0, 0, 0, 1, 1, 1}));
  t.add(numbers("x", {-3, -2, -1, 1, 2, 3}));
  const Problem p(t, "y ~ x", Family::bernoulli, {});
  const auto slope = run(p, 4000, [&](const State& s, Stream&) { return coefficient(p, s, 1); });
  const BatchMeans estimate = batch_means(slope, 40);
  EXPECT_GT(estimate.mean, 1);
  EXPECT_LT(estimate.mean, 5);
  EXPECT_LT(*std::max_element(slope.begin(), slope.end()), 15);
}

TEST(ClosedForm, MoreColumnsThanRowsAndCollinearColumns) {
  Table t;
  t.add(numbers("y", {0, 1, 0, 1}));
  std::string formula = "y ~ 0";
  for (int k = 0; k < 8; ++k) {
    t.add(numbers("x" + std::to_string(k), {std::sin(k), std::cos(2.0 * k), std::sin(3.0 * k + 1), 0.1 * k}));
    formula += " + x" + std::to_string(k);
  }
  std::vector<double> copy = t.column("x3").numbers;
  t.add(numbers("copy", copy));
  const Problem p(t, formula + " + copy", Family::bernoulli, {});
  const auto first = run(p, 2000, [&](const State& s, Stream&) { return coefficient(p, s, 3) - coefficient(p, s, 8); });
  EXPECT_LT(std::fabs(batch_means(first, 40).mean), 0.5);
  for (const double v : first) ASSERT_TRUE(std::isfinite(v));
}

TEST(ClosedForm, GroupsWithOneRow) {
  Table t = small_table(8);
  std::vector<std::string> own;
  for (int i = 0; i < 8; ++i) own.push_back("g" + std::to_string(i));
  t.add(labels("own", own));
  const Problem p(t, "y ~ x + (1 | own)", Family::bernoulli, {});
  for (const double v : run(p, 1000, [](const State&s, Stream&) { return s.covariance[0](0, 0); }))
    ASSERT_TRUE(v > 0 && std::isfinite(v));
}

}  // namespace
}  // namespace bdglm::test
