// What a fit file holds: groups, their variables, and the dimensions of these with their labels.
#include <numeric>

#include "bdglm/error.hpp"
#include "fitfile/fit_file.hpp"
#include "fitfile/netcdf_input.hpp"

namespace bdglm {
namespace {

/// The labels of a dimension's coordinates, numbers as text; a dimension without coordinates counts from zero.
std::vector<std::string> coordinate_labels(const netcdf::InputGroup& group, const std::string& name,
                                           std::size_t length) {
  const netcdf::Variable* coordinates = group.find(name);
  if (coordinates != nullptr && coordinates->is_text()) return coordinates->labels();
  std::vector<long long> numbers(length);
  std::iota(numbers.begin(), numbers.end(), 0);
  if (coordinates != nullptr) numbers = coordinates->integers();
  std::vector<std::string> labels;
  labels.reserve(length);
  for (const long long number : numbers) labels.push_back(std::to_string(number));
  return labels;
}

}  // namespace

const netcdf::InputGroup& FitReader::find_group(const std::string& group) const {
  const netcdf::InputGroup* found = file_->find(group);
  if (found == nullptr) throw DataError("'" + path_ + "' has no group '" + group + "'");
  return *found;
}

netcdf::Variable& FitReader::find_variable(const std::string& group, const std::string& name) const {
  netcdf::Variable* found = find_group(group).find(name);
  if (found == nullptr) throw DataError("'" + path_ + "' has no variable '" + name + "' in group '" + group + "'");
  return *found;
}

std::size_t FitReader::draws(const std::string& group) const {
  const hdf5::Lock lock;
  const std::optional<std::size_t> count = find_group(group).dimension("draw");
  if (!count) throw DataError("'" + path_ + "' has no draws in group '" + group + "'");
  return *count;
}

bool FitReader::has(const std::string& group, const std::string& name) const {
  const hdf5::Lock lock;
  const netcdf::InputGroup* found = file_->find(group);
  return found != nullptr && found->find(name) != nullptr;
}

std::vector<std::string> FitReader::variables(const std::string& group) const {
  const hdf5::Lock lock;
  const netcdf::InputGroup& found = find_group(group);
  std::vector<std::string> names;
  for (const std::string& name : found.variables())
    if (found.find(name)->dimensions().size() >= 2) names.push_back(name);
  return names;
}

std::vector<Dimension> FitReader::dimensions(const std::string& group, const std::string& name, int skip) const {
  const hdf5::Lock lock;
  const netcdf::InputGroup& found = find_group(group);
  const netcdf::Variable& variable = find_variable(group, name);
  const std::vector<std::size_t> extents = variable.extents();
  std::vector<Dimension> result;
  for (std::size_t k = static_cast<std::size_t>(skip); k < extents.size(); ++k) {
    const std::string& dimension = variable.dimensions()[k];
    result.push_back({dimension, coordinate_labels(found, dimension, extents[k]), {}});
  }
  return result;
}

std::vector<std::pair<std::string, std::string>> FitReader::contents() const {
  const hdf5::Lock lock;
  std::vector<std::pair<std::string, std::string>> found;
  for (const std::string& group : file_->groups()) {
    if (group == kOwnGroup) continue;
    const netcdf::InputGroup& members = find_group(group);
    for (const std::string& name : members.variables()) {
      const std::vector<std::string>& dimensions = members.find(name)->dimensions();
      if (dimensions.size() != 1 || dimensions.front() != name) found.emplace_back(group, name);
    }
  }
  return found;
}

}  // namespace bdglm
