// What a fit file holds: groups, their variables, and the dimensions of these with their labels.
#include "fitfile/fit_file.hpp"
#include "fitfile/netcdf.hpp"

namespace bdglm {
namespace {

/// The labels of a dimension's coordinate, numbers as text.
std::vector<std::string> coordinate_labels(int group, const std::string& path, const char* name, std::size_t length) {
  int coordinate = -1;
  nc_type type = NC_NAT;
  netcdf::check(nc_inq_varid(group, name, &coordinate), path, "read");
  netcdf::check(nc_inq_vartype(group, coordinate, &type), path, "read");
  std::vector<std::string> labels;
  labels.reserve(length);
  if (type != NC_STRING) {
    std::vector<long long> numbers(length);
    netcdf::check(nc_get_var_longlong(group, coordinate, numbers.data()), path, "read");
    for (const long long number : numbers) labels.push_back(std::to_string(number));
    return labels;
  }
  std::vector<char*> text(length, nullptr);
  netcdf::check(nc_get_var_string(group, coordinate, text.data()), path, "read");
  for (const char* label : text) labels.emplace_back(label == nullptr ? "" : label);
  nc_free_string(length, text.data());
  return labels;
}

}  // namespace

int FitReader::find_variable(const std::string& group, const std::string& name, int& group_id) const {
  netcdf::check(nc_inq_grp_ncid(file_, group.c_str(), &group_id), path_, "find a group in");
  int variable = -1;
  if (nc_inq_varid(group_id, name.c_str(), &variable) != NC_NOERR)
    throw DataError("'" + path_ + "' has no variable '" + name + "' in group '" + group + "'");
  return variable;
}

std::size_t FitReader::draws(const std::string& group) const {
  const netcdf::Lock lock;
  int id = -1;
  int dimension = -1;
  std::size_t length = 0;
  netcdf::check(nc_inq_grp_ncid(file_, group.c_str(), &id), path_, "find a group in");
  netcdf::check(nc_inq_dimid(id, "draw", &dimension), path_, "read");
  netcdf::check(nc_inq_dimlen(id, dimension, &length), path_, "read");
  return length;
}

bool FitReader::has(const std::string& group, const std::string& name) const {
  const netcdf::Lock lock;
  int id = -1;
  int variable = -1;
  return nc_inq_grp_ncid(file_, group.c_str(), &id) == NC_NOERR &&
         nc_inq_varid(id, name.c_str(), &variable) == NC_NOERR;
}

std::vector<std::string> FitReader::variables(const std::string& group) const {
  const netcdf::Lock lock;
  int id = -1;
  netcdf::check(nc_inq_grp_ncid(file_, group.c_str(), &id), path_, "find a group in");
  int count = 0;
  netcdf::check(nc_inq_nvars(id, &count), path_, "read");
  std::vector<std::string> names;
  for (int v = 0; v < count; ++v) {
    char name[NC_MAX_NAME + 1];
    int rank = 0;
    netcdf::check(nc_inq_var(id, v, name, nullptr, &rank, nullptr, nullptr), path_, "read");
    if (rank >= 2) names.emplace_back(name);
  }
  return names;
}

std::vector<Dimension> FitReader::dimensions(const std::string& group, const std::string& name, int skip) const {
  const netcdf::Lock lock;
  int id = -1;
  const int variable = find_variable(group, name, id);
  int rank = 0;
  int dims[NC_MAX_VAR_DIMS];
  netcdf::check(nc_inq_var(id, variable, nullptr, nullptr, &rank, dims, nullptr), path_, "read");
  std::vector<Dimension> result;
  for (int k = skip; k < rank; ++k) {
    char dimension_name[NC_MAX_NAME + 1];
    std::size_t length = 0;
    netcdf::check(nc_inq_dim(id, dims[k], dimension_name, &length), path_, "read");
    result.push_back({dimension_name, coordinate_labels(id, path_, dimension_name, length), {}});
  }
  return result;
}

std::vector<std::pair<std::string, std::string>> FitReader::contents() const {
  const netcdf::Lock lock;
  int groups = 0;
  netcdf::check(nc_inq_grps(file_, &groups, nullptr), path_, "read");
  std::vector<int> ids(static_cast<std::size_t>(groups));
  netcdf::check(nc_inq_grps(file_, &groups, ids.data()), path_, "read");
  std::vector<std::pair<std::string, std::string>> found;
  for (const int id : ids) {
    char group[NC_MAX_NAME + 1];
    int count = 0;
    netcdf::check(nc_inq_grpname(id, group), path_, "read");
    netcdf::check(nc_inq_nvars(id, &count), path_, "read");
    if (std::string(group) == kOwnGroup) continue;
    for (int v = 0; v < count; ++v) {
      char name[NC_MAX_NAME + 1];
      char first[NC_MAX_NAME + 1] = "";
      int rank = 0;
      int dims[NC_MAX_VAR_DIMS];
      netcdf::check(nc_inq_var(id, v, name, nullptr, &rank, dims, nullptr), path_, "read");
      if (rank == 1) netcdf::check(nc_inq_dimname(id, dims[0], first), path_, "read");
      if (std::string(name) != first) found.emplace_back(group, name);
    }
  }
  return found;
}

}  // namespace bdglm
