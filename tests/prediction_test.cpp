// Prediction and scoring as functions: weights, blocks, threads.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "posterior/evaluate.hpp"
#include "posterior/fit_parameters.hpp"
#include "support/prediction.hpp"

namespace bdglm::test {
namespace {

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

/// The shape of counts that are Poisson's has draws without a mean: the plug-in is at that of the logarithm.
TEST_F(Prediction, PluginHasTheFamilysNumbersAtTheMeanOfTheirLogarithm) {
  std::string csv = "y\n";
  for (int i = 0; i < 40; ++i) csv += std::to_string(i % 5) + "\n";
  fit(csv, "--formula 'y ~ 1' --family negative_binomial --draws 400");
  const FitReader file(w_.path("f.nc"));
  const double log_shape = file.read("posterior", "shape").col(0).array().log().mean();
  const double eta = file.read("posterior", "b_Intercept").col(0).mean();
  FamilyParameters numbers;
  numbers.value[0] = log_shape;
  double mean = 0;
  for (int y = 0; y < 5; ++y) mean += log_density(Family::negative_binomial, y, 1, {&eta, 0, 1, &numbers}) / 5;
  EXPECT_NEAR(scores(csv).log_score_plugin, mean, 1e-6);
}

TEST(SpreadDraws, AreEvenAndDistinct) {
  EXPECT_EQ(spread_draws(1, 9), (std::vector<Eigen::Index>{4}));
  EXPECT_EQ(spread_draws(4, 8), (std::vector<Eigen::Index>{1, 3, 5, 7}));
  EXPECT_EQ(spread_draws(9, 3), (std::vector<Eigen::Index>{0, 1, 2}));
}

}  // namespace
}  // namespace bdglm::test
