// Responses far from zero, in units of their spread, in linear models at default settings: chains start where the
// posterior is, agree, and find the coefficients that made the data.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <map>

#include "bdglm/bdglm.hpp"
#include "family/response.hpp"
#include "support/problem.hpp"

namespace bdglm::test {
namespace {

constexpr int kRows = 300;

/// y of a column x, by a stream of random numbers a row.
Data simulated(const std::function<double(double, Stream&)>& response) {
  std::vector<double> x, y;
  for (int i = 0; i < kRows; ++i) {
    Stream stream({78, 0, 0, Site::simulation, 0}, static_cast<std::uint32_t>(i));
    x.push_back(draw_normal<double>(stream));
    y.push_back(response(x.back(), stream));
  }
  Data data;
  data.add_numbers("x", x).add_numbers("y", y);
  return data;
}

double negative_binomial(double mean, double shape, Stream& stream) {
  const double values[] = {std::log(mean), std::log(shape)};
  FamilyParameters parameters;
  parameters.value[0] = values[1];
  return draw_response(Family::negative_binomial, stream, 1, {values, 1, 1, &parameters});
}

/// R-hat of at most 1.01 of every parameter, none of the moves diverging, and named parameters within four posterior
/// standard deviations of what made the data.
void expect_found(const ModelSpec& spec, const std::map<std::string, double>& truth) {
  RunOptions run;
  run.seed = 3;
  const Posterior posterior = fit(spec, run);
  std::size_t found = 0;
  for (const ParameterSummary& p : posterior.summary()) {
    EXPECT_LE(p.rhat, 1.01) << spec.formula << ": " << p.name;
    const auto expected = truth.find(p.name);
    if (expected == truth.end()) continue;
    ++found;
    EXPECT_NEAR(p.mean, expected->second, 4 * p.sd) << spec.formula << ": " << p.name;
  }
  EXPECT_EQ(found, truth.size());
  for (const double diverging : posterior.array("sample_stats/diverging").values)
    ASSERT_EQ(diverging, 0) << spec.formula;
}

ModelSpec model(const Data& data, const std::string& family, const std::vector<std::string>& further = {},
                const std::string& formula = "y ~ x") {
  ModelSpec spec;
  spec.formula = formula;
  spec.predictor_formulas = further;
  spec.family = family;
  spec.data = data;
  return spec;
}

TEST(FarResponses, GaussianWithAFormulaOfSigma) {
  for (const double mean : {15.0, 1000.0, 1e6}) {
    const Data data =
        simulated([&](double x, Stream& s) { return mean + x + std::exp(0.3 * x) * draw_normal<double>(s); });
    expect_found(model(data, "gaussian", {"sigma ~ x"}),
                 {{"b_Intercept", mean}, {"b_x", 1}, {"b_sigma_Intercept", 0}, {"b_sigma_x", 0.3}});
  }
  const Data no_intercept = simulated([](double x, Stream& s) { return 50 * x + 0.1 * draw_normal<double>(s); });
  expect_found(model(no_intercept, "gaussian", {"sigma ~ 1"}, "y ~ 0 + x"),
               {{"b_x", 50}, {"b_sigma_Intercept", std::log(0.1)}});
}

TEST(FarResponses, StudentT) {
  for (const double mean : {100.0, 1e4}) {
    const Data data = simulated([&](double x, Stream& s) {
      const double z = draw_normal<double>(s);
      return mean + x + z / std::exp(0.5 * (draw_log_gamma(s, 3.0) - std::log(3.0)));
    });
    expect_found(model(data, "student_t"), {{"b_Intercept", mean}, {"b_x", 1}});
    expect_found(model(data, "student_t", {"sigma ~ x"}), {{"b_Intercept", mean}, {"b_x", 1}, {"b_sigma_x", 0}});
  }
}

TEST(FarResponses, CountsInTheThousands) {
  for (const double mean : {200.0, 5000.0}) {
    const Data data =
        simulated([&](double x, Stream& s) { return negative_binomial(mean * std::exp(0.5 * x), 20, s); });
    expect_found(model(data, "negative_binomial"), {{"b_Intercept", std::log(mean)}, {"b_x", 0.5}, {"shape", 20}});
    expect_found(model(data, "negative_binomial", {"shape ~ 1"}), {{"b_Intercept", std::log(mean)}, {"b_x", 0.5}});
    const Data with_zeros = simulated([&](double x, Stream& s) {
      return s.uniform53() < 0.3 ? 0.0 : negative_binomial(mean * std::exp(0.5 * x), 20, s);
    });
    expect_found(model(with_zeros, "zero_inflated_negative_binomial"),
                 {{"b_Intercept", std::log(mean)}, {"b_x", 0.5}, {"zi", 0.3}});
  }
}

}  // namespace
}  // namespace bdglm::test
