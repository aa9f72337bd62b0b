// Variables by their datasets, dimensions by the scales to which datasets refer.
#include "fitfile/netcdf_input.hpp"

#include <hdf5_hl.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <utility>

#include "bdglm/error.hpp"
#include "fitfile/netcdf_names.hpp"

namespace bdglm::netcdf {
namespace {

/// Room for chunks of a variable, enough for most fits' variables.
constexpr std::size_t kChunkBytes = std::size_t{16} << 20U;
constexpr std::size_t kChunkPlaces = 10007;
constexpr double kPreemption = 0.75;

/// The names in a group, in the order of their creation where the file keeps it.
std::vector<std::string> names_in(hid_t group) {
  H5G_info_t info{};
  if (H5Gget_info(group, &info) < 0) return {};
  std::vector<std::string> names;
  for (hsize_t k = 0; k < info.nlinks; ++k) {
    H5_index_t order = H5_INDEX_CRT_ORDER;
    ssize_t size = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, k, nullptr, 0, H5P_DEFAULT);
    if (size < 0) {
      order = H5_INDEX_NAME;
      size = H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, k, nullptr, 0, H5P_DEFAULT);
    }
    if (size < 0) continue;
    std::string name(static_cast<std::size_t>(size), '\0');
    H5Lget_name_by_idx(group, ".", order, H5_ITER_INC, k, name.data(), name.size() + 1, H5P_DEFAULT);
    names.push_back(std::move(name));
  }
  return names;
}

H5I_type_t kind_of(hid_t group, const std::string& name) {
  const hdf5::Handle object(H5Oopen(group, name.c_str(), H5P_DEFAULT), H5Oclose);
  return object.id() < 0 ? H5I_BADID : H5Iget_type(object.id());
}

/// Whether a dimension scale stands for a dimension alone.
bool is_bare(hid_t dataset) {
  if (H5DSis_scale(dataset) <= 0) return false;
  const std::string_view prefix = kNoVariable;
  std::string name(prefix.size(), '\0');
  H5DSget_scale_name(dataset, name.data(), name.size() + 1);
  return name == prefix;
}

/// References to the scales of each dimension, by which datasets name them.
std::vector<hobj_ref_t> scales_of(hid_t dataset, std::size_t rank) {
  std::vector<hobj_ref_t> scales(rank, 0);
  if (H5Aexists(dataset, "DIMENSION_LIST") <= 0) return scales;
  const hdf5::Handle attribute(H5Aopen(dataset, "DIMENSION_LIST", H5P_DEFAULT), H5Aclose);
  const hdf5::Handle space(H5Aget_space(attribute.id()), H5Sclose);
  if (H5Sget_simple_extent_npoints(space.id()) != static_cast<hssize_t>(rank)) return scales;
  const hdf5::Handle type(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose);
  std::vector<hvl_t> lists(rank, hvl_t{0, nullptr});
  if (H5Aread(attribute.id(), type.id(), lists.data()) < 0) return scales;
  for (std::size_t k = 0; k < rank; ++k)
    if (lists[k].len > 0) scales[k] = *static_cast<const hobj_ref_t*>(lists[k].p);
  H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, lists.data());
  return scales;
}

}  // namespace

Variable::Variable(hid_t group, std::string name, std::string path)
    : group_(group), name_(std::move(name)), path_(std::move(path)), kept_bytes_(kChunkBytes), dataset_(-1, H5Dclose) {
  open();
}

void Variable::open() {
  const hdf5::Handle access(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
  H5Pset_chunk_cache(access.id(), kChunkPlaces, kept_bytes_, kPreemption);
  dataset_.close();  // HDF5 takes the size of what it keeps from the first opening
  dataset_ = {H5Dopen2(group_, name_.c_str(), access.id()), H5Dclose};
  check(dataset_.id() >= 0);
}

void Variable::keep_chunks(std::size_t bytes) {
  if (bytes <= kept_bytes_) return;
  kept_bytes_ = bytes;
  open();
}

std::vector<std::size_t> Variable::extents() const {
  const hdf5::Handle space(H5Dget_space(dataset_.id()), H5Sclose);
  const int rank = H5Sget_simple_extent_ndims(space.id());
  check(rank >= 0);
  std::vector<hsize_t> extent(static_cast<std::size_t>(rank));
  H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr);
  return {extent.begin(), extent.end()};
}

std::size_t Variable::size() const {
  const std::vector<std::size_t> extent = extents();
  return std::accumulate(extent.begin(), extent.end(), std::size_t{1}, std::multiplies<>());
}

std::vector<std::size_t> Variable::chunks() const {
  const hdf5::Handle properties(H5Dget_create_plist(dataset_.id()), H5Pclose);
  if (H5Pget_layout(properties.id()) != H5D_CHUNKED) return {};
  std::vector<hsize_t> chunk(dimensions_.size());
  check(H5Pget_chunk(properties.id(), static_cast<int>(chunk.size()), chunk.data()) >= 0);
  return {chunk.begin(), chunk.end()};
}

bool Variable::is_text() const {
  const hdf5::Handle type(H5Dget_type(dataset_.id()), H5Tclose);
  return H5Tis_variable_str(type.id()) > 0;
}

std::vector<std::string> Variable::labels() const {
  const hdf5::Handle stored(H5Dget_type(dataset_.id()), H5Tclose);
  const hdf5::Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.id(), H5T_VARIABLE);
  H5Tset_cset(type.id(), H5Tget_cset(stored.id()));
  std::vector<char*> text(size(), nullptr);
  check(H5Dread(dataset_.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()) >= 0);
  std::vector<std::string> labels;
  for (const char* label : text) labels.emplace_back(label == nullptr ? "" : label);
  const hdf5::Handle space(H5Dget_space(dataset_.id()), H5Sclose);
  H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, text.data());
  return labels;
}

std::vector<long long> Variable::integers() const {
  std::vector<long long> numbers(size());
  check(H5Dread(dataset_.id(), H5T_NATIVE_LLONG, H5S_ALL, H5S_ALL, H5P_DEFAULT, numbers.data()) >= 0);
  return numbers;
}

std::string Variable::characters() const {
  const hdf5::Handle type(H5Dget_type(dataset_.id()), H5Tclose);
  check(H5Tget_class(type.id()) == H5T_STRING && H5Tget_size(type.id()) == 1);
  std::string text(size(), ' ');
  check(H5Dread(dataset_.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, text.data()) >= 0);
  return text;
}

void Variable::read(const std::vector<std::size_t>& start, const std::vector<std::size_t>& count,
                    double* values) const {
  const std::vector<hsize_t> from(start.begin(), start.end());
  const std::vector<hsize_t> extent(count.begin(), count.end());
  const hdf5::Handle there(H5Dget_space(dataset_.id()), H5Sclose);
  const auto rank = static_cast<int>(extent.size());
  check(H5Sget_simple_extent_ndims(there.id()) == rank);
  if (rank > 0)
    check(H5Sselect_hyperslab(there.id(), H5S_SELECT_SET, from.data(), nullptr, extent.data(), nullptr) >= 0);
  const hdf5::Handle here(rank > 0 ? H5Screate_simple(rank, extent.data(), nullptr) : H5Screate(H5S_SCALAR), H5Sclose);
  check(H5Dread(dataset_.id(), H5T_NATIVE_DOUBLE, here.id(), there.id(), H5P_DEFAULT, values) >= 0);
}

InputGroup::InputGroup(hid_t file, const std::string& name, const std::string& path)
    : group_(H5Gopen2(file, name.c_str(), H5P_DEFAULT), H5Gclose) {
  hdf5::check(group_.id() >= 0, path, "read group '" + name + "' from");
  std::map<hobj_ref_t, std::string> scales;
  // A group may use dimensions of the file's own.
  for (const hid_t place : {file, group_.id()}) {
    for (const std::string& item : names_in(place)) {
      if (kind_of(place, item) != H5I_DATASET) continue;
      auto variable = std::make_unique<Variable>(place, item, path);
      hobj_ref_t reference = 0;
      if (H5DSis_scale(variable->dataset_.id()) > 0 &&
          H5Rcreate(&reference, place, item.c_str(), H5R_OBJECT, hid_t{-1}) >= 0)
        scales[reference] = item;
      if (place == file) continue;
      const bool bare = is_bare(variable->dataset_.id());
      if (!bare) order_.push_back(item);
      (bare ? bare_ : variables_)[item] = std::move(variable);
    }
  }
  for (const auto& [item, variable] : variables_) {
    const std::size_t rank = variable->extents().size();
    for (const hobj_ref_t scale : scales_of(variable->dataset_.id(), rank)) {
      const auto found = scales.find(scale);
      variable->dimensions_.push_back(found == scales.end() ? "" : found->second);
    }
    if (rank == 1 && H5DSis_scale(variable->dataset_.id()) > 0) variable->dimensions_ = {item};
  }
}

Variable* InputGroup::find(const std::string& name) const {
  const auto found = variables_.find(name);
  return found == variables_.end() ? nullptr : found->second.get();
}

std::optional<std::size_t> InputGroup::dimension(const std::string& name) const {
  const Variable* scale = find(name);
  if (scale == nullptr) {
    const auto bare = bare_.find(name);
    if (bare != bare_.end()) scale = bare->second.get();
  }
  if (scale == nullptr) return std::nullopt;
  const std::vector<std::size_t> extent = scale->extents();
  return extent.size() == 1 ? std::optional(extent.front()) : std::nullopt;
}

std::optional<int> InputGroup::attribute(const std::string& name) const {
  if (H5Aexists(group_.id(), name.c_str()) <= 0) return std::nullopt;
  const hdf5::Handle attribute(H5Aopen(group_.id(), name.c_str(), H5P_DEFAULT), H5Aclose);
  const hdf5::Handle space(H5Aget_space(attribute.id()), H5Sclose);
  int value = 0;
  if (H5Sget_simple_extent_npoints(space.id()) != 1 || H5Aread(attribute.id(), H5T_NATIVE_INT, &value) < 0)
    return std::nullopt;
  return value;
}

std::unique_ptr<InputFile> InputFile::open(const std::string& file, const std::string& path) {
  const hdf5::Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fclose_degree(access.id(), H5F_CLOSE_SEMI);
  hdf5::Handle opened(H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.id()), H5Fclose);
  if (opened.id() < 0) return nullptr;
  return std::unique_ptr<InputFile>(new InputFile(std::move(opened), path));
}

std::vector<std::string> InputFile::groups() const {
  std::vector<std::string> groups;
  for (const std::string& name : names_in(file_.id()))
    if (kind_of(file_.id(), name) == H5I_GROUP) groups.push_back(name);
  return groups;
}

const InputGroup* InputFile::find(const std::string& group) const {
  const auto found = groups_.find(group);
  if (found != groups_.end()) return &found->second;
  if (H5Lexists(file_.id(), group.c_str(), H5P_DEFAULT) <= 0 || kind_of(file_.id(), group) != H5I_GROUP) return nullptr;
  return &groups_.try_emplace(group, file_.id(), group, path_).first->second;
}

}  // namespace bdglm::netcdf
