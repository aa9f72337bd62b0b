// Matrices in formulas: the design of the same columns named one by one, what '.' takes, and what has no say.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "data/matrix.hpp"
#include "design/design.hpp"
#include "design/design_table.hpp"
#include "support/message.hpp"
#include "support/words.hpp"

namespace bdglm {
namespace {

using test::message;

constexpr std::size_t kRows = 12;

Column numbers(const std::string& name, double (*value)(std::size_t)) {
  Column column;
  column.name = name;
  for (std::size_t i = 0; i < kRows; ++i) column.numbers.push_back(value(i));
  return column;
}

/// Rows of a response, a number, a factor, and a matrix of four columns whose second is constant.
Table table(bool sparse = false, std::size_t columns = 4) {
  Table t;
  t.add(numbers("y", [](std::size_t i) { return std::sin(static_cast<double>(i)); }));
  t.add(numbers("z", [](std::size_t i) { return static_cast<double>(i * i % 7); }));
  Column f;
  f.name = "f";
  f.numeric = false;
  f.labels = {"a", "b", "c"};
  for (std::size_t i = 0; i < kRows; ++i) f.codes.push_back(static_cast<std::int32_t>(i % 3));
  t.add(f);
  NumberColumns m;
  for (std::size_t k = 0; k < columns; ++k) {
    m.emplace_back();
    for (std::size_t i = 0; i < kRows; ++i)
      m[k].push_back(k == 1 ? 7 : std::cos(static_cast<double>((k + 1) * i)) + static_cast<double>(k));
  }
  add_matrix(t, "m", std::move(m), sparse, "");
  return t;
}

std::string refusal(const std::string& formula, const Table& t = table()) {
  return message([&] { make_design(make_frame({formula}, "", t), t, {}); });
}

/// Expects the same matrices from both formulas.
void same(const std::string& with_matrix, const std::string& with_columns) {
  const Table t = table();
  const Frame a = make_frame({with_matrix}, "", t);
  const Frame b = make_frame({with_columns}, "", t);
  const Design x = make_design(a, t, {});
  const Design y = make_design(b, t, {});
  ASSERT_EQ(x.sides[0].fixed_names, y.sides[0].fixed_names) << with_matrix;
  EXPECT_EQ(x.sides[0].fixed, y.sides[0].fixed) << with_matrix;
  ASSERT_EQ(x.deep_names, y.deep_names) << with_matrix;
  EXPECT_EQ(x.deep, y.deep) << with_matrix;
  EXPECT_EQ(a.deep_mean, b.deep_mean) << with_matrix;
  ASSERT_EQ(x.sides[0].groups.size(), y.sides[0].groups.size()) << with_matrix;
  for (std::size_t g = 0; g < x.sides[0].groups.size(); ++g) {
    EXPECT_EQ(x.sides[0].groups[g].coefficients, y.sides[0].groups[g].coefficients) << with_matrix;
    EXPECT_EQ(x.sides[0].groups[g].z, y.sides[0].groups[g].z) << with_matrix;
  }
}

TEST(MatrixDesign, TheNameStandsForTheColumnsThatVary) {
  same("y ~ m", "y ~ m1 + m3 + m4");
  same("y ~ 0 + m + z", "y ~ 0 + m1 + m3 + m4 + z");
  same("y ~ z + deep(m, z)", "y ~ z + deep(m1, m3, m4, z)");
  same("y ~ z:m", "y ~ z:m1 + z:m3 + z:m4");
  same("y ~ f + (1 + m | f)", "y ~ f + (1 + m1 + m3 + m4 | f)");
  const Table t = table();
  const Design d = make_design(make_frame({"y ~ f * m"}, "", t), t, {});
  EXPECT_EQ(d.sides[0].fixed_names, (std::vector<std::string>{"Intercept", "fb", "fc", "m1", "m3", "m4", "fb:m1",
                                                              "fc:m1", "fb:m3", "fc:m3", "fb:m4", "fc:m4"}));
  for (Eigen::Index i = 0; i < d.size(); ++i)
    EXPECT_EQ(d.sides[0].fixed(i, 11), d.sides[0].fixed(i, 2) * d.sides[0].fixed(i, 5));
}

TEST(MatrixDesign, TheDotTakesAndLeavesItWhole) {
  same("y ~ .", "y ~ z + f + m1 + m3 + m4");
  same("y ~ . - m", "y ~ z + f");
  same("y ~ . - m + m3", "y ~ z + f + m3");
  same("y ~ z + deep(. - f)", "y ~ z + deep(m1, m3, m4)");
  same("y ~ deep(m) + .", "y ~ deep(m1, m3, m4) + z + f");
}

TEST(MatrixDesign, OneNoteTellsOfConstantColumns) {
  const Table t = table();
  const Frame frame = make_frame({"y ~ m + deep(m)"}, "", t);
  EXPECT_EQ(frame.notes, std::vector<std::string>{"1 of 4 columns of 'm' is constant in the rows used and has no say"});
  const auto description =
      std::find_if(frame.columns.begin(), frame.columns.end(), [](const auto& column) { return column.first == "m"; });
  ASSERT_NE(description, frame.columns.end());
  EXPECT_EQ(description->second, "matrix of 4 columns, 1 of them constant; network inputs (standardised)");
  Table flat = table();
  NumberColumns zeros(3, std::vector<double>(kRows, 0));
  add_matrix(flat, "o", zeros, false, "");
  EXPECT_EQ(refusal("y ~ o", flat),
            "all 3 columns of the matrix 'o' are constant in the rows used; it carries nothing, take it out of the "
            "formula");
}

TEST(MatrixDesign, OtherRowsNeedTheSameMatrix) {
  const Table t = table();
  const Frame frame = nlohmann::json::parse(nlohmann::json(make_frame({"y ~ m"}, "", t)).dump()).get<Frame>();
  EXPECT_EQ(make_design(frame, t, {}).sides[0].fixed, make_design(make_frame({"y ~ m"}, "", t), t, {}).sides[0].fixed);
  const auto with = [&](const Table& other) { return message([&] { make_design(frame, other, {}); }); };
  Table none;
  none.add(t.column("y"));
  EXPECT_EQ(with(none), "the fit reads the matrix 'm' of 4 columns, which is not there; give it as `matrix` m=FILE");
  EXPECT_EQ(with(table(false, 3)),
            "the fit reads the matrix 'm' of 4 columns, and the one that is there has 3 columns; give a matrix of the "
            "same columns in the same order");
  Table single = none;
  single.add(numbers("m", [](std::size_t i) { return static_cast<double>(i); }));
  EXPECT_HAS(with(single), "and the one that is there has 1 column;");
  // Columns that were constant have no say, whatever they are now.
  Table changed = table();
  Table moved;
  for (const Column& column : changed.columns()) {
    Column own = column;
    if (own.name == "m2") own.numbers[3] = 100;
    moved.add(own);
  }
  moved.share_blocks(changed);
  EXPECT_EQ(make_design(frame, moved, {}).sides[0].fixed, make_design(frame, t, {}).sides[0].fixed);
}

TEST(MatrixDesign, SparseMatricesMayHaveOtherGreatestIndices) {
  const Frame frame = make_frame({"y ~ m"}, "", table(true));
  const Design narrow = make_design(frame, table(true, 3), {});
  EXPECT_EQ(narrow.sides[0].fixed.col(3), Eigen::VectorXd::Zero(kRows));
  EXPECT_EQ(narrow.sides[0].fixed.leftCols(3), make_design(frame, table(true), {}).sides[0].fixed.leftCols(3));
  const Design wide = make_design(frame, table(true, 6), {});
  EXPECT_EQ(wide.sides[0].fixed, make_design(frame, table(true), {}).sides[0].fixed);
  EXPECT_EQ(wide.notes.back(), "'m' has indices up to 6; those above 4, which the fit has not seen, have no say");
}

TEST(MatrixDesign, MissingAndWildNumbers) {
  const Table whole = table();
  const auto with = [&](const std::string& name, std::size_t first, std::size_t last, double value) {
    Table changed;
    for (const Column& column : whole.columns()) {
      Column own = column;
      if (own.name == name) std::fill_n(own.numbers.begin() + first, last - first, value);
      changed.add(own);
    }
    changed.share_blocks(whole);
    return changed;
  };
  const Table t = with("m3", 4, 5, std::nan(""));
  const Frame frame = make_frame({"y ~ m"}, "", t);
  const Design d = make_design(frame, t, {});
  EXPECT_EQ(d.size(), static_cast<Eigen::Index>(kRows) - 1);
  EXPECT_HAS(d.notes.back(), "1 of 12 rows dropped: missing values in columns that the formula uses");
  EXPECT_HAS(message([&] { make_design(frame, t, {.missing_is_error = true}); }), "(the first is row 5)");
  EXPECT_HAS(message([&] { make_design(frame, with("m1", 2, 3, INFINITY), {}); }),
             "'m1' is inf in row 3; values must be finite");
  EXPECT_EQ(refusal("y ~ m", with("m4", 0, kRows, std::nan(""))),
            "column 'm4' has only missing values; leave it out of the matrix 'm'");
}

TEST(MatrixDesign, ColumnsOfAWholeMatrixAreNoFactors) {
  const Table t = table();
  const auto with_factor = [&](const char* formula, const char* name) {
    return message([&] { make_frame({formula}, "", t, {name}); });
  };
  EXPECT_HAS(with_factor("y ~ m", "m3"), "'m3' is a column of the matrix 'm', whose columns are numbers");
  EXPECT_HAS(with_factor("y ~ deep(m)", "m1"), "'m1' is a column of the matrix 'm'");
  EXPECT_EQ(make_frame({"y ~ m3"}, "", t, {"m3"}).levels.count("m3"), 1U);
}

TEST(MatrixDesign, WhereAMatrixCannotStand) {
  const std::string one = "'m' is a matrix of 4 columns, where one column is needed; its columns are 'm1' to 'm4'";
  for (const char* formula : {"m ~ z", "y ~ I(m^2)", "y ~ log(m)", "y ~ deep(exp(m))", "y ~ factor(m)", "y ~ (1 | m)",
                              "y ~ offset(m)", "y | trials(m) ~ z"})
    EXPECT_EQ(refusal(formula), one) << formula;
  EXPECT_EQ(refusal("y ~ m + m3"),
            "'m3' is a column of the matrix 'm', which the formula reads whole; leave one of them out");
  EXPECT_EQ(refusal("y ~ . + m3"), refusal("y ~ m + m3"));
  EXPECT_HAS(
      refusal("y ~ . - m3"),
      "there is no column 'm3' to take out; the nearest name is 'm', and of a matrix all columns are taken out or");
  EXPECT_EQ(refusal("y ~ m5"), "no column 'm5': the matrix 'm' has 4 columns, 'm1' to 'm4'");
  EXPECT_EQ(refusal("y ~ pixels"),
            "no column 'pixels' in the table; the columns are 'y', 'z', 'f', 'm'; a matrix is given as `matrix` "
            "pixels=FILE");
  EXPECT_EQ(refusal("y ~ m + I(m3^2)"), "no error");
}

TEST(MatrixDesign, TheFitsOwnRowsAreTables) {
  const Table t = table();
  for (const char* formula : {"y ~ m", "y ~ z + deep(m)", "y ~ f:m", "y ~ f + (1 + m | f)"}) {
    const Frame frame = make_frame({formula}, "", t);
    Design design = make_design(frame, t, {});
    design.untold = untold_columns(design, frame, t);
    const DesignTable own = table_of(design, frame, true);
    EXPECT_TRUE(own.lost.empty()) << formula;
    ASSERT_NE(own.table.block("m"), nullptr) << formula;
    EXPECT_EQ(own.table.column("m3").block, "m");
    const Design again = make_design(frame, own.table, {.with_response = false});
    EXPECT_TRUE(again.sides[0].fixed.isApprox(design.sides[0].fixed, 1e-15)) << formula;
    EXPECT_TRUE(again.deep.isApprox(design.deep, 1e-15)) << formula;
  }
}

TEST(MatrixDesign, AColumnIsNotReadBesideItsMatrix) {
  for (const char* formula : {"m1 ~ m", "m1 ~ .", "m1 ~ deep(m)", "log(m1) ~ m", "y ~ m + m1"})
    EXPECT_HAS(refusal(formula), "'m1' is a column of the matrix 'm', which the formula reads whole");
  EXPECT_EQ(refusal("m1 ~ m3 + m4"), "no error");
}

TEST(MatrixDesign, BadNumbersAreFoundInTheMatrixsFile) {
  Table t;
  t.source = "t.csv";
  t.parts = {{"t.csv", 0}};
  t.add(numbers("y", [](std::size_t i) { return std::sin(static_cast<double>(i)); }));
  NumberColumns m(2, std::vector<double>(kRows));
  for (std::size_t i = 0; i < kRows; ++i) m[0][i] = m[1][i] = static_cast<double>(i);
  m[1][3] = INFINITY;
  add_matrix(t, "m", std::move(m), false, "m.npy");
  for (const char* formula : {"y ~ m", "y ~ m2"})
    EXPECT_HAS(refusal(formula, t), "'m2' is inf in row 4 of 'm.npy'; values must be finite");
}

TEST(MatrixDesign, ConstantColumnsOfNewRowsMayMissValues) {
  const Table t = table();
  const Frame frame = make_frame({"y ~ m"}, "", t);
  NumberColumns m(4, std::vector<double>(kRows, 1.0));
  m[1][2] = NAN;
  m[3][5] = NAN;
  Table more;
  more.add(numbers("y", [](std::size_t i) { return static_cast<double>(i); }));
  add_matrix(more, "m", std::move(m), false, "");
  const Design design = make_design(frame, more, {});
  ASSERT_EQ(design.rows.size(), kRows - 1);
  EXPECT_EQ(std::count(design.rows.begin(), design.rows.end(), 5U), 0);
}

}  // namespace
}  // namespace bdglm
