// Names of families.
#include "family/family.hpp"
#include "base/names.hpp"

namespace bdglm {

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const Family family : kFamilies) names.push_back(family_name(family));
  return names;
}

Family family_from_name(std::string_view name) {
  for (const Family family : kFamilies)
    if (family_name(family) == name) return family;
  const std::vector<std::string> near = nearest_names(std::string(name), family_names());
  throw ModelError(
      "unknown family '" + std::string(name) + "'" +
      (near.empty() ? "; families are " + listed(family_names()) : "; did you mean '" + near.front() + "'?"));
}

Family family_for(ResponseKind kind) {
  for (const Family family : kFamilies)
    if (describe(family).response == kind) return family;
  throw ModelError("no family of this version takes such a response");
}

}  // namespace bdglm
