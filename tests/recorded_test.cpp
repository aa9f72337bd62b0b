// What a run keeps: statistics of moves, priors as values, effects as they were asked for, many coefficients as one.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fitfile/fit_file.hpp"
#include "run/effect_moments.hpp"
#include "support/problem.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

const std::string kContraception = "--data " + std::string(BDGLM_SOURCE_DIR) +
                                   "/data/contraception.csv.gz --formula 'use ~ age + urban + (1 | district)'";

/// In a mixed logistic model the gradient move is made in every fourth sweep.
TEST(Recorded, StatisticsAreOfTheMovesSinceTheLastDraw) {
  const Workspace w;
  const std::string fit = "fit " + kContraception + " --seed 1 --chains 1 --warmup 40 --quiet ";
  ASSERT_EQ(w.run(fit + "--draws 40 --out each.nc").status, 0);
  ASSERT_EQ(w.run(fit + "--draws 5 --thin 8 --out thinned.nc").status, 0);
  const RowMatrix each = FitReader(w.path("each.nc")).read("sample_stats", "n_steps");
  const RowMatrix thinned = FitReader(w.path("thinned.nc")).read("sample_stats", "n_steps");
  EXPECT_EQ((each.array() > 0).count(), 10);
  for (Eigen::Index k = 0; k < 5; ++k) EXPECT_EQ(thinned(k, 0), each.middleRows(8 * k, 8).sum()) << k;
  const RowMatrix rate = FitReader(w.path("each.nc")).read("sample_stats", "acceptance_rate");
  EXPECT_TRUE(((rate.array() >= 0) && (rate.array() <= 1)).all());
}

TEST(Recorded, PriorsAreStoredAsValues) {
  const Table table = small_table(20);
  ModelOptions options;
  options.priors = {"b ~ normal(0.3, 2)", "sd ~ half_t(4, 0.7)"};
  const Problem first(table, "y ~ deep(x, layers = c(2)) + w + (1 | g)", Family::bernoulli, options);
  const nlohmann::json stored = first.model.priors;
  ModelOptions restored;
  restored.resolved = nlohmann::json::parse(stored.dump()).get<Priors>();
  restored.priors = {"b ~ normal(9, 9)"};
  const Problem second(table, "y ~ deep(x, layers = c(2)) + w + (1 | g)", Family::bernoulli, restored);
  EXPECT_EQ(nlohmann::json(second.model.priors), stored);
  EXPECT_EQ(first.model.fixed_prior_mean, second.model.fixed_prior_mean);
  EXPECT_EQ(second.model.priors.sd[0].b, 0.7);
}

TEST(Recorded, EffectsAreKeptAsAsked) {
  const Workspace w;
  const std::string fit = "fit " + kContraception + " --seed 1 --chains 2 --warmup 50 --draws 60 --quiet ";
  ASSERT_EQ(w.run(fit + "--out all.nc").status, 0);
  ASSERT_EQ(w.run(fit + "--save-effects moments --out moments.nc").status, 0);
  ASSERT_EQ(w.run(fit + "--save-effects none --out none.nc").status, 0);
  ASSERT_EQ(w.run(fit + "--save-effects every=20 --out thinned.nc").status, 0);
  const FitReader all(w.path("all.nc"));
  const RowMatrix r = all.read("posterior", "r_district");
  const FitReader moments(w.path("moments.nc"));
  EXPECT_FALSE(moments.has("posterior", "r_district"));
  const RowMatrix mean = moments.data("effect_moments", "r_district_mean");
  const RowMatrix variance = moments.data("effect_moments", "r_district_covariance");
  ASSERT_EQ(mean.rows(), r.cols());
  for (Eigen::Index g = 0; g < r.cols(); ++g) {
    const double centre = r.col(g).mean();
    EXPECT_NEAR(mean(g, 0), centre, 1e-12);
    EXPECT_NEAR(variance(g, 0), (r.col(g).array() - centre).square().sum() / static_cast<double>(r.rows() - 1), 1e-12);
  }
  EXPECT_FALSE(FitReader(w.path("none.nc")).has("posterior", "r_district"));
  const RowMatrix thinned = FitReader(w.path("thinned.nc")).read("thinned_effects", "r_district");
  EXPECT_TRUE(thinned.row(1) == r.row(39));
  EXPECT_EQ(w.run(fit + "--save-effects some --out x.nc").status, 2);
  EXPECT_EQ(w.run(fit + "--save-effects every=0 --out x.nc").status, 2);
  EXPECT_EQ(w.run(fit + "--save-effects every=61 --out x.nc").status, 1);
}

TEST(Recorded, ManyCoefficientsAreOneVariable) {
  const Workspace w;
  std::string csv = "y";
  for (int j = 0; j < 120; ++j) csv += ",x" + std::to_string(j);
  for (int i = 0; i < 40; ++i) {
    csv += "\n" + std::to_string(i % 2);
    for (int j = 0; j < 120; ++j) csv += "," + std::to_string((i * 7919 + j * 104729) % 1000);
  }
  w.write("t.csv", csv + "\n");
  ASSERT_EQ(
      w.run("fit --data t.csv --formula 'y ~ .' --seed 1 --chains 2 --warmup 10 --draws 10 --quiet --out a.nc").status,
      0);
  const FitReader file(w.path("a.nc"));
  EXPECT_EQ(file.variables("posterior"), std::vector<std::string>{"b"});
  EXPECT_EQ(file.dimensions("posterior", "b")[0].labels[1], "x0");
}

TEST(EffectMoments, EqualThoseOfAllDraws) {
  const auto draw = [](std::uint32_t k) {
    Stream stream({3, 0, k, Site::simulation, 0}, 0);
    RowMatrix u(2, 2);
    for (Eigen::Index i = 0; i < 4; ++i) u.data()[i] = 5 + draw_normal<double>(stream);
    u(1, 1) += 2 * u(1, 0);
    return u;
  };
  EffectMoments first;
  EffectMoments second;
  RowMatrix all(30, 4);
  for (std::uint32_t k = 0; k < 30; ++k) {
    const RowMatrix u = draw(k);
    all.row(k) = Eigen::Map<const Eigen::RowVectorXd>(u.data(), 4);
    (k < 11 ? first : second).add({u});
    if (k != 5) continue;
    Archive archive;
    first.save(archive);
    first.load(archive);
  }
  first.add(second);
  const RowMatrix centred = all.rowwise() - all.colwise().mean();
  EXPECT_NEAR(first.mean(0)(1, 0), all.col(2).mean(), 1e-12);
  EXPECT_NEAR(first.covariance(0)(1, 1), centred.col(2).dot(centred.col(3)) / 29, 1e-12);
  EXPECT_NEAR(first.covariance(0)(0, 3), centred.col(1).squaredNorm() / 29, 1e-12);
}

}  // namespace
}  // namespace bdglm::test
