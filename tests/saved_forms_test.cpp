// Predictions from what a fit file keeps of random effects, scales and coefficients, in each of its forms.
#include <gtest/gtest.h>
#include <netcdf.h>

#include <cmath>

#include "bdglm/error.hpp"
#include "posterior/fit_parameters.hpp"
#include "support/prediction.hpp"

namespace bdglm::test {
namespace {

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

}  // namespace
}  // namespace bdglm::test
