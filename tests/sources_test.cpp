// Where tables come from: pipes, standard input, several files and patterns, and files of other formats.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <zlib.h>

#include <thread>

#include "bdglm/error.hpp"
#include "data/table.hpp"
#include "design/formula.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

using Sources = std::vector<std::string>;

std::string table_error(const Sources& sources) {
  try {
    read_table(sources);
  } catch (const DataError& error) {
    return error.what();
  }
  return "no error";
}

std::string zip(const std::string& path, const std::string& text) {
  gzFile out = gzopen(path.c_str(), "wb");
  gzwrite(out, text.data(), static_cast<unsigned>(text.size()));
  gzclose(out);
  return path;
}

TEST(Sources, APipeIsReadOnceAndServesBothPasses) {
  const Workspace w;
  const std::string path = w.path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const std::string packed = slurp(zip(w.path("t.csv.gz"), "a,b\n1,x\n2.5,NA\n"));
  std::thread writer([&] { std::ofstream(path, std::ios::binary) << packed; });
  const Table table = read_table(path);
  writer.join();
  EXPECT_EQ(table.rows(), 2U);
  EXPECT_EQ(table.column("a").numbers[1], 2.5);
  EXPECT_TRUE(table.column("b").missing(1));
}

TEST(Sources, SeveralFilesAreOneTable) {
  const Workspace w;
  const std::string a = w.write("p2.csv", "x,f\n1,u\n2,v\n");
  const std::string b = zip(w.path("p1.csv.gz"), "f;x\nv;3\nNA;oops\n");
  const Table table = read_table(Sources{a, b});
  EXPECT_EQ(table.rows(), 4U);
  EXPECT_FALSE(table.column("x").numeric);
  EXPECT_EQ(table.column("x").text(2), "3");
  EXPECT_EQ(table.column("f").text(2), "v");
  EXPECT_EQ(table.row_name(1), "row 2 of '" + a + "'");
  EXPECT_EQ(table.row_name(3), "row 2 of '" + b + "'");
  EXPECT_EQ(read_table(a).row_name(1), "row 2 of '" + a + "'");
  const Table matched = read_table(w.path("p*.csv*"));
  EXPECT_EQ(matched.parts.at(0).source, b);
  EXPECT_EQ(matched.column("f").text(2), "u");
  // A file whose name holds the signs of a pattern is that file.
  EXPECT_EQ(read_table(w.write("odd[1].csv", "x\n7\n")).rows(), 1U);
}

TEST(Sources, FilesThatDoNotFitTogetherAreRefused) {
  const Workspace w;
  const std::string a = w.write("a.csv", "x,f\n1,u\n2,v\n");
  const std::string ragged = table_error({a, w.write("b.csv", "x,f\n1,u\n2\n")});
  EXPECT_HAS(ragged, "line 3 of '" + w.path("b.csv"));
  const std::string other = table_error({a, w.write("c.csv", "x,g\n1,u\n")});
  EXPECT_HAS(other, w.path("c.csv") + "' has no column 'f' and a column too many: 'g'");
  EXPECT_HAS(other, "compared with '" + a);
  EXPECT_HAS(table_error({a, w.write("d.csv", "x,f,f\n1,u,u\n")}), "names a column twice");
  EXPECT_HAS(table_error({a, w.write("e.csv", "")}), "e.csv' is empty");
  EXPECT_HAS(table_error({w.path("no*.csv")}), "no file matches");
  EXPECT_HAS(table_error({a, w.path("a*.csv")}), "are one file");
  EXPECT_HAS(table_error({w.path("")}), "is a folder");
}

TEST(Sources, OtherFormatsAreNamed) {
  const Workspace w;
  const auto error = [&](const std::string& bytes) { return table_error({w.write("x.dat", bytes)}); };
  using namespace std::string_literals;
  EXPECT_HAS(error("PAR1\x15\x04\0\0"s), "a Parquet file");
  EXPECT_HAS(error("PK\x03\x04\x14\0\0\0xl/workbook.xml"s), "an Excel workbook");
  EXPECT_HAS(error("PK\x03\x04\x14\0\0\0a.csv"s), "a ZIP archive");
  EXPECT_HAS(error("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0"s), "Excel");
  EXPECT_HAS(error("\x28\xB5\x2F\xFD\x04"s), "zstd");
  EXPECT_HAS(error("BZh91AY&SY\x01\x02"s), "bzip2");
  EXPECT_HAS(error("\xFD"s + "7zXZ\0"s), "xz");
  EXPECT_HAS(error("\x89HDF\r\n\x1A\n"s), "HDF5");
  EXPECT_HAS(error("CDF\x01\0"s), "netCDF");
  EXPECT_HAS(error("ARROW1\0\0"s), "Feather");
  EXPECT_HAS(error("\xFF\xFE"
                   "a\0,\0b\0"s),
             "UTF-16");
  EXPECT_HAS(error("a\0,\0b\0\n\0"s), "zero byte (near line 1)");
  EXPECT_HAS(error("a,b\n1,2\n1,\0\n"s), "zero byte (near line 3)");
  EXPECT_HAS(table_error({zip(w.path("r.rds"), "X\n\0\0\0\x03"s)}), "RDS");
  // Columns may be named like a magic word.
  EXPECT_EQ(read_table(w.write("ok.csv", "PAR1,BZh\n1,2\n")).rows(), 1U);
}

TEST(Sources, TheProgramReadsStandardInputPatternsAndSeveralFiles) {
  const Workspace w;
  std::string rows;
  for (int i = 0; i < 40; ++i) rows += std::to_string(i * 7 % 11 % 2) + "," + std::to_string(i % 9) + "\n";
  w.write("p1.csv", "y,x\n" + rows);
  w.write("p2.csv", "y,x\n" + rows);
  const std::string fit = "--formula 'y ~ x' --warmup 20 --draws 20 --chains 1 --seed 1 --quiet --out ";
  EXPECT_EQ(w.run("fit --data - " + fit + "a.nc < p1.csv").status, 0);
  EXPECT_EQ(w.run("fit --data 'p*.csv' " + fit + "b.nc").status, 0);
  const ProgramResult several = w.run("evaluate --data p1.csv p2.csv b.nc --json");
  EXPECT_EQ(several.status, 0) << several.err;
  EXPECT_HAS(several.out, "\"rows\": 80");
  EXPECT_EQ(w.run("predict b.nc --data p1.csv --data p2.csv --out c.csv").status, 0);
  const ProgramResult none = w.run("evaluate --data p1.csv");
  EXPECT_EQ(none.status, 2);
  EXPECT_HAS(none.err, "file");
  w.write("p3.csv", "y,x\n1,2\n3,4\n");
  const ProgramResult bad = w.run("fit --family bernoulli --data p1.csv p3.csv " + fit + "d.nc");
  EXPECT_EQ(bad.status, 1);
  EXPECT_HAS(bad.err, "'y' is 3 in row 2 of 'p3.csv'");
}

TEST(FormulaWords, OtherPackagesWordsAreAnswered) {
  const struct {
    std::string formula, words;
  } cases[] = {{"cbind(s, f) ~ x", "'s | trials(total) ~ ...' with a column total = s + f"},
               {"cbind(s, n - s) ~ x", "'s | trials(n) ~ ...'"},
               {"y ~ s(x)", "smooths are not in formulas"},
               {"y ~ poly(x, 2)", "x + I(x^2)"},
               {"y ~ mo(x)", "monotonic"},
               {"y ~ fctor(x)", "nearest known is 'factor'"},
               {"y ~ poisson(x)", "`family` poisson"},
               {"y ~ x | g", "(1 | g)"},
               {"y ~ x || g", "'||' makes them independent"},
               {"y ~ (1 | a * b)", "(1 | a) + (1 | b)"},
               {"y | trails(n) ~ x", "'trials'"},
               {"y | n ~ x", "successes | trials(n)"}};
  for (const auto& c : cases) {
    try {
      parse_formula({c.formula}, {});
      ADD_FAILURE() << "accepted: " << c.formula;
    } catch (const ModelError& error) {
      EXPECT_HAS(std::string(error.what()), c.words);
      EXPECT_HAS(std::string(error.what()), "^");
    }
  }
}

}  // namespace
}  // namespace bdglm::test
