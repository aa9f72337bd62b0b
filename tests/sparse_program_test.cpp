// Sparse matrices through the program: the posterior of the same matrix held densely, in all verbs that read it.
#include <gtest/gtest.h>

#include <cmath>

#include "support/family_program.hpp"
#include "support/matrix_files.hpp"
#include "support/problem.hpp"

namespace bdglm::test {
namespace {

constexpr std::size_t kRows = 60;

class SparseProgram : public FamilyProgram {
 protected:
  /// Words as LIBSVM text and as .npy, whose responses are three words' sum and noise.
  SparseProgram() {
    const SparseRows words = sparse_words(kRows);
    std::vector<double> dense;
    std::string text;
    std::string csv = "y,z,g\n";
    for (std::size_t i = 0; i < kRows; ++i) {
      const double y = words.at(i, 3) - 2 * words.at(i, 40) + words.at(i, 7) + 0.3 * std::sin(7.0 * i * i);
      csv += std::to_string(y) + "," + std::to_string(std::cos(3.0 * i)) + ",g" + std::to_string(i % 6) + "\n";
      text += "0";
      words.for_each(
          i, [&](std::int32_t k, double value) { text += " " + std::to_string(k + 1) + ":" + std::to_string(value); });
      text += "\n";
      for (std::size_t k = 0; k < words.columns; ++k) dense.push_back(words.at(i, k));
    }
    w_.write("t.csv", csv);
    w_.write("words.svm", text);
    w_.write("words.npy", npy(kRows, words.columns, dense));
  }

  std::string out(const std::string& words) const {
    const ProgramResult r = w_.run(words);
    EXPECT_EQ(r.status, 0) << words << "\n" << r.err;
    return r.out;
  }
  std::string error(const std::string& words) const { return w_.run(words).err; }

  /// A column of numbers of a CSV table.
  static std::vector<double> column(const std::string& table, std::size_t which) {
    std::vector<double> numbers;
    std::istringstream lines(table);
    std::string line;
    std::getline(lines, line);
    while (std::getline(lines, line)) {
      std::istringstream cells(line);
      std::string cell;
      for (std::size_t k = 0; k <= which; ++k) std::getline(cells, cell, ',');
      numbers.push_back(std::stod(cell));
    }
    return numbers;
  }
};

const std::string kFit =
    "fit --data t.csv --formula 'y ~ z + words + (1 | g)' --prior 'b_words ~ normal(0, 0.5)' "
    "--chains 2 --seed 3 --quiet --overwrite ";

/// Two samplers, one posterior: predictors' posterior means have standard errors of about .01.
TEST_F(SparseProgram, ThePosteriorIsThatOfTheMatrixHeldDensely) {
  const std::string long_run = kFit + "--warmup 200 --draws 1000 ";
  out(long_run + "--matrix words=words.svm --out s.nc");
  out(long_run + "--matrix words=words.npy --out d.nc");
  const std::string sparse = out("predict s.nc --data t.csv --matrix words=words.svm --out -");
  EXPECT_EQ(out("predict s.nc --data t.csv --matrix words=words.npy --out -"), sparse);
  const std::vector<double> own = column(sparse, 0);
  const std::vector<double> whole = column(out("predict d.nc --data t.csv --matrix words=words.npy --out -"), 0);
  const std::vector<double> own_sd = column(sparse, 1);
  const std::vector<double> whole_sd = column(out("predict d.nc --data t.csv --matrix words=words.svm --out -"), 1);
  ASSERT_EQ(own.size(), kRows);
  for (std::size_t i = 0; i < kRows; ++i) {
    EXPECT_NEAR(own[i], whole[i], 0.06) << i;
    EXPECT_NEAR(own_sd[i] / whole_sd[i], 1, 0.2) << i;
  }
  const nlohmann::json score = nlohmann::json::parse(out("evaluate s.nc --data t.csv --matrix words=words.svm --json"));
  const nlohmann::json other = nlohmann::json::parse(out("evaluate d.nc --data t.csv --matrix words=words.svm --json"));
  EXPECT_NEAR(score.at("log_score").get<double>(), other.at("log_score").get<double>(), 0.05);
  const nlohmann::json summary = nlohmann::json::parse(out("summary s.nc --json"));
  const std::string text = out("summary s.nc");
  EXPECT_HAS(text, " less certain coefficients of matrices (summary --all)\n");
  EXPECT_HAS(text, "b[z]");
  EXPECT_HAS(text, "sd_g");
}

/// What reads the fit's own rows, and what goes on from its state.
TEST_F(SparseProgram, VerbsReadTheFitsOwnRows) {
  out(kFit + "--matrix words=words.svm --draws 60 --warmup 30 --out s.nc");
  out("loo s.nc");
  out("check s.nc");
  out("effects s.nc --of z");
  out("report s.nc --out s.html");
  out(kFit + "--matrix words=words.svm --draws 30 --warmup 30 --out h.nc");
  out("resume h.nc --draws 60 --quiet");
  EXPECT_EQ(out("predict h.nc --data t.csv --matrix words=words.svm --out -"),
            out("predict s.nc --data t.csv --matrix words=words.svm --out -"));
  const std::string effect = out("effects s.nc --of words4 --values 0,1");
  EXPECT_GT(effect.size(), 20U);
  EXPECT_HAS(error("update s.nc --data t.csv --matrix words=words.svm --out u.nc"),
             "the fit has coefficients of a sparse matrix, of which an update");
  EXPECT_HAS(error("predict s.nc --data t.csv --out -"), "the fit reads the matrix 'words' of 260 columns");
  EXPECT_HAS(error("predict s.nc --data t.csv --matrix words=words.svm --keep words3 --out -"),
             "'words3' is a column of the sparse matrix 'words', which is not written");
  EXPECT_HAS(error("fit --device cuda --data t.csv --matrix words=words.svm --formula 'y ~ words' --out c.nc"),
             "--device cpu");
}

/// Other columns are at their means, however the matrix is held.
TEST_F(SparseProgram, EffectsAreThoseOfTheMatrixHeldDensely) {
  out(kFit + "--matrix words=words.svm --draws 30 --warmup 30 --out s.nc");
  for (const char* what : {"--of z --points 3", "--of words4 --values 0,1", "--kind slopes --of z"})
    EXPECT_EQ(out(std::string("effects s.nc --data t.csv --matrix words=words.svm ") + what),
              out(std::string("effects s.nc --data t.csv --matrix words=words.npy ") + what))
        << what;
}

/// The rows whose response is drawn have no words at all.
TEST_F(SparseProgram, RowsWithoutWordsAreKept) {
  std::string csv = slurp(w_.path("t.csv"));
  std::string text = slurp(w_.path("words.svm"));
  w_.write("more.csv", csv + "NA,0.3,g1\nNA,0.1,g2\n");
  w_.write("more.svm", text + "0\n0\n");
  const std::string fit =
      "fit --data more.csv --matrix words=more.svm --formula 'y ~ z + words + (1 | g)' --na impute "
      "--prior 'b_words ~ normal(0, 0.5)' --chains 1 --warmup 20 --seed 3 --quiet --overwrite ";
  out(fit + "--draws 30 --out whole.nc");
  out(fit + "--draws 15 --out half.nc");
  out("resume half.nc --draws 30 --quiet");
  EXPECT_EQ(out("predict half.nc --data more.csv --matrix words=more.svm --out -"),
            out("predict whole.nc --data more.csv --matrix words=more.svm --out -"));
}

/// More sparse columns than rows of a gaussian response are drawn by way of the rows, with a note.
TEST_F(SparseProgram, FewRowsAreHeldWhole) {
  const std::string fit =
      "fit --data t.csv --formula 'y ~ words' --prior 'b_words ~ normal(0, 0.5)' --chains 1 --warmup 10 "
      "--draws 10 --seed 3 --quiet --overwrite ";
  const nlohmann::json sparse = json(fit + "--matrix words=words.svm --out s.nc");
  EXPECT_HAS(sparse.at("notes").dump(), "260 sparse columns are held whole, for draws of fewer rows: 1 MB");
  out(fit + "--matrix words=words.npy --out d.nc");
  EXPECT_EQ(out("predict s.nc --data t.csv --matrix words=words.svm --out -"),
            out("predict d.nc --data t.csv --matrix words=words.svm --out -"));
}

TEST_F(SparseProgram, NetworksReadThem) {
  const std::string fit =
      "fit --data t.csv --formula 'y ~ deep(words, z, layers = c(3)) + words' --prior 'b_words ~ normal(0, 0.3)' "
      "--chains 2 --warmup 30 --draws 20 --seed 3 --quiet --overwrite ";
  out(fit + "--matrix words=words.svm --out s.nc");
  const std::string predicted = out("predict s.nc --data t.csv --matrix words=words.svm --out -");
  EXPECT_EQ(out("predict s.nc --data t.csv --matrix words=words.npy --out -"), predicted);
  out("loo s.nc");
  out(fit + "--layer-noise learned --matrix words=words.svm --out n.nc");
  out("predict n.nc --data t.csv --matrix words=words.svm --out -");
}

/// Families without latent variables hold them densely: the same draws as from .npy, where columns keep their order.
TEST_F(SparseProgram, OtherFamiliesHoldThemDensely) {
  const std::string fit =
      "fit --data t.csv --formula 'y ~ words' --family student_t --prior 'b_words ~ normal(0, 0.5)' --chains 1 "
      "--warmup 10 --draws 10 --seed 3 --quiet --overwrite ";
  out(fit + "--matrix words=words.svm --out s.nc");
  out(fit + "--matrix words=words.npy --out d.nc");
  EXPECT_EQ(out("predict s.nc --data t.csv --matrix words=words.svm --out -"),
            out("predict d.nc --data t.csv --matrix words=words.svm --out -"));
}

TEST_F(SparseProgram, AFactorOfManyLevelsInTheNetworkIsReadByAllVerbs) {
  std::string csv = "y,x,g\n";
  std::string other = "x,g\n";
  for (int i = 0; i < 600; ++i) {
    const int g = 7 * i % 300;
    const double x = std::sin(1.3 * i);
    csv += std::to_string((g % 2) + x + 0.2 * std::cos(5.0 * i * i)) + "," + std::to_string(x) + ",g" +
           std::to_string(g) + "\n";
    other += std::to_string(x) + ",g" + std::to_string(g) + "\n";
  }
  w_.write("f.csv", csv);
  w_.write("o.csv", other);
  w_.write("n.csv", "x,g\n0.5,g999\n");
  const std::string fit =
      "fit --data f.csv --formula 'y ~ deep(x, g, layers = c(3), knots = 2)' --chains 2 --seed 3 --quiet ";
  out(fit + "--warmup 40 --draws 60 --out f.nc");
  out(fit + "--warmup 40 --draws 30 --out h.nc");
  out("resume h.nc --draws 60 --quiet");
  const std::string predicted = out("predict f.nc --data o.csv --out -");
  EXPECT_EQ(out("predict h.nc --data o.csv --out -"), predicted);
  EXPECT_EQ(out("predict f.nc --data f.csv --out -"), predicted);
  const std::string summary = out("summary f.nc");
  EXPECT_HAS(summary, "input_relevance[g] ");
  EXPECT_HAS(summary, "input_relevance[x (knots)] ");
  out("loo f.nc");
  out("check f.nc");
  out("effects f.nc --of x");
  out("effects f.nc --of g");
  out("report f.nc --out f.html");
  EXPECT_HAS(error("predict f.nc --data n.csv --out -"), "has the level 'g999' in row 1");
  EXPECT_HAS(error(fit + "--device cuda --out c.nc"),
             "factors of more than 256 levels in deep(), are held on the CPU alone");
}

}  // namespace
}  // namespace bdglm::test
