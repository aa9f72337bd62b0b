// Prediction and scoring as functions: exact distribution functions, weights, blocks, threads, forms of the fit file.
#include <gtest/gtest.h>
#include <netcdf.h>

#include <cmath>
#include <functional>

#include "bdglm/error.hpp"
#include "family/binomial_cdf.hpp"
#include "fitfile/fit_file.hpp"
#include "posterior/evaluate.hpp"
#include "posterior/fit_parameters.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

TEST(BinomialCdf, AgainstExactSums) {
  // Rational arithmetic.
  EXPECT_NEAR(binomial_cdf(3, 10, std::log(3.0 / 7)), 0.6496107184, 1e-14);
  EXPECT_NEAR(binomial_cdf(30, 100, 0), 3.925069822796835e-05, 1e-17);
  EXPECT_NEAR(binomial_cdf(2, 50, std::log(1.0 / 49)), 0.9215722516490309, 1e-13);
  EXPECT_NEAR(binomial_cdf(197, 200, std::log(97.0 / 3)), 0.9407090542740941, 1e-13);
  EXPECT_EQ(binomial_cdf(-1, 10, 0.3), 0);
  EXPECT_EQ(binomial_cdf(10, 10, 0.3), 1);
  EXPECT_EQ(binomial_cdf(0, 0, 0.3), 1);
  EXPECT_DOUBLE_EQ(binomial_cdf(0, 1, 2.0), 1 / (1 + std::exp(2.0)));
}

TEST(BinomialCdf, ExtremePredictorsAndHugeTrials) {
  for (const double eta : {40.0, 800.0, 1e6}) {
    EXPECT_EQ(binomial_cdf(0, 1, -eta), 1 / (1 + std::exp(-eta)));
    EXPECT_EQ(binomial_cdf(3, 10, -eta), 1);
    EXPECT_LT(binomial_cdf(3, 10, eta), 1e-100);
    EXPECT_GE(binomial_cdf(3, 10, eta), 0);
  }
  // 1 - p^10 with p = 1 - e^-40.
  EXPECT_NEAR(binomial_cdf(9, 10, 40) / (10 * std::exp(-40.0)), 1, 1e-12);
  // By symmetry 1/2 and half the mass at n / 2.
  EXPECT_NEAR(binomial_cdf(5e4, 1e5, 0), 0.5 + 0.5 * std::sqrt(2 / (M_PI * 1e5)) * (1 - 0.25e-5), 1e-11);
  EXPECT_NEAR(binomial_cdf(5e5, 1e6, 0), 0.5003989421806658, 1e-9);
  EXPECT_NEAR(binomial_cdf(5e8, 1e9, 0), 0.5000126156626069, 1e-9);
  // Poisson with mean 2 in the limit: P(Y <= 1) = 3 e^-2, less O(1 / n).
  EXPECT_NEAR(binomial_cdf(1, 1e12, std::log(2e-12)), 3 * std::exp(-2.0), 1e-11);
}

TEST(BinomialCdf, SumsAndExpansionMeet) {
  // Variances on both sides of the change; neighbours must differ by the mass between them.
  for (const double p : {0.5, 0.3, 0.02, 0.999}) {
    const double eta = std::log(p / (1 - p));
    for (const double variance : {0.99e5, 1.01e5, 1e7}) {
      const double n = std::floor(variance / (p * (1 - p)));
      for (const double z : {-4.0, -1.0, -1e-3, 0.0, 0.7, 3.0}) {
        const double k = std::floor(n * p + z * std::sqrt(variance));
        const double log_mass = std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1) + k * std::log(p) +
                                (n - k) * std::log1p(-p);
        EXPECT_NEAR(binomial_cdf(k, n, eta) - binomial_cdf(k - 1, n, eta), std::exp(log_mass), 1e-8) << p << ' ' << k;
        // Edgeworth's expansion with a correction for continuity, to the order 1 / sd.
        const double at = (k + 0.5 - n * p) / std::sqrt(n * p * (1 - p));
        const double skew = (1 - 2 * p) / std::sqrt(n * p * (1 - p));
        const double normal = 0.5 * std::erfc(-at * M_SQRT1_2) -
                              skew / 6 * (at * at - 1) * std::exp(-0.5 * at * at) / std::sqrt(2 * M_PI);
        EXPECT_NEAR(binomial_cdf(k, n, eta), normal, 1 / variance) << p << ' ' << k;
      }
    }
  }
}

class Prediction : public testing::Test {
 protected:
  void fit(const std::string& table, const std::string& options) {
    w_.write("t.csv", table);
    const ProgramResult r = w_.run("fit --data t.csv --out f.nc --seed 4 --chains 2 --warmup 100 --quiet " + options);
    ASSERT_EQ(r.status, 0) << r.err;
  }

  std::vector<RowPrediction> rows(const Table& table, const PredictorOptions& options) const {
    const FitReader file(w_.path("f.nc"));
    const Predictor predictor(file, options);
    DesignOptions design;
    design.with_response = false;
    std::vector<RowPrediction> all;
    predict_rows(predictor, make_design(predictor.frame(), table, design), {0.9, {0, 3}},
                 [&](Eigen::Index first, const std::vector<RowPrediction>& block) {
                   EXPECT_EQ(first, static_cast<Eigen::Index>(all.size()));
                   all.insert(all.end(), block.begin(), block.end());
                 });
    return all;
  }

  /// Predictors of all rows at all draws.
  RowMatrix eta(const Table& table, GroupMode mode, std::vector<DrawPlace>* places = nullptr) const {
    const FitReader file(w_.path("f.nc"));
    const Predictor predictor(file, {mode, 2});
    DesignOptions design;
    design.with_response = false;
    RowMatrix all;
    predictor.predict(make_design(predictor.frame(), table, design),
                      [&](const RowPredictors& block) { all = block.eta; });
    if (places != nullptr) *places = predictor.draws();
    return all;
  }

  Evaluation scores(const std::string& table) const {
    w_.write("scored.csv", table);
    const FitReader file(w_.path("f.nc"));
    const Predictor predictor(file, {});
    return evaluate_design(predictor, make_design(predictor.frame(), read_table(w_.path("scored.csv")), {}));
  }

  Workspace w_;
};

/// Rows of two predictors, ten groups, a response by `response(i, x, group)`.
std::string grouped_table(int rows, const std::function<std::string(int, double, int)>& response) {
  std::string text = "y,x,g\n";
  for (int i = 0; i < rows; ++i) {
    const double x = std::sin(1.7 * i);
    text += response(i, x, i % 10) + "," + std::to_string(x) + ",g" + std::to_string(i % 10) + "\n";
  }
  return text;
}

std::string count_response(int i, double x, int group) {
  return std::to_string((i * 7 + group) % 5 < 2 + 2 * x ? 1 : 0);
}

TEST_F(Prediction, DependsNeitherOnBlocksNorOnThreads) {
  fit(grouped_table(120, count_response),
      "--formula 'y ~ deep(x, layers = c(3)) + x + (1 + x | g) + (deep | g)' --layer-noise 0.3 --draws 70");
  std::string fresh = grouped_table(40, count_response) + "0,0.3,new1\n0,0.3,new1\n1,0.3,new2\nNA,0.1,g3\n";
  const Table table = read_table(w_.write("n.csv", fresh));
  const std::vector<RowPrediction> whole = rows(table, {GroupMode::fresh, 1});
  ASSERT_EQ(whole.size(), 44U);
  for (const PredictorOptions& options :
       {PredictorOptions{GroupMode::fresh, 3}, PredictorOptions{GroupMode::fresh, 2, 8 * 140 * 7},
        PredictorOptions{GroupMode::fresh, 2, 1}}) {
    const std::vector<RowPrediction> other = rows(table, options);
    ASSERT_EQ(other.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
      EXPECT_NEAR(other[i].expected[0].mean, whole[i].expected[0].mean, 1e-12);
      EXPECT_NEAR(other[i].expected[0].sd, whole[i].expected[0].sd, 1e-12);
      EXPECT_NEAR(other[i].expected[0].low, whole[i].expected[0].low, 1e-12);
      EXPECT_NEAR(other[i].expected[0].plugin, whole[i].expected[0].plugin, 1e-12);
      EXPECT_NEAR(other[i].expected[0].draws.at(1), whole[i].expected[0].draws.at(1), 1e-12);
      EXPECT_EQ(other[i].predictive_high, whole[i].predictive_high);
    }
  }
}

TEST_F(Prediction, GaussianWeightsArePrecisionsInScoresAndNewObservations) {
  // y = 1 + 2 x + N(0, 1 / w), by quantiles of the normal distribution in an order without pattern.
  std::string text = "y,x,w\n";
  Stream stream({11, 0, 0, Site::simulation, 0}, 0);
  constexpr int kRows = 2000;
  double truth = 0;
  for (int i = 0; i < kRows; ++i) {
    const double x = std::sin(1.3 * i);
    const double weight = i % 2 == 0 ? 1 : 100;
    const double z = draw_normal<double>(stream);
    truth += 0.5 * std::log(weight / (2 * M_PI)) - 0.5 * z * z;
    text += number_text(1 + 2 * x + z / std::sqrt(weight)) + "," + number_text(x) + "," + number_text(weight) + "\n";
  }
  fit(text, "--formula 'y | weights(w) ~ x' --draws 100");
  const Evaluation e = scores(text);
  // The expected log score is ln(10) / 2 - (1 + ln 2 pi) / 2 = -0.268; three parameters cost 3 / (2 n).
  EXPECT_NEAR(e.log_score, truth / kRows, 2e-3);
  EXPECT_NEAR(e.coverage.at("0.5"), 0.5, 4 * 0.5 / std::sqrt(kRows));

  // The mean over draws of the density itself, row by row.
  const FitReader file(w_.path("f.nc"));
  const RowMatrix b0 = file.read("posterior", "b_Intercept");
  const RowMatrix b1 = file.read("posterior", "b_x");
  const RowMatrix sigma = file.read("posterior", "sigma");
  const Table table = read_table(w_.path("t.csv"));
  double score = 0;
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const double y = table.column("y").numbers[i];
    const double weight = table.column("w").numbers[i];
    double density = 0;
    for (Eigen::Index s = 0; s < b0.rows(); ++s) {
      const double residual = (y - b0(s) - b1(s) * table.column("x").numbers[i]) / sigma(s);
      density += std::sqrt(weight / (2 * M_PI)) / sigma(s) * std::exp(-0.5 * weight * residual * residual);
    }
    score += std::log(density / static_cast<double>(b0.rows()));
  }
  EXPECT_NEAR(e.log_score, score / kRows, 1e-8);

  const Table two = read_table(w_.write("n.csv", "x,w\n0.3,1\n0.3,100\n0.3,0\n"));
  const std::vector<RowPrediction> p = rows(two, {});
  const double ratio = (p[0].predictive_high - p[0].predictive_low) / (p[1].predictive_high - p[1].predictive_low);
  EXPECT_NEAR(ratio, 10, 2.5);
  EXPECT_TRUE(std::isnan(p[2].predictive_low));
  EXPECT_FALSE(std::isnan(p[2].expected[0].low));
}

TEST_F(Prediction, BinomialWeightsCountRows) {
  const std::string train = "y,n,x\n3,5,0.1\n1,4,0.5\n0,3,-1\n7,9,1.2\n2,2,0.7\n1,6,-0.4\n";
  std::string weighted = "y,n,x,w\n";
  weighted += "3,5,0.1,2\n1,4,0.5,1\n0,3,-1,3\n7,9,1.2,0\n2,2,0.7,1\n";
  const std::string expanded = "y,n,x,w\n3,5,0.1,1\n3,5,0.1,1\n1,4,0.5,1\n0,3,-1,1\n0,3,-1,1\n0,3,-1,1\n2,2,0.7,1\n";
  std::string with_weights = "y,n,x,w\n";
  for (std::size_t at = train.find('\n') + 1; at < train.size(); at = train.find('\n', at) + 1)
    with_weights += train.substr(at, train.find('\n', at) - at) + ",1\n";
  fit(with_weights, "--formula 'y | trials(n) + weights(w) ~ x' --draws 50");
  const Evaluation a = scores(weighted);
  const Evaluation b = scores(expanded);
  EXPECT_EQ(a.rows, 4);
  EXPECT_EQ(b.rows, 7);
  EXPECT_EQ(a.total_weight.value_or(0), 7);
  EXPECT_FALSE(b.total_weight.has_value());
  EXPECT_NEAR(a.log_score, b.log_score, 1e-12);
  EXPECT_NEAR(a.log_score_plugin, b.log_score_plugin, 1e-12);
  EXPECT_NEAR(*a.rmse, *b.rmse, 1e-12);
  EXPECT_NEAR(*a.mae, *b.mae, 1e-12);
  for (const auto& [level, share] : a.coverage) EXPECT_NEAR(share, b.coverage.at(level), 1e-12);
}

/// Calls of the netCDF library that must succeed.
void expect_ok(int status) { ASSERT_EQ(status, NC_NOERR) << nc_strerror(status); }

class SavedForms : public Prediction {
 protected:
  void SetUp() override {
    fit(grouped_table(120, count_response), "--formula 'y ~ x + (1 + x | g)' --draws 200");
    table_ = read_table(w_.write("n.csv", "x,g\n0.4,g3\n-0.2,g7\n1,g3\n"));
    full_ = eta(table_, GroupMode::known, nullptr);
    effects_ = FitReader(w_.path("f.nc")).read("posterior", "r_g");
    expect_ok(nc_open(w_.path("f.nc").c_str(), NC_WRITE, &file_));
    expect_ok(nc_inq_grp_ncid(file_, "posterior", &posterior_));
    int variable = -1;
    expect_ok(nc_inq_varid(posterior_, "r_g", &variable));
    expect_ok(nc_rename_var(posterior_, variable, "gone"));
  }
  int dimension(int group, const char* name, std::size_t size) const {
    int id = -1;
    EXPECT_EQ(nc_def_dim(group, name, size, &id), NC_NOERR);
    return id;
  }
  void put(int group, const char* name, const std::vector<int>& dimensions, const double* values) const {
    int id = -1;
    expect_ok(nc_def_var(group, name, NC_DOUBLE, static_cast<int>(dimensions.size()), dimensions.data(), &id));
    expect_ok(nc_put_var_double(group, id, values));
  }

  Table table_;
  RowMatrix full_, effects_;
  int file_ = -1;
  int posterior_ = -1;
};

TEST_F(SavedForms, MomentsGiveNormalEffectsAndNoneGivesAnError) {
  expect_ok(nc_close(file_));
  try {
    eta(table_, GroupMode::fresh);
    ADD_FAILURE() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("`save_effects` all"), std::string::npos) << error.what();
  }
  EXPECT_EQ(eta(table_, GroupMode::none).rows(), 3);

  expect_ok(nc_open(w_.path("f.nc").c_str(), NC_WRITE, &file_));
  int group = -1;
  expect_ok(nc_def_grp(file_, "effect_moments", &group));
  const int g = dimension(group, "g", 10);
  const int c = dimension(group, "g__coefficient", 2);
  const int c2 = dimension(group, "g__coefficient2", 2);
  RowMatrix mean(10, 2);
  RowMatrix covariance(10, 4);
  for (int k = 0; k < 10; ++k) {
    mean.row(k) << 0.1 * k, -0.2 * k;
    covariance.row(k) << 1, 0.5, 0.5, 0.25 * (k + 1);
  }
  put(group, "r_g_mean", {g, c}, mean.data());
  put(group, "r_g_covariance", {g, c, c2}, covariance.data());
  expect_ok(nc_close(file_));
  const RowMatrix with = eta(table_, GroupMode::known);
  const RowMatrix effect = with - eta(table_, GroupMode::none);
  ASSERT_EQ(effect.cols(), 400);
  const double x[] = {0.4, -0.2, 1};
  const int level[] = {3, 7, 3};
  for (int i = 0; i < 3; ++i) {
    const double expected = 0.1 * level[i] - 0.2 * level[i] * x[i];
    const double variance = 1 + 2 * 0.5 * x[i] + 0.25 * (level[i] + 1) * x[i] * x[i];
    EXPECT_NEAR(effect.row(i).mean(), expected, 4 * std::sqrt(variance / 400));
    const double found = (effect.row(i).array() - expected).square().mean();
    EXPECT_NEAR(found, variance, 4 * variance * std::sqrt(2.0 / 400));
  }
  EXPECT_TRUE((eta(table_, GroupMode::known).array() == with.array()).all());
}

TEST_F(SavedForms, ThinnedEffectsPredictByTheirDraws) {
  int group = -1;
  expect_ok(nc_def_grp(file_, "thinned_effects", &group));
  const std::vector<int> dimensions = {dimension(group, "chain", 2), dimension(group, "draw", 40),
                                       dimension(group, "g", 10), dimension(group, "g__coefficient", 2)};
  int coordinate = -1;
  expect_ok(nc_def_var(group, "draw", NC_INT64, 1, &dimensions[1], &coordinate));
  std::vector<long long> numbers;
  RowMatrix kept(80, 20);
  for (int k = 0; k < 40; ++k) numbers.push_back(5 * k + 4);
  for (Eigen::Index k = 0; k < 80; ++k)
    kept.row(k) = effects_.row(k / 40 * 200 + numbers[static_cast<std::size_t>(k % 40)]);
  expect_ok(nc_put_var_longlong(group, coordinate, numbers.data()));
  put(group, "r_g", dimensions, kept.data());
  expect_ok(nc_close(file_));
  std::vector<DrawPlace> places;
  const RowMatrix thinned = eta(table_, GroupMode::known, &places);
  ASSERT_EQ(thinned.cols(), 80);
  for (Eigen::Index k = 0; k < 80; ++k) {
    const DrawPlace& place = places[static_cast<std::size_t>(k)];
    EXPECT_EQ(place.draw, static_cast<std::size_t>(numbers[static_cast<std::size_t>(k % 40)]));
    EXPECT_LT((thinned.col(k) - full_.col(place.chain * 200 + static_cast<Eigen::Index>(place.draw))).norm(), 1e-12);
  }
}

TEST_F(Prediction, ArraysOfCoefficientsScalesAndCorrelations) {
  fit(grouped_table(120, count_response), "--formula 'y ~ x + (1 + x | g)' --draws 20");
  const DrawRange range{1, {3, 4, 9}};
  const std::vector<std::string> names = {"Intercept", "x"};
  const auto read = [&] {
    const FitReader file(w_.path("f.nc"));
    RowMatrix values(3, 5);
    values << read_coefficients(file, names, range), read_effect_sds(file, "g", names, range),
        read_effect_correlations(file, "g", names, range);
    return values;
  };
  const RowMatrix before = read();
  const auto all = [&](const char* name) { return FitReader(w_.path("f.nc")).read("posterior", name); };
  const std::vector<std::vector<const char*>> parts = {
      {"b_Intercept", "b_x"}, {"sd_g__Intercept", "sd_g__x"}, {"cor_g__Intercept__x"}};
  const char* const variables[] = {"b", "sd_g", "cor_g"};
  const char* const dimensions[] = {"coefficient", "sd_coefficient", "g__pair"};
  std::vector<RowMatrix> values;
  for (const auto& list : parts) {
    values.emplace_back(40, static_cast<Eigen::Index>(list.size()));
    for (std::size_t k = 0; k < list.size(); ++k) values.back().col(static_cast<Eigen::Index>(k)) = all(list[k]);
  }
  int file = -1;
  int posterior = -1;
  expect_ok(nc_open(w_.path("f.nc").c_str(), NC_WRITE, &file));
  expect_ok(nc_inq_grp_ncid(file, "posterior", &posterior));
  for (std::size_t v = 0; v < 3; ++v) {
    int ids[3] = {-1, -1, -1};
    int id = -1;
    std::vector<const char*> labels = {"Intercept", "x"};
    expect_ok(nc_inq_dimid(posterior, "chain", &ids[0]));
    expect_ok(nc_inq_dimid(posterior, "draw", &ids[1]));
    expect_ok(nc_def_dim(posterior, dimensions[v], parts[v].size(), &ids[2]));
    expect_ok(nc_def_var(posterior, dimensions[v], NC_STRING, 1, &ids[2], &id));
    expect_ok(nc_put_var_string(posterior, id, labels.data()));
    expect_ok(nc_def_var(posterior, variables[v], NC_DOUBLE, 3, ids, &id));
    const std::size_t start[3] = {0, 0, 0};
    const std::size_t count[3] = {2, 20, parts[v].size()};
    expect_ok(nc_put_vara_double(posterior, id, start, count, values[v].data()));
    for (const char* part : parts[v]) {
      expect_ok(nc_inq_varid(posterior, part, &id));
      expect_ok(nc_rename_var(posterior, id, (std::string("gone_") + part).c_str()));
    }
  }
  expect_ok(nc_close(file));
  EXPECT_TRUE((read().array() == before.array()).all());
}

TEST_F(Prediction, SlicesOfLevels) {
  fit(grouped_table(60, count_response), "--formula 'y ~ x + (1 + x | g)' --draws 150");
  const FitReader file(w_.path("f.nc"));
  const std::vector<std::size_t> entries = {1, 2, 3, 7, 9};
  const RowMatrix slice = file.read_slice("posterior", "r_g", 1, 20, 125, entries);
  const RowMatrix whole = file.read("posterior", "r_g", 1, 20, 125);
  ASSERT_EQ(slice.rows(), 125);
  ASSERT_EQ(slice.cols(), 10);
  for (std::size_t e = 0; e < entries.size(); ++e)
    EXPECT_TRUE((slice.middleCols(static_cast<Eigen::Index>(2 * e), 2).array() ==
                 whole.middleCols(static_cast<Eigen::Index>(2 * entries[e]), 2).array())
                    .all());
}

TEST(SpreadDraws, AreEvenAndDistinct) {
  EXPECT_EQ(spread_draws(1, 9), (std::vector<Eigen::Index>{4}));
  EXPECT_EQ(spread_draws(4, 8), (std::vector<Eigen::Index>{1, 3, 5, 7}));
  EXPECT_EQ(spread_draws(9, 3), (std::vector<Eigen::Index>{0, 1, 2}));
}

}  // namespace
}  // namespace bdglm::test
