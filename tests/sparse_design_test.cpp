// Sparse matrices from table to design and back: the columns of the same matrix held densely, in the fit's order.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "bdglm/data.hpp"
#include "bdglm/error.hpp"
#include "data/matrix.hpp"
#include "design/design_table.hpp"
#include "design/rows.hpp"
#include "posterior/effect_rows.hpp"
#include "support/message.hpp"
#include "support/problem.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

constexpr std::size_t kRows = 40;

NumberColumns by_column(const SparseRows& rows) {
  NumberColumns columns(rows.columns, std::vector<double>(rows.rows(), 0));
  for (std::size_t i = 0; i < rows.rows(); ++i)
    rows.for_each(i, [&](std::int32_t column, double value) { columns[static_cast<std::size_t>(column)][i] = value; });
  return columns;
}

/// The small table with the words, sparse or held as columns.
Table with_words(bool sparse, std::size_t rows = kRows) {
  Table table = small_table(static_cast<int>(rows));
  SparseRows words = sparse_words(rows);
  if (sparse)
    add_sparse_matrix(table, "words", std::move(words), "");
  else
    add_matrix(table, "words", by_column(words), true, "");
  return table;
}

RowMatrix all_columns(const RowMatrix& dense, const SparseRows& sparse) {
  RowMatrix all(dense.rows(), dense.cols() + sparse.cols());
  all.leftCols(dense.cols()) = dense;
  if (sparse.columns > 0) all.rightCols(sparse.cols()) = dense_rows(sparse, 0, sparse.rows());
  return all;
}

/// Column by name.
std::map<std::string, Eigen::VectorXd> named(const std::vector<std::string>& names, const RowMatrix& all) {
  std::map<std::string, Eigen::VectorXd> columns;
  for (std::size_t k = 0; k < names.size(); ++k) columns[names[k]] = all.col(static_cast<Eigen::Index>(k));
  return columns;
}

TEST(SparseDesign, HasTheColumnsOfTheMatrixHeldDensely) {
  const Table sparse = with_words(true);
  const Table dense = with_words(false);
  EXPECT_TRUE(sparse.block("words")->rows != nullptr);
  for (const char* formula : {"y ~ words + x", "y ~ 0 + words", "y ~ g * words + x", "y ~ . + (1 + w | h)"}) {
    const Frame a = make_frame({formula}, "", sparse);
    const Frame b = make_frame({formula}, "", dense);
    const Design own = make_design(a, sparse, {});
    const Design whole = make_design(b, dense, {});
    EXPECT_GT(own.sides[0].sparse.columns, 200U) << formula;
    EXPECT_EQ(named(own.sides[0].fixed_names, all_columns(own.sides[0].fixed, own.sides[0].sparse)),
              named(whole.sides[0].fixed_names, whole.sides[0].fixed))
        << formula;
    EXPECT_EQ(a.notes, b.notes);
  }
}

TEST(SparseDesign, InputsOfNetworksAreInUnitsOfTheirOwn) {
  const Table sparse = with_words(true);
  const Frame frame = nlohmann::json::parse(nlohmann::json(make_frame({"y ~ deep(words, x)"}, "", sparse)).dump());
  const Design design = make_design(frame, sparse, {});
  EXPECT_EQ(design.deep.cols(), 1);
  EXPECT_EQ(design.deep_names.front(), "x");
  EXPECT_EQ(design.deep_names.size(), 1 + design.sparse_deep.columns);
  const SparseRows words = sparse_words(kRows);
  const FrameBlock& block = frame.blocks.at("words");
  EXPECT_TRUE(block.sparse);
  const std::vector<std::size_t> varying = block.varying();
  ASSERT_EQ(varying.size(), design.sparse_deep.columns);
  for (std::size_t i = 0; i < kRows; ++i)
    for (std::size_t k = 0; k < varying.size(); ++k)
      EXPECT_EQ(design.sparse_deep.at(i, k), words.at(i, varying[k]) / frame.deep_sd[1 + k]);
  double squares = 0;
  for (std::size_t i = 0; i < kRows; ++i) squares += std::pow(words.at(i, varying[3]), 2);
  EXPECT_NEAR(frame.deep_sd[4], std::sqrt(squares / kRows), 1e-12);
}

TEST(SparseDesign, OtherTablesMayHoldTheMatrixDenselyOrWithOtherColumns) {
  const Frame frame = make_frame({"y ~ x + words"}, "", with_words(true));
  const Design own = make_design(frame, with_words(true), {});
  const Design other = make_design(frame, with_words(false), {});
  EXPECT_TRUE(own.sides[0].sparse == other.sides[0].sparse);
  const Frame dense = make_frame({"y ~ x + words"}, "", with_words(false));
  EXPECT_EQ(make_design(dense, with_words(true), {}).sides[0].fixed,
            make_design(dense, with_words(false), {}).sides[0].fixed);
  Table wider = small_table(kRows);
  SparseRows words = sparse_words(kRows);
  words.columns = 300;
  words.indices.push_back(299);
  words.values.push_back(1);
  ++words.starts.back();
  add_sparse_matrix(wider, "words", words, "w.svm");
  const Design seen = make_design(frame, wider, {});
  EXPECT_TRUE(own.sides[0].sparse == seen.sides[0].sparse);
  EXPECT_EQ(seen.notes.back(),
            "'words' has indices up to 300; those above 260, which the fit has not seen, have no say");
  Table without = small_table(kRows);
  EXPECT_EQ(message([&] { make_design(frame, without, {}); }),
            "the fit reads the matrix 'words' of 260 columns, which is not there; give it as `matrix` words=FILE");
}

TEST(SparseDesign, RowsThatMissAreDroppedAndRowsAreTaken) {
  Table table = with_words(true);
  Column z = numbers("z", std::vector<double>(kRows, 1.0));
  for (std::size_t i = 0; i < kRows; ++i) z.numbers[i] = i == 3 ? NAN : std::sin(static_cast<double>(i));
  table.add(z);
  const Frame frame = make_frame({"y ~ z + words + deep(words)"}, "", table);
  Design design = make_design(frame, table, {});
  ASSERT_EQ(design.size(), static_cast<Eigen::Index>(kRows) - 1);
  ASSERT_EQ(design.sides[0].sparse.rows(), kRows - 1);
  const RowMatrix whole = dense_rows(design.sides[0].sparse, 0, kRows - 1);
  const Design before = design;
  take_rows(design, {5, 2, 30});
  EXPECT_EQ(dense_rows(design.sides[0].sparse, 0, 3), RowMatrix(whole(std::vector<int>{5, 2, 30}, Eigen::all)));
  EXPECT_EQ(design.sparse_deep.rows(), 3U);
  EXPECT_FALSE(same_rows(before, design));
  EXPECT_TRUE(same_rows(before, before));
}

TEST(SparseDesign, TheFitsOwnRowsAreTables) {
  const Table table = with_words(true);
  for (const char* formula : {"y ~ x + words", "y ~ x + deep(words, w)", "y ~ g:words", "y ~ words + I(words3^2)"}) {
    const Frame frame = make_frame({formula}, "", table);
    Design design = make_design(frame, table, {});
    design.untold = untold_columns(design, frame, table);
    const DesignTable own = table_of(design, frame, true);
    EXPECT_TRUE(own.lost.empty()) << formula;
    ASSERT_NE(own.table.block("words"), nullptr) << formula;
    const Design again = make_design(frame, own.table, {.with_response = false});
    EXPECT_TRUE(again.sides[0].sparse == design.sides[0].sparse) << formula;
    EXPECT_TRUE(again.sparse_deep == design.sparse_deep) << formula;
    EXPECT_EQ(again.sides[0].fixed, design.sides[0].fixed) << formula;
  }
}

TEST(SparseDesign, SingleColumnsAreThere) {
  Table table = with_words(true);
  const SparseRows words = sparse_words(kRows);
  EXPECT_TRUE(table.has("words7"));
  EXPECT_FALSE(table.has("words0"));
  EXPECT_FALSE(table.has("words07"));
  EXPECT_FALSE(table.has("words261"));
  const Column& seventh = table.column("words7");
  EXPECT_EQ(&seventh, &table.column("words7"));
  for (std::size_t i = 0; i < kRows; ++i) EXPECT_EQ(seventh.numbers[i], words.at(i, 6));
  EXPECT_HAS(message([&] { table.column("words"); }), "'words' is a matrix of 260 columns, where one column is needed");
  EXPECT_HAS(message([&] { table.add(numbers("words9", std::vector<double>(kRows, 1))); }), "two columns are named");
  EXPECT_HAS(message([&] { make_frame({"y ~ words + words3"}, "", table); }),
             "'words3' is a column of the matrix 'words', which the formula reads whole");
  Column moved = seventh;
  for (double& value : moved.numbers) value = value == 0 ? 2.5 : 0;
  const Table with = with_column(table, moved);
  EXPECT_EQ(with.column("words7").numbers, moved.numbers);
  EXPECT_EQ(with.column("words8").numbers, table.column("words8").numbers);
  EXPECT_EQ(with.column("words6").numbers, table.column("words6").numbers);
  const Table few = spread_rows(table, 3);
  EXPECT_EQ(few.rows(), 3U);
  EXPECT_EQ(few.column("words7").numbers[2], seventh.numbers.back());
}

/// Copies may get other matrices of one name.
TEST(SparseDesign, CopiesOfTablesHaveTheirOwnColumns) {
  Table first = small_table(kRows);
  const Table base = first;
  add_sparse_matrix(first, "m", sparse_words(kRows), "");
  EXPECT_EQ(first.column("m7").numbers[3], sparse_words(kRows).at(3, 6));
  Table copy = first;
  EXPECT_EQ(copy.column("m7").numbers, first.column("m7").numbers);
  Table second = base;
  add_sparse_matrix(second, "m", sparse_words(kRows, 3), "");
  first.column("m12");
  for (std::size_t i = 0; i < kRows; ++i)
    EXPECT_EQ(second.column("m12").numbers[i], 6 * first.column("m12").numbers[i]);
}

/// A file's last columns may be missing, since no row has them; a matrix in memory says how many it has.
TEST(SparseDesign, MatricesInMemoryHaveTheColumnsOfTheFit) {
  const auto with = [](std::size_t columns, const std::string& source) {
    Table table = small_table(kRows);
    SparseRows words = sparse_words(kRows);
    SparseRows fewer;
    fewer.columns = columns;
    for (std::size_t i = 0; i < kRows; ++i) {
      words.for_each(i, [&](std::int32_t k, double value) {
        if (static_cast<std::size_t>(k) >= columns) return;
        fewer.indices.push_back(k);
        fewer.values.push_back(value);
      });
      fewer.starts.push_back(fewer.indices.size());
    }
    add_sparse_matrix(table, "words", fewer, source);
    return table;
  };
  const Frame frame = make_frame({"y ~ words"}, "", with(260, ""));
  EXPECT_EQ(message([&] { make_design(frame, with(258, "w.svm"), {}); }), "no error");
  EXPECT_HAS(message([&] { make_design(frame, with(258, ""), {}); }),
             "the fit reads the matrix 'words' of 260 columns, and the one that is there has 258 columns");
}

TEST(SparseDesign, FewColumnsOrManyNumbersAreHeldDensely) {
  Table narrow;
  SparseRows cut;
  cut.columns = 256;
  for (std::size_t i = 0; i < kRows; ++i) {
    sparse_words(kRows).for_each(i, [&](std::int32_t k, double value) {
      if (k >= 256) return;
      cut.indices.push_back(k);
      cut.values.push_back(value);
    });
    cut.starts.push_back(cut.indices.size());
  }
  add_sparse_matrix(narrow, "m", cut, "");
  EXPECT_EQ(narrow.block("m")->rows, nullptr);
  EXPECT_EQ(narrow.columns().size(), 256U);
  Table full;
  SparseRows ones;
  ones.columns = 300;
  for (std::size_t i = 0; i < 5; ++i) {
    for (std::int32_t k = 0; k < 300; ++k) {
      ones.indices.push_back(k);
      ones.values.push_back(1 + k * static_cast<double>(i));
    }
    ones.starts.push_back(ones.indices.size());
  }
  add_sparse_matrix(full, "m", ones, "");
  EXPECT_EQ(full.block("m")->rows, nullptr);
}

TEST(SparseDesign, CompressedRowsAreChecked) {
  const auto refusal = [](std::vector<std::int64_t> starts, std::vector<std::int32_t> indices,
                          std::vector<double> values) {
    return message([&] { Data().add_sparse_matrix("m", 300, starts, indices, values); });
  };
  EXPECT_EQ(refusal({0, 2, 3}, {0, 7, 299}, {1, 2, 3}), "no error");
  EXPECT_HAS(refusal({0, 2, 3}, {7, 0, 299}, {1, 2, 3}), "has the index 0 after 7 in row 1; sort each row's");
  EXPECT_HAS(refusal({0, 2, 3}, {7, 7, 299}, {1, 2, 3}), "has the index 7 after 7 in row 1");
  EXPECT_HAS(refusal({0, 2, 3}, {0, 7, 300}, {1, 2, 3}), "has the index 300 in row 2, and 300 columns, from 0");
  EXPECT_HAS(refusal({0, 2, 3}, {-1, 7, 299}, {1, 2, 3}), "has the index -1 in row 1");
  EXPECT_HAS(refusal({0, 2, 3}, {0, 7, 299}, {1, NAN, 3}), "holds nan in row 1; its numbers are finite");
  EXPECT_HAS(refusal({0, 2, 4}, {0, 7, 299}, {1, 2, 3}), "has 3 indices and 3 values, and rows from 0 to 4");
  EXPECT_HAS(refusal({0, 3, 2, 3}, {0, 7, 299}, {1, 2, 3}), "has a row 2 that ends before it begins");
  EXPECT_HAS(refusal({0, 5, 3}, {0, 7, 299}, {1, 2, 3}), "has a row 1 that ends before it begins, or beyond the last");
  EXPECT_HAS(refusal({0}, {}, {}), "has no rows or no columns");
}

TEST(SparseDesign, FactorsOfManyLevelsAreSparseInputsOfTheNetwork) {
  constexpr int kLevels = 300;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<std::string> g;
  for (int i = 0; i < 2 * kLevels; ++i) {
    x.push_back(std::sin(i));
    y.push_back(std::cos(3 * i));
    g.push_back("g" + std::to_string(1000 + 7 * i % kLevels));
  }
  Table table;
  table.add(numbers("y", y));
  table.add(labels("g", g));
  table.add(numbers("x", x));
  const Frame frame = make_frame({"y ~ deep(g, x, layers = c(2), knots = 3) + (1 | g)"}, "", table);
  EXPECT_EQ(frame.sparse_factors, std::vector<std::string>{"g"});
  EXPECT_EQ(frame.deep_names.front(), "x");
  const InputGroups groups = input_groups(frame);
  EXPECT_EQ(groups.names, (std::vector<std::string>{"x", "x (knots)", "g"}));
  EXPECT_EQ(groups.columns(), 5 + kLevels);
  EXPECT_EQ(groups.active, (std::vector<int>{1, 1, 1}));
  const Design design = make_design(frame, table, {});
  ASSERT_EQ(design.deep.cols(), 1);
  ASSERT_EQ(design.sparse_deep.columns, static_cast<std::size_t>(kLevels));
  for (std::size_t i = 0; i < g.size(); ++i) {
    EXPECT_EQ(design.sparse_deep.starts[i + 1] - design.sparse_deep.starts[i], 1U);
    const auto level = static_cast<std::size_t>(design.sparse_deep.indices[i]);
    EXPECT_EQ(frame.deep_names[1 + level], "g" + g[i]);
    EXPECT_EQ(design.sparse_deep.values[i], 1);
  }
  const DesignTable back = table_of(design, frame, true);
  EXPECT_TRUE(back.lost.empty());
  const Column& column = back.table.column("g");
  for (std::size_t i = 0; i < g.size(); ++i) EXPECT_EQ(column.labels[static_cast<std::size_t>(column.codes[i])], g[i]);
  const Frame again = nlohmann::json(frame).get<Frame>();
  EXPECT_EQ(again.sparse_factors, frame.sparse_factors);
  // Of 256 levels the indicators are dense.
  Table few;
  few.add(numbers("y", {y.begin(), y.begin() + 256}));
  few.add(labels("g", {g.begin(), g.begin() + 256}));
  EXPECT_TRUE(make_frame({"y ~ deep(g)"}, "", few).sparse_factors.empty());
}

}  // namespace
}  // namespace bdglm::test
