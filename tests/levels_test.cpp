// Levels that must not merge, codings of factors, and what columns are said to have been taken for.
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "bdglm/error.hpp"
#include "design/design.hpp"
#include "support/message.hpp"
#include "support/problem.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

using Names = std::vector<std::string>;

Table make_table(std::vector<Column> columns) {
  Table table;
  for (Column& column : columns) table.add(std::move(column));
  return table;
}

/// y, a dose in words and numbers, and the two nestings of "x:y:z".
Table dose_table() {
  return make_table({numbers("y", {0, 1, 0, 1, 1, 0}),
                     labels("dose", {"low", "medium", "high", "low", "high", "medium"}),
                     numbers("level", {1, 2, 3, 1, 3, 2}), labels("g", {"x:y", "x", "x", "x:y", "x", "w"}),
                     labels("h", {"z", "y:z", "z", "z", "y:z", "z"}), numbers("x", {1, 2, 4, 8, 9, 3})});
}

Design design_of(const std::string& formula, const Table& table, const Names& factors = {}) {
  return make_design(make_frame({formula}, "", table, factors), table, {});
}

TEST(Levels, NestedLabelsThatReadAlikeStayApart) {
  const Table table = dose_table();
  const Frame frame = make_frame({"y ~ 1 + (1 | g:h)"}, "", table);
  EXPECT_EQ(frame.group_levels.at("g:h"), (Names{"\"x:y\":z", "w:z", "x:\"y:z\"", "x:z"}));
  const Design design = make_design(frame, table, {});
  EXPECT_EQ(design.sides[0].groups[0].index, (std::vector<std::int32_t>{0, 2, 3, 0, 2, 1}));
  EXPECT_TRUE(design.sides[0].groups[0].new_levels.empty());
}

TEST(Levels, TuplesSurviveTheFitFileAndOtherCodings) {
  const Table table = dose_table();
  const Frame frame =
      nlohmann::json::parse(nlohmann::json(make_frame({"y ~ (1 | g:h) + (1 | level:g:h)"}, "", table)).dump())
          .get<Frame>();
  // Labels appear in another order, some combinations are new, and two new ones read alike.
  const Table fresh = make_table({labels("g", {"x", "x:y", "q:y", "q", "x:y", "q:y"}),
                                  labels("h", {"y:z", "z", "z", "y:z", "y:z", "z"}),
                                  labels("level", {"2", "1", "3", "3", "other", "3"})});
  const Design design = make_design(frame, fresh, {false, false});
  EXPECT_EQ(design.sides[0].groups[0].index, (std::vector<std::int32_t>{2, 0, 4, 5, 6, 4}));
  EXPECT_EQ(design.sides[0].groups[0].new_levels, (Names{"\"q:y\":z", "q:\"y:z\"", "\"x:y\":\"y:z\""}));
  const Names& known = frame.group_levels.at("level:g:h");
  EXPECT_EQ(known[static_cast<std::size_t>(design.sides[0].groups[1].index[0])], "2:x:y:z");
  EXPECT_EQ(known[static_cast<std::size_t>(design.sides[0].groups[1].index[1])], "1:x:y:z");
  EXPECT_EQ(design.sides[0].groups[1].index[5], design.sides[0].groups[1].index[2]);
}

TEST(Levels, NumbersAreKeyedByValue) {
  const Table table = make_table({numbers("y", {0, 1, 0, 1}), numbers("g", {0.0, -0.0, 10, 2})});
  const Frame frame = make_frame({"y ~ (1 | g)"}, "", table);
  EXPECT_EQ(frame.group_levels.at("g"), (Names{"0", "10", "2"}));
  const Table text = make_table({labels("g", {"010", "2.0", "two", "0"})});
  EXPECT_EQ(make_design(frame, text, {false, false}).sides[0].groups[0].index, (std::vector<std::int32_t>{1, 2, 3, 0}));
}

TEST(Levels, TextOfTwoColumnsMeetsExactlyOnly) {
  const Table table = make_table({numbers("y", {0, 1, 0, 1}), labels("g", {"1", "b", "02", "b"})});
  const Frame frame = make_frame({"y ~ (1 | g)"}, "", table);
  const auto index = [&](Column column) {
    return make_design(frame, make_table({std::move(column)}), {false, false}).sides[0].groups[0].index;
  };
  EXPECT_EQ(index(labels("g", {"01", "b"})), (std::vector<std::int32_t>{3, 2}));
  EXPECT_EQ(index(numbers("g", {2, 1})), (std::vector<std::int32_t>{0, 1}));
}

TEST(Levels, NamesThatWouldCoincideAreRefused) {
  const Table table = make_table({numbers("y", {0, 1, 0, 1}), labels("f", {"a", "b", "a", "b"}),
                                  numbers("fb", {1, 2, 4, 3}), labels("f:fb", {"p", "q", "q", "p"})});
  EXPECT_HAS(message([&] { design_of("y ~ f + fb", table); }), "two coefficients would be named 'fb'");
  EXPECT_HAS(message([&] { design_of("y ~ (1 | f:fb) + (1 | `f:fb`)", table); }),
             "two groupings would be named 'f:fb'");
}

TEST(Levels, ManyRowsAndLevelsAreIndexedFast) {
  const std::size_t n = 1000000;
  Column a = numbers("a", std::vector<double>(n));
  Column b = numbers("b", std::vector<double>(n));
  Column y = numbers("y", std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    a.numbers[i] = static_cast<double>(i * 7919 % 50000);
    b.numbers[i] = static_cast<double>(i % 4);
    y.numbers[i] = static_cast<double>(i % 2);
  }
  const Table table = make_table({a, b, y});
  const auto start = std::chrono::steady_clock::now();
  const Frame frame = make_frame({"y ~ 1 + (1 | a) + (1 | a:b)"}, "", table);
  const auto middle = std::chrono::steady_clock::now();
  const Design design = make_design(frame, table, {});
  const auto end = std::chrono::steady_clock::now();
  EXPECT_EQ(frame.group_levels.at("a").size(), 50000U);
  const auto seconds = [](auto from, auto to) { return std::chrono::duration<double>(to - from).count(); };
  RecordProperty("frame_seconds", std::to_string(seconds(start, middle)));
  RecordProperty("design_seconds", std::to_string(seconds(middle, end)));
  EXPECT_LT(seconds(start, end), 6) << "labels are made row by row again?";
}

TEST(Coding, GivenLevelsSetOrderReferenceAndShortNames) {
  const Table table = dose_table();
  const std::string factor = "factor(dose, levels = c('low', \"medium\", 'high'))";
  EXPECT_EQ(design_of("y ~ " + factor, table).sides[0].fixed_names, (Names{"Intercept", "dosemedium", "dosehigh"}));
  EXPECT_EQ(design_of("y ~ " + factor + ":x + x", table).sides[0].fixed_names,
            (Names{"Intercept", "x", "dosemedium:x", "dosehigh:x"}));
  EXPECT_EQ(design_of("y ~ factor(dose, c('low', 'medium', 'high'))", table).sides[0].fixed_names[1], "dosemedium");
  EXPECT_EQ(design_of("y ~ deep(" + factor + ")", table).deep_names, (Names{"doselow", "dosemedium", "dosehigh"}));
  EXPECT_EQ(design_of("y ~ 1 + (1 + " + factor + " | g)", table).sides[0].groups[0].coefficients,
            (Names{"Intercept", "dosemedium", "dosehigh"}));
  const Design counted = design_of("y ~ factor(level, levels = c(3, 1, 2))", table);
  EXPECT_EQ(counted.sides[0].fixed_names, (Names{"Intercept", "level1", "level2"}));
  EXPECT_EQ(counted.sides[0].fixed.col(1), (Eigen::VectorXd(6) << 1, 0, 0, 1, 0, 0).finished());
  EXPECT_EQ(design_of("y ~ factor(level)", table).sides[0].fixed_names,
            (Names{"Intercept", "factor(level)2", "factor(level)3"}));
}

TEST(Coding, RelevelMovesTheReferenceAlone) {
  const Table table = dose_table();
  EXPECT_EQ(design_of("y ~ relevel(dose, \"medium\")", table).sides[0].fixed_names,
            (Names{"Intercept", "dosehigh", "doselow"}));
  EXPECT_EQ(design_of("y ~ relevel(dose, ref = 'medium') * x", table).sides[0].fixed_names.size(), 6U);
  EXPECT_EQ(design_of("y ~ relevel(factor(level), 2)", table).sides[0].fixed_names,
            (Names{"Intercept", "level1", "level3"}));
  const Frame frame = make_frame({"y ~ relevel(dose, 'medium')"}, "", table);
  const Design fresh = make_design(frame, make_table({labels("dose", {"low", "medium"})}), {false, false});
  EXPECT_EQ(fresh.sides[0].fixed, (RowMatrix(2, 3) << 1, 0, 1, 1, 0, 0).finished());
}

TEST(Coding, TheResponseCanBeCodedToo) {
  const Table table = make_table({labels("use", {"Y", "N", "Y"}), numbers("x", {1, 2, 4})});
  EXPECT_EQ(design_of("use ~ x", table).response, (Eigen::VectorXd(3) << 1, 0, 1).finished());
  EXPECT_EQ(design_of("relevel(use, 'Y') ~ x", table).response, (Eigen::VectorXd(3) << 0, 1, 0).finished());
}

TEST(Coding, WrongCodingsSayWhatAndWhere) {
  const Table table = dose_table();
  const auto error = [&](const std::string& formula) { return message([&] { design_of(formula, table); }); };
  const std::string unlisted = error("y ~ factor(dose, levels = c('low', 'high'))");
  EXPECT_HAS(unlisted, "'medium' in row 2");
  EXPECT_HAS(unlisted, "write NA");
  EXPECT_HAS(error("y ~ factor(dose, levels = c('low', 'medium', 'high', 'huge'))"), "'huge'");
  EXPECT_HAS(error("y ~ factor(dose, levels = c('low', 'low'))"), "twice");
  EXPECT_HAS(error("y ~ factor(dose, levels = c(low, high))"), "in quotes or a number");
  EXPECT_HAS(error("y ~ factor(dose, labels = c('a', 'b'))"), "not 'labels'");
  EXPECT_HAS(error("y ~ relevel(dose)"), "relevel(x, \"ref\")");
  EXPECT_HAS(error("y ~ relevel(dose, 'lo')"),
             "its levels are 'high', 'low', 'medium'\n    y ~ relevel(dose, 'lo')\n" + std::string(22, ' ') + "^");
  EXPECT_HAS(error("y ~ dose + deep(relevel(dose, 'low'))"), "coded in two ways");
  EXPECT_HAS(error("y ~ log(factor(level))"), "cannot stand in arithmetic");
}

TEST(Coding, ANumberAndItsFactorAreTwoThings) {
  const Design design = design_of("y ~ level + factor(level)", dose_table());
  EXPECT_EQ(design.sides[0].fixed_names, (Names{"Intercept", "level", "factor(level)2", "factor(level)3"}));
  EXPECT_EQ(design.sides[0].fixed.col(1), (Eigen::VectorXd(6) << 1, 2, 3, 1, 3, 2).finished());
}

TEST(Coding, FactorColumnsAreFactorsEverywhere) {
  const Table table = dose_table();
  EXPECT_EQ(design_of("y ~ level", table, {"level"}).sides[0].fixed_names, (Names{"Intercept", "level2", "level3"}));
  EXPECT_EQ(design_of("y ~ . - dose - g - h - x", table, {"level"}).sides[0].fixed_names,
            (Names{"Intercept", "level2", "level3"}));
  EXPECT_EQ(design_of("y ~ deep(level, x)", table, {"level"}).deep_names, (Names{"level1", "level2", "level3", "x"}));
  const Frame frame = nlohmann::json(make_frame({"y ~ level"}, "", table, {"level"})).get<Frame>();
  EXPECT_EQ(make_design(frame, table, {}).sides[0].fixed_names, (Names{"Intercept", "level2", "level3"}));
  EXPECT_HAS(message([&] { make_frame({"y ~ level"}, "", table, {"levle"}); }), "'level'");
}

TEST(Coding, DotLeavesOutWhatIsTakenAway) {
  const Table table = dose_table();
  EXPECT_EQ(design_of("y ~ . - dose - g - h", table).sides[0].fixed_names, (Names{"Intercept", "level", "x"}));
  EXPECT_EQ(design_of("y ~ deep(. - dose - g - h)", table).deep_names, (Names{"level", "x"}));
  EXPECT_EQ(design_of("y ~ deep(x + level, layers = c(2))", table).deep_names, (Names{"x", "level"}));
  EXPECT_HAS(message([&] { design_of("y ~ deep(x:level)", table); }), "finds interactions by itself");
}

TEST(Columns, SayWhatTheyWereTakenFor) {
  const Table table =
      make_table({labels("use", {"N", "Y", "N", "Y", "Y"}), numbers("age", {1, 2, 4, 8, 3}),
                  labels("f", {"c", "a", "b", "a", "b"}), labels("g", {"p", "q", "p", "q", "q"}),
                  numbers("e", {1, 2, 1, 2, 3}), numbers("z", {1, 2, 1, 2, 5}), numbers("w", {1, 1, 1, 1, 2})});
  const Frame frame =
      make_frame({"use | weights(w) ~ age + f + offset(log(e)) + deep(z, age) + (1 | g) + (1 | g:f)"}, "", table);
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"use", "response: N = 0, Y = 1"},
      {"w", "weights"},
      {"age", "number; network input (standardised)"},
      {"f", "factor, 3 levels: a (reference), b, c; in the grouping g:f, 4 levels"},
      {"e", "offset, in log(e)"},
      {"z", "network input (standardised)"},
      {"g", "grouping, 2 levels; in the grouping g:f, 4 levels"}};
  EXPECT_EQ(frame.columns, expected);
  EXPECT_EQ(nlohmann::json(frame).at("columns")[0][0], "use");
  const Frame sigma = make_frame({"e ~ age"}, "g", table);
  EXPECT_EQ(sigma.columns.back(), std::make_pair(std::string("g"), std::string("sigma levels, 2 levels")));
}

TEST(Columns, IdentifiersByDotAndCountsGetNotes) {
  std::vector<double> id, y, x;
  for (int i = 0; i < 60; ++i) {
    id.push_back(1000 + i);
    y.push_back(i % 7);
    x.push_back(i % 5);
  }
  const Table table = make_table({numbers("y", y), numbers("id", id), numbers("x", x)});
  const Design design = design_of("y ~ .", table);
  ASSERT_EQ(design.notes.size(), 1U);
  EXPECT_HAS(design.notes[0], "'id' enters by '.' as a number and has 60 distinct whole values");
  EXPECT_TRUE(design_of("y ~ id + x", table).notes.empty());
  EXPECT_TRUE(design_of("y ~ . - id", table).notes.empty());
  const Frame frame = make_frame({"y ~ x"}, "", table);
  Design counts = make_design(frame, table, {});
  note_count_response(frame, counts);
  ASSERT_EQ(counts.notes.size(), 1U);
  EXPECT_HAS(counts.notes[0], "as counts do");
  counts.response[0] = 0.5;
  note_count_response(frame, counts);
  EXPECT_EQ(counts.notes.size(), 1U);
}

}  // namespace
}  // namespace bdglm::test
