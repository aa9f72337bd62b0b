// Fit files and files of predictions beside netCDF's own library: what it finds in ours, and what we find in its.
#include <gtest/gtest.h>
#include <netcdf.h>

#include <algorithm>
#include <cmath>

#include "bdglm/error.hpp"
#include "fitfile/hdf5_handle.hpp"
#include "fitfile/netcdf_input.hpp"
#include "posterior/prediction_file.hpp"
#include "support/fit_files.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

void expect_ok(int status) { ASSERT_EQ(status, NC_NOERR) << nc_strerror(status); }

/// A file open by netCDF.
class Reference {
 public:
  explicit Reference(const std::string& path, int mode = NC_NOWRITE) { expect_ok(nc_open(path.c_str(), mode, &file_)); }
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() { nc_close(file_); }
  int file() const { return file_; }
  int group(const std::string& name) const {
    int id = -1;
    expect_ok(nc_inq_grp_ncid(file_, name.c_str(), &id));
    return id;
  }
  static int variable(int group, const std::string& name) {
    int id = -1;
    expect_ok(nc_inq_varid(group, name.c_str(), &id));
    return id;
  }
  /// As "name[size]".
  static std::vector<std::string> dimensions(int group, const std::string& name) {
    int rank = 0;
    int ids[NC_MAX_VAR_DIMS];
    expect_ok(nc_inq_var(group, variable(group, name), nullptr, nullptr, &rank, ids, nullptr));
    std::vector<std::string> found;
    for (int k = 0; k < rank; ++k) {
      char text[NC_MAX_NAME + 1];
      std::size_t size = 0;
      expect_ok(nc_inq_dim(group, ids[k], text, &size));
      found.push_back(std::string(text) + "[" + std::to_string(size) + "]");
    }
    return found;
  }
  static std::vector<std::string> names(int group) {
    int count = 0;
    expect_ok(nc_inq_nvars(group, &count));
    std::vector<std::string> found;
    for (int v = 0; v < count; ++v) {
      char text[NC_MAX_NAME + 1];
      expect_ok(nc_inq_varname(group, v, text));
      found.emplace_back(text);
    }
    return found;
  }

 private:
  int file_ = -1;
};

using Names = std::vector<std::string>;

std::string written(const Workspace& w) {
  const std::string path = w.path("a.nc");
  FitWriter writer = FitWriter::create(path, small_layout(), false);
  add_draws(writer, 9);
  commit(writer);
  return path;
}

TEST(Netcdf, ItsLibraryFindsWhatAFitFileHolds) {
  const Workspace w;
  const Reference file(written(w));
  const int posterior = file.group("posterior");
  EXPECT_EQ(Reference::names(posterior), (Names{"chain", "draw", "a", "g", "r_g"})) << "in this order";
  EXPECT_EQ(Reference::dimensions(posterior, "r_g"), (Names{"chain[2]", "draw[9]", "g[300]"}));
  EXPECT_EQ(Reference::dimensions(posterior, "draw"), Names{"draw[9]"});
  EXPECT_EQ(Reference::dimensions(file.group("thinned_effects"), "u")[1], "draw[3]");
  int unlimited = -1;
  int draw = -1;
  expect_ok(nc_inq_unlimdim(posterior, &unlimited));
  expect_ok(nc_inq_dimid(posterior, "draw", &draw));
  EXPECT_EQ(unlimited, draw) << "others can append draws";

  std::vector<double> values(2 * 9 * kLevels);
  expect_ok(nc_get_var_double(posterior, Reference::variable(posterior, "r_g"), values.data()));
  EXPECT_EQ(values.back(), value(1, 8, kLevels - 1));
  std::vector<char*> labels(kLevels);
  expect_ok(nc_get_var_string(posterior, Reference::variable(posterior, "g"), labels.data()));
  EXPECT_STREQ(labels[299], "level 299");
  nc_free_string(labels.size(), labels.data());

  const int likelihood = file.group("log_likelihood");
  int shuffled = 0;
  int deflated = 0;
  int level = 0;
  const int y = Reference::variable(likelihood, "y");
  expect_ok(nc_inq_var_deflate(likelihood, y, &shuffled, &deflated, &level));
  EXPECT_TRUE(shuffled == 1 && deflated == 1 && level == 4);
  nc_type type = NC_NAT;
  expect_ok(nc_inq_vartype(likelihood, y, &type));
  EXPECT_EQ(type, NC_FLOAT);
  char text[8] = {};
  const int stats = file.group("sample_stats");
  expect_ok(nc_get_att_text(stats, Reference::variable(stats, "diverging"), "dtype", text));
  EXPECT_STREQ(text, "bool");

  // Dimensions that only this program reads have no coordinates, and are no variables.
  EXPECT_EQ(Reference::names(file.group("bdglm")), (Names{"chain", "draw", "spec", "progress", "state"}));
  int no_fill = 0;
  expect_ok(nc_inq_var_fill(file.group("bdglm"), Reference::variable(file.group("bdglm"), "state"), &no_fill, nullptr));
  EXPECT_EQ(no_fill, 1);
}

TEST(Netcdf, ItsLibraryMayAddToAFitFile) {
  const Workspace w;
  const std::string path = written(w);
  {
    const Reference file(path, NC_WRITE);
    int mine = -1;
    int place = -1;
    int variable = -1;
    expect_ok(nc_def_grp(file.file(), "mine", &mine));
    expect_ok(nc_def_dim(mine, "place", 2, &place));
    expect_ok(nc_def_var(mine, "height", NC_FLOAT, 1, &place, &variable));
    const double heights[2] = {1.5, 2.5};
    expect_ok(nc_put_var_double(mine, variable, heights));
    const int posterior = file.group("posterior");
    expect_ok(nc_rename_var(posterior, Reference::variable(posterior, "a"), "renamed"));
  }
  {
    const FitReader file(path);
    EXPECT_EQ(file.data("mine", "height")(1, 0), 2.5);
    EXPECT_EQ(file.dimensions("mine", "height", 0)[0].labels, (Names{"0", "1"})) << "without coordinates";
    EXPECT_FALSE(file.has("posterior", "a"));
    EXPECT_EQ(file.read("posterior", "renamed")(17, 0), value(1, 8, 0));
    const auto contents = file.contents();
    EXPECT_NE(std::find(contents.begin(), contents.end(), std::pair<std::string, std::string>("mine", "height")),
              contents.end());
  }
  {
    const Reference file(path, NC_WRITE);
    const int posterior = file.group("posterior");
    expect_ok(nc_rename_var(posterior, Reference::variable(posterior, "renamed"), "a"));
  }
  FitWriter writer = FitWriter::reopen(path, small_layout().variables);
  add_draws(writer, 3);
  commit(writer);
  EXPECT_EQ(expect_whole(path), 12U);
}

TEST(Netcdf, WhatItsLibraryWroteIsRead) {
  const Workspace w;
  const std::string path = w.path("theirs.nc");
  int id = -1;
  expect_ok(nc_create(path.c_str(), NC_NETCDF4, &id));
  int dimensions[2] = {-1, -1};
  int outer = -1;
  int group = -1;
  int variable = -1;
  expect_ok(nc_def_dim(id, "outer", 2, &outer));  // of the file's own, for a group below
  expect_ok(nc_def_grp(id, "z", &group));
  dimensions[0] = outer;
  expect_ok(nc_def_dim(group, "b", 3, &dimensions[1]));
  expect_ok(nc_def_var(group, "b", NC_STRING, 1, &dimensions[1], &variable));
  const char* labels[3] = {"one", "zwölf", ""};
  expect_ok(nc_put_var_string(group, variable, labels));
  expect_ok(nc_def_var(group, "values", NC_SHORT, 2, dimensions, &variable));
  const double values[6] = {1, 2, 3, 4, 5, 6};
  expect_ok(nc_put_var_double(group, variable, values));
  expect_ok(nc_def_grp(id, "a", &group));
  expect_ok(nc_close(id));

  const hdf5::Lock lock;
  const auto file = netcdf::InputFile::open(path, path);
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->groups(), (Names{"z", "a"})) << "in the order in which they were defined";
  EXPECT_EQ(file->find("none"), nullptr);
  const netcdf::InputGroup* read = file->find("z");
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->variables(), (Names{"b", "values"}));
  EXPECT_EQ(read->find("values")->dimensions(), (Names{"outer", "b"}));
  EXPECT_EQ(read->find("b")->labels(), (Names{"one", "zwölf", ""}));
  double found[2] = {0, 0};
  read->find("values")->read({1, 1}, {1, 2}, found);
  EXPECT_TRUE(found[0] == 5 && found[1] == 6);
  EXPECT_THROW(read->find("values")->read({1, 1}, {2, 2}, found), DataError) << "beyond the end";
  EXPECT_EQ(netcdf::InputFile::open(w.path("absent.nc"), "absent.nc"), nullptr);
}

TEST(Netcdf, ItsLibraryReadsPredictions) {
  const Workspace w;
  const std::string path = w.path("p.nc");
  {
    PredictionFile file(path, 3, {{0, 7}, {1, 8}}, {"no", "yes"});
    RowPrediction row;
    row.expected.resize(2);
    row.expected[0].draws = {0.25, 0.5};
    row.expected[1].draws = {0.75, 0.5};
    row.new_draws = {1, 0};
    file.add({2}, {row});
    file.close();
  }
  const Reference file(path);
  const int id = file.file();
  EXPECT_EQ(Reference::dimensions(id, "mean"), (Names{"draw[2]", "row[3]", "level[2]"}));
  EXPECT_EQ(Reference::dimensions(id, "fit_draw"), Names{"draw[2]"});
  std::vector<double> mean(12);
  expect_ok(nc_get_var_double(id, Reference::variable(id, "mean"), mean.data()));
  EXPECT_EQ(mean[5], 0.75);
  EXPECT_TRUE(std::isnan(mean[0])) << "a row without prediction";
  double fill = 0;
  expect_ok(nc_get_att_double(id, Reference::variable(id, "new"), "_FillValue", &fill));
  EXPECT_TRUE(std::isnan(fill));
}

/// A copy that another program has taken apart.
TEST(Netcdf, AFitThatHasLostItsRowsIsRefused) {
  const Workspace w;
  std::string text = "y,x,g\n";
  for (int i = 0; i < 40; ++i)
    text += std::to_string(i % 5) + "," + std::to_string(i % 7) + ",g" + std::to_string(i % 4) + "\n";
  w.write("t.csv", text);
  const ProgramResult made = w.run(
      "fit --data t.csv --formula 'y ~ x + (1 | g)' --family gaussian --chains 1 --warmup 20 --draws 20 --quiet --seed "
      "1 "
      "--out a.nc");
  ASSERT_EQ(made.status, 0) << made.err;
  for (const char* lost : {"constant_data", "observed_data", "constant_data/row", "constant_data/trials",
                           "constant_data/weights", "constant_data/offset", "constant_data/fixed",
                           "constant_data/group_index0", "constant_data/group_design0", "observed_data/y"}) {
    std::filesystem::copy_file(w.path("a.nc"), w.path("b.nc"), std::filesystem::copy_options::overwrite_existing);
    const hid_t file = H5Fopen(w.path("b.nc").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
    ASSERT_GE(file, 0);
    ASSERT_GE(H5Ldelete(file, lost, H5P_DEFAULT), 0) << lost;
    H5Fclose(file);
    for (const char* verb : {"loo b.nc", "check b.nc", "report b.nc --out page.html"}) {
      const ProgramResult r = w.run(verb);
      EXPECT_EQ(r.status, 1) << verb << " without " << lost << ": " << r.out << r.err;
      EXPECT_NE(r.err.find("a copy has lost it"), std::string::npos) << verb << " without " << lost << ": " << r.err;
    }
  }
}

TEST(Netcdf, TheSystemsReasonIsTold) {
  const hdf5::Lock lock;
  const hdf5::Handle file(H5Fcreate("/nowhere/at/all.nc", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
  try {
    hdf5::check(file.id() >= 0, "/nowhere/at/all.nc", "write");
    FAIL();
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "cannot write '/nowhere/at/all.nc': No such file or directory");
  }
}

}  // namespace
}  // namespace bdglm::test
