// Rows that miss the response alone: their drawn responses follow the model at each draw, and the fit knows nothing of
// them.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "bdglm/bdglm.hpp"
#include "sampling/standard.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

RunOptions short_run(int draws) {
  RunOptions run;
  run.chains = 2;
  run.warmup = 200;
  run.draws = draws;
  run.seed = 5;
  return run;
}

bool misses(int row) { return row % 6 == 1 || row % 8 == 7; }

/// 160 rows of eight groups, the last of which has responses in no row; `respond` gives those that are there.
template <class Respond>
Data table_of(Respond respond, bool text = false) {
  std::vector<double> y, x, n, w;
  std::vector<std::string> labels, g, s;
  Stream stream({3, 0, 0, Site::simulation, 0}, 0);
  for (int i = 0; i < 160; ++i) {
    x.push_back(draw_normal<double>(stream));
    n.push_back(4 + i % 5);
    w.push_back(1 + i % 3);
    g.push_back("g" + std::to_string(i % 8));
    s.push_back(i % 3 == 0 ? "a" : "b");
    const double value = respond(stream, x.back(), i);
    y.push_back(misses(i) ? kNaN : value);
    labels.push_back(misses(i) ? "" : "level" + std::to_string(static_cast<int>(value)));
  }
  Data data;
  if (text)
    data.add_text("y", labels);
  else
    data.add_numbers("y", y);
  data.add_numbers("x", x).add_numbers("n", n).add_numbers("w", w).add_text("g", g).add_text("s", s);
  return data;
}

double gaussian_response(Stream& stream, double x, int row) {
  return 10 + 2 * x + row % 8 + (row % 3 == 0 ? 1 : 3) * draw_normal<double>(stream);
}

ModelSpec imputed(Data data, const std::string& formula, const std::string& family) {
  ModelSpec spec;
  spec.data = std::move(data);
  spec.formula = formula;
  spec.family = family;
  spec.na = "impute";
  return spec;
}

TEST(MissingResponses, OfGaussianRowsAreNormalAboutTheirMeansAtEachDraw) {
  const Data data = table_of(gaussian_response);
  ModelSpec spec = imputed(data, "y | weights(w) ~ x + (1 + x | g)", "gaussian");
  spec.sigma = "s";
  const Posterior posterior = fit(spec, short_run(500));
  const Array y = posterior.array("predictions/y");
  ASSERT_EQ(y.dimensions.size(), 3U);
  std::vector<int> rows;
  for (int i = 0; i < 160; ++i)
    if (misses(i)) rows.push_back(i);
  ASSERT_EQ(y.dimensions[2].labels.size(), rows.size());
  EXPECT_EQ(y.dimensions[2].labels[0], "2");
  const std::vector<double> x = posterior.array("predictions_constant_data/fixed").values;
  ASSERT_EQ(x.size(), 2 * rows.size());
  const std::vector<double> intercept = posterior.draws("b_Intercept");
  const std::vector<double> slope = posterior.draws("b_x");
  const Array effects = posterior.array("posterior/r_g");
  const std::vector<double> sigma[] = {posterior.draws("sigma[a]"), posterior.draws("sigma[b]")};
  double count = 0;
  const auto squares = [&](std::size_t shift, double& mean) {
    double square = 0;
    mean = count = 0;
    for (std::size_t s = 0; s < intercept.size(); ++s)
      for (std::size_t k = 0; k < rows.size(); ++k) {
        if (rows[k] % 8 == 7) continue;
        const double own = x[2 * ((k + shift) % rows.size()) + 1];
        const double* u = &effects.values[(s * 7 + static_cast<std::size_t>(rows[k] % 8)) * 2];
        const double scale = sigma[rows[k] % 3 == 0 ? 0 : 1][s] / std::sqrt(1 + rows[k] % 3);
        const double z = (y.values[s * rows.size() + k] - intercept[s] - u[0] - (slope[s] + u[1]) * own) / scale;
        mean += z;
        square += z * z;
        ++count;
      }
    mean /= count;
    return square / count;
  };
  double mean = 0;
  const double square = squares(0, mean);
  EXPECT_NEAR(square, 1, 4 * std::sqrt(2 / count));
  EXPECT_NEAR(mean, 0, 4 / std::sqrt(count));
  EXPECT_GT(squares(1, mean), 1.5) << "each row with the next one's x: the comparison sees nothing";
}

/// Rows of a group without any response share an effect that is drawn anew for each draw.
TEST(MissingResponses, ShareTheEffectOfAGroupWithoutAny) {
  const Posterior posterior = fit(imputed(table_of(gaussian_response), "y ~ x + (1 | g)", "gaussian"), short_run(2000));
  const Array y = posterior.array("predictions/y");
  const std::vector<double> x = posterior.array("predictions_constant_data/fixed").values;
  std::vector<std::size_t> own;  // of rows of g7
  for (std::size_t k = 0; k < y.dimensions[2].labels.size(); ++k)
    if (std::stoi(y.dimensions[2].labels[k]) % 8 == 0) own.push_back(k);
  ASSERT_EQ(own.size(), 20U);
  const std::vector<double> intercept = posterior.draws("b_Intercept");
  const std::vector<double> slope = posterior.draws("b_x");
  const std::vector<double> sd = posterior.draws("sd_g__Intercept");
  const std::vector<double> sigma = posterior.draws("sigma");
  // Over the expected standard deviation, means of the rows are standard normal.
  double square = 0;
  double alone = 0;
  for (std::size_t s = 0; s < sd.size(); ++s) {
    double mean = 0;
    for (const std::size_t k : own)
      mean += (y.values[s * y.dimensions[2].labels.size() + k] - intercept[s] - slope[s] * x[2 * k + 1]) / 20;
    square += mean * mean / (sd[s] * sd[s] + sigma[s] * sigma[s] / 20) / static_cast<double>(sd.size());
    alone += mean * mean / ((sd[s] * sd[s] + sigma[s] * sigma[s]) / 20) / static_cast<double>(sd.size());
  }
  EXPECT_NEAR(square, 1, 4 * std::sqrt(2.0 / 4000));
  EXPECT_GT(alone, 2) << "an effect for each row";
}

TEST(MissingResponses, LeaveTheFitAsItIs) {
  const auto respond = [](Stream& stream, double x, int) {
    return stream.uniform53() < 1 / (1 + std::exp(-x)) ? 1.0 : 0.0;
  };
  for (const char* formula : {"y ~ x + (1 + x | g)", "y ~ deep(x, n, layers = c(2)) + (1 | g)"}) {
    ModelSpec spec = imputed(table_of(respond), formula, "bernoulli");
    const Posterior with = fit(spec, short_run(100));
    spec.na = "omit";
    const Posterior without = fit(spec, short_run(100));
    for (const std::string& name : without.arrays())
      if (name.rfind("posterior/", 0) == 0) {
        EXPECT_EQ(with.array(name).values, without.array(name).values) << name;
      }
    EXPECT_EQ(with.array("observed_data/y").values, without.array("observed_data/y").values);
    EXPECT_EQ(with.loo().elpd_loo.value, without.loo().elpd_loo.value);
    EXPECT_HAS(with.notes().front(), "40 of 160 rows miss the response alone: a response is drawn at every draw");
    EXPECT_HAS(without.notes().front(), "40 of 160 rows dropped");
  }
}

struct Case {
  std::string formula, family;
  double (*respond)(Stream&, double, int);
  bool text = false;
  std::string more = "";
};

double count_response(Stream& stream, double x, int) {
  return std::floor(-3 * std::exp(0.3 * x) * std::log(stream.uniform53()));
}
double level_response(Stream& stream, double x, int) { return x > 1 ? 0 : std::floor(3 * stream.uniform53()); }
double two_levels(Stream& stream, double x, int) { return stream.uniform53() < 1 / (1 + std::exp(-x)) ? 1 : 0; }
double positive(Stream& stream, double x, int) { return -std::exp(0.5 * x) * std::log(stream.uniform53()); }

/// Means of the drawn responses against those of predictions from the same draws: given the parameters the former are
/// independent, and their standard errors are exact.
TEST(MissingResponses, OfAnyFamilyHaveItsExpectationAtEachDraw) {
  const Case cases[] = {
      {"y ~ x + (1 | g)", "bernoulli", two_levels, true},
      {"y | trials(n) ~ x", "binomial", two_levels},
      {"y ~ x + offset(w) + (1 | g)", "poisson", count_response},
      {"y ~ x", "negative_binomial", count_response, false, "shape ~ x"},
      {"y ~ x", "gamma", positive},
      {"y ~ x + (1 | g)", "categorical", level_response, true},
      {"y ~ x", "ordinal", level_response, true},
      {"y ~ deep(x, n, layers = c(3)) + (1 | g)", "gaussian", gaussian_response},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.formula + ", " + c.family);
    const Data data = table_of(c.respond, c.text);
    ModelSpec spec = imputed(data, c.formula, c.family);
    if (!c.more.empty()) spec.predictor_formulas = {c.more};
    if (c.formula.find("deep") != std::string::npos) spec.layer_noise = "0.1";
    const Posterior posterior = fit(spec, short_run(300));
    const Array y = posterior.array("predictions/y");
    const std::size_t rows = y.dimensions[2].labels.size();
    ASSERT_EQ(rows, 40U);
    PredictOptions options;
    options.draws = 600;
    const Prediction prediction = posterior.predict(data, options);
    double expected = 0;
    double drawn = 0;
    double variance = 0;
    for (std::size_t k = 0; k < rows; ++k) {
      const std::size_t number = std::stoul(y.dimensions[2].labels[k]);
      // Effects of the group without a response are drawn apart in the two.
      if (number % 8 == 0) continue;
      const RowPrediction& row = prediction.rows.at(number - 1);
      for (std::size_t level = 0; level < row.expected.size(); ++level)
        expected += row.expected[level].mean * (row.expected.size() > 1 ? static_cast<double>(level) : 1);
      double square = 0;
      double sum = 0;
      for (const double value : row.new_draws) {
        sum += value;
        square += value * value;
      }
      variance += (square - sum * sum / 600) / 600 / 600;
      for (std::size_t s = 0; s < 600; ++s) drawn += y.values[s * rows + k] / 600;
    }
    EXPECT_NEAR(drawn, expected, 4 * std::sqrt(variance));
    EXPECT_LT(4 * std::sqrt(variance), 0.1 * std::abs(expected)) << "the comparison sees little";
  }
}

TEST(MissingResponses, AreTheSameInARunThatWasCut) {
  const Workspace w;
  const ModelSpec spec = imputed(table_of(gaussian_response), "y ~ x + (1 | g)", "gaussian");
  const Posterior whole = fit_to_file(spec, w.path("whole.nc"), short_run(60));
  fit_to_file(spec, w.path("cut.nc"), short_run(20));
  ResumeOptions further;
  further.draws = 60;
  const Posterior resumed = resume(w.path("cut.nc"), further);
  EXPECT_EQ(resumed.array("predictions/y").values, whole.array("predictions/y").values);
  EXPECT_EQ(resumed.array("predictions_constant_data/row").values, whole.array("predictions_constant_data/row").values);
}

TEST(MissingResponses, FromTheCommandLine) {
  const Workspace w;
  w.write("t.csv", "y,n,x,g\n1,4,1,a\n,5,2,b\n3,6,,a\n2,5,4,a\n,5,0,c\n4,5,1,b\n,0,3,b\n2,4,3,a\n");
  const std::string fit = "fit --data t.csv --out a.nc --overwrite --draws 20 --warmup 20 --seed 1 --quiet ";
  w.run(fit + "--formula 'y | trials(n) ~ x + (1 | g)' --na impute");
  ProgramResult r = w.run("summary a.nc");
  EXPECT_EQ(r.status, 0) << r.err;
  EXPECT_HAS(r.out, "4 of 8 rows used, responses of 2 more drawn, 2 dropped for missing values, no trials");
  EXPECT_HAS(r.out, "note: 2 of 8 rows miss the response alone");
  EXPECT_EQ(Posterior::open(w.path("a.nc")).array("predictions/y").dimensions[2].labels,
            (std::vector<std::string>{"2", "5"}));
  w.run(fit + "--formula 'n ~ g' --family poisson --na impute");
  r = w.run("summary a.nc");
  EXPECT_HAS(r.out, "no row misses the response alone; --na impute draws responses, and has none to draw");
  w.write("levels.csv", "y,f,g,w\n1,a,u,1\n2,b,v,1\n,c,u,1\n1,b,u,2\n,a,new,3\n3,a,v,1\n,b,v,2\n2,b,u,1\n");
  w.run(
      "fit --data levels.csv --out a.nc --overwrite --draws 20 --warmup 20 --seed 1 --quiet --family poisson "
      "--formula 'y | weights(w) ~ f + (1 | g)' --na impute");
  r = w.run("summary a.nc");
  EXPECT_HAS(r.out,
             "note: 1 row without a response left out: a level of 'f' that no row with a response has (the first "
             "is row 3 of 'levels.csv' with 'c')");
  EXPECT_HAS(r.out, "5 of 8 rows used, responses of 2 more drawn, 1 dropped");
  EXPECT_HAS(r.out, "gets one response, whatever its weight");
  w.write("none.csv", "y,x\n,1\n,2\n,3\n");
  r = w.run("fit --data none.csv --out b.nc --quiet --formula 'y ~ x' --na impute");
  EXPECT_EQ(r.status, 1);
  EXPECT_HAS(r.err, "column 'y' has only missing values; nothing can be learned without a response");
  w.write("bad.csv", "y,n,x\n1,4,1\n,-5,2\n3,6,3\n2,5,4\n");
  r = w.run("fit --data bad.csv --out b.nc --quiet --formula 'y | trials(n) ~ x' --na impute");
  EXPECT_EQ(r.status, 1);
  EXPECT_HAS(r.err, "row 2 of 'bad.csv'");
}

}  // namespace
}  // namespace bdglm::test
