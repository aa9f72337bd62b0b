// Joint distribution tests of the whole sweep, by family and structure, each with a wrong control that must fail.
#include <gtest/gtest.h>

#include "support/geweke.hpp"

namespace bdglm::test {
namespace {

struct Case {
  std::string name, formula;
  Family family;
  std::string layer_noise = "0";
  bool horseshoe = false;
  double step = 0.2;
  std::vector<std::string> priors = {};  ///< in place of the usual ones

  friend void PrintTo(const Case& c, std::ostream* out) { *out << c.formula; }
};

/// Random-walk Metropolis on theta that flattens the posterior: the deliberately wrong update.
class FlattenedMetropolis final : public Update {
 public:
  std::string name() const override { return "flattened Metropolis"; }
  void apply(State& state, const Context& context, const SweepPosition& position) override {
    Stream stream(position.address.at(Site::simulation, 7), 0);
    for (const double step : {0.05, 0.1, 0.2, 0.4, 0.8, 0.4, 0.2, 0.1}) {
      const RowMatrix from = context.backend.download(state.theta);
      const double before = log_posterior(state, context);
      RowMatrix to = from;
      for (Eigen::Index k = 0; k < to.size(); ++k) to(k, 0) += step * draw_normal<double>(stream);
      context.backend.upload(to, state.theta);
      refresh(state, context);
      const double after = log_posterior(state, context);
      if (std::log(stream.uniform53()) < 0.3 * (after - before)) continue;
      context.backend.upload(from, state.theta);
      refresh(state, context);
    }
  }
};

Case with_priors(Case c, std::vector<std::string> priors) {
  c.priors = std::move(priors);
  return c;
}

class Geweke : public testing::TestWithParam<Case> {};

Problem make_problem(const Case& c) {
  ModelOptions options;
  // Counts of a large mean, and gamma numbers, say so much that the chain of conditionals would hardly move: priors
  // keep means moderate, so that batches of sweeps are independent (at sds of 1 z of a linear model was between 2 and
  // 9, by the seed).
  const bool counts = describe(c.family).response == ResponseKind::count || c.family == Family::gamma ||
                      c.family == Family::exponential || c.family == Family::lognormal;
  options.priors = counts ? std::vector<std::string>{"b ~ normal(0.2, 0.5)", "Intercept ~ normal(-0.3, 0.5)"}
                          : std::vector<std::string>{"b ~ normal(0.2, 1)", location_prior(c.family)};
  if (c.formula.find('|', c.formula.find('~')) != std::string::npos) options.priors.emplace_back("sd ~ half_t(4, 0.7)");
  if (c.family == Family::gaussian) options.priors.emplace_back("sigma ~ half_t(5, 1)");
  add_parameter_priors(c.family, c.formula, options);
  if (c.formula.find("deep") != std::string::npos) {
    options.priors.emplace_back(counts ? "weight_scale ~ half_t(30, 0.3)" : "weight_scale ~ half_t(6, 0.8)");
    if (c.layer_noise == "learned") options.priors.emplace_back("layer_noise ~ inv_gamma(4, 1)");
  }
  replace_priors(c.priors, options.priors);
  options.layer_noise = parse_layer_noise(c.layer_noise);
  options.horseshoe = c.horseshoe;
  return {small_table(12, 3, 4, has_levels(c.family) ? 3 : 2), c.formula, c.family, options};
}

TEST_P(Geweke, SweepLeavesTheJointDistribution) {
  const Problem problem = make_problem(GetParam());
  GewekeOptions options;
  options.step = GetParam().step;
  double worst = 0;
  for (const auto& [name, z] : geweke(problem, options)) {
    EXPECT_LT(std::fabs(z), 4.0) << name;
    worst = std::max(worst, std::fabs(z));
  }
  RecordProperty("worst_z", std::to_string(worst));
}

TEST_P(Geweke, WrongUpdateFails) {
  const Problem problem = make_problem(GetParam());
  GewekeOptions options;
  options.step = GetParam().step;
  // A wrong law shows in a third of the draws.
  options.prior_draws /= 3;
  options.sweeps /= 3;
  options.spoil = [](Sweep& sweep) { sweep.entries.push_back({std::make_unique<FlattenedMetropolis>(), 1}); };
  double worst = 0;
  for (const auto& [name, z] : geweke(problem, options)) worst = std::max(worst, std::fabs(z));
  EXPECT_GT(worst, 6.0);
  RecordProperty("worst_z", std::to_string(worst));
}

INSTANTIATE_TEST_SUITE_P(
    Models, Geweke,
    testing::Values(
        Case{"gaussian_linear", "y ~ x", Family::gaussian}, Case{"bernoulli_linear", "y ~ x", Family::bernoulli},
        Case{"binomial_linear", "y | trials(n) ~ x", Family::binomial},
        Case{"gaussian_mixed", "y ~ x + (1 + w | g)", Family::gaussian},
        Case{"bernoulli_mixed", "y ~ x + (1 + w | g)", Family::bernoulli},
        Case{"binomial_crossed", "y | trials(n) ~ x + (1 | g) + (1 | h)", Family::binomial},
        Case{"bernoulli_uncorrelated", "y ~ 1 + (1 + w || h)", Family::bernoulli},
        Case{"bernoulli_deep2_zero", "y ~ deep(x, w, layers = c(3, 2)) + (1 | g)", Family::bernoulli},
        Case{"categorical_linear", "y ~ x", Family::categorical},
        Case{"categorical_right_sides", "y ~ x + (1 | g); 2 ~ w + (1 + x | h)", Family::categorical},
        Case{"poisson_linear", "y ~ x", Family::poisson}, Case{"poisson_mixed", "y ~ x + (1 + w | g)", Family::poisson},
        Case{"negative_binomial_shape", "y ~ x; shape ~ w", Family::negative_binomial},
        Case{"gamma_linear", "exp(y) ~ x", Family::gamma},
        Case{"exponential_linear", "exp(y) ~ x", Family::exponential},
        Case{"lognormal_sigma", "exp(y) ~ x; sigma ~ w", Family::lognormal},
        with_priors({"gaussian_student_laplace", "y ~ x + w", Family::gaussian},
                    {"Intercept ~ student_t(8, -0.3, 1)", "b_x ~ student_t(6, 0.2, 0.8)", "b_w ~ laplace(0.2, 0.7)"}),
        with_priors({"bernoulli_laplace", "y ~ x + w", Family::bernoulli}, {"b ~ laplace(0.2, 0.7)"}),
        with_priors({"bernoulli_horseshoe", "y ~ x + w", Family::bernoulli}, {"b ~ horseshoe(0.5)"}),
        with_priors({"bernoulli_lkj", "y ~ x + (1 + w | g)", Family::bernoulli},
                    {"sd ~ half_normal(0.8)", "cor ~ lkj(2)"}),
        Case{"student_t_mixed", "y ~ x + (1 | g)", Family::student_t},
        Case{"gaussian_sigma", "y ~ x + (1 | g); sigma ~ w", Family::gaussian_sigma},
        Case{"ordinal_mixed", "y ~ x + (1 | g)", Family::ordinal},
        Case{"zero_inflated_poisson_zi", "y ~ x; zi ~ w", Family::zero_inflated_poisson}),
    [](const auto& instance) { return instance.param.name; });

/// Models whose like is tried above, or by invariance_test.
INSTANTIATE_TEST_SUITE_P(
    Slow, Geweke,
    testing::Values(
        Case{"gaussian_deep2_learned", "y ~ deep(x, w, layers = c(2, 2)) + (1 | g)", Family::gaussian, "learned"},
        // Half-Cauchy relevances make predictors huge now and then, out of which Gaussian responses, unlike these,
        // bring the chain back only over more sweeps than a batch has (z up to 12 by the seed); invariance_test has
        // them.
        Case{"bernoulli_deep_horseshoe", "y ~ deep(x, w, layers = c(2))", Family::bernoulli, "0", true},
        Case{"bernoulli_deep_effects", "y ~ deep(x, w, layers = c(2)) + (deep | g)", Family::bernoulli},
        Case{"bernoulli_nested", "y ~ x + (1 | g/h)", Family::bernoulli},
        Case{"bernoulli_deep1_learned", "y ~ deep(x, w, layers = c(3))", Family::bernoulli, "learned"},
        Case{"binomial_deep1_fixed", "y | trials(n) ~ deep(x, w, layers = c(2))", Family::binomial, "0.3"},
        Case{"bernoulli_deep1_abs_noise", "y ~ deep(x, w, layers = c(2), activation = abs)", Family::bernoulli, "0.3"},
        Case{"categorical_mixed", "y ~ x + (1 + w | g)", Family::categorical},
        Case{"poisson_nested", "y ~ x + (1 | g/h)", Family::poisson},
        Case{"negative_binomial_mixed", "y ~ x + (1 | g)", Family::negative_binomial},
        with_priors({"gaussian_lkj", "y ~ x + (1 + w | g)", Family::gaussian},
                    {"sd ~ exponential(1.5)", "cor ~ lkj(1.5)"}),
        with_priors({"poisson_student_mixed", "y ~ x + (1 | g)", Family::poisson},
                    {"b ~ student_t(10, 0.2, 0.4)", "sd ~ half_normal(0.4)"}),
        Case{"beta_mixed", "I(0.1 + 0.1 * y) ~ x + (1 | g)", Family::beta},
        Case{"bernoulli_probit_mixed", "y ~ x + (1 | g)", Family::bernoulli_probit},
        Case{"gamma_shape", "exp(y) ~ x + (1 | g); shape ~ w", Family::gamma},
        Case{"gaussian_deep2_zero", "y ~ deep(x, w, layers = c(3, 2))", Family::gaussian},
        Case{"categorical_deep1_zero", "y ~ deep(x, w, layers = c(3)) + x", Family::categorical},
        Case{"poisson_deep1_zero", "y ~ deep(x, w, layers = c(3)) + x", Family::poisson},
        Case{"gaussian_deep1_zero", "y ~ deep(x, w, layers = c(3)) + x", Family::gaussian},
        Case{"bernoulli_deep1_zero", "y ~ deep(x, w, layers = c(3))", Family::bernoulli},
        Case{"binomial_deep2_zero", "y | trials(n) ~ deep(x, w, layers = c(2, 2))", Family::binomial},
        Case{"negative_binomial_linear", "y ~ x", Family::negative_binomial},
        Case{"beta_phi", "I(0.1 + 0.1 * y) ~ x; phi ~ w", Family::beta},
        Case{"lognormal_deep1_zero", "exp(y) ~ deep(x, w, layers = c(3)) + x", Family::lognormal},
        Case{"gamma_mixed", "exp(y) ~ x + (1 + w | g)", Family::gamma},
        Case{"gamma_deep1_zero", "exp(y) ~ deep(x, w, layers = c(3)) + x", Family::gamma},
        Case{"negative_binomial_deep_shape", "y ~ x; shape ~ deep(x, w, layers = c(3))", Family::negative_binomial},
        Case{"student_t_deep_sigma", "y ~ x; sigma ~ deep(x, w, layers = c(3))", Family::student_t},
        Case{"zero_inflated_negative_binomial_linear", "y ~ x", Family::zero_inflated_negative_binomial},
        Case{"ordinal_probit_deep1", "y ~ deep(x, w, layers = c(3)) + x", Family::ordinal_probit},
        Case{"hurdle_poisson_mixed", "y ~ x + (1 | g); zi ~ w", Family::hurdle_poisson},
        Case{"binomial_cloglog_linear", "y | trials(n) ~ x", Family::binomial_cloglog},
        Case{"beta_binomial_mixed", "y | trials(n) ~ x + (1 | g)", Family::beta_binomial},
        Case{"gaussian_deep1_fixed", "y ~ deep(x, w, layers = c(3))", Family::gaussian, "0.3"},
        Case{"categorical_deep_right_sides", "y ~ x; 2 ~ deep(x, w, layers = c(3)) + (1 | g)", Family::categorical},
        Case{"bernoulli_deep2_fixed", "y ~ deep(x, w, layers = c(2, 2)) + x", Family::bernoulli, "0.3"}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace bdglm::test
