// Names of families.
#include "bdglm/family/family.hpp"

namespace bdglm {

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const Family family : kFamilies) names.push_back(family_name(family));
  return names;
}

Family family_from_name(std::string_view name) {
  std::string all;
  for (const Family family : kFamilies) {
    if (family_name(family) == name) return family;
    all += (all.empty() ? "" : ", ") + family_name(family);
  }
  throw ModelError("unknown family '" + std::string(name) + "'; families are " + all);
}

Family family_for(ResponseKind kind) {
  for (const Family family : kFamilies)
    if (describe(family).response == kind) return family;
  throw ModelError("no family of this version takes such a response");
}

}  // namespace bdglm
