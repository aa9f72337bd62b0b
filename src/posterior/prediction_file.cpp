// Writing predictive draws as netCDF-4, block of rows by block of rows.
#include "posterior/prediction_file.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fitfile/netcdf.hpp"

namespace bdglm {

PredictionFile::PredictionFile(const std::string& path, std::size_t rows, const std::vector<DrawPlace>& draws,
                               const std::vector<std::string>& levels)
    : path_(path), draws_(draws.size()), outcomes_(std::max<std::size_t>(levels.size(), 1)) {
  const netcdf::Lock lock;
  netcdf::check(nc_create(path.c_str(), NC_NETCDF4 | NC_CLOBBER, &file_), path_, "write");
  int dimension[3] = {-1, -1, -1};
  netcdf::check(nc_def_dim(file_, "draw", draws.size(), &dimension[0]), path_, "write");
  netcdf::check(nc_def_dim(file_, "row", std::max<std::size_t>(rows, 1), &dimension[1]), path_, "write");
  if (!levels.empty()) {
    netcdf::check(nc_def_dim(file_, "level", levels.size(), &dimension[2]), path_, "write");
    int variable = -1;
    netcdf::check(nc_def_var(file_, "level", NC_STRING, 1, &dimension[2], &variable), path_, "write");
    std::vector<const char*> labels;
    for (const std::string& level : levels) labels.push_back(level.c_str());
    netcdf::check(nc_put_var_string(file_, variable, labels.data()), path_, "write");
  }
  const auto numbers = [&](const char* name, int over, const std::vector<long long>& values) {
    int variable = -1;
    netcdf::check(nc_def_var(file_, name, NC_INT64, 1, &over, &variable), path_, "write");
    netcdf::check(nc_put_var_longlong(file_, variable, values.data()), path_, "write");
  };
  std::vector<long long> row(std::max<std::size_t>(rows, 1));
  std::iota(row.begin(), row.end(), 1);
  std::vector<long long> draw(draws.size());
  std::iota(draw.begin(), draw.end(), 0);
  std::vector<long long> chain;
  std::vector<long long> number;
  for (const DrawPlace& place : draws) {
    chain.push_back(place.chain);
    number.push_back(static_cast<long long>(place.draw));
  }
  numbers("draw", dimension[0], draw);
  numbers("row", dimension[1], row);
  numbers("fit_chain", dimension[0], chain);
  numbers("fit_draw", dimension[0], number);
  constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
  constexpr char kCoordinates[] = "fit_chain fit_draw";
  for (const auto& [name, variable] : {std::pair{"mean", &mean_}, std::pair{"new", &new_}}) {
    const int dimensions = variable == &mean_ && !levels.empty() ? 3 : 2;
    netcdf::check(nc_def_var(file_, name, NC_DOUBLE, dimensions, dimension, variable), path_, "write");
    netcdf::check(nc_def_var_fill(file_, *variable, NC_FILL, &kMissing), path_, "write");
    netcdf::check(nc_put_att_text(file_, *variable, "coordinates", sizeof kCoordinates - 1, kCoordinates), path_,
                  "write");
  }
}

PredictionFile::~PredictionFile() {
  const netcdf::Lock lock;
  if (file_ >= 0) nc_close(file_);
}

void PredictionFile::add(const std::vector<std::size_t>& table_rows, const std::vector<RowPrediction>& rows) {
  const netcdf::Lock lock;
  if (rows.empty()) return;
  const std::size_t first = table_rows.front();
  const std::size_t span = table_rows.back() - first + 1;
  const std::size_t start[3] = {0, first, 0};
  const std::size_t extent[3] = {draws_, span, outcomes_};
  const auto put = [&](int variable, std::size_t outcomes, auto draws) {
    std::vector<double> values(draws_ * span * outcomes, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t o = 0; o < outcomes; ++o)
        for (std::size_t s = 0; s < draws_; ++s)
          values[(s * span + table_rows[i] - first) * outcomes + o] = draws(rows[i], o)[s];
    netcdf::check(nc_put_vara_double(file_, variable, start, extent, values.data()), path_, "write");
  };
  put(mean_, outcomes_, [](const RowPrediction& row, std::size_t o) { return row.expected[o].draws; });
  put(new_, 1, [](const RowPrediction& row, std::size_t) { return row.new_draws; });
}

void PredictionFile::close() {
  const netcdf::Lock lock;
  const int file = file_;
  file_ = -1;
  netcdf::check(nc_close(file), path_, "finish writing");
}

}  // namespace bdglm
