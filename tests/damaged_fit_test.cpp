// Fit files with numbers changed, at fixed seeds: what reads them refuses with the library's own errors and never
// crashes.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <functional>

#include <limits>
#include "bdglm/bdglm.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/hdf5_handle.hpp"
#include "random/stream.hpp"
#include "support/program.hpp"
#include "support/words.hpp"

namespace bdglm::test {
namespace {

constexpr double kBad[] = {std::numeric_limits<double>::quiet_NaN(), -1, 0.5, 3e9, 1e300};

Data some_rows() {
  std::vector<double> x;
  std::vector<double> n;
  std::vector<double> y;
  std::vector<std::string> f;
  std::vector<std::string> g;
  for (int i = 0; i < 24; ++i) {
    x.push_back(1 + i % 7);
    n.push_back(3);
    y.push_back(i % 3);
    f.push_back(i % 2 == 0 ? "a" : "b");
    g.push_back("g" + std::to_string(i % 4));
  }
  Data data;
  data.add_numbers("x", x).add_numbers("n", n).add_numbers("y", y).add_text("f", f).add_text("g", g);
  return data;
}

std::string made_fit(const Workspace& w, const std::string& formula, const std::string& family,
                     const std::string& sigma = "") {
  ModelSpec model;
  model.formula = formula;
  model.family = family;
  model.sigma = sigma;
  model.data = some_rows();
  RunOptions run;
  run.chains = 2;
  run.warmup = 10;
  run.draws = 10;
  run.seed = 3;
  run.overwrite = true;
  fit_to_file(model, w.path("whole.nc"), run);
  return w.path("whole.nc");
}

/// A copy with another number in one place of a variable.
std::string damaged(const Workspace& w, const std::string& whole, const std::string& variable, double value,
                    std::uint32_t place) {
  const std::string path = w.path("damaged.nc");
  std::filesystem::copy_file(whole, path, std::filesystem::copy_options::overwrite_existing);
  const hdf5::Lock lock;
  const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
  const hdf5::Handle data(H5Dopen2(file.id(), variable.c_str(), H5P_DEFAULT), H5Dclose);
  const hdf5::Handle there(H5Dget_space(data.id()), H5Sclose);
  hsize_t extent[8] = {};
  const int rank = H5Sget_simple_extent_dims(there.id(), extent, nullptr);
  hsize_t at[8] = {};
  for (int k = rank - 1; k >= 0; --k) {
    at[k] = place % extent[k];
    place /= static_cast<std::uint32_t>(extent[k]);
  }
  if (rank > 0) H5Sselect_elements(there.id(), H5S_SELECT_SET, 1, at);
  const hdf5::Handle here(H5Screate(H5S_SCALAR), H5Sclose);
  EXPECT_GE(H5Dwrite(data.id(), H5T_NATIVE_DOUBLE, here.id(), there.id(), H5P_DEFAULT, &value), 0) << variable;
  return path;
}

/// Everything that reads a fit; each may refuse, by the library's own errors.
void read_all(const std::string& path, const std::string& what) {
  const std::function<void(const Posterior&)> readers[] = {
      [](const Posterior& p) { p.summary(true); },
      [](const Posterior& p) { p.warnings(); },
      [](const Posterior& p) { p.effects("x"); },
      [](const Posterior& p) { p.effects("g"); },
      [](const Posterior& p) { p.predict(some_rows()); },
      [](const Posterior& p) { p.loo(1); },
      [](const Posterior& p) { p.check(GroupMode::fresh, 1); },
      [](const Posterior& p) { p.report(ReportForm::html, GroupMode::fresh, 1); },
      [&](const Posterior&) {
        ResumeOptions more;
        more.draws = 11;
        resume(path, more);
      },
  };
  for (const auto& read : readers) try {
      read(Posterior::open(path));
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()), "") << what;
    } catch (const std::exception& error) {
      ADD_FAILURE() << what << ": " << error.what();
    }
}

struct Case {
  const char* formula;
  const char* family;
  const char* sigma;
};

class DamagedFit : public testing::TestWithParam<Case> {
 protected:
  Workspace w_;
  std::string whole_ = made_fit(w_, GetParam().formula, GetParam().family, GetParam().sigma);
};

TEST_P(DamagedFit, IsRefusedWhereItsRowsCannotBe) {
  std::uint32_t k = 0;
  for (const auto& [group, name] : FitReader(whole_).contents()) {
    if (group != "constant_data" && group != "observed_data") continue;
    const std::string variable = group + "/" + name;
    Stream stream({79, 0, 0, Site::simulation, 0}, k++);
    // No number at all is nowhere a value; half a row, an index below zero or behind the last one nowhere an index.
    const bool index = name.find("index") != std::string::npos || name == "row" || name == "table_levels";
    for (const double bad : kBad) {
      if (!std::isnan(bad) && !index) continue;
      const Posterior posterior = Posterior::open(damaged(w_, whole_, variable, bad, stream.bits()));
      try {
        posterior.check(GroupMode::fresh, 1);
        ADD_FAILURE() << variable << " with " << bad << " is taken";
      } catch (const DataError& error) {
        EXPECT_HAS(std::string(error.what()), "'" + variable + "' holds");
        EXPECT_HAS(std::string(error.what()), "the file is damaged");
      }
    }
  }
}

TEST_P(DamagedFit, CrashesNoReader) {
  std::vector<std::pair<std::string, std::string>> variables = FitReader(whole_).contents();
  variables.emplace_back("bdglm", "state");
  const std::uint32_t rounds = std::getenv("BDGLM_SLOW") != nullptr ? 10 : 1;
  std::uint32_t k = 0;
  for (std::uint32_t round = 0; round < rounds; ++round)
    for (const auto& [group, name] : variables) {
      const double bad = kBad[k % std::size(kBad)];
      Stream stream({80, 0, 0, Site::simulation, 0}, k++);
      const std::string variable = group + "/" + name;
      read_all(damaged(w_, whole_, variable, bad, stream.bits()), variable + " with " + std::to_string(bad));
    }
}

/// Files of earlier versions keep no columns beside the design.
TEST(EarlierFit, AsksForTheTableOfColumnsWithinExpressions) {
  const Workspace w;
  const std::string path = made_fit(w, "y ~ log(x) + n:f", "poisson");
  EXPECT_FALSE(Posterior::open(path).effects("f").rows.empty());
  {
    const hdf5::Lock lock;
    const hdf5::Handle file(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT), H5Fclose);
    for (const char* name : {"constant_data/table_numbers", "constant_data/table_levels"})
      ASSERT_GE(H5Ldelete(file.id(), name, H5P_DEFAULT), 0) << name;
  }
  const Posterior posterior = Posterior::open(path);
  EXPECT_FALSE(posterior.effects(some_rows(), "x").rows.empty());
  EXPECT_HAS(posterior.report(ReportForm::json), "made by an earlier version");
  try {
    posterior.effects("x");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_HAS(std::string(error.what()), "made by an earlier version");
    EXPECT_HAS(std::string(error.what()), "'x', 'n', 'f' cannot be told from these; give the table");
  }
}

INSTANTIATE_TEST_SUITE_P(Fits, DamagedFit,
                         testing::Values(Case{"y | trials(n) ~ log(x) + x:f + (1 + x | g)", "binomial", ""},
                                         Case{"y ~ f + deep(x, layers = c(3)) + (deep | g)", "gaussian", "f"},
                                         Case{"y ~ x + (1 | g)", "ordinal", ""}));

}  // namespace
}  // namespace bdglm::test
