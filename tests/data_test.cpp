// Reading tables and building designs: R's contrasts, scalings, levels, missing values, and every refusal's words.
#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

#include "bdglm/error.hpp"
#include "design/design.hpp"
#include "model/model.hpp"
#include "support/message.hpp"
#include "support/words.hpp"

namespace bdglm {
namespace {

using test::message;

class Data : public testing::Test {
 protected:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("bdglm_data_" + std::to_string(::getpid()));
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& text) {
    const std::string path = (folder_ / "t.csv").string();
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Table table(const std::string& text) { return read_table(file(text)); }

  Design design(const std::string& text, const std::string& formula, bool levels = false) {
    const Table t = table(text);
    frame_ = make_frame({formula}, "", t, {}, levels);
    return make_design(frame_, t, {});
  }

  std::string table_error(const std::string& text) {
    return message([&] { table(text); });
  }
  std::string design_error(const std::string& text, const std::string& formula) {
    return message([&] { design(text, formula); });
  }
  std::string model_error(const std::string& text, const std::string& formula, const std::string& family) {
    return message([&] {
      Design d = design(text, formula, family == "categorical");
      make_model(frame_, d, choose_family(family, "", frame_, d), {});
    });
  }
  Frame frame_;
};

TEST_F(Data, ReadsQuotesDelimitersMissingAndGzip) {
  const Table t = table("a;b;\"c;d\"\r\n1;x;\"he said \"\"no\"\"\"\r\nNA;;+2e3\r\n");
  EXPECT_EQ(t.rows(), 2U);
  EXPECT_TRUE(t.column("a").numeric);
  EXPECT_TRUE(t.column("a").missing(1));
  EXPECT_EQ(t.column("b").text(0), "x");
  EXPECT_TRUE(t.column("b").missing(1));
  EXPECT_EQ(t.column("c;d").text(0), "he said \"no\"");
  const std::string path = (folder_ / "t.csv.gz").string();
  gzFile out = gzopen(path.c_str(), "wb");
  gzputs(out, "\xEF\xBB\xBFx\ty\n1\t2.5\n\n3\t4\n");
  gzclose(out);
  const Table zipped = read_table(path);
  EXPECT_EQ(zipped.rows(), 2U);
  EXPECT_EQ(zipped.column("y").numbers[0], 2.5);
  EXPECT_EQ(zipped.column("x").numbers[1], 3);
}

TEST_F(Data, IdentifiersTooLongForNumbersStayApart) {
  const Table t = table("y,g,h,x\n1,9007199254740993,12,1234567890123456789.5\n0,9007199254740995,13,2\n1,-3,14,3\n");
  EXPECT_FALSE(t.column("g").numeric);
  EXPECT_EQ(t.column("g").labels, (std::vector<std::string>{"9007199254740993", "9007199254740995", "-3"}));
  EXPECT_TRUE(t.column("h").numeric);
  EXPECT_TRUE(t.column("x").numeric) << "digits after the point are measurements";
  EXPECT_TRUE(table("y,g\n1,9007199254740992\n2,-9007199254740992\n").column("g").numeric);
  EXPECT_FALSE(table("y,g\n1,123456789012345678901234567890\n").column("g").numeric);
  EXPECT_TRUE(table("y,x\n1,0.5\n0,2\n1,9007199254740993\n0,4\n").column("x").numeric) << "one long among others";
  const std::string padded = "y,g\n1,00501\n0,501\n1,028\n0,7\n";
  EXPECT_TRUE(table(padded).column("g").numeric) << "leading zeros are numbers";
  EXPECT_HAS(design_error(padded, "y ~ 1 + (1 | g)"), "'00501' and '501' are one number");
  EXPECT_HAS(design_error(padded, "y ~ factor(g)"), "write identifiers alike");
  EXPECT_EQ(design(padded, "y ~ g").sides[0].fixed(2, 1), 28);
  EXPECT_EQ(design("y,g\n1,007\n0,008\n1,007\n", "y ~ 1 + (1 | g)").sides[0].groups[0].index[2], 0);
  EXPECT_HAS(design_error("y,x\n1,12345678901234567\n0,12345678901234568\n1,12345678901234569\n0,12345678901234561\n",
                          "y ~ log(x)"),
             "'12345678901234567' in row 1");
  EXPECT_TRUE(table("y,g\n1,0\n0,0.5\n1,-0\n").column("g").numeric);
}

TEST_F(Data, TextOfOtherEncodingsIsRefused) {
  EXPECT_HAS(table_error("y,g\n1,a\n0,g\xE9\n"), "line 3");
  EXPECT_HAS(table_error("y,g\n1,a\n0,g\xE9\n"), "iconv -f LATIN1 -t UTF-8");
  EXPECT_HAS(table_error("y,g\xE9\n1,a\n"), "not UTF-8");
  for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"})
    EXPECT_HAS(table_error("y,g\n1,a" + std::string(bad) + "\n"), "not UTF-8");
  EXPECT_EQ(table("y,g\n1,\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\n").column("g").labels.size(), 1U);
}

TEST_F(Data, CommasInNumbersAreNotGuessedAt) {
  const std::string decimals = design_error("y,x\n1,\"1,5\"\n0,\"2,25\"\n1,3\n", "y ~ x");
  EXPECT_HAS(decimals, "decimal commas, as '1,5'");
  const std::string either = design_error("y,x\n1,\"1,000\"\n0,\"2,500\"\n1,3\n", "y ~ x");
  EXPECT_HAS(either, "thousands or decimals, as '1,000'");
}

TEST_F(Data, WhatIsTakenOutMustBeThere) {
  const std::string text = "y,id,x\n1,2,3\n0,3,4\n1,5,1\n";
  EXPECT_HAS(design_error(text, "y ~ . - idd"), "no column 'idd' to take out; the nearest name is 'id'");
  EXPECT_HAS(design_error(text, "y ~ deep(. - idd, layers = c(2))"), "no column 'idd'");
  EXPECT_EQ(design(text, "y ~ x - id").sides[0].fixed_names, (std::vector<std::string>{"Intercept", "x"}));
}

TEST_F(Data, TableErrorsSayWhereAndWhat) {
  EXPECT_HAS(message([] { read_table("/nonexistent/x.csv"); }), "cannot open '/nonexistent/x.csv'");
  EXPECT_HAS(table_error(""), "is empty");
  EXPECT_HAS(table_error("a,b\n"), "no rows");
  const std::string ragged = table_error("a,b\n1,2\n\"x\ny\",3\n1,2,3\n");
  EXPECT_HAS(ragged, "line 5");
  EXPECT_HAS(ragged, "has 3 columns, the header has 2");
  EXPECT_HAS(table_error("a,b\n1\n"), "has 1 column, the header has 2");
  EXPECT_HAS(table_error("a,a\n1,2\n"), "two columns are named 'a'");
  EXPECT_HAS(table_error("a,b\n1,\"2\n"), "malformed quotes");
  const std::string path = (folder_ / "cut.csv.gz").string();
  gzFile out = gzopen(path.c_str(), "wb");
  for (int i = 0; i < 20000; ++i) gzprintf(out, "%d,%d\n", i * 7919 % 10007, i);
  gzclose(out);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  EXPECT_HAS(message([&] { read_table(path); }), "cut short");
}

TEST_F(Data, UnknownColumnNamesTheNearest) {
  const std::string error = design_error("use,age,urban\n1,2,3\n0,3,4\n", "use ~ aeg");
  EXPECT_HAS(error, "no column 'aeg'");
  EXPECT_HAS(error, "the nearest name is 'age'");
  EXPECT_HAS(design_error("use,age,urban\n1,2,3\n0,3,4\n", "use ~ hello"), "the columns are 'use', 'age', 'urban'");
}

TEST_F(Data, TextAmongNumbersNamesTheRow) {
  const std::string text = "y,x\n1,1.5\n0,2.5\n1,oops\n0,4.25\n1,5.5\n";
  EXPECT_HAS(design_error(text, "y ~ x"), "'oops' in row 3");
  EXPECT_HAS(design_error(text, "y ~ deep(x)"), "'oops' in row 3");
  EXPECT_HAS(design_error(text, "y ~ log(x)"), "'oops' in row 3");
}

TEST_F(Data, TreatmentContrastsAndInteractions) {
  const Design d = design("y,f,g,x\n1,b,u,2\n0,a,v,3\n1,c,u,5\n0,a,u,7\n1,b,v,11\n0,c,v,13\n", "y ~ f + f:x + g");
  EXPECT_EQ(d.sides[0].fixed_names, (std::vector<std::string>{"Intercept", "fb", "fc", "gv", "fa:x", "fb:x", "fc:x"}));
  EXPECT_EQ(d.sides[0].fixed.row(0), (Eigen::RowVectorXd(7) << 1, 1, 0, 0, 0, 2, 0).finished());
  EXPECT_EQ(d.sides[0].fixed.row(1), (Eigen::RowVectorXd(7) << 1, 0, 0, 1, 3, 0, 0).finished());
  const Design full = design("y,f,x\n1,b,2\n0,a,3\n1,c,5\n", "y ~ 0 + f");
  EXPECT_EQ(full.sides[0].fixed_names, (std::vector<std::string>{"fa", "fb", "fc"}));
  // Without an intercept the first factor alone has a column a level, as in R.
  const Design two = design("y,f,g,x\n1,b,u,1\n0,a,v,2\n1,c,u,4\n0,a,u,3\n", "y ~ 0 + x + f + g");
  EXPECT_EQ(two.sides[0].fixed_names, (std::vector<std::string>{"x", "fa", "fb", "fc", "gv"}));
  const Design slopes = design("y,f,g,x\n1,b,u,1\n0,a,v,2\n1,c,u,4\n0,a,u,3\n", "y ~ 0 + x:f + g");
  EXPECT_EQ(slopes.sides[0].fixed_names, (std::vector<std::string>{"gu", "gv", "x:fa", "x:fb", "x:fc"}));
  const Design crossed = design("y,f,g\n1,b,u\n0,a,v\n1,c,u\n", "y ~ f*g");
  EXPECT_EQ(crossed.sides[0].fixed_names, (std::vector<std::string>{"Intercept", "fb", "fc", "gv", "fb:gv", "fc:gv"}));
}

TEST_F(Data, NumbersAsFactorsKeepTheirOrderOfAppearance) {
  const Design d = design("y,k\n1,3\n0,1\n1,2\n0,1\n", "y ~ factor(k)");
  EXPECT_EQ(d.sides[0].fixed_names, (std::vector<std::string>{"Intercept", "factor(k)1", "factor(k)2"}));
}

TEST_F(Data, DeepInputsAreStandardisedAndExpanded) {
  const Design d = design("y,x,f\n1,1,a\n0,2,b\n1,3,a\n", "y ~ deep(x, f, layers = c(2))");
  EXPECT_EQ(d.deep_names, (std::vector<std::string>{"x", "fa", "fb"}));
  EXPECT_NEAR(d.deep(0, 0), -1, 1e-12);
  EXPECT_EQ(d.deep(1, 2), 1);
  EXPECT_EQ(d.deep(0, 2), 0);
}

TEST_F(Data, MissingRowsAreDroppedAndCounted) {
  const std::string text = "y,x,z\n1,1,NA\n0,NA,2\n1,3,3\n0,5,3\n";
  const Design d = design(text, "y ~ x");
  EXPECT_EQ(d.rows, (std::vector<std::size_t>{0, 2, 3}));
  EXPECT_HAS(d.notes.at(0), "1 of 4 rows dropped");
  const Table t = table(text);
  EXPECT_HAS(message([&] { make_design(make_frame({"y ~ x"}, "", t), t, {true, true}); }), "the first is row 2");
}

TEST_F(Data, BadColumnsAreRefused) {
  EXPECT_HAS(design_error("y,x\n1,NA\n0,NA\n", "y ~ x"), "only missing values");
  EXPECT_HAS(design_error("y,f\n1,a\n0,a\n", "y ~ f"), "one level");
  EXPECT_HAS(design_error("y,g\n1,a\n0,a\n", "y ~ (1 | g)"), "one level");
  EXPECT_HAS(design_error("y,x\n1,5\n0,5\n", "y ~ deep(x)"), "constant");
  EXPECT_HAS(model_error("y,x\n1,5\n0,5\n", "y ~ x", ""), "constant");
  EXPECT_HAS(design_error("y,x\n1,1e300\n0,5\n", "y ~ x"), "row 1");
  EXPECT_HAS(design_error("y,x\n1,4\n0,inf\n", "y ~ x"), "row 2");
  EXPECT_HAS(design_error("y,x\n1,4\n0,-1\n", "y ~ log(x)"), "'log(x)' is not a number in row 2 of");
}

TEST_F(Data, FamiliesCheckTheResponse) {
  EXPECT_HAS(model_error("y,x\n1,1\n0,2\n2,3\n", "y ~ x", "bernoulli"), "'y' is 2 in row 3");
  EXPECT_HAS(model_error("y,n,x\n1,3,1\n5,4,2\n", "y | trials(n) ~ x", "binomial"), "5 out of 4 trials");
  EXPECT_HAS(model_error("y,n,x\n1,3,1\n1,2.5,2\n", "y | trials(n) ~ x", "binomial"),
             "the trials 'n' are 2.5 in row 2");
  EXPECT_HAS(model_error("y,x\n1,1\n0,2\n", "y ~ x", "binomial"), "needs the trials");
  EXPECT_HAS(model_error("y,x\na,1\nb,2\nc,3\n", "y ~ x", ""), "level of its own in each of 3 rows");
  EXPECT_HAS(model_error("y,x\na,1\nb,2\nc,3\na,4\nb,0\n", "y ~ x", "bernoulli"), "two levels, but it has 3");
  EXPECT_HAS(model_error("y,x\na,1\nb,2\nc,3\na,4\nb,0\n", "y ~ x", ""),
             "level 'c' of the response 'y' occurs once, in row 3");
  EXPECT_HAS(model_error("y,x,w\na,1,1\nb,2,1\nc,3,0\na,4,1\nb,0,1\n", "y | weights(w) ~ x", ""),
             "level 'c' of the response 'y' occurs in no row");
  EXPECT_HAS(model_error("y,x\n7,1\n7,2\n", "y ~ x", "categorical"), "one level ('7')");
  EXPECT_HAS(model_error("y,x\n1,1\n2,2\n", "log(y) ~ x", "categorical"), "labels are needed");
  EXPECT_HAS(model_error("y,x\n1,1\n2,2\n", "y ~ x", "posson"), "did you mean 'poisson'?");
  EXPECT_HAS(model_error("y,x,e\n1,1,1\n2,2,0\n", "y ~ x + offset(log(e))", "poisson"), "row 2");
  EXPECT_HAS(model_error("y,x\na,1\nb,2\n", "y ~ x", "gaussian"), "needs numbers");
  EXPECT_HAS(model_error("y,x\n1,1\n0,2\n", "y ~ x", "weibull"), "unknown family");
  EXPECT_HAS(model_error("y,x,w\n1,1,-1\n0,2,1\n", "y | weights(w) ~ x", "bernoulli"),
             "the weight 'w' is -1 in row 1 of");
}

TEST_F(Data, ZeroWeightsAndCollinearColumnsAreNoted) {
  Design d = design("y,x,z,w\n1,1,2,1\n0,2,4,0\n1,3,6,2\n0,5,10,1\n", "y | weights(w) ~ x + z");
  make_model(frame_, d, Family::bernoulli, {});
  EXPECT_EQ(d.size(), 3);
  std::string notes;
  for (const std::string& n : d.notes) notes += n + "\n";
  EXPECT_HAS(notes, "1 row has weight zero");
  EXPECT_HAS(notes, "'z' is a combination");
}

TEST_F(Data, NewLevelsInPrediction) {
  const Table train = table("y,f,g\n1,a,u\n0,b,v\n1,a,v\n");
  const Frame frame = make_frame({"y ~ f + (1 | g)"}, "", train);
  const Table fresh = table("f,g\na,w\nb,u\n");
  const Design d = make_design(frame, fresh, {false, false});
  EXPECT_EQ(d.sides[0].groups[0].index, (std::vector<std::int32_t>{2, 0}));
  EXPECT_EQ(d.sides[0].groups[0].new_levels, (std::vector<std::string>{"w"}));
  EXPECT_HAS(message([&] { make_design(frame, table("f,g\na,u\nc,u\n"), {false, false}); }), "level 'c' in row 2");
}

TEST_F(Data, ScalingGoesThereAndBack) {
  Design d = design("y,x,z\n1,100,2\n0,102,4\n1,103,7\n0,105,10\n", "y ~ x + z");
  const Model m = make_model(frame_, d, Family::bernoulli, {});
  const Eigen::VectorXd user = (Eigen::VectorXd(3) << -3, 0.5, 2).finished();
  EXPECT_LT((m.scaling[0].to_user(m.scaling[0].to_internal(user)) - user).norm(), 1e-12);
  // The predictor does not depend on the units.
  const double eta = user[0] + 102 * user[1] + 4 * user[2];
  EXPECT_NEAR(d.sides[0].fixed.row(1).dot(m.scaling[0].to_internal(user)), eta, 1e-10);
}

}  // namespace
}  // namespace bdglm
