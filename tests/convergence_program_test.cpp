// What rests on the draws of a fit whose chains do not agree: warnings of every verb, refusals of updates.
#include <gtest/gtest.h>
#include <netcdf.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "report/warnings.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

#define EXPECT_LACKS(text, part) EXPECT_EQ((text).find(part), std::string::npos) << (text)

/// Moves the draws of the last chain of posterior/b_x in a fit file by so many of their standard deviations.
void move_chain(const std::string& path, double deviations) {
  int file = 0;
  int group = 0;
  int variable = 0;
  std::vector<int> ids(2);
  std::vector<std::size_t> sizes(2);
  ASSERT_EQ(nc_open(path.c_str(), NC_WRITE, &file), NC_NOERR);
  ASSERT_EQ(nc_inq_grp_ncid(file, "posterior", &group), NC_NOERR);
  ASSERT_EQ(nc_inq_varid(group, "b_x", &variable), NC_NOERR);
  ASSERT_EQ(nc_inq_vardimid(group, variable, ids.data()), NC_NOERR);
  for (std::size_t d = 0; d < 2; ++d) ASSERT_EQ(nc_inq_dimlen(group, ids[d], &sizes[d]), NC_NOERR);
  std::vector<double> draws(sizes[0] * sizes[1]);
  ASSERT_EQ(nc_get_var_double(group, variable, draws.data()), NC_NOERR);
  double mean = 0;
  double square = 0;
  for (const double draw : draws) mean += draw / static_cast<double>(draws.size());
  for (const double draw : draws) square += (draw - mean) * (draw - mean) / static_cast<double>(draws.size());
  for (std::size_t k = draws.size() - sizes[1]; k < draws.size(); ++k) draws[k] += deviations * std::sqrt(square);
  ASSERT_EQ(nc_put_var_double(group, variable, draws.data()), NC_NOERR);
  ASSERT_EQ(nc_close(file), NC_NOERR);
}

class ChainsApart : public testing::Test {
 protected:
  ChainsApart() {
    w.write("t.csv", table(0, 60));
    w.write("more.csv", table(60, 90));
  }
  static std::string table(int from, int to) {
    std::string text = "y,z,x\n";
    for (int i = from; i < to; ++i)
      text += std::to_string(i * 7 % 5 < 2 ? 1 : 0) + "," + std::to_string(i * i % 11) + "," +
              std::to_string(i % 9 - 4) + "\n";
    return text;
  }
  void fit(const std::string& options, double deviations, const std::string& formula = "y ~ x") const {
    const ProgramResult r = w.run("fit --data t.csv --formula '" + formula +
                                  "' --seed 3 --chains 2 --warmup 60 --quiet --overwrite --out a.nc " + options);
    ASSERT_EQ(r.status, 0) << r.err;
    move_chain(w.path("a.nc"), deviations);
  }
  ProgramResult update(const std::string& options = "") const {
    return w.run("update a.nc --data more.csv --seed 4 --chains 2 --warmup 60 --draws 400 --overwrite --out b.nc " +
                 options);
  }

  Workspace w;
};

/// How often `part` occurs in `text`.
std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST_F(ChainsApart, EveryVerbSaysSo) {
  fit("--draws 200", 30);
  ASSERT_EQ(w.run("fit --data t.csv --formula 'y ~ 1' --seed 3 --chains 4 --warmup 200 --draws 400 --quiet --out c.nc")
                .status,
            0);
  const std::string summary = w.run("summary a.nc").err;
  const std::string warning = summary.substr(0, summary.find('\n') + 1);
  EXPECT_EQ(warning.rfind("warning: R-hat of b_x is ", 0), 0U) << warning;
  EXPECT_HAS(warning, ", above 1.01: the chains do not agree yet; run --warmup 1000 --draws ");
  for (const std::string verb :
       {"predict a.nc --data t.csv --out p.csv", "predict a.nc --data t.csv --out p.nc", "evaluate a.nc --data t.csv",
        "evaluate a.nc --data t.csv --json", "loo a.nc", "loo a.nc --json", "check a.nc", "check a.nc --json"}) {
    const ProgramResult r = w.run(verb);
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_HAS(r.err, warning);
    EXPECT_EQ(count(r.err, "warning: "), 1U) << verb << r.err;
  }
  for (const std::string json : {"", " --json"}) {
    const ProgramResult r = w.run("compare a.nc c.nc" + json);
    EXPECT_EQ(r.status, 0) << r.err;
    EXPECT_HAS(r.err, "warning: 'a.nc': R-hat of b_x is ");
    EXPECT_EQ(count(r.err, "warning: "), 1U) << r.err;
  }
  EXPECT_LACKS(w.run("predict c.nc --data t.csv --out p.csv").err, "warning");
}

TEST_F(ChainsApart, AnUpdateByASummaryIsRefused) {
  fit("--draws 200", 30);
  const ProgramResult r = update();
  EXPECT_EQ(r.status, 1);
  EXPECT_HAS(r.err, "R-hat of 'b_x' is ");
  EXPECT_HAS(r.err, " in the fit that is to be updated, above 1.1: its chains do not agree");
  EXPECT_HAS(r.err, "go on with bdglm resume and more --draws, or mend the model");
  EXPECT_FALSE(std::filesystem::exists(w.path("b.nc")));
  // Sufficient statistics rest on no draws.
  fit("--draws 200 --family gaussian", 30, "z ~ x");
  const ProgramResult exact = update("--quiet");
  EXPECT_EQ(exact.status, 0) << exact.err;
  EXPECT_LACKS(exact.err, "of the fit that was updated");
}

TEST_F(ChainsApart, AnUpdateKeepsTheWarningsOfTheFit) {
  fit("--draws 400", 0.4);
  const ProgramResult r = update("--quiet");
  EXPECT_EQ(r.status, 0) << r.err;
  const std::string warning = "warning: of the fit that was updated: R-hat of b_x is 1.0";
  EXPECT_HAS(r.err, warning);
  EXPECT_HAS(w.run("summary b.nc").err, warning);
  // And of a fit that updates that one.
  const ProgramResult again = w.run("update b.nc --data t.csv --chains 2 --warmup 60 --draws 400 --quiet --out c.nc");
  EXPECT_EQ(again.status, 0) << again.err;
  EXPECT_EQ(count(again.err, warning), 1U) << again.err;
}

TEST_F(ChainsApart, AnUnfinishedFitIsToBeResumed) {
  fit("--draws 5000000 --max-time 1s", 30);
  const std::string err = w.run("summary a.nc").err;
  EXPECT_HAS(err, "the chains do not agree yet; it is not finished: go on with bdglm resume\n");
  EXPECT_LACKS(err, "run --");
}

TEST(Rhat, HasTheDigitsThatShowItsSide) {
  EXPECT_EQ(rhat_text(1.0321632), "1.032");
  EXPECT_EQ(rhat_text(1.0104), "1.010");
  EXPECT_EQ(rhat_text(1.0104, 1.01), "1.0104");
  EXPECT_EQ(rhat_text(1.01004, 1.01), "1.01004");
  EXPECT_EQ(rhat_text(1.0321632, 1.01), "1.032");
  EXPECT_EQ(rhat_text(0.998, 1.01), "0.998");
  EXPECT_EQ(rhat_text(1032642700884465.625), "1.0e+15");
}

}  // namespace
}  // namespace bdglm::test
