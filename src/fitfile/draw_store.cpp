// What all sources of draws do alike.
#include "fitfile/draw_store.hpp"

namespace bdglm {

RowMatrix DrawSource::read(const std::string& group, const std::string& name) const {
  RowMatrix all;
  const std::size_t count = draws(group);
  for (int c = 0; c < chains(); ++c) {
    const RowMatrix part = read(group, name, c, 0, count);
    if (c == 0) all.resize(part.rows() * chains(), part.cols());
    all.middleRows(c * part.rows(), part.rows()) = part;
  }
  return all;
}

}  // namespace bdglm
