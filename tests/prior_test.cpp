// Priors: defaults that follow the data, statements that name parameters, and refusals of contradictions.
#include <gtest/gtest.h>

#include "bdglm/error.hpp"
#include "support/problem.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

Priors priors(const std::string& formula, const std::vector<std::string>& statements, const Table& table,
              Family family = Family::gaussian, const std::string& noise = "0") {
  ModelOptions options;
  options.priors = statements;
  options.layer_noise = parse_layer_noise(noise);
  return Problem(table, formula, family, options).model.priors;
}

std::string refusal(const std::string& formula, const std::vector<std::string>& statements) {
  try {
    priors(formula, statements, small_table(20));
  } catch (const ModelError& error) {
    return error.what();
  }
  return "";
}

TEST(Priors, TheInterceptsPriorFollowsTheResponseLessItsOffset) {
  Table table;
  std::vector<double> y, x, base;
  for (int i = 0; i < 40; ++i) {
    x.push_back(std::sin(1.7 * i));
    base.push_back(1013 + 0.5 * std::cos(2.3 * i));
    y.push_back(base.back() + 0.2 * x.back() + 0.3 * std::cos(1.1 * i * i));
  }
  std::vector<double> difference(40);
  for (std::size_t i = 0; i < 40; ++i) difference[i] = y[i] - base[i];
  table.add(numbers("y", y));
  table.add(numbers("x", x));
  table.add(numbers("base", base));
  table.add(numbers("d", difference));
  const Priors offset = priors("y ~ x + offset(base)", {}, table);
  const Priors direct = priors("d ~ x", {}, table);
  EXPECT_NEAR(offset.fixed[0].mean, direct.fixed[0].mean, 1e-9);
  EXPECT_EQ(offset.fixed[0].sd, direct.fixed[0].sd);
  EXPECT_EQ(offset.sigma.b, direct.sigma.b);
}

TEST(Priors, TwoStatementsOfTheInterceptAreRefused) {
  for (const bool first : {true, false}) {
    const std::string a = "Intercept ~ normal(1, 0.01)";
    const std::string b = "b_Intercept ~ normal(2, 2)";
    EXPECT_HAS(refusal("y ~ x", first ? std::vector<std::string>{a, b} : std::vector<std::string>{b, a}),
               "keep one of them");
  }
  EXPECT_FALSE(priors("y ~ x", {"b_Intercept ~ normal(2, 2)"}, small_table(20)).intercept_at_means);
  EXPECT_TRUE(priors("y ~ x", {"Intercept ~ normal(2, 2)"}, small_table(20)).intercept_at_means);
}

TEST(Priors, ColumnsNamedAsParametersDoNotTakeTheirPriors) {
  Table table = small_table(20);
  table.add(numbers("sd", table.column("x").numbers));
  table.add(numbers("sigma", table.column("w").numbers));
  const Priors p = priors("y ~ sd + sigma + (1 | g)", {"sd ~ half_t(2, 1)", "sigma ~ half_t(3, 2)"}, table);
  EXPECT_EQ(p.sd[0].b, 1);
  EXPECT_EQ(p.sigma.b, 2);
  EXPECT_EQ(priors("y ~ sd", {"b_sd ~ normal(0, 3)"}, table).fixed[1].sd, 3);
}

TEST(Priors, NamesAreThoseOfTheSummary) {
  Table table = small_table(20);
  table.add(labels("livch", {"0", "1",  "3+", "0", "1",  "3+", "0", "1",  "3+", "0",
                             "1", "3+", "0",  "1", "3+", "0",  "1", "3+", "0",  "1"}));
  table.add(numbers("my x", table.column("w").numbers));
  const std::string formula = "y ~ livch + `my x` + I(x^2)";
  const Priors p =
      priors(formula, {"b_livch3+ ~ normal(0, 1)", "b_my x ~ normal(0, 2)", "b_I(x^2)~normal(0,3)"}, table);
  EXPECT_EQ(p.fixed[2].sd, 1);
  EXPECT_EQ(p.fixed[3].sd, 2);
  EXPECT_EQ(p.fixed[4].sd, 3);
  EXPECT_HAS(refusal("y ~ x + (1 | g)", {"b_xx ~ normal(0, 1)"}), "did you mean 'b_x'");
  EXPECT_HAS(refusal("y ~ x + (1 | g)", {"sd_h ~ half_t(2, 1)"}), "did you mean 'sd_g'");
  EXPECT_HAS(refusal("y ~ x", {"b ~ normal(0, 1)", "b ~ normal(0, 2)"}), "given twice");
}

TEST(Priors, CorrelationsFollowHuangAndWandUnlessAskedFor) {
  const Table table = small_table(20);
  const std::string formula = "y ~ x + (1 + w | g) + (1 | h)";
  const auto lkj = [&](const std::vector<std::string>& statements) { return priors(formula, statements, table).lkj; };
  EXPECT_EQ(lkj({"sd ~ half_t(3, 1)"}), (std::vector<double>{0, 0}));
  EXPECT_EQ(lkj({"sd ~ half_cauchy(1)", "cor ~ lkj(2)"}), (std::vector<double>{2, 0}));
  EXPECT_EQ(lkj({"sd_g ~ exponential(1)"}), (std::vector<double>{1, 0}));
  EXPECT_EQ(lkj({"sd ~ exponential(1)", "cor_g ~ lkj(0.5)"}), (std::vector<double>{0.5, 1}));
  EXPECT_HAS(refusal(formula, {"cor_h ~ lkj(1)"}), "did you mean 'cor_g'");
  EXPECT_HAS(refusal("y ~ x + (1 | h)", {"cor ~ lkj(1)"}), "no such parameter");
  const Priors p = priors(formula, {"sd_g ~ half_cauchy(2)", "cor ~ lkj(3)"}, table);
  EXPECT_EQ(std::count(p.statements.begin(), p.statements.end(), "sd_g ~ half_t(1, 2)"), 1);
  EXPECT_EQ(std::count(p.statements.begin(), p.statements.end(), "cor_g ~ lkj(3)"), 1);
}

TEST(Priors, OneCoefficientsStatementWinsOverItsClass) {
  const Priors p = priors("y ~ x + w", {"b ~ horseshoe()", "b_w ~ student_t(3, 1, 2)"}, small_table(20));
  EXPECT_EQ(p.fixed[0].kind, CoefficientPrior::Kind::normal);
  EXPECT_EQ(p.fixed[1].kind, CoefficientPrior::Kind::horseshoe);
  EXPECT_EQ(p.fixed[1].sd, 1);
  EXPECT_EQ(p.fixed[2].kind, CoefficientPrior::Kind::student_t);
  EXPECT_EQ(p.fixed[2].df, 3);
  EXPECT_EQ(p.fixed[2].mean, 1);
  EXPECT_EQ(p.fixed[2].sd, 2);
}

TEST(Priors, OfLayerNoiseNeedTheNoise) {
  const std::string deep = "y ~ deep(x, layers = c(2))";
  EXPECT_HAS(refusal(deep, {"layer_noise ~ inv_gamma(3, 0.1)"}),
             "the hidden layers have no noise; ask for `layer_noise` learned, or leave the prior out");
  EXPECT_HAS(refusal(deep, {"layer_noize ~ inv_gamma(3, 0.1)"}), "weight_scale, weight_scaleN, bias");
  EXPECT_HAS(refusal(deep, {"bias ~ half_t(3, 1)"}), "'bias': it takes normal(0, sd)");
  EXPECT_HAS(refusal("y ~ x", {"layer_noise ~ inv_gamma(3, 0.1)"}), "no such parameter");
  try {
    priors(deep, {"layer_noise ~ inv_gamma(3, 0.1)"}, small_table(20), Family::bernoulli, "0.1");
    ADD_FAILURE() << "a prior of what is given";
  } catch (const ModelError& error) {
    EXPECT_HAS(std::string(error.what()), "the variance of the hidden layers' noise is given");
  }
  try {
    priors(deep, {"layer_noise ~ half_t(3, 1)"}, small_table(20), Family::bernoulli, "learned");
    ADD_FAILURE() << "a distribution that is not taken";
  } catch (const ModelError& error) {
    EXPECT_HAS(std::string(error.what()), "it takes inv_gamma(shape, rate)");
  }
}

TEST(Priors, AllThatWereUsedAreListedOnce) {
  const Priors p = priors("y ~ deep(x, layers = c(2)) + (1 + w || g)", {"layer_noise ~ inv_gamma(3, 0.1)"},
                          small_table(20), Family::bernoulli, "learned");
  EXPECT_EQ(std::count(p.statements.begin(), p.statements.end(), "layer_noise ~ inv_gamma(3, 0.1)"), 1);
  EXPECT_EQ(std::count(p.statements.begin(), p.statements.end(), "sd_g ~ half_t(2, 2.5)"), 1);
  Table table = small_table(20);
  std::vector<double> y = table.column("x").numbers;
  for (double& value : y) value *= 0.541;
  table.add(numbers("z", y));
  for (const std::string& line : priors("z ~ x + w", {}, table).statements) {
    if (line.rfind("b_", 0) == 0) {
      EXPECT_LT(line.size(), 25U) << line;
    }
  }
}

}  // namespace
}  // namespace bdglm::test
