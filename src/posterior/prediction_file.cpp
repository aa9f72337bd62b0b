// Writing predictive draws as netCDF-4, block of rows by block of rows.
#include "posterior/prediction_file.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "fitfile/netcdf_definition.hpp"

namespace bdglm {

struct PredictionFile::File {
  hdf5::Handle file{-1, H5Fclose};
  hdf5::Handle mean{-1, H5Dclose};
  hdf5::Handle fresh{-1, H5Dclose};
};

PredictionFile::PredictionFile(const std::string& path, std::size_t rows, const std::vector<DrawPlace>& draws,
                               const std::vector<std::string>& levels)
    : path_(path),
      file_(std::make_unique<File>()),
      draws_(draws.size()),
      outcomes_(std::max<std::size_t>(levels.size(), 1)) {
  const hdf5::Lock lock;
  file_->file = {H5Fcreate(path.c_str(), H5F_ACC_TRUNC, netcdf::file_properties().id(), H5P_DEFAULT), H5Fclose};
  hdf5::check(file_->file.id() >= 0, path_, "write");
  netcdf::Definition definition{file_->file.id(), path_};
  netcdf::Group group(definition);
  std::vector<long long> draw(draws.size());
  std::iota(draw.begin(), draw.end(), 0);
  std::vector<long long> row(std::max<std::size_t>(rows, 1));
  std::iota(row.begin(), row.end(), 1);
  std::vector<long long> chain;
  std::vector<long long> number;
  for (const DrawPlace& place : draws) {
    chain.push_back(place.chain);
    number.push_back(static_cast<long long>(place.draw));
  }
  group.numbered("draw", draw);
  group.numbered("row", row);
  if (!levels.empty()) group.labelled("level", levels);
  for (const auto& [name, values] : {std::pair{"fit_chain", &chain}, std::pair{"fit_draw", &number}})
    group.write(group.variable(name, netcdf::Type::integer, {"draw"}), H5T_NATIVE_LLONG, values->data());
  for (const auto& [name, variable] : {std::pair{"mean", &file_->mean}, std::pair{"new", &file_->fresh}}) {
    std::vector<std::string> dimensions = {"draw", "row"};
    if (variable == &file_->mean && !levels.empty()) dimensions.emplace_back("level");
    *variable = group.variable(name, netcdf::Type::real, dimensions, {{}, 0, netcdf::Storage::Fill::not_a_number});
    netcdf::Attributes(variable->id(), path_).text("coordinates", "fit_chain fit_draw");
  }
}

PredictionFile::~PredictionFile() {
  const hdf5::Lock lock;
  file_.reset();
}

void PredictionFile::add(const std::vector<std::size_t>& table_rows, const std::vector<RowPrediction>& rows) {
  const hdf5::Lock lock;
  if (rows.empty()) return;
  const std::size_t first = table_rows.front();
  const std::size_t span = table_rows.back() - first + 1;
  const hsize_t start[3] = {0, first, 0};
  const hsize_t extent[3] = {draws_, span, outcomes_};
  const auto put = [&](const hdf5::Handle& variable, std::size_t outcomes, auto draws) {
    std::vector<double> values(draws_ * span * outcomes, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < rows.size(); ++i)
      for (std::size_t o = 0; o < outcomes; ++o)
        for (std::size_t s = 0; s < draws_; ++s)
          values[(s * span + table_rows[i] - first) * outcomes + o] = draws(rows[i], o)[s];
    const hdf5::Handle there(H5Dget_space(variable.id()), H5Sclose);
    const hdf5::Handle here(H5Screate_simple(H5Sget_simple_extent_ndims(there.id()), extent, nullptr), H5Sclose);
    hdf5::check(H5Sselect_hyperslab(there.id(), H5S_SELECT_SET, start, nullptr, extent, nullptr) >= 0 &&
                    H5Dwrite(variable.id(), H5T_NATIVE_DOUBLE, here.id(), there.id(), H5P_DEFAULT, values.data()) >= 0,
                path_, "write");
  };
  put(file_->mean, outcomes_, [](const RowPrediction& row, std::size_t o) { return row.expected[o].draws; });
  put(file_->fresh, 1, [](const RowPrediction& row, std::size_t) { return row.new_draws; });
}

void PredictionFile::close() {
  const hdf5::Lock lock;
  const std::unique_ptr<File> file = std::move(file_);
  const bool good = H5Fflush(file->file.id(), H5F_SCOPE_GLOBAL) >= 0;
  hdf5::check(file->mean.close() && file->fresh.close() && file->file.close() && good, path_, "finish writing");
}

}  // namespace bdglm
