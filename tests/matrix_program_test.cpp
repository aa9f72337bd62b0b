// Matrices through the program: the draws and predictions of the same columns in a table, in all verbs, and refusals.
#include <gtest/gtest.h>

#include <cmath>

#include "support/family_program.hpp"
#include "support/matrix_files.hpp"

namespace bdglm::test {
namespace {

constexpr int kRows = 40;
constexpr int kPixels = 6;

int pixel(int row, int k) { return k == 2 ? 0 : (row * (k + 3) * 7 + k * row * row) % 11 * 20; }
int digit(int row) { return (pixel(row, 0) + pixel(row, 3) / 2) / 40 % 3; }

class Matrix : public FamilyProgram {
 protected:
  /// Images of 3 x 2 pixels, the third black, with their digits, and a table with the same columns.
  Matrix() {
    std::string images;
    std::string digits;
    std::string csv = "digit,y";
    for (int k = 1; k <= kPixels; ++k) csv += ",pixels" + std::to_string(k);
    for (int i = 0; i < kRows; ++i) {
      digits += static_cast<char>(digit(i));
      csv += "\n" + std::to_string(digit(i)) + "," + y(i);
      response_ += y(i) + "\n";
      for (int k = 0; k < kPixels; ++k) {
        images += static_cast<char>(pixel(i, k));
        csv += "," + std::to_string(pixel(i, k));
      }
    }
    w_.write("images", idx(0x08, {kRows, 3, 2}, images));
    write_zipped(w_.path("images.gz"), slurp(w_.path("images")));
    w_.write("digits", idx(0x08, {kRows}, digits));
    w_.write("t.csv", csv + "\n");
    w_.write("y.csv", response_);
  }

  static std::string y(int i) { return std::to_string(std::sin(i) + pixel(i, 1) / 100.0); }

  /// The standard output of a command that ends well.
  std::string out(const std::string& words) const {
    const ProgramResult r = w_.run(words);
    EXPECT_EQ(r.status, 0) << words << "\n" << r.err;
    return r.out;
  }
  void refused(const std::string& words, const std::string& part, int status = 1) const {
    const ProgramResult r = w_.run(words);
    EXPECT_EQ(r.status, status) << words;
    SCOPED_TRACE(words);
    EXPECT_HAS(r.err, part);
  }

  std::string response_ = "y\n";
};

const std::string kShort = " --chains 2 --warmup 30 --draws 20 --seed 3 --quiet --overwrite ";
const std::string kColumns = "pixels1 + pixels2 + pixels4 + pixels5 + pixels6";
const std::string kInputs = "pixels1, pixels2, pixels4, pixels5, pixels6, layers = c(4))";

TEST_F(Matrix, DrawsAndPredictionsAreThoseOfTheColumns) {
  const std::string matrices = "--matrix digit=digits --matrix pixels=images.gz ";
  const nlohmann::json fit = json(
      "fit " + matrices + "--formula 'digit ~ deep(pixels, layers = c(4))' --family categorical --out m.nc" + kShort);
  out("fit --data t.csv --formula 'digit ~ deep(" + kInputs + "' --family categorical --out c.nc" + kShort);
  EXPECT_EQ(fit.at("notes").at(0), "1 of 6 columns of 'pixels' is constant in the rows used and has no say");
  EXPECT_EQ(fit.at("columns").at("pixels"), "network inputs (standardised), matrix of 6 columns, 1 of them constant");
  const std::string expected = out("predict c.nc --data t.csv --out -");
  EXPECT_GT(expected.size(), 1000U);
  EXPECT_EQ(out("predict m.nc --matrix pixels=images --out -"), expected);
  EXPECT_EQ(out("predict m.nc --data y.csv --matrix pixels=images --out -"), expected);
  EXPECT_EQ(out("evaluate m.nc --json " + matrices), out("evaluate c.nc --json --data t.csv"));
  EXPECT_EQ(out("check m.nc --json " + matrices), out("check c.nc --json --data t.csv"));
  EXPECT_EQ(out("effects m.nc --of pixels4 --json"), out("effects c.nc --of pixels4 --json"));
  EXPECT_EQ(out("effects m.nc --of pixels4 --kind comparisons --matrix pixels=images"),
            out("effects c.nc --of pixels4 --kind comparisons --data t.csv"));
  EXPECT_HAS(out("summary m.nc"), "input_relevance[pixels6]");
  const nlohmann::json page = nlohmann::json::parse(out("report m.nc --json --out - " + matrices));
  EXPECT_EQ(page.at("curves").size(), 15U);  // of five columns, at three digits
  EXPECT_EQ(out("predict m.nc --matrix pixels=images --data y.csv --keep y,pixels3 --out -").substr(0, 10),
            "y,pixels3,");
  EXPECT_EQ(out("predict m.nc --matrix pixels=images --data y.csv --keep all --out -").substr(0, 8), "y,class,");
}

TEST_F(Matrix, LinearTermsRunsAndUpdates) {
  w_.write("run.toml", "matrix = [\"pixels=images.gz\"]\ndata = \"y.csv\"\n");
  const auto names = [&](const std::string& words) {
    std::vector<std::string> all;
    for (const auto& p : json(words + kShort).at("parameters")) all.push_back(p.at("name"));
    return all;
  };
  EXPECT_EQ(names("fit --config run.toml --formula 'y ~ .' --prior 'b_pixels2 ~ normal(0, 0.1)' --out m.nc"),
            names("fit --data t.csv --formula 'y ~ " + kColumns + "' --prior 'b_pixels2 ~ normal(0, 0.1)' --out c.nc"));
  const std::string rows = "--data y.csv --matrix pixels=images";
  EXPECT_EQ(out("predict m.nc " + rows + " --out -"), out("predict c.nc --data t.csv --out -"));
  out("resume m.nc --draws 30 --quiet");
  out("resume c.nc --draws 30 --quiet");
  out("update m.nc " + rows + " --out m2.nc" + kShort);
  out("update c.nc --data t.csv --out c2.nc" + kShort);
  EXPECT_EQ(out("predict m2.nc --matrix pixels=images --out -"), out("predict c2.nc --data t.csv --out -"));
}

TEST_F(Matrix, APriorOfAllColumns) {
  const auto priors = [&](const std::string& words) { return json("fit " + words + kShort).at("priors"); };
  const nlohmann::json of_matrix = priors(
      "--data y.csv --matrix pixels=images --formula 'y ~ pixels' --out m.nc "
      "--prior 'b_pixels ~ normal(0, 0.1)' --prior 'b_pixels4 ~ normal(1, 2)'");
  std::string each;
  for (const int k : {1, 2, 5, 6}) each += " --prior 'b_pixels" + std::to_string(k) + " ~ normal(0, 0.1)'";
  EXPECT_EQ(of_matrix, priors("--data t.csv --formula 'y ~ " + kColumns +
                              "' --out c.nc --prior 'b_pixels4 ~ normal(1, "
                              "2)'" +
                              each));
  EXPECT_EQ(of_matrix.at(3), "b_pixels4 ~ normal(1, 2)");
  const std::string digits =
      "--matrix digit=digits --matrix pixels=images --formula 'digit ~ pixels' --family "
      "categorical --out d.nc ";
  const nlohmann::json level = priors(digits + "--prior 'b_2_pixels ~ normal(0, 3)'");
  EXPECT_EQ(level.at(11), "b_2_pixels6 ~ normal(0, 3)");
  EXPECT_EQ(level.at(5).get<std::string>().rfind("b_1_pixels6 ~ normal(0, 2.5)", 0), 0U) << level;
  refused("fit --quiet " + digits + "--overwrite --prior 'b_3_pixels ~ normal(0, 3)'", "prior of 'b_3_pixels'");
}

TEST_F(Matrix, LibsvmFilesMayEndAtOtherIndices) {
  const auto text = [](int columns, int extra) {
    std::string lines;
    for (int i = 0; i < kRows; ++i) {
      lines += y(i);
      for (int k = 0; k < columns; ++k)
        if (pixel(i, k) != 0) lines += " " + std::to_string(k + 1) + ":" + std::to_string(pixel(i, k));
      lines += extra > 0 ? " " + std::to_string(extra) + ":1\n" : "\n";
    }
    return lines;
  };
  const auto zeros_from = [](int columns) {
    std::string csv = "pixels1,pixels2,pixels4,pixels5,pixels6\n";
    for (int i = 0; i < kRows; ++i)
      for (const int k : {0, 1, 3, 4, 5}) csv += std::to_string(k < columns ? pixel(i, k) : 0) + (k == 5 ? "\n" : ",");
    return csv;
  };
  write_zipped(w_.path("train.svm.gz"), text(6, 0));
  w_.write("narrow.svm", text(4, 0));
  w_.write("wide.libsvm", text(6, 9));
  w_.write("zeros.csv", zeros_from(4));
  out("fit --data train.svm.gz --formula 'y ~ x' --out m.nc" + kShort);
  out("fit --data t.csv --formula 'y ~ " + kColumns + "' --out c.nc" + kShort);
  EXPECT_EQ(out("predict m.nc --data narrow.svm --out -"), out("predict c.nc --data zeros.csv --out -"));
  const ProgramResult wide = w_.run("predict m.nc --data wide.libsvm --out -");
  EXPECT_EQ(wide.out, out("predict c.nc --data t.csv --out -"));
  EXPECT_HAS(wide.err, "note: 'x' has indices up to 9; those above 6, which the fit has not seen, have no say");
  EXPECT_EQ(wide.err.find("NA"), std::string::npos) << wide.err;
  EXPECT_EQ(out("evaluate m.nc --data y.csv --matrix x=wide.libsvm --json"), out("evaluate c.nc --data t.csv --json"));
}

TEST_F(Matrix, MoreColumnsThanRows) {
  std::vector<double> wide;
  for (int i = 0; i < kRows * 100; ++i) wide.push_back(std::sin(0.7 * i * i));
  w_.write("wide.npy", npy(kRows, 100, wide));
  const nlohmann::json fit = json(
      "fit --data y.csv --matrix x=wide.npy --formula 'y ~ x' --prior 'b ~ horseshoe(0.1)' "
      "--out w.nc" +
      kShort);
  ASSERT_EQ(fit.at("notes").size(), 1U) << fit.at("notes");
  EXPECT_HAS(fit.at("notes").at(0).get<std::string>(), "61 columns, 'x40', 'x41', ");
  EXPECT_HAS(fit.at("notes").at(0).get<std::string>(), " and 51 more, are combinations of the columns before them");
  // Of many relevances the summary shows the greatest.
  out("fit --data y.csv --matrix x=wide.npy --formula 'y ~ deep(x, layers = c(3))' --out n.nc" + kShort);
  const auto count = [](const std::string& text, const std::string& part) {
    int found = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  const std::string summary = out("summary n.nc");
  EXPECT_EQ(count(summary, "input_relevance["), 20);
  EXPECT_HAS(summary, "\n... and 80 less relevant columns (summary --all)\nprediction[");
  EXPECT_EQ(count(out("summary n.nc --all"), "input_relevance["), 100);
  EXPECT_EQ(count(out("summary n.nc --json"), "input_relevance["), 100);
}

TEST_F(Matrix, Refusals) {
  const std::string fit = "fit --out f.nc --quiet --formula 'y ~ pixels' ";
  refused(fit, "'bdglm fit' needs --data (or --matrix); for example: bdglm fit --data table.csv", 2);
  refused(fit + "--data y.csv --matrix images", "--matrix: it is NAME=FILE, as pixels=images.npy, not 'images'", 2);
  refused(fit + "--data y.csv --matrix pixels=", "--matrix: it is NAME=FILE", 2);
  refused(fit + "--matrix 2x=images", "--matrix: a matrix cannot be named '2x'", 2);
  refused(fit + "--data y.csv",
          "no column 'pixels' in 'y.csv'; the columns are 'y'; a matrix is given as --matrix pixels=FILE");
  refused(fit + "--data y.csv --matrix pixels=none.npy", "cannot open 'none.npy': No such file");
  refused(fit + "--data y.csv --matrix pixels=images --matrix pixels=images", "the matrix 'pixels' has the name of a");
  refused(fit + "--data images",
          "'images' is an IDX file; bdglm reads tables as CSV, plain or gzipped: a matrix is "
          "given as --matrix NAME=FILE");
  w_.write("fewer", idx(0x08, {kRows - 1}, std::string(kRows - 1, '\1')));
  refused(
      "fit --matrix digit=fewer --matrix pixels=images --formula 'digit ~ pixels' --out f.nc",
      "the matrix 'pixels' of 'images' has 40 rows, 'fewer' has 39; they need a row each for the same observations");
  out(fit + "--data y.csv --matrix pixels=images" + kShort);
  refused("predict f.nc --data y.csv --out p.csv",
          "the fit reads the matrix 'pixels' of 6 columns, which is not there; give it as --matrix pixels=FILE");
  w_.write("smaller", idx(0x08, {kRows, 2, 2}, std::string(4 * kRows, '\1')));
  refused("evaluate f.nc --data y.csv --matrix pixels=smaller",
          "of 6 columns, and the one that is there has 4 columns;");
  refused("predict f.nc --matrix pixels=images --out images", "images");
  EXPECT_EQ(slurp(w_.path("images")).size(), 16U + 6 * kRows);
  // A class that training has not seen.
  out("fit --matrix digit=digits --matrix pixels=images --formula 'digit ~ pixels' --family categorical --out d.nc" +
      kShort);
  w_.write("others", idx(0x08, {kRows}, std::string(kRows, '\7')));
  refused(
      "evaluate d.nc --matrix digit=others --matrix pixels=images",
      "response 'digit' has the level '7' in row 1 of 'others', which the fit has not seen; known are '0', '1', '2'");
}

}  // namespace
}  // namespace bdglm::test
