// Reading fit files, with a clear word for files that are none, cut short, or of another version.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/journal.hpp"
#include "fitfile/netcdf_input.hpp"
#include "fitfile/netcdf_names.hpp"
#include "fitfile/open_whole.hpp"

namespace bdglm {
FitReader::FitReader(const std::string& path) : FitReader(path, path) {}

FitReader::FitReader(const std::string& path, const std::string& shown) : path_(shown), place_(path) {
  const hdf5::Lock lock;
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
  const hdf5::Lock lock;
  open(written.path());
}

void FitReader::open(const std::string& name) {
  file_ = netcdf::InputFile::open(name, path_);
  if (copied_) ::unlink(name.c_str());  // HDF5 has it open, and wants a name only to open it
  if (file_ == nullptr)
    throw DataError("'" + path_ + "' cannot be opened as netCDF-4; it is damaged, cut short, or no fit file");
  try {
    read_header();
  } catch (const nlohmann::json::exception&) {
    throw DataError("'" + path_ + "' holds a specification that cannot be read; the file is damaged");
  }
}

void FitReader::read_header() {
  const netcdf::InputGroup* own = file_->find(kOwnGroup);
  if (own == nullptr) throw DataError("'" + path_ + "' is a netCDF file but not a fit of bdglm");
  const int version = own->attribute("layout").value_or(0);
  if (version != kFitFileVersion)
    throw DataError("'" + path_ + "' has layout version " + std::to_string(version) + ", this program reads version " +
                    std::to_string(kFitFileVersion) + "; use the program that wrote it, or fit again");
  spec_ = Spec::parse(find_variable(kOwnGroup, "spec").characters());
  const Spec progress = Spec::parse(find_variable(kOwnGroup, "progress").characters());
  draws_ = progress.at("draws").get<std::size_t>();
  spec_["progress"] = progress;
  if (progress.contains("over")) spec_.merge_patch(progress.at("over"));
  chains_ = static_cast<int>(own->dimension("chain").value_or(0));
}

void FitReader::read_values(const netcdf::Variable& variable, const std::vector<std::size_t>& start,
                            const std::vector<std::size_t>& count, double* values) const {
  const std::vector<std::size_t> extent = variable.extents();
  bool there = extent.size() == start.size();
  std::size_t size = 1;
  for (std::size_t k = 0; k < start.size(); ++k) {
    there = there && start[k] + count[k] <= extent[k];
    size *= count[k];
  }
  if (there) variable.read(start, count, values);
  if (!there || std::find(values, values + size, netcdf::kFillDouble) != values + size)
    throw DataError(
        "'" + path_ +
        "' tells of draws that it does not hold; it is a copy made while a run wrote the file: take it again");
}

FitReader::~FitReader() {
  const hdf5::Lock lock;
  file_.reset();
}

bool FitReader::being_written() const {
  return LockedFile(place_, O_RDONLY).locked_elsewhere(LockedFile::Lock::writing);
}

RowMatrix FitReader::read(const std::string& group, const std::string& name, int chain, std::size_t from,
                          std::size_t count) const {
  const hdf5::Lock lock;
  const netcdf::Variable& variable = find_variable(group, name);
  std::vector<std::size_t> start = {static_cast<std::size_t>(chain), from};
  std::vector<std::size_t> extent = {1, count};
  std::size_t width = 1;
  for (const Dimension& d : dimensions(group, name)) {
    start.push_back(0);
    extent.push_back(d.labels.size());
    width *= d.labels.size();
  }
  RowMatrix values(static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(width));
  if (values.size() > 0) read_values(variable, start, extent, values.data());
  return values;
}

RowMatrix FitReader::data(const std::string& group, const std::string& name) const {
  const hdf5::Lock lock;
  if (!has(group, name)) return {};
  const netcdf::Variable& variable = find_variable(group, name);
  const std::vector<std::size_t> extent = variable.extents();
  std::size_t rows = 1;  // the first dimension; columns are all others together
  std::size_t columns = 1;
  for (std::size_t k = 0; k < extent.size(); ++k) (k == 0 ? rows : columns) *= extent[k];
  RowMatrix values(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
  variable.read(std::vector<std::size_t>(extent.size(), 0), extent, values.data());
  return values;
}

std::vector<std::vector<double>> FitReader::states() const {
  const hdf5::Lock lock;
  const Spec& progress = spec_.at("progress");
  const auto sizes = progress.at("state_sizes").get<std::vector<std::size_t>>();
  if (sizes.empty()) return {};
  const netcdf::Variable& variable = find_variable(kOwnGroup, "state");
  std::vector<std::vector<double>> states;
  for (std::size_t c = 0; c < sizes.size(); ++c) {
    states.emplace_back(sizes[c]);
    if (sizes[c] > 0) variable.read({progress.at("slot").get<std::size_t>(), c, 0}, {1, 1, sizes[c]}, states[c].data());
  }
  return states;
}

RowMatrix FitReader::read_slice(const std::string& group, const std::string& name, int chain, std::size_t from,
                                std::size_t count, const std::vector<std::size_t>& entries) const {
  const hdf5::Lock lock;
  netcdf::Variable& variable = find_variable(group, name);
  const std::size_t first = chain < 0 ? 0 : 2;
  const std::vector<std::size_t> length = variable.extents();
  const std::size_t last = length.size();
  std::vector<std::size_t> start(last, 0);
  std::vector<std::size_t> extent = length;
  std::size_t rest = 1;
  for (std::size_t k = first + 1; k < last; ++k) rest *= length[k];

  // Many small reads of a chunk must find it in memory, decompressed once: room for one row of chunks.
  std::size_t step = count;
  const std::vector<std::size_t> chunk = variable.chunks();
  if (!chunk.empty()) {
    constexpr std::size_t kLargestCache = std::size_t{256} << 20U;
    std::size_t bytes = sizeof(double);
    for (std::size_t k = 0; k < last; ++k)
      bytes *= k < first ? chunk[k] : (length[k] + chunk[k] - 1) / chunk[k] * chunk[k];
    variable.keep_chunks(std::min(bytes, kLargestCache));
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
      read_values(variable, start, extent, part.data());
      values.block(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(e * rest), static_cast<Eigen::Index>(rows),
                   static_cast<Eigen::Index>(run * rest)) =
          Eigen::Map<const RowMatrix>(part.data(), static_cast<Eigen::Index>(rows),
                                      static_cast<Eigen::Index>(run * rest));
      e += run;
    }
    row += rows;
  }
  return values;
}

}  // namespace bdglm
