// Names and links of families.
#include "family/family.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "family/response.hpp"

namespace bdglm {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// "; did you mean 'probit'?", or a list of them all.
std::string hint(const std::string& word, const std::string& all, const std::vector<std::string>& names) {
  const std::vector<std::string> near = nearest_names(word, names);
  return near.empty() ? "; " + all + " " + listed(names) : "; did you mean '" + near.front() + "'?";
}

bool has_all(Family family, const std::vector<std::string>& parameters) {
  const auto own = parameters_of(family);
  return std::all_of(parameters.begin(), parameters.end(), [&](const std::string& name) {
    return std::any_of(own.begin(), own.end(), [&](const FamilyParameter& p) { return name == p.name; });
  });
}

}  // namespace

std::vector<std::string> family_names() {
  std::vector<std::string> names;
  for (const Family family : kFamilies) add_once(names, family_name(family));
  return names;
}

Family family_from_name(std::string_view name, std::string_view link, const std::vector<std::string>& parameters) {
  std::vector<Family> found;
  std::vector<std::string> links;
  for (const Family family : kFamilies) {
    if (family_name(family) != name) continue;
    add_once(links, describe(family).link);
    if (link.empty() ? links.size() == 1 : link == describe(family).link) found.push_back(family);
  }
  if (links.empty())
    throw ModelError("unknown family '" + std::string(name) + "'" +
                     hint(std::string(name), "families are", family_names()));
  if (found.empty())
    throw ModelError("family " + std::string(name) + " has no link '" + std::string(link) + "'" +
                     hint(std::string(link), links.size() > 1 ? "its links are" : "its link is", links));
  for (const Family family : found)
    if (has_all(family, parameters)) return family;
  return found.front();
}

Family family_for(ResponseKind kind) {
  for (const Family family : kFamilies)
    if (describe(family).response == kind) return family;
  throw ModelError("no family of this version takes such a response");
}

}  // namespace bdglm
