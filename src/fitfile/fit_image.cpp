// Definitions in a file that HDF5 keeps in memory; values come later, through a transaction (hdf5_file.hpp).
#include "fitfile/fit_image.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "bdglm/error.hpp"
#include "bdglm/version.hpp"
#include "fitfile/netcdf_definition.hpp"

namespace bdglm {
namespace {

/// Bytes of a chunk, the unit in which HDF5 places values: small ones are rewritten when draws are added to them.
constexpr std::size_t kChunkBytes = std::size_t{1} << 16U;
constexpr std::size_t kDrawChunk = 256;
constexpr std::size_t kLevelChunk = 2048;
constexpr int kDeflateLevel = 4;

/// A new file in memory.
hdf5::Handle empty_file() {
  constexpr std::size_t kIncrement = std::size_t{1} << 20U;
  const hdf5::Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access.id(), kIncrement, false);
  return {H5Fcreate("fit", H5F_ACC_TRUNC, netcdf::file_properties().id(), access.id()), H5Fclose};
}

/// Defines a dimension with its coordinates, where the group has it not yet; gives its name.
std::string labelled(netcdf::Group& group, const Dimension& d) {
  if (group.has_dimension(d.name)) return d.name;
  if (!d.numbers.empty())
    group.numbered(d.name, d.numbers);
  else
    group.labelled(d.name, d.labels.empty() ? std::vector<std::string>{""} : d.labels);
  return d.name;
}

Dimension counted(const std::string& name, std::size_t count) {
  Dimension d{name, {}, std::vector<long long>(count)};
  std::iota(d.numbers.begin(), d.numbers.end(), 0);
  return d;
}

void define_draws(netcdf::Group& group, const DrawVariable& v, const std::string& shown) {
  std::vector<std::string> dimensions = {"chain", "draw"};
  std::vector<std::size_t> chunks = {1, 1};
  std::size_t width = 1;
  for (const Dimension& d : v.dimensions) {
    dimensions.push_back(labelled(group, d));
    // Levels are cut, so that a few of many can be read by themselves.
    chunks.push_back(std::clamp<std::size_t>(d.size(), 1, std::max<std::size_t>(kLevelChunk / width, 1)));
    width *= chunks.back();
  }
  const bool compressed = v.kind == DrawVariable::Kind::compressed;
  const std::size_t bytes = width * (compressed ? sizeof(float) : sizeof(double));
  chunks[1] = std::clamp<std::size_t>(kChunkBytes / bytes, 1, kDrawChunk);
  const std::map<DrawVariable::Kind, netcdf::Type> types = {
      {DrawVariable::Kind::real, netcdf::Type::real},
      {DrawVariable::Kind::integer, netcdf::Type::integer},
      {DrawVariable::Kind::boolean, netcdf::Type::byte},
      {DrawVariable::Kind::compressed, netcdf::Type::single_precision}};
  const hdf5::Handle variable =
      group.variable(v.name, types.at(v.kind), dimensions, {chunks, compressed ? kDeflateLevel : 0});
  const netcdf::Attributes attributes(variable.id(), shown);
  // How xarray marks numbers that are truth values.
  if (v.kind == DrawVariable::Kind::boolean) attributes.text("dtype", "bool");
  if (!v.levels.empty()) attributes.labels("levels", v.levels);
}

/// The group of what only this program reads.
void define_own(netcdf::Group& group, const FitLayout& layout) {
  group.attributes().whole_numbers("layout", {kFitFileVersion});
  const std::string spec = layout.spec.dump();
  const hdf5::Handle characters(H5Tcopy(H5T_C_S1), H5Tclose);
  group.bare("spec_byte", spec.size());
  group.write(group.variable("spec", netcdf::Type::character, {"spec_byte"}), characters.id(), spec.data());
  group.bare("progress_byte", netcdf::kUnlimited);
  group.variable("progress", netcdf::Type::character, {"progress_byte"}, {{4096}});
  group.bare("state_slot", kStateSlots);
  group.bare("state_element", netcdf::kUnlimited);
  const std::size_t chunk = std::clamp<std::size_t>(layout.state_size, 64, std::size_t{1} << 17U);
  group.variable("state", netcdf::Type::real, {"state_slot", "chain", "state_element"},
                 {{1, 1, chunk}, 0, netcdf::Storage::Fill::none});
}

std::string bytes_of(const hdf5::Handle& file, const std::string& shown) {
  hdf5::check(H5Fflush(file.id(), H5F_SCOPE_GLOBAL) >= 0, shown, "finish");
  const ssize_t size = H5Fget_file_image(file.id(), nullptr, 0);
  hdf5::check(size > 0, shown, "finish");
  std::string image(static_cast<std::size_t>(size), '\0');
  hdf5::check(H5Fget_file_image(file.id(), image.data(), image.size()) == size, shown, "finish");
  return image;
}

}  // namespace

std::string fit_image(const FitLayout& layout) {
  const hdf5::Handle file = empty_file();
  netcdf::Definition definition{file.id(), "the fit file"};
  hdf5::check(file.id() >= 0, definition.path, "create");
  std::vector<std::string> groups = {"posterior", "sample_stats", "observed_data", "constant_data"};
  const auto add = [&](const std::string& name) {
    if (name != kOwnGroup && std::find(groups.begin(), groups.end(), name) == groups.end()) groups.push_back(name);
  };
  for (const DrawVariable& v : layout.variables) add(v.group);
  for (const DataVariable& v : layout.data) add(v.group);
  groups.emplace_back(kOwnGroup);
  for (const std::string& name : groups) {
    netcdf::Group group(definition, name);
    group.attributes().text("inference_library", "bdglm");
    group.attributes().text("inference_library_version", kVersion);
    const auto draws = [&] {
      if (group.has_dimension("draw")) return;
      labelled(group, counted("chain", static_cast<std::size_t>(layout.chains)));
      group.growing("draw", kDrawChunk);
    };
    for (const DrawVariable& v : layout.variables) {
      if (v.group != name) continue;
      draws();
      define_draws(group, v, definition.path);
    }
    for (const DataVariable& v : layout.data) {
      if (v.group != name) continue;
      std::vector<std::string> dimensions;
      for (const Dimension& d : v.dimensions) dimensions.push_back(labelled(group, d));
      const hdf5::Handle variable = group.variable(v.name, netcdf::Type::real, dimensions);
      if (!v.levels.empty()) netcdf::Attributes(variable.id(), definition.path).labels("levels", v.levels);
    }
    if (name == kOwnGroup) {
      draws();
      define_own(group, layout);
    }
  }
  return bytes_of(file, definition.path);
}

}  // namespace bdglm
