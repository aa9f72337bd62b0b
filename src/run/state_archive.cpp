// Archives as one vector each: what a fit file keeps of a chain.
#include "run/state_archive.hpp"

#include <algorithm>

#include "bdglm/error.hpp"

namespace bdglm {

std::vector<double> flatten(const Archive& archive) {
  std::vector<double> flat;
  for (const auto& [name, values] : archive) flat.insert(flat.end(), values.data(), values.data() + values.size());
  return flat;
}

Spec layout_of(const Archive& archive) {
  Spec layout = Spec::array();
  for (const auto& [name, values] : archive) layout.push_back({name, values.rows(), values.cols()});
  return layout;
}

Archive unflatten(const std::vector<double>& flat, const Spec& layout) {
  Archive archive;
  std::size_t at = 0;
  for (const Spec& entry : layout) {
    RowMatrix values(entry[1].get<Eigen::Index>(), entry[2].get<Eigen::Index>());
    if (at + static_cast<std::size_t>(values.size()) > flat.size())
      throw DataError("the saved state is shorter than its layout says");
    std::copy_n(flat.begin() + static_cast<std::ptrdiff_t>(at), values.size(), values.data());
    at += static_cast<std::size_t>(values.size());
    archive[entry[0].get<std::string>()] = values;
  }
  return archive;
}

}  // namespace bdglm
