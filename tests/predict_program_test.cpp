// bdglm predict and evaluate as a user meets them: columns, kept columns, draws, groups left out, and where output
// goes.
#include <gtest/gtest.h>
#include <netcdf.h>
#include <sys/stat.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted)
      cells.emplace_back();
    else if (c != '"')
      cells.back() += c;
  }
  return cells;
}

class Predict : public testing::Test {
 protected:
  /// A fit of a two-level text response with groups, and a table of new rows.
  void SetUp() override {
    std::string train = "use,x,g\n";
    for (int i = 0; i < 60; ++i)
      train += std::string((i * 7 % 5 < 2) != (i % 6 < 2) ? "Y" : "N") + "," + std::to_string(i % 9) + ",g" +
               std::to_string(i % 6) + "\n";
    w_.write("t.csv", train);
    const ProgramResult fit = w_.run(
        "fit --data t.csv --formula 'use ~ x + (1 | g)' --out f.nc --seed 2 --chains 2 --warmup 100 --draws 50 "
        "--quiet");
    ASSERT_EQ(fit.status, 0) << fit.err;
    w_.write("n.csv", "id,x,g,\"a note\"\n7,3,g1,\"one, two\"\n8,NA,g1,b\n9,5,new,\"say \"\"so\"\"\"\n");
    w_.write("plain.csv", "x\n3\n5\n");
  }
  void fails(const std::string& arguments, const std::string& part) const {
    const ProgramResult r = w_.run(arguments);
    EXPECT_EQ(r.status, 1) << arguments;
    EXPECT_HAS(r.err, part);
  }
  /// Files of the folder that are left from a write that was not finished.
  int parts() const {
    int count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(w_.path(".")))
      count += entry.path().extension() == ".part" ? 1 : 0;
    return count;
  }

  Workspace w_;
};

TEST_F(Predict, ClassesProbabilitiesKeptColumnsAndDraws) {
  const ProgramResult r =
      w_.run("predict f.nc --data n.csv --out p.csv --keep id,'a note' --draws 3 --plugin --interval 0.9");
  ASSERT_EQ(r.status, 0) << r.err;
  const auto lines = lines_of(slurp(w_.path("p.csv")));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0], "id,a note,mean,sd,q5,q95,pred_q5,pred_q95,plugin,class,p_N,p_Y,draw[1],draw[2],draw[3]");
  const auto names = cells_of(lines[0]);
  for (const int row : {1, 3}) {
    const auto cells = cells_of(lines[static_cast<std::size_t>(row)]);
    ASSERT_EQ(cells.size(), names.size());
    const double mean = std::stod(cells[2]);
    EXPECT_EQ(cells[9], mean > 0.5 ? "Y" : "N");
    EXPECT_NEAR(std::stod(cells[10]), 1 - mean, 1e-9);
    EXPECT_NEAR(std::stod(cells[11]), mean, 1e-9);
    for (std::size_t k = 12; k < 15; ++k) EXPECT_NEAR(std::stod(cells[k]), 0.5, 0.5);
  }
  EXPECT_EQ(lines[1].rfind("7,\"one, two\",0.", 0), 0U) << lines[1];
  EXPECT_EQ(lines[2], "8,b,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA,NA");
  EXPECT_EQ(lines[3].rfind("9,\"say \"\"so\"\"\",0.", 0), 0U) << lines[3];

  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out q.csv --keep all").status, 0);
  EXPECT_EQ(lines_of(slurp(w_.path("q.csv")))[0].rfind("id,x,g,a note,mean,", 0), 0U);
  fails("predict f.nc --data n.csv --out p.csv --keep idd", "'id'");
  w_.write("clash.csv", "x,g,mean\n3,g1,2\n");
  fails("predict f.nc --data clash.csv --out p.csv --keep mean", "rename it");
}

TEST_F(Predict, NumericResponsesHaveTheClassesZeroAndOne) {
  w_.write("b.csv", "y,x\n0,1\n1,2\n0,3\n1,4\n1,2\n0,1\n");
  ASSERT_EQ(w_.run("fit --data b.csv --formula 'y ~ x' --out b.nc --seed 1 --warmup 50 --draws 50 --quiet").status, 0);
  const ProgramResult r = w_.run("predict b.nc --data plain.csv --out -");
  ASSERT_EQ(r.status, 0) << r.err;
  EXPECT_HAS(r.out, ",class,p_0,p_1\n");
}

TEST_F(Predict, GroupsMayBeLeftOutWithTheirColumn) {
  ASSERT_EQ(w_.run("predict f.nc --data plain.csv --out p.csv --groups none").status, 0);
  EXPECT_EQ(lines_of(slurp(w_.path("p.csv"))).size(), 3U);
  for (const std::string mode : {"new", "known"}) {
    fails("predict f.nc --data plain.csv --out p.csv --groups " + mode, "no column 'g'");
    fails("predict f.nc --data plain.csv --out p.csv --groups " + mode, "--groups none");
  }
  w_.write("scored.csv", "use,x\nY,3\nN,5\n");
  const ProgramResult e = w_.run("evaluate f.nc --data scored.csv --groups none --json");
  ASSERT_EQ(e.status, 0) << e.err;
  EXPECT_EQ(nlohmann::json::parse(e.out).at("rows"), 2);
}

TEST_F(Predict, ChainsMayWeighByStacking) {
  const ProgramResult r = w_.run("predict f.nc --data n.csv --out p.csv --weights stacked");
  ASSERT_EQ(r.status, 0) << r.err;
  EXPECT_HAS(r.err, "note: the chains' weights, by stacking: ");
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out d.nc --weights stacked").status, 0);
  const ProgramResult e = w_.run("evaluate f.nc --data t.csv --weights stacked");
  EXPECT_HAS(e.err, "no longer of the posterior");
  const ProgramResult json = w_.run("evaluate f.nc --data t.csv --weights stacked --json");
  EXPECT_EQ(nlohmann::json::parse(json.out).at("chain_weights").size(), 2U);
  const ProgramResult wrong = w_.run("evaluate f.nc --data t.csv --weights loo");
  EXPECT_EQ(wrong.status, 2);
  EXPECT_HAS(wrong.err, "--weights: 'loo' is not one of equal, stacked");
}

TEST_F(Predict, CoverageIsANumberWhereProbabilitiesRoundToOne) {
  w_.write("s.csv", "y,n,x\n3,5,0.1\n1,4,0.5\n0,3,-1\n7,9,1.2\n");
  ASSERT_EQ(w_.run("fit --data s.csv --formula 'y | trials(n) ~ x' --out s.nc --seed 1 --warmup 50 --draws 50 --quiet")
                .status,
            0);
  w_.write("far.csv", "y,n,x\n3,5,0.1\n9,9,500\n2,9,-500\n4,9,900000\n");
  EXPECT_HAS(w_.run("evaluate s.nc --data s.csv").out, " (of successes a trial)\n");
  const ProgramResult r = w_.run("evaluate s.nc --data far.csv --json");
  ASSERT_EQ(r.status, 0) << r.err;
  const auto coverage = nlohmann::json::parse(r.out).at("coverage");
  for (const auto& [level, share] : coverage.items()) {
    ASSERT_TRUE(share.is_number()) << level;
    EXPECT_GE(share.get<double>(), 0);
    EXPECT_LE(share.get<double>(), 1);
  }
}

TEST_F(Predict, MissingWeightsAreOneAndSaid) {
  std::string train = "y,x,w\n";
  for (int i = 0; i < 40; ++i)
    train += std::to_string(std::sin(3.0 * i)) + "," + std::to_string(i % 7) + "," + (i % 2 == 0 ? "1" : "4") + "\n";
  w_.write("g.csv", train);
  ASSERT_EQ(w_.run("fit --data g.csv --formula 'y | weights(w) ~ x' --out g.nc --seed 1 --warmup 50 --draws 50 --quiet")
                .status,
            0);
  w_.write("ones.csv", "x,w\n3,1\n5,1\n");
  const ProgramResult without = w_.run("predict g.nc --data plain.csv --out -");
  EXPECT_EQ(without.status, 0);
  EXPECT_HAS(without.err, "weight 1");
  const ProgramResult with = w_.run("predict g.nc --data ones.csv --out -");
  EXPECT_EQ(with.err.find("note: "), std::string::npos) << with.err;
  EXPECT_EQ(with.out, without.out);
  w_.write("negative.csv", "x,w\n3,-1\n");
  fails("predict g.nc --data negative.csv --out -", "the weight 'w' is -1 in row 1 of 'negative.csv'");
}

TEST_F(Predict, ThreadsDoNotChangeAByte) {
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out a.csv --threads 1").status, 0);
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out b.csv --threads 3").status, 0);
  EXPECT_EQ(slurp(w_.path("a.csv")), slurp(w_.path("b.csv")));
}

TEST_F(Predict, DrawsAsNetcdf) {
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out d.nc --draws 20").status, 0);
  int file = -1;
  ASSERT_EQ(nc_open(w_.path("d.nc").c_str(), NC_NOWRITE, &file), NC_NOERR);
  std::map<std::string, std::vector<double>> values = {
      {"mean", std::vector<double>(60)}, {"new", std::vector<double>(60)},       {"row", std::vector<double>(3)},
      {"draw", std::vector<double>(20)}, {"fit_chain", std::vector<double>(20)}, {"fit_draw", std::vector<double>(20)}};
  for (auto& [name, numbers] : values) {
    int id = -1;
    ASSERT_EQ(nc_inq_varid(file, name.c_str(), &id), NC_NOERR) << name;
    ASSERT_EQ(nc_get_var_double(file, id, numbers.data()), NC_NOERR) << name;
  }
  nc_close(file);
  EXPECT_EQ(values["row"], (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(values["fit_chain"][9], 0);
  EXPECT_EQ(values["fit_chain"][10], 1);
  EXPECT_EQ(values["fit_draw"][0], 2);
  for (std::size_t s = 0; s < 20; ++s) {
    EXPECT_TRUE(values["mean"][3 * s] > 0 && values["mean"][3 * s] < 1);
    EXPECT_TRUE(std::isnan(values["mean"][3 * s + 1]) && std::isnan(values["new"][3 * s + 1]));
    EXPECT_TRUE(values["new"][3 * s] == 0 || values["new"][3 * s] == 1);
  }
  fails("predict f.nc --data n.csv --out d.nc --keep id", "--keep");
  EXPECT_EQ(parts(), 0);
}

TEST_F(Predict, LinksAreFollowedAndPermissionsKept) {
  w_.write("target.csv", "old");
  ::chmod(w_.path("target.csv").c_str(), 0640);
  std::filesystem::create_symlink("target.csv", w_.path("link.csv"));
  std::filesystem::create_symlink("link.csv", w_.path("second.csv"));
  std::filesystem::create_symlink("later.csv", w_.path("dangling.csv"));
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out second.csv").status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(w_.path("link.csv")));
  EXPECT_TRUE(std::filesystem::is_symlink(w_.path("second.csv")));
  EXPECT_EQ(slurp(w_.path("target.csv")).rfind("mean,", 0), 0U);
  struct stat found {};
  ASSERT_EQ(::stat(w_.path("target.csv").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0640U);
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out dangling.csv").status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(w_.path("dangling.csv")));
  EXPECT_EQ(slurp(w_.path("later.csv")), slurp(w_.path("target.csv")));
  std::filesystem::create_symlink("loop.csv", w_.path("loop.csv"));
  fails("predict f.nc --data n.csv --out loop.csv", "cannot write 'loop.csv'");
  EXPECT_EQ(parts(), 0);
}

TEST_F(Predict, PipesDevicesAndFolders) {
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out p.csv").status, 0);
  const std::string expected = slurp(w_.path("p.csv"));
  ASSERT_EQ(::mkfifo(w_.path("pipe").c_str(), 0600), 0);
  const std::string reader = "cat '" + w_.path("pipe") + "' >'" + w_.path("read.csv") + "' &";
  ASSERT_EQ(std::system(reader.c_str()), 0);
  ASSERT_EQ(w_.run("predict f.nc --data n.csv --out pipe").status, 0);
  for (int k = 0; k < 100 && slurp(w_.path("read.csv")) != expected; ++k) ::usleep(10000);
  EXPECT_EQ(slurp(w_.path("read.csv")), expected);
  EXPECT_TRUE(std::filesystem::is_fifo(w_.path("pipe")));
  for (const std::string out : {"-", "/dev/stdout", "/dev/fd/1"})
    EXPECT_EQ(w_.run("predict f.nc --data n.csv --out " + out).out, expected) << out;
  EXPECT_EQ(w_.run("predict f.nc --data n.csv --out /dev/null").status, 0);
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
  std::filesystem::create_symlink("/dev/null", w_.path("nowhere"));
  EXPECT_EQ(w_.run("predict f.nc --data n.csv --out nowhere").status, 0);
  EXPECT_TRUE(std::filesystem::is_symlink(w_.path("nowhere")));
  fails("predict f.nc --data n.csv --out /dev/full", "No space left");
  fails("predict f.nc --data n.csv --out .", "cannot write '.': it is a folder; name a file in it\n");
  fails("predict f.nc --data n.csv --out f.nc", "is the fit itself");
  fails("predict f.nc --data n.csv --out missing/p.csv", "cannot write 'missing/p.csv'");
  EXPECT_EQ(parts(), 0);
}

TEST_F(Predict, AFailureLeavesTheOldFileAndAReaderThatWentIsNoSignal) {
  w_.write("p.csv", "old");
  std::string rows = "x,g\n";
  for (int k = 0; k < 4000; ++k) rows += "3,g1\n";
  w_.write("many.csv", rows);
  // A file size limit of 8 kB stands for a full disk.
  const std::string limited = "cd '" + w_.path(".") + "' && (trap '' XFSZ; ulimit -f 16; '" + BDGLM_PROGRAM +
                              "' predict f.nc --data many.csv --out p.csv 2>err.txt)";
  EXPECT_NE(std::system(limited.c_str()), 0);
  EXPECT_HAS(slurp(w_.path("err.txt")), "cannot write 'p.csv'");
  EXPECT_EQ(slurp(w_.path("p.csv")), "old");
  EXPECT_EQ(parts(), 0);
  const std::string head = "cd '" + w_.path(".") + "' && ('" + BDGLM_PROGRAM +
                           "' predict f.nc --data many.csv --out - 2>err.txt; echo $? >status.txt) | true";
  EXPECT_EQ(std::system(head.c_str()), 0);
  EXPECT_EQ(slurp(w_.path("status.txt")), "0\n");
  EXPECT_EQ(slurp(w_.path("err.txt")).find("bdglm: "), std::string::npos);
}

}  // namespace
}  // namespace bdglm::test
