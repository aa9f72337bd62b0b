// Families with a shape as a user meets them: the shape as a number or with a formula, its priors, and wrong input.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "bdglm/posterior.hpp"
#include "support/family_program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

class Shapes : public FamilyProgram {
 protected:
  void SetUp() override {
    std::string csv = "y,t,x,g\n";
    for (int i = 0; i < 150; ++i) {
      const double x = std::sin(1.3 * i);
      const double spread = std::exp(0.8 * std::cos(2.7 * i * i));
      const double mean = std::exp(1 + 0.5 * x + 0.4 * std::cos(2.0 * (i % 9)));
      x_.push_back(x);
      y_.push_back(static_cast<double>(std::lround(mean * spread)));
      csv += std::to_string(std::lround(y_.back())) + "," + std::to_string(mean * spread) + "," + std::to_string(x) +
             ",g" + std::to_string(i % 9) + "\n";
    }
    w_.write("t.csv", csv);
  }

  std::set<std::string> names(const nlohmann::json& fit) const {
    std::set<std::string> all;
    for (const auto& p : fit.at("parameters")) {
      all.insert(p.at("name").get<std::string>());
      EXPECT_LT(p.at("rhat").get<double>(), 1.01) << p.at("name");
      EXPECT_GT(p.at("ess_bulk").get<double>(), 400) << p.at("name");
    }
    return all;
  }

  std::vector<double> x_, y_;
};

TEST_F(Shapes, LogLikelihoodsAndScoresAreThoseOfTheDraws) {
  const nlohmann::json fit = json(
      "fit --data t.csv --formula 'y ~ x' --family negative_binomial --seed 1 --quiet --save log_likelihood --out a.nc "
      "--prior 'shape ~ exponential(0.5)'");
  EXPECT_EQ(names(fit), (std::set<std::string>{"b_Intercept", "b_x", "shape"}));
  const auto priors = fit.at("priors").get<std::vector<std::string>>();
  EXPECT_EQ(std::count(priors.begin(), priors.end(), "shape ~ gamma(1, 0.5)"), 1);
  const Posterior posterior = Posterior::open(w_.path("a.nc"));
  const std::vector<double> intercept = posterior.draws("b_Intercept");
  const std::vector<double> slope = posterior.draws("b_x");
  const std::vector<double> shape = posterior.draws("shape");
  const std::vector<double> saved = posterior.array("log_likelihood/y").values;
  double score = 0;
  for (std::size_t i = 0; i < y_.size(); ++i) {
    double mean = 0;
    for (std::size_t s = 0; s < shape.size(); ++s) {
      const double r = shape[s];
      const double mu = std::exp(intercept[s] + slope[s] * x_[i]);
      const double own = std::lgamma(y_[i] + r) - std::lgamma(r) - std::lgamma(y_[i] + 1) + r * std::log(r / (r + mu)) +
                         y_[i] * std::log(mu / (r + mu));
      // Saved in single precision, of columns with six decimals.
      if (s % 50 == 0) {
        ASSERT_NEAR(saved[s * y_.size() + i], own, 3e-5 * (1 + std::fabs(own)));
      }
      mean += std::exp(own) / static_cast<double>(shape.size());
    }
    score += std::log(mean) / static_cast<double>(y_.size());
  }
  const nlohmann::json scores = json("evaluate a.nc --data t.csv");
  EXPECT_NEAR(scores.at("log_score").get<double>(), score, 1e-5);
  EXPECT_GT(scores.at("coverage").at("0.9").get<double>(), 0.8);
}

TEST_F(Shapes, AFormulaMakesTheShapeALinearPredictor) {
  const nlohmann::json fit = json(
      "fit --data t.csv --formula 't ~ x + (1 | g)' --formula 'shape ~ x' --family gamma --seed 1 --quiet --out a.nc");
  EXPECT_EQ(names(fit),
            (std::set<std::string>{"b_Intercept", "b_x", "b_shape_Intercept", "b_shape_x", "sd_g__Intercept"}));
  ASSERT_EQ(w_.run("predict a.nc --data t.csv --out p.csv").status, 0);
  EXPECT_EQ(slurp(w_.path("p.csv")).rfind("mean,sd,q2.5,q97.5,pred_q2.5,pred_q97.5\n", 0), 0U);
  const nlohmann::json scores = json("evaluate a.nc --data t.csv");
  EXPECT_TRUE(std::isfinite(scores.at("log_score").get<double>()));
  EXPECT_GT(scores.at("coverage").at("0.9").get<double>(), 0.8);
}

TEST_F(Shapes, AGroupingMayHaveTheNameOfAParameter) {
  std::string csv = slurp(w_.path("t.csv"));
  csv.replace(0, csv.find('\n'), "y,t,x,shape");
  w_.write("s.csv", csv);
  const std::string fit =
      "fit --data s.csv --formula 't ~ x + (1 | shape)' --family gamma --seed 1 --chains 2 --warmup 50 ";
  ASSERT_EQ(w_.run(fit + "--draws 50 --quiet --out a.nc").status, 0);
  EXPECT_EQ(w_.run("predict a.nc --data s.csv --out p.csv").status, 0);
}

TEST_F(Shapes, InterruptedRunsGoOnBitForBit) {
  const std::string fit =
      "fit --data t.csv --formula 'y ~ x + (1 | g)' --family negative_binomial --seed 3 --chains 2 --warmup 60 "
      "--quiet ";
  ASSERT_EQ(w_.run(fit + "--draws 80 --out whole.nc").status, 0);
  ASSERT_EQ(w_.run(fit + "--draws 30 --out part.nc").status, 0);
  ASSERT_EQ(w_.run("resume part.nc --draws 80 --quiet").status, 0);
  EXPECT_EQ(json("summary whole.nc").at("parameters"), json("summary part.nc").at("parameters"));
}

TEST_F(Shapes, WrongInputIsRefused) {
  fails("y,x\n1.5,2\n2,3\n", "--formula 'y ~ x' --family negative_binomial",
        "family negative_binomial needs counts, but 'y' is 1.5 in row 1");
  fails("y,x\n1,2\n0,3\n4,5\n", "--formula 'y ~ x' --family gamma",
        "family gamma needs numbers above 0, but 'y' is 0 in row 2");
  fails("y,x\n0.5,2\n1,3\n.4,5\n", "--formula 'y ~ x' --family beta", "'y' is 1 in row 2");
  fails("y,x\n0.5,2\n0,3\n.4,5\n", "--formula 'y ~ x' --family beta", "fit counts of known trials by family binomial");
  fails("y,x\n1,2\n0,3\n4,5\n", "--formula 'y ~ x' --family lognormal", "needs numbers above 0, but 'y' is 0 in row 2");
  fails("y,x\n1,2\n-1,3\n4,5\n", "--formula 'y ~ x' --family exponential", "'y' is -1 in row 2");
  fails("y,x\n1,2\n3,3\n4,5\n", "--formula 'y ~ x' --formula 'shape ~ x' --family poisson",
        "family poisson has one linear predictor, that of the first formula");
  fails("y,x\n1,2\n3,3\n4,5\n", "--formula 'y ~ x' --formula 'shap ~ x' --family gamma", "did you mean 'shape'?");
  fails("y,x\n1,2\n3,3\n4,5\n", "--formula 'y ~ x' --family gamma --prior 'shape ~ normal(0, 1)'",
        "prior of 'shape': it takes gamma(shape, rate)");
  fails(
      "y,x\n1,2\n3,3\n4,5\n", "--formula 'y ~ x' --formula 'shape ~ x' --family gamma --prior 'shape ~ gamma(2, 1)'",
      "prior of 'shape': shape has a formula of its own, whose coefficients are named b_shape_NAME and whose intercept "
      "is shape_Intercept; give these priors");
  fails("y,x\n1,2\n3,3\n4,5\n",
        "--formula 'y ~ x' --formula 'sigma ~ x' --family gaussian --prior 'sigma ~ gamma(2, 1)'",
        "prior of 'sigma': sigma has a formula of its own, whose coefficients are named b_sigma_NAME");
  fails("y,x\n1,2\n3,3\n4,5\n", "--formula 'y ~ x' --formula 'shape ~ x' --family gamma --prior 'sd ~ half_t(3, 1)'",
        "the model has no such parameter; names are b, b_NAME, Intercept, b_shape_NAME, shape_Intercept\n");
  const auto misused = [&](const std::string& words, const std::string& part) {
    const ProgramResult r = w_.run("fit --data t.csv --out bad.nc --formula 't ~ x' " + words);
    EXPECT_EQ(r.status, 2);
    EXPECT_HAS(r.err, part);
  };
  misused("--family gamma --prior 'shape ~ exponential(1, 2)'", "'name ~ exponential(rate)'");
  misused("--family gamma --prior 'shape ~ gama(1, 2)'", "did you mean 'gamma'?");
  misused("--family gama", "did you mean 'gamma'?");
}

}  // namespace
}  // namespace bdglm::test
