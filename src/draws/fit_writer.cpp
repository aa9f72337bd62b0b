// Writing fit files: groups for ArviZ, plus "bdglm" with the specification and the chains' states.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <numeric>
#include <set>

#include "bdglm/draws/fit_file.hpp"
#include "draws/netcdf.hpp"

namespace bdglm {
namespace {

constexpr std::size_t kDrawChunk = 128;

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

  int labelled(const Dimension& d) {
    if (dimensions_.count(d.name) != 0) return dimensions_[d.name];
    const int id = dimension(d.name, std::max<std::size_t>(d.labels.size(), 1));
    const int coordinate = variable(d.name, NC_STRING, {id});
    std::vector<const char*> text;
    for (const std::string& label : d.labels) text.push_back(label.c_str());
    file_.check(nc_put_var_string(id_, coordinate, text.data()), "write to");
    return id;
  }

  void numbered(const std::string& name, int dimension, std::size_t count) const {
    const int coordinate = variable(name, NC_INT64, {dimension});
    std::vector<long long> values(count);
    for (std::size_t k = 0; k < count; ++k) values[k] = static_cast<long long>(k);
    if (count > 0) {
      const std::size_t start = 0;
      file_.check(nc_put_vara_longlong(id_, coordinate, &start, &count, values.data()), "write to");
    }
  }

 private:
  const netcdf::File& file_;
  int id_ = -1;
  std::map<std::string, int> dimensions_;
};

void sync_to_disk(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  if (file < 0) return;
  const int status = ::fsync(file);
  const int reason = errno;
  ::close(file);
  if (status != 0 && reason != EINVAL) throw DataError("cannot write '" + path + "' to disk: " + std::strerror(reason));
}

/// A part of a message where the disk of a file is nearly full: the next file is built beside the last.
std::string free_space(const std::string& path) {
  std::error_code unknown;
  const std::filesystem::path folder = std::filesystem::absolute(path, unknown).parent_path();
  const std::filesystem::space_info space = std::filesystem::space(folder, unknown);
  if (unknown) return "";
  const std::uintmax_t written = std::filesystem::file_size(path, unknown);
  const std::uintmax_t needed = (unknown ? 0 : 2 * written) + (1U << 20U);
  if (space.available > needed) return "";
  return " (" + std::to_string(space.available / 1024) + " kB are free there; make room for twice the file)";
}

}  // namespace

std::string variable_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '|');
  return name;
}

FitWriter::FitWriter(std::string path, std::vector<DrawVariable> variables, std::vector<DataVariable> data, int chains)
    : path_(std::move(path)),
      variables_(std::move(variables)),
      data_(std::move(data)),
      buffer_(static_cast<std::size_t>(chains)) {
  // An output that cannot be written must show before hours are spent on it.
  const std::string probe = path_ + ".part";
  std::FILE* file = std::fopen(probe.c_str(), "wb");
  if (file == nullptr)
    throw DataError("cannot write '" + path_ + "': " + std::strerror(errno) +
                    "; choose another --out or make its folder");
  std::fclose(file);
  std::remove(probe.c_str());
  if (std::filesystem::is_directory(path_)) throw DataError("cannot write '" + path_ + "': it is a folder");
}

FitWriter FitWriter::reopen(std::string path, std::vector<DrawVariable> variables, int chains, std::size_t draws) {
  FitWriter writer;
  writer.path_ = std::move(path);
  writer.variables_ = std::move(variables);
  writer.buffer_.resize(static_cast<std::size_t>(chains));
  writer.draws_ = draws;
  writer.created_ = true;
  return writer;
}

void FitWriter::add(int chain, const std::vector<double>& values) {
  buffer_[static_cast<std::size_t>(chain)].push_back(values);
}

std::size_t FitWriter::buffered_bytes() const {
  std::size_t bytes = 0;
  for (const auto& chain : buffer_)
    if (!chain.empty()) bytes += chain.size() * chain.front().size() * sizeof(double);
  return bytes;
}

void FitWriter::create(const std::string& path, std::size_t state_size) const {
  int id = -1;
  netcdf::check(nc_create(path.c_str(), NC_NETCDF4 | NC_CLOBBER, &id), path, "create");
  netcdf::File file(id, path);
  const auto chains = buffer_.size();
  std::set<std::string> groups = {"posterior", "sample_stats"};
  for (const DrawVariable& v : variables_) groups.insert(v.group);
  groups.erase("bdglm");
  groups.insert("bdglm");
  for (const std::string& name : groups) {
    GroupDefinition group(file, name);
    const int chain = group.dimension("chain", chains);
    const int draw = group.dimension("draw", NC_UNLIMITED);
    group.numbered("chain", chain, chains);
    group.numbered("draw", draw, 0);
    for (const DrawVariable& v : variables_) {
      if (v.group != name) continue;
      std::vector<int> dimensions = {chain, draw};
      std::vector<std::size_t> chunks = {1, kDrawChunk};
      std::size_t width = 1;
      for (const Dimension& d : v.dimensions) {
        dimensions.push_back(group.labelled(d));
        chunks.push_back(std::max<std::size_t>(d.labels.size(), 1));
        width *= chunks.back();
      }
      chunks[1] = std::clamp<std::size_t>((std::size_t{1} << 17U) / width, 1, kDrawChunk);
      const int variable = group.variable(v.name, NC_DOUBLE, dimensions);
      file.check(nc_def_var_chunking(group.id(), variable, NC_CHUNKED, chunks.data()), "define chunks in");
    }
    if (name == "bdglm") {
      const int size = group.dimension("state_element", std::max<std::size_t>(state_size, 1));
      group.variable("state", NC_DOUBLE, {chain, size});
    }
  }
  for (const char* name : {"observed_data", "constant_data"}) {
    GroupDefinition group(file, name);
    bool first = true;
    for (const DataVariable& v : data_) {
      if (v.group != name) continue;
      const auto rows = static_cast<std::size_t>(v.values.rows());
      std::vector<int> dimensions = {group.dimension("obs", rows)};
      if (first) group.numbered("obs", dimensions[0], rows);
      first = false;
      if (!v.columns.name.empty()) dimensions.push_back(group.labelled(v.columns));
      const int variable = group.variable(v.name, NC_DOUBLE, dimensions);
      file.check(nc_put_var_double(group.id(), variable, v.values.data()), "write to");
    }
  }
  file.close();
}

void FitWriter::write(const std::string& path, const Spec& spec, const std::vector<std::vector<double>>& states) const {
  int id = -1;
  netcdf::check(nc_open(path.c_str(), NC_WRITE, &id), path, "open");
  netcdf::File file(id, path);
  const std::size_t added = buffer_.front().size();
  std::set<std::string> numbered;
  std::size_t offset = 0;
  for (const DrawVariable& v : variables_) {
    const int group = file.group(v.group);
    int variable = -1;
    file.check(nc_inq_varid(group, v.name.c_str(), &variable), "find a variable in");
    const std::size_t width = v.size();
    std::vector<double> values(added * width);
    for (std::size_t c = 0; c < buffer_.size() && added > 0; ++c) {
      for (std::size_t d = 0; d < added; ++d)
        std::copy_n(buffer_[c][d].begin() + static_cast<std::ptrdiff_t>(offset), width,
                    values.begin() + static_cast<std::ptrdiff_t>(d * width));
      std::vector<std::size_t> start = {c, draws_};
      std::vector<std::size_t> count = {1, added};
      for (const Dimension& dimension : v.dimensions) {
        start.push_back(0);
        count.push_back(dimension.labels.size());
      }
      file.check(nc_put_vara_double(group, variable, start.data(), count.data(), values.data()), "write draws to");
    }
    offset += width;
    if (added > 0 && numbered.insert(v.group).second) {
      file.check(nc_inq_varid(group, "draw", &variable), "find a variable in");
      std::vector<long long> numbers(added);
      std::iota(numbers.begin(), numbers.end(), static_cast<long long>(draws_));
      file.check(nc_put_vara_longlong(group, variable, &draws_, &added, numbers.data()), "write to");
    }
  }
  const int group = file.group("bdglm");
  int variable = -1;
  file.check(nc_inq_varid(group, "state", &variable), "find a variable in");
  for (std::size_t c = 0; c < states.size(); ++c) {
    const std::size_t start[2] = {c, 0};
    const std::size_t count[2] = {1, states[c].size()};
    file.check(nc_put_vara_double(group, variable, start, count, states[c].data()), "write the state to");
  }
  const std::string text = spec.dump();
  file.check(nc_put_att_text(group, NC_GLOBAL, "spec", text.size(), text.data()), "write to");
  const int version = kFitFileVersion;
  file.check(nc_put_att_int(group, NC_GLOBAL, "layout", NC_INT, 1, &version), "write to");
  const std::string library = "bdglm";
  for (const char* name : {"posterior", "sample_stats"})
    file.check(nc_put_att_text(file.group(name), NC_GLOBAL, "inference_library", library.size(), library.data()),
               "write to");
  file.close();
}

std::string FitWriter::after_failure() const {
  return created_ ? "; the last saved state is intact, and 'bdglm resume " + path_ + "' goes on from it" : "";
}

void FitWriter::commit(const Spec& spec, const std::vector<std::vector<double>>& states) {
  const std::string next = path_ + ".part";
  try {
    if (!created_)
      create(next, states.empty() ? 0 : states.front().size());
    else
      std::filesystem::copy_file(path_, next, std::filesystem::copy_options::overwrite_existing);
    write(next, spec, states);
    sync_to_disk(next);
    std::filesystem::rename(next, path_);
  } catch (const std::filesystem::filesystem_error& error) {
    const std::string room = free_space(path_);
    std::remove(next.c_str());
    throw DataError("cannot write '" + path_ + "': " + error.code().message() + room + after_failure());
  } catch (const DataError& error) {
    const std::string room = free_space(path_);
    std::remove(next.c_str());
    throw DataError(error.what() + room + after_failure());
  } catch (...) {
    std::remove(next.c_str());
    throw;
  }
  created_ = true;
  data_.clear();
  draws_ += buffer_.front().size();
  for (auto& chain : buffer_) chain.clear();
}

}  // namespace bdglm
