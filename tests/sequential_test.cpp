// Updates of a fit by a summary of its draws against quadrature and the fit to all rows.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "posterior/matched_priors.hpp"
#include "sampling/gamma.hpp"
#include "sampling/gamma_function.hpp"
#include "sampling/standard.hpp"
#include "support/draws.hpp"
#include "support/sequential.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

/// The likelihood's equations of a gamma distribution, and what comes back of draws.
TEST(Sequential, PriorsAreFittedToDraws) {
  for (const double shape : {0.7, 3.0, 400.0}) {
    const std::vector<double> draws = draw_many(20000, 5, [&](Stream& s) { return 2 * draw_gamma<double>(s, shape); });
    const Eigen::Map<const Eigen::VectorXd> values(draws.data(), static_cast<Eigen::Index>(draws.size()));
    const GammaFit fit = fit_gamma(values);
    EXPECT_NEAR(digamma(fit.shape) - std::log(fit.rate), values.array().log().mean(), 1e-9);
    EXPECT_NEAR(fit.shape / fit.rate, values.mean(), 1e-9 * values.mean());
    EXPECT_NEAR(fit.shape, shape, 0.04 * shape);
    const ScalePrior scale = matched_residual_scale(values.array().rsqrt().matrix());
    EXPECT_EQ(scale.kind, ScalePrior::Kind::inverse_gamma);
    EXPECT_NEAR(scale.a, fit.shape, 1e-6 * shape);
    EXPECT_NEAR(scale.b, fit.rate, 1e-6 * fit.rate);
  }
}

/// Standard deviations that keep away from zero fall off there as no gamma does, and have the longer tail above.
TEST(Sequential, PriorsOfDeviationsHaveTheTailsOfTheDraws) {
  const std::vector<double> away =
      draw_many(20000, 6, [](Stream& s) { return 1 / std::sqrt(draw_gamma<double>(s, 3)); });
  const std::vector<double> near = draw_many(20000, 7, [](Stream& s) { return draw_gamma<double>(s, 1.2); });
  const auto fitted = [](const std::vector<double>& draws) {
    return matched_deviation(Eigen::Map<const Eigen::VectorXd>(draws.data(), static_cast<Eigen::Index>(draws.size())));
  };
  const ScalePrior square = fitted(away);
  EXPECT_EQ(square.kind, ScalePrior::Kind::inverse_gamma);
  EXPECT_NEAR(square.a, 3, 0.15);
  EXPECT_NEAR(square.b, 1, 0.05);
  const ScalePrior own = fitted(near);
  EXPECT_EQ(own.kind, ScalePrior::Kind::gamma);
  EXPECT_NEAR(own.a, 1.2, 0.05);
  EXPECT_NEAR(own.b, 1, 0.05);
}

/// Tosses of a coin, ten at a time, the posterior of its probability by quadrature: a normal summary of the log odds is
/// made anew after each.
TEST(Sequential, ACoinsPosteriorIsNearTheExactOne) {
  const int heads[] = {9, 6, 8, 7, 7};
  ModelSpec spec;
  spec.formula = "heads | trials(tosses) ~ 1";
  spec.priors = {"b_Intercept ~ normal(0, 1.5)"};
  const auto row = [](double h) {
    Data data;
    data.add_numbers("heads", {h}).add_numbers("tosses", {10});
    return data;
  };
  spec.data = row(heads[0]);
  Posterior fit = bdglm::fit(spec, run_of(4000, 6));
  double all = heads[0];
  double tosses = 10;
  for (int k = 1; k < 5; ++k) {
    fit = update(fit, row(heads[k]), run_of(4000, 7));
    all += heads[k];
    tosses += 10;
  }
  double total = 0;
  double mean = 0;
  double square = 0;
  for (double eta = -8; eta < 8; eta += 0.001) {
    const double p = 1 / (1 + std::exp(-eta));
    const double weight =
        std::exp(all * std::log(p) + (tosses - all) * std::log1p(-p) - eta * eta / (2 * 1.5 * 1.5) + 30);
    total += weight;
    mean += weight * p;
    square += weight * p * p;
  }
  mean /= total;
  const double sd = std::sqrt(square / total - mean * mean);
  double got = 0;
  double got_square = 0;
  const std::vector<double> draws = fit.draws("b_Intercept");
  for (const double eta : draws) {
    const double p = 1 / (1 + std::exp(-eta));
    got += p / static_cast<double>(draws.size());
    got_square += p * p / static_cast<double>(draws.size());
  }
  EXPECT_NEAR(got, mean, 0.1 * sd);
  EXPECT_NEAR(std::sqrt(got_square - got * got), sd, 0.06 * sd);
  EXPECT_HAS(fit.notes().front(), "updated approximately");
}

/// A table of which `make` fills row i given a stream.
struct Halves {
  Data first, second, all;
};

using Row = std::map<std::string, double>;

Halves halves(int rows, const std::function<Row(int, Stream&)>& make) {
  Halves result;
  for (const int part : {0, 1, 2}) {
    std::map<std::string, std::vector<double>> columns;
    for (int i = part == 1 ? rows / 2 : 0; i < (part == 0 ? rows / 2 : rows); ++i) {
      Stream stream({2026, 0, 0, Site::simulation, 9}, static_cast<std::uint32_t>(i));
      for (const auto& [name, value] : make(i, stream)) columns[name].push_back(value);
    }
    Data& data = part == 0 ? result.first : part == 1 ? result.second : result.all;
    for (const auto& [name, values] : columns) data.add_numbers(name, values);
  }
  return result;
}

/// The update's means and standard deviations are those of the fit to all rows, within `tolerance` of the deviations;
/// those of the second half alone are not.
void expect_near_joint(const Halves& halves, ModelSpec spec, double tolerance, const std::vector<std::string>& notes,
                       int draws = 2000) {
  spec.data = halves.first;
  const Posterior first = bdglm::fit(spec, run_of(draws, 11));
  const Posterior updated = update(first, halves.second, run_of(draws, 12));
  spec.data = halves.all;
  const Posterior joint = bdglm::fit(spec, run_of(draws, 13));
  spec.data = halves.second;
  const Posterior alone = bdglm::fit(spec, run_of(draws, 14));
  std::string all_notes;
  for (const std::string& note : updated.notes()) all_notes += note + "\n";
  for (const std::string& note : notes) EXPECT_HAS(all_notes, note);
  double apart = 0;
  for (const ParameterSummary& want : joint.summary()) {
    if (want.name.rfind("prediction", 0) == 0) continue;
    const ParameterSummary got = of(updated, want.name);
    EXPECT_LT(got.rhat, 1.02) << want.name;
    EXPECT_NEAR(got.mean, want.mean, tolerance * want.sd) << spec.family << ' ' << want.name;
    EXPECT_NEAR(got.sd, want.sd, tolerance * want.sd) << spec.family << ' ' << want.name;
    apart = std::max(apart, std::fabs(of(alone, want.name).sd / want.sd - 1));
  }
  EXPECT_GT(apart, 2 * tolerance) << spec.family;
}

ModelSpec spec_of(const std::string& formula, const std::string& family) {
  ModelSpec spec;
  spec.formula = formula;
  spec.family = family;
  spec.priors = {"b_Intercept ~ normal(0, 3)", "b ~ normal(0, 2)"};
  return spec;
}

double uniform_logit(Stream& stream) {
  const double u = stream.uniform53();
  return std::log(u) - std::log1p(-u);
}

TEST(Sequential, ALogisticUpdateIsNearTheJointFit) {
  const Halves data = halves(400, [](int i, Stream& s) -> Row {
    const double x = 50 + std::sin(1.3 * i);
    return {{"x", x}, {"y", uniform_logit(s) < 0.5 - 1.2 * (x - 50) ? 1 : 0}};
  });
  ModelSpec spec = spec_of("y ~ x", "bernoulli");
  spec.priors = {"Intercept ~ normal(0, 3)", "b ~ normal(0, 2)"};
  expect_near_joint(data, spec, 0.12, {"updated approximately", "8000 draws, which tell of 200 earlier rows"});
}

TEST(Sequential, FurtherPredictorsAndParametersAreTakenOver) {
  const Halves scales = halves(400, [](int i, Stream& s) -> Row {
    const double x = std::sin(1.3 * i);
    const double sd = std::exp(-0.4 + 0.6 * x);
    const double z = draw_normal<double>(s);
    return {{"x", x}, {"g", i % 3}, {"y", 1 + 2 * x + sd * z}, {"v", 1 + 2 * x + (0.4 + 0.4 * (i % 3)) * z}};
  });
  ModelSpec spec = spec_of("y ~ x", "gaussian");
  spec.predictor_formulas = {"sigma ~ x"};
  expect_near_joint(scales, spec, 0.12, {"the coefficients have a normal prior"});
  spec = spec_of("v ~ x", "gaussian");
  spec.sigma = "g";
  expect_near_joint(scales, spec, 0.2, {"'sigma' has a prior fitted"});
  expect_near_joint(scales, spec_of("y ~ x", "student_t"), 0.3,
                    {"the coefficients, with 'sigma', 'nu', have a normal prior"});
  const Halves counts = halves(400, [](int i, Stream& s) -> Row {
    const double x = std::sin(1.3 * i);
    const double rate = std::exp(1 + 0.5 * x) * draw_gamma(s, 2.0) / 2;
    double count = 0;
    for (double time = draw_exponential<double>(s); time < rate; time += draw_exponential<double>(s)) ++count;
    return {{"x", x}, {"y", count}, {"z", s.uniform53() < 0.3 ? 0 : count}};
  });
  expect_near_joint(counts, spec_of("y ~ x", "negative_binomial"), 0.15, {"the coefficients, with 'shape', have"});
  expect_near_joint(counts, spec_of("z ~ x", "zero_inflated_negative_binomial"), 0.24,
                    {"the coefficients, with 'shape', 'zi', have"});
}

TEST(Sequential, LevelsAreTakenOver) {
  const Halves data = halves(600, [](int i, Stream& s) -> Row {
    const double x = std::sin(1.3 * i);
    const double z = 1.1 * x + uniform_logit(s);
    return {{"x", x}, {"y", z < -1 ? 0 : z < 0.4 ? 1 : z < 1.5 ? 2 : 3}};
  });
  ModelSpec spec = spec_of("y ~ x", "ordinal");
  spec.priors = {"b ~ normal(0, 2)", "cut ~ normal(0, 3)"};
  expect_near_joint(data, spec, 0.15, {"the coefficients, with 'cut', have"});
  expect_near_joint(data, spec_of("y ~ x", "categorical"), 0.2, {"the coefficients have a normal prior"});
}

TEST(Sequential, NewGroupsTakeOverCoefficientsAndDeviations) {
  std::vector<double> u = draw_many(240, 3, [](Stream& s) { return draw_normal<double>(s); });
  const Halves data = halves(1200, [&](int i, Stream& s) -> Row {
    const double x = std::sin(1.3 * i);
    const auto g = static_cast<std::size_t>(i / 10);
    return {{"x", x},
            {"g", static_cast<double>(g)},
            {"y", 1 + 2 * x + 0.8 * u[g] + 0.5 * x * u[g + 120] + draw_normal<double>(s)}};
  });
  expect_near_joint(data, spec_of("y ~ x + (1 | g)", "gaussian"), 0.2,
                    {"'sd_g__Intercept', 'sigma' have priors", "effects of earlier groups are not carried over"});
  expect_near_joint(data, spec_of("y ~ x + (1 + x || g)", "gaussian"), 0.2, {"'sd_g__x'"});
}

/// Several predictors, and the family's numbers, beside random effects.
TEST(Sequential, LevelsOfNewGroupsAreTakenOver) {
  const std::vector<double> u = draw_many(80, 4, [](Stream& s) { return draw_normal<double>(s); });
  const Halves data = halves(800, [&](int i, Stream& s) -> Row {
    const double x = std::sin(1.3 * i);
    const auto g = static_cast<std::size_t>(i / 10);
    const double z = 1.1 * x + 0.7 * u[g] + uniform_logit(s);
    return {{"x", x}, {"g", static_cast<double>(g)}, {"y", z < -1 ? 0 : z < 0.6 ? 1 : 2}};
  });
  ModelSpec spec = spec_of("y ~ x + (1 | g)", "categorical");
  expect_near_joint(data, spec, 0.22, {"'sd_g__1_Intercept', 'sd_g__2_Intercept' have priors"}, 1000);
  spec = spec_of("y ~ x + (1 | g)", "ordinal");
  spec.priors = {"b ~ normal(0, 2)", "cut ~ normal(0, 3)"};
  expect_near_joint(data, spec, 0.22, {"the coefficients, with 'cut', have"}, 4000);
}

}  // namespace
}  // namespace bdglm::test
