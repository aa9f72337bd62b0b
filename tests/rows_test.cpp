// Large tables are sampled group by group, and nothing of that shows.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/bdglm.hpp"
#include "design/rows.hpp"
#include "model/fit_spec.hpp"
#include "support/problem.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

constexpr int kRows = 70000;
constexpr int kGroups = 3000;

int group_of(int row) { return static_cast<int>((row * 7919LL) % kGroups); }

Table scattered_table(int rows) {
  std::vector<double> y, x, n, w;
  std::vector<std::string> g, h;
  for (int i = 0; i < rows; ++i) {
    y.push_back(i % 3 % 2);
    x.push_back(i);
    n.push_back(1 + i % 5);
    w.push_back(1 + i % 4);
    g.push_back(std::to_string(100000 + group_of(i)));
    h.push_back("h" + std::to_string(i % 10));
  }
  Table table;
  for (const auto& [name, values] : std::map<std::string, std::vector<double>>{{"y", y}, {"x", x}, {"n", n}, {"w", w}})
    table.add(numbers(name, values));
  table.add(labels("g", g));
  table.add(labels("h", h));
  return table;
}

TEST(Rows, AreTakenByGroupWithAllThatBelongsToThem) {
  const Table table = scattered_table(kRows);
  const Frame frame =
      make_frame({"y | trials(n) + weights(w) ~ x + deep(x) + offset(x) + (1 + x | g) + (1 | h)"}, "h", table);
  Design design = make_design(frame, table, {});
  order_by_group(design);
  ASSERT_EQ(design.size(), kRows);
  const SideDesign& side = design.sides.front();
  const TermDesign& g = side.groups[0];
  const TermDesign& h = side.groups[1];
  int last = -1;
  std::size_t last_row = 0;
  std::vector<char> seen(kRows, 0);
  for (Eigen::Index i = 0; i < kRows; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto row = static_cast<int>(design.rows[at]);
    ASSERT_EQ(seen[design.rows[at]]++, 0);
    ASSERT_EQ(g.index[at], group_of(row));
    ASSERT_TRUE(g.index[at] > last || (g.index[at] == last && design.rows[at] > last_row)) << i;
    last = g.index[at];
    last_row = design.rows[at];
    ASSERT_EQ(h.index[at], row % 10);
    ASSERT_EQ(design.sigma_index[at], row % 10);
    ASSERT_EQ(side.fixed(i, 1), row);
    ASSERT_EQ(side.offset[i], row);
    ASSERT_EQ(g.z(i, 1), row);
    ASSERT_EQ(design.response[i], row % 3 % 2);
    ASSERT_EQ(design.trials[i], 1 + row % 5);
    ASSERT_EQ(design.weights[i], 1 + row % 4);
    ASSERT_NEAR(design.deep(i, 0) * frame.deep_sd[0] + frame.deep_mean[0], row, 1e-8 * kRows);
  }
  const std::vector<Eigen::Index> order = rows_by_table(design);
  for (int row = 0; row < kRows; ++row)
    ASSERT_EQ(design.rows[static_cast<std::size_t>(order[static_cast<std::size_t>(row)])],
              static_cast<std::size_t>(row));
}

/// A column that is zero but in one row of a thousand: its deviation there is a thousand, about 31 standard deviations.
TEST(Rows, NetworkInputsLieWithinTenUnits) {
  constexpr std::size_t kCount = 1000;
  Table table;
  for (const char* name : {"y", "seldom", "often"}) {
    Column column;
    column.name = name;
    for (std::size_t i = 0; i < kCount; ++i)
      column.numbers.push_back(*name == 's' ? (i == 7 ? 1001.0 : 1.0) : static_cast<double>(i % 2));
    table.add(column);
  }
  const Frame frame = make_frame({"y ~ deep(seldom, often)"}, "", table);
  EXPECT_DOUBLE_EQ(frame.deep_mean[0], 2);
  EXPECT_NEAR(frame.deep_sd[0], 99.9, 1e-10);
  EXPECT_NEAR(frame.deep_sd[1], 0.5 * std::sqrt(1000.0 / 999), 1e-12);
  const Design design = make_design(frame, table, {});
  EXPECT_NEAR(design.deep.col(0).maxCoeff(), 10, 1e-10);
}

TEST(Rows, OfSmallAndUngroupedTablesStay) {
  const auto first_rows = [](const std::string& formula, int rows) {
    const Table table = scattered_table(rows);
    Design design = make_design(make_frame({formula}, "", table), table, {});
    order_by_group(design);
    return std::vector<std::size_t>(design.rows.begin(), design.rows.begin() + 3);
  };
  const std::vector<std::size_t> table_order = {0, 1, 2};
  EXPECT_EQ(first_rows("y ~ x + (1 | g)", 5000), table_order);
  EXPECT_EQ(first_rows("y ~ x", kRows), table_order);
  EXPECT_NE(first_rows("y ~ x + (1 | g)", kRows), table_order);
}

/// What a fit keeps of single rows is in the table's order, under the table's numbers.
TEST(Rows, SavedRowsAreInTheTablesOrder) {
  std::vector<double> y;
  std::vector<std::string> g;
  for (int i = 0; i < kRows; ++i) {
    y.push_back(std::sin(0.37 * i) + 0.001 * group_of(i));
    g.push_back(std::to_string(100000 + group_of(i)));
  }
  y[4] = std::nan("");
  Data data;
  data.add_numbers("y", y).add_text("g", g);
  RunOptions run;
  run.chains = 1;
  run.warmup = 3;
  run.draws = 2;
  run.seed = 5;
  run.save = {"log_likelihood"};
  const Posterior fit = bdglm::fit({.formula = "y ~ 1 + (1 | g)", .data = data, .family = "gaussian"}, run);
  const Array likelihood = fit.array("log_likelihood/y");
  const Array effects = fit.array("posterior/r_g");
  const std::vector<double> observed = fit.array("observed_data/y").values;
  const double half_log_two_pi = 0.5 * std::log(2 * std::acos(-1.0));
  ASSERT_EQ(observed.size(), y.size() - 1);
  for (std::size_t s = 0; s < 2; ++s) {
    const double intercept = fit.draws("b_Intercept")[s];
    const double sigma = fit.draws("sigma")[s];
    for (std::size_t i = 0; i < observed.size(); ++i) {
      const std::size_t row = i < 4 ? i : i + 1;
      ASSERT_EQ(observed[i], y[row]);
      ASSERT_EQ(likelihood.dimensions[2].labels[i], std::to_string(row + 1));
      const double mean =
          intercept + effects.values[s * kGroups + static_cast<std::size_t>(group_of(static_cast<int>(row)))];
      const double z = (y[row] - mean) / sigma;
      ASSERT_NEAR(likelihood.values[s * observed.size() + i], -half_log_two_pi - std::log(sigma) - 0.5 * z * z, 1e-5);
    }
  }
}

/// A state is in the order of its rows, which a resumed run finds again.
TEST(Rows, OfARunThatWasCutComeBackInTheirOrder) {
  std::vector<double> y;
  std::vector<std::string> g;
  for (int i = 0; i < kRows; ++i) {
    y.push_back(i % 7 % 2);
    g.push_back(std::to_string(100000 + group_of(i)));
  }
  Data data;
  data.add_numbers("y", y).add_text("g", g);
  const ModelSpec spec{.formula = "y ~ 1 + (1 | g)", .data = data, .family = "bernoulli"};
  RunOptions run;
  run.chains = 1;
  run.warmup = 2;
  run.draws = 4;
  run.seed = 5;
  const Workspace w;
  const Posterior whole = fit_to_file(spec, w.path("whole.nc"), run);
  run.draws = 1;
  fit_to_file(spec, w.path("cut.nc"), run);
  ResumeOptions further;
  further.draws = 4;
  const Posterior resumed = resume(w.path("cut.nc"), further);
  for (const char* name : {"posterior/r_g", "posterior/b_Intercept", "sample_stats/lp"})
    EXPECT_EQ(resumed.array(name).values, whole.array(name).values) << name;
}

/// States of fits that were begun with the rows as the table has them are not taken for others.
TEST(Rows, OfEarlierFitsStayAsTheyWere) {
  const Table table = small_table(20);
  FitSpec spec;
  spec.frame = make_frame({"y ~ x"}, "", table);
  spec.run.seed = 1;
  nlohmann::json json = spec;
  EXPECT_TRUE(json.get<FitSpec>().rows_by_group);
  json.erase("rows_by_group");
  EXPECT_FALSE(json.get<FitSpec>().rows_by_group);
}

TEST(Rows, AreNamedAsInTheTable) {
  Problem problem(small_table(60), "y ~ x + (1 | g)", Family::bernoulli, {});
  std::vector<Eigen::Index> backwards;
  for (Eigen::Index i = 60; i-- > 0;) backwards.push_back(i);
  take_rows(problem.design, backwards);
  problem.data = make_resident(problem.model, problem.design, *problem.backend);
  State state = make_state(*problem.context);
  const Sweep sweep = make_sweep(*problem.context, problem.design);
  sweep.begin(warm_start(state, *problem.context, {11, 0, 0, Site::warm_start, 0}));
  RowMatrix eta = problem.backend->download(state.eta);
  eta(6, 0) = std::nan("");
  problem.backend->upload(eta, state.eta);
  try {
    sweep.run(state, *problem.context, {{11, 2, 4, Site::latents, 0}, 0});
    FAIL() << "no error";
  } catch (const NumericalError& error) {
    for (const char* part : {"row 54 ", "'latents'", "chain 3", "sweep 5"}) EXPECT_HAS(std::string(error.what()), part);
  }
}

}  // namespace
}  // namespace bdglm::test
