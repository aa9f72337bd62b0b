// The tutorial cases: a decision boundary on the iris data, and two companies with one delivery each.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "diagnostics/diagnostics.hpp"
#include "fitfile/fit_file.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

const std::string kExamples = std::string(BDGLM_SOURCE_DIR) + "/examples/";

TEST(Tutorial, IrisDecisionBoundary) {
  const Workspace w;
  ASSERT_EQ(w.run("fit --data " + kExamples +
                  "iris_two_species.csv --formula 'Species ~ Sepal.Length' --seed 1 --out iris.nc --quiet")
                .status,
            0);
  const FitReader file(w.path("iris.nc"));
  const RowMatrix intercept = file.read("posterior", "b_Intercept");
  const RowMatrix slope = file.read("posterior", "b_Sepal.Length");
  std::vector<double> boundary;
  double mean = 0;
  for (Eigen::Index s = 0; s < slope.rows(); ++s) {
    boundary.push_back(-intercept(s, 0) / slope(s, 0));
    mean += boundary.back() / static_cast<double>(slope.rows());
  }
  std::sort(boundary.begin(), boundary.end());
  EXPECT_NEAR(mean, 5.42, 0.05);
  EXPECT_GT(sorted_quantile(boundary, 0.025), 5.2);
  EXPECT_LT(sorted_quantile(boundary, 0.975), 5.65);
  // The posterior predictive curve is flatter than the plug-in curve away from the boundary.
  w.write("grid.csv", "Sepal.Length\n4.5\n5.42\n6.5\n");
  ASSERT_EQ(w.run("predict iris.nc --data grid.csv --out curve.csv --plugin").status, 0);
  std::istringstream lines(slurp(w.path("curve.csv")));
  std::string line;
  std::getline(lines, line);
  std::vector<std::vector<double>> rows;
  while (std::getline(lines, line)) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; rows.back().size() < 7 && std::getline(cells, cell, ',');)
      rows.back().push_back(std::stod(cell));
  }
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_GT(rows[0][0], rows[0][6]);
  EXPECT_LT(rows[2][0], rows[2][6]);
  EXPECT_NEAR(rows[1][0], 0.5, 0.08);
  EXPECT_LT(rows[1][2], rows[1][0]);
  EXPECT_GT(rows[1][3], rows[1][0]);
}

TEST(Tutorial, TwoCompaniesWithOneDeliveryEach) {
  const Workspace w;
  ASSERT_EQ(w.run("fit --data " + kExamples +
                  "deliveries.csv --formula 'days ~ company' --sigma company --family gaussian --seed 1 --draws 4000 "
                  "--prior 'Intercept ~ normal(17.5, 10)' --prior 'b ~ normal(0, 10)' --prior 'sigma ~ half_t(4, 5)' "
                  "--out d.nc --quiet")
                .status,
            0);
  w.write("new.csv", "company\nA\nB\n");
  ASSERT_EQ(w.run("predict d.nc --data new.csv --out p.csv").status, 0);
  std::istringstream lines(slurp(w.path("p.csv")));
  std::string line;
  std::getline(lines, line);
  const double observed[2] = {15, 20};
  for (const double y : observed) {
    std::getline(lines, line);
    std::istringstream cells(line);
    std::vector<double> v;
    for (std::string cell; std::getline(cells, cell, ',');) v.push_back(std::stod(cell));
    EXPECT_NEAR(v[0], y, 2.5);  // near the one delivery, drawn a little to the prior
    EXPECT_LT(v[4], y - 5);     // wide below and above, and finite
    EXPECT_GT(v[5], y + 5);
    EXPECT_GT(v[4], y - 60);
    EXPECT_LT(v[5], y + 60);
  }
  const FitReader file(w.path("d.nc"));
  EXPECT_GT(file.read("posterior", "sigma").minCoeff(), 0);
}

}  // namespace
}  // namespace bdglm::test
