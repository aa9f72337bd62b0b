// Definitions by netCDF-C in memory; values come later, through HDF5 (hdf5_file.hpp).
#include "fitfile/fit_image.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <numeric>

#include "bdglm/version.hpp"
#include "fitfile/hdf5_file.hpp"
#include "fitfile/netcdf.hpp"

namespace bdglm {
namespace {

/// Bytes of a chunk, the unit in which HDF5 places values: small ones are rewritten when draws are added to them.
constexpr std::size_t kChunkBytes = std::size_t{1} << 16U;
constexpr std::size_t kDrawChunk = 256;
constexpr std::size_t kLevelChunk = 2048;
constexpr int kDeflateLevel = 4;

/// An empty HDF5 file in memory, from malloc, with the order of creation that netCDF wants to write to a file again:
/// the files that netCDF itself creates in memory (nc_create_mem) lack it.
NC_memio empty_file() {
  constexpr unsigned kOrder = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;
  constexpr std::size_t kIncrement = std::size_t{1} << 20U;
  const hdf5::Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  const hdf5::Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_link_creation_order(creation.id(), kOrder);
  H5Pset_attr_creation_order(creation.id(), kOrder);
  H5Pset_fapl_core(access.id(), kIncrement, false);
  const hdf5::Handle file(H5Fcreate("fit", H5F_ACC_TRUNC, creation.id(), access.id()), H5Fclose);
  H5Fflush(file.id(), H5F_SCOPE_GLOBAL);
  const ssize_t size = H5Fget_file_image(file.id(), nullptr, 0);
  if (size <= 0) throw DataError("HDF5 makes no file in memory");
  NC_memio memory{static_cast<std::size_t>(size), std::malloc(static_cast<std::size_t>(size)), 0};
  H5Fget_file_image(file.id(), memory.memory, memory.size);
  return memory;
}

std::vector<const char*> pointers(const std::vector<std::string>& labels) {
  std::vector<const char*> text;
  text.reserve(labels.size());
  for (const std::string& label : labels) text.push_back(label.c_str());
  return text;
}

/// Defines dimensions and their coordinates in one group, once each.
class GroupDefinition {
 public:
  GroupDefinition(const netcdf::File& file, const std::string& name) : file_(file) {
    file.check(nc_def_grp(file.id(), name.c_str(), &id_), "create a group in");
  }

  int id() const { return id_; }

  int dimension(const std::string& name, std::size_t size) {
    const auto found = dimensions_.find(name);
    if (found != dimensions_.end()) return found->second;
    int dimension = -1;
    file_.check(nc_def_dim(id_, name.c_str(), size, &dimension), "define a dimension in");
    dimensions_[name] = dimension;
    return dimension;
  }

  int variable(const std::string& name, nc_type type, const std::vector<int>& dimensions) const {
    int variable = -1;
    file_.check(nc_def_var(id_, name.c_str(), type, static_cast<int>(dimensions.size()), dimensions.data(), &variable),
                "define a variable in");
    return variable;
  }

  void chunks(int variable, const std::vector<std::size_t>& sizes) const {
    file_.check(nc_def_var_chunking(id_, variable, NC_CHUNKED, sizes.data()), "define chunks in");
  }

  /// A dimension with its coordinate.
  int labelled(const Dimension& d) {
    if (dimensions_.count(d.name) != 0) return dimensions_[d.name];
    const int id = dimension(d.name, std::max<std::size_t>(d.size(), 1));
    if (!d.numbers.empty()) {
      const int coordinate = variable(d.name, NC_INT64, {id});
      file_.check(nc_put_var_longlong(id_, coordinate, d.numbers.data()), "write to");
      return id;
    }
    const int coordinate = variable(d.name, NC_STRING, {id});
    std::vector<const char*> text = pointers(d.labels);
    if (!text.empty()) file_.check(nc_put_var_string(id_, coordinate, text.data()), "write to");
    return id;
  }

  void text(int variable, const char* name, const std::string& value) const {
    file_.check(nc_put_att_text(id_, variable, name, value.size(), value.data()), "write to");
  }

  void labels(int variable, const char* name, const std::vector<std::string>& values) const {
    std::vector<const char*> text = pointers(values);
    file_.check(nc_put_att_string(id_, variable, name, text.size(), text.data()), "write to");
  }

 private:
  const netcdf::File& file_;
  int id_ = -1;
  std::map<std::string, int> dimensions_;
};

Dimension counted(const std::string& name, std::size_t count) {
  Dimension d{name, {}, std::vector<long long>(count)};
  std::iota(d.numbers.begin(), d.numbers.end(), 0);
  return d;
}

void define_draws(GroupDefinition& group, const DrawVariable& v, int chain, int draw) {
  std::vector<int> dimensions = {chain, draw};
  std::vector<std::size_t> chunks = {1, 1};
  std::size_t width = 1;
  for (const Dimension& d : v.dimensions) {
    dimensions.push_back(group.labelled(d));
    // Levels are cut, so that a few of many can be read by themselves.
    chunks.push_back(std::clamp<std::size_t>(d.size(), 1, std::max<std::size_t>(kLevelChunk / width, 1)));
    width *= chunks.back();
  }
  const bool compressed = v.kind == DrawVariable::Kind::compressed;
  const std::size_t bytes = width * (compressed ? sizeof(float) : sizeof(double));
  chunks[1] = std::clamp<std::size_t>(kChunkBytes / bytes, 1, kDrawChunk);
  const std::map<DrawVariable::Kind, nc_type> types = {{DrawVariable::Kind::real, NC_DOUBLE},
                                                       {DrawVariable::Kind::integer, NC_INT64},
                                                       {DrawVariable::Kind::boolean, NC_BYTE},
                                                       {DrawVariable::Kind::compressed, NC_FLOAT}};
  const int variable = group.variable(v.name, types.at(v.kind), dimensions);
  group.chunks(variable, chunks);
  // How xarray marks numbers that are truth values.
  if (v.kind == DrawVariable::Kind::boolean) group.text(variable, "dtype", "bool");
  if (!v.levels.empty()) group.labels(variable, "levels", v.levels);
  if (compressed) netcdf::check(nc_def_var_deflate(group.id(), variable, 1, 1, kDeflateLevel), v.name, "compress");
}

/// The group of what only this program reads.
void define_own(GroupDefinition& group, const FitLayout& layout, int chain) {
  const int version = kFitFileVersion;
  netcdf::check(nc_put_att_int(group.id(), NC_GLOBAL, "layout", NC_INT, 1, &version), "the fit file", "write to");
  const std::string spec = layout.spec.dump();
  const int text = group.variable("spec", NC_CHAR, {group.dimension("spec_byte", spec.size())});
  netcdf::check(nc_put_var_text(group.id(), text, spec.data()), "the fit file", "write to");
  const int progress = group.variable("progress", NC_CHAR, {group.dimension("progress_byte", NC_UNLIMITED)});
  group.chunks(progress, {4096});
  const int state = group.variable(
      "state", NC_DOUBLE,
      {group.dimension("state_slot", kStateSlots), chain, group.dimension("state_element", NC_UNLIMITED)});
  group.chunks(state, {1, 1, std::clamp<std::size_t>(layout.state_size, 64, std::size_t{1} << 17U)});
  netcdf::check(nc_def_var_fill(group.id(), state, NC_NOFILL, nullptr), "the fit file", "define");
}

}  // namespace

std::string fit_image(const FitLayout& layout) {
  NC_memio memory = empty_file();
  int id = -1;
  netcdf::check(nc_open_memio("fit", NC_NETCDF4 | NC_WRITE, &memory, &id), "the fit file", "create");
  netcdf::File file(id, "the fit file");
  const auto chains = static_cast<std::size_t>(layout.chains);
  std::vector<std::string> groups = {"posterior", "sample_stats", "observed_data", "constant_data"};
  const auto add = [&](const std::string& name) {
    if (name != kOwnGroup && std::find(groups.begin(), groups.end(), name) == groups.end()) groups.push_back(name);
  };
  for (const DrawVariable& v : layout.variables) add(v.group);
  for (const DataVariable& v : layout.data) add(v.group);
  groups.emplace_back(kOwnGroup);
  for (const std::string& name : groups) {
    GroupDefinition group(file, name);
    group.text(NC_GLOBAL, "inference_library", "bdglm");
    group.text(NC_GLOBAL, "inference_library_version", kVersion);
    int chain = -1;
    int draw = -1;
    const auto draws = [&] {
      if (draw >= 0) return;
      chain = group.labelled(counted("chain", chains));
      draw = group.dimension("draw", NC_UNLIMITED);
      group.chunks(group.variable("draw", NC_INT64, {draw}), {kDrawChunk});
    };
    for (const DrawVariable& v : layout.variables) {
      if (v.group != name) continue;
      draws();
      define_draws(group, v, chain, draw);
    }
    for (const DataVariable& v : layout.data) {
      if (v.group != name) continue;
      std::vector<int> dimensions;
      for (const Dimension& d : v.dimensions) dimensions.push_back(group.labelled(d));
      const int variable = group.variable(v.name, NC_DOUBLE, dimensions);
      if (!v.levels.empty()) group.labels(variable, "levels", v.levels);
    }
    if (name == kOwnGroup) {
      draws();
      define_own(group, layout, chain);
    }
  }
  file.close_into(memory);
  std::string image(static_cast<const char*>(memory.memory), memory.size);
  std::free(memory.memory);
  return image;
}

}  // namespace bdglm
