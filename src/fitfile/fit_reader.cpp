// Reading fit files, with a clear word for files that are none, cut short, or of another version.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "fitfile/fit_file.hpp"
#include "fitfile/journal.hpp"
#include "fitfile/netcdf.hpp"
#include "fitfile/open_whole.hpp"

namespace bdglm {
namespace {

/// All of a variable of characters.
std::string read_text(int group, const std::string& path, const char* name) {
  int variable = -1;
  int dimension = -1;
  std::size_t length = 0;
  netcdf::check(nc_inq_varid(group, name, &variable), path, "read");
  netcdf::check(nc_inq_vardimid(group, variable, &dimension), path, "read");
  netcdf::check(nc_inq_dimlen(group, dimension, &length), path, "read");
  std::string text(length, ' ');
  if (length > 0) netcdf::check(nc_get_var_text(group, variable, text.data()), path, "read");
  return text;
}

}  // namespace

FitReader::FitReader(const std::string& path) : FitReader(path, path) {}

FitReader::FitReader(const std::string& path, const std::string& shown) : path_(shown), place_(path) {
  const netcdf::Lock lock;
  if (!std::filesystem::exists(path)) throw DataError("no file '" + shown + "'; give the file that a fit wrote");
  if (std::filesystem::is_directory(path)) throw DataError("'" + shown + "' is a folder, not a fit file");
  const SignalsWait wait;
  // The writer puts the journal beside the file that a link names.
  const std::string target = followed(path);
  source_ = open_whole(target);
  copied_ = source_->path() != target;
  open(source_->path());
}

FitReader::FitReader(const std::string& path, const LockedFile& written) : path_(path), place_(path) {
  const netcdf::Lock lock;
  open(written.path());
}

void FitReader::open(const std::string& name) {
  const int status = nc_open(name.c_str(), NC_NOWRITE, &file_);
  if (copied_) ::unlink(name.c_str());  // HDF5 has it open, and wants a name only to open it
  if (status != NC_NOERR)
    throw DataError("'" + path_ + "' cannot be opened as netCDF-4; it is damaged, cut short, or no fit file");
  try {
    read_header();
  } catch (const nlohmann::json::exception&) {
    nc_close(file_);
    throw DataError("'" + path_ + "' holds a specification that cannot be read; the file is damaged");
  } catch (...) {
    nc_close(file_);
    throw;
  }
}

void FitReader::read_header() {
  int group = -1;
  if (nc_inq_grp_ncid(file_, kOwnGroup, &group) != NC_NOERR)
    throw DataError("'" + path_ + "' is a netCDF file but not a fit of bdglm");
  int version = 0;
  if (nc_get_att_int(group, NC_GLOBAL, "layout", &version) != NC_NOERR || version != kFitFileVersion)
    throw DataError("'" + path_ + "' has layout version " + std::to_string(version) + ", this program reads version " +
                    std::to_string(kFitFileVersion) + "; use the program that wrote it, or fit again");
  spec_ = Spec::parse(read_text(group, path_, "spec"));
  const Spec progress = Spec::parse(read_text(group, path_, "progress"));
  draws_ = progress.at("draws").get<std::size_t>();
  spec_["progress"] = progress;
  if (progress.contains("over")) spec_.merge_patch(progress.at("over"));
  int dimension = -1;
  std::size_t chains = 0;
  netcdf::check(nc_inq_dimid(group, "chain", &dimension), path_, "read");
  netcdf::check(nc_inq_dimlen(group, dimension, &chains), path_, "read");
  chains_ = static_cast<int>(chains);
}

void FitReader::check_filled(const RowMatrix& values) const {
  if ((values.array() == NC_FILL_DOUBLE).any())
    throw DataError(
        "'" + path_ +
        "' tells of draws that it does not hold; it is a copy made while a run wrote the file: take it again");
}

FitReader::~FitReader() {
  const netcdf::Lock lock;
  nc_close(file_);
}

bool FitReader::being_written() const {
  return LockedFile(place_, O_RDONLY).locked_elsewhere(LockedFile::Lock::writing);
}

RowMatrix FitReader::read(const std::string& group, const std::string& name, int chain, std::size_t from,
                          std::size_t count) const {
  const netcdf::Lock lock;
  int id = -1;
  const int variable = find_variable(group, name, id);
  std::vector<std::size_t> start = {static_cast<std::size_t>(chain), from};
  std::vector<std::size_t> extent = {1, count};
  std::size_t width = 1;
  for (const Dimension& d : dimensions(group, name)) {
    start.push_back(0);
    extent.push_back(d.labels.size());
    width *= d.labels.size();
  }
  RowMatrix values(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(width));
  if (values.size() > 0)
    netcdf::check(nc_get_vara_double(id, variable, start.data(), extent.data(), values.data()), path_,
                  "read draws from");
  check_filled(values);
  return values;
}

RowMatrix FitReader::data(const std::string& group, const std::string& name) const {
  const netcdf::Lock lock;
  if (!has(group, name)) return {};
  int id = -1;
  const int variable = find_variable(group, name, id);
  int rank = 0;
  int dims[NC_MAX_VAR_DIMS];
  netcdf::check(nc_inq_var(id, variable, nullptr, nullptr, &rank, dims, nullptr), path_, "read");
  std::size_t extent[2] = {1, 1};  // the first dimension, and all others together
  for (int k = 0; k < rank; ++k) {
    std::size_t length = 0;
    netcdf::check(nc_inq_dimlen(id, dims[k], &length), path_, "read");
    extent[k == 0 ? 0 : 1] *= length;
  }
  RowMatrix values(static_cast<Eigen::Index>(extent[0]), static_cast<Eigen::Index>(extent[1]));
  netcdf::check(nc_get_var_double(id, variable, values.data()), path_, "read data from");
  return values;
}

std::vector<std::vector<double>> FitReader::states() const {
  const netcdf::Lock lock;
  const Spec& progress = spec_.at("progress");
  const auto sizes = progress.at("state_sizes").get<std::vector<std::size_t>>();
  if (sizes.empty()) return {};
  int id = -1;
  const int variable = find_variable(kOwnGroup, "state", id);
  std::vector<std::vector<double>> states;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    states.emplace_back(sizes[c]);
    const std::size_t start[3] = {progress.at("slot").get<std::size_t>(), c, 0};
    const std::size_t count[3] = {1, 1, sizes[c]};
    netcdf::check(nc_get_vara_double(id, variable, start, count, states[c].data()), path_, "read the state from");
  }
  return states;
}

RowMatrix FitReader::read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                                std::size_t count, const std::vector<std::size_t>& entries) const {
  const netcdf::Lock lock;
  int id = -1;
  const int variable = find_variable(group, name, id);
  int rank = 0;
  int dims[NC_MAX_VAR_DIMS];
  netcdf::check(nc_inq_var(id, variable, nullptr, nullptr, &rank, dims, nullptr), path_, "read");
  const std::size_t first = chain < 0 ? 0 : 2;
  const auto last = static_cast<std::size_t>(rank);
  std::vector<std::size_t> length(last);
  for (std::size_t k = 0; k < last; ++k) netcdf::check(nc_inq_dimlen(id, dims[k], &length[k]), path_, "read");
  std::vector<std::size_t> start(last, 0);
  std::vector<std::size_t> extent = length;
  std::size_t rest = 1;
  for (std::size_t k = first + 1; k < last; ++k) rest *= length[k];

  // Many small reads of a chunk must find it in memory, decompressed once: room for one row of chunks.
  std::size_t step = count;
  int storage = NC_CONTIGUOUS;
  std::vector<std::size_t> chunk(last, 1);
  netcdf::check(nc_inq_var_chunking(id, variable, &storage, chunk.data()), path_, "read");
  if (storage == NC_CHUNKED) {
    constexpr std::size_t kLargestCache = std::size_t{256} << 20U;
    std::size_t bytes = sizeof(double);
    for (std::size_t k = 0; k < last; ++k)
      bytes *= k < first ? chunk[k] : (length[k] + chunk[k] - 1) / chunk[k] * chunk[k];
    netcdf::check(nc_set_var_chunk_cache(id, variable, std::min(bytes, kLargestCache), 10007, 0.75F), path_, "read");
    if (chain >= 0) step = chunk[1];
  }

  RowMatrix values(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(entries.size() * rest));
  std::vector<double> part;
  for (std::size_t row = 0; row < count;) {
    const std::size_t rows = chain < 0 ? 1 : std::min(count - row, step - (from + row) % step);
    if (chain >= 0) {
      start[0] = static_cast<std::size_t>(chain);
      extent[0] = 1;
      start[1] = from + row;
      extent[1] = rows;
    }
    for (std::size_t e = 0; e < entries.size();) {
      std::size_t run = 1;
      while (e + run < entries.size() && entries[e + run] == entries[e] + run) ++run;
      start[first] = entries[e];
      extent[first] = run;
      part.resize(rows * run * rest);
      netcdf::check(nc_get_vara_double(id, variable, start.data(), extent.data(), part.data()), path_,
                    "read draws from");
      values.block(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(e * rest), static_cast<Eigen::Index>(rows),
                   static_cast<Eigen::Index>(run * rest)) =
          Eigen::Map<const RowMatrix>(part.data(), static_cast<Eigen::Index>(rows),
                                      static_cast<Eigen::Index>(run * rest));
      e += run;
    }
    row += rows;
  }
  check_filled(values);
  return values;
}

}  // namespace bdglm
