// Products of numbers and indicators, most of which are zero, and of blocks, of which few are.
#include "design/term_atom.hpp"

#include <algorithm>

namespace bdglm {
namespace {

/// Atoms with a block among them: a column of the product for each choice of a column of each.
std::size_t write_all(const std::vector<TermAtom>& atoms, std::size_t i, std::size_t row, double* to) {
  to[0] = 1;
  std::size_t size = 1;
  for (const TermAtom& atom : atoms) {
    const std::size_t width = atom.width();
    // From the last, since the first overwrites what the others are made of.
    for (std::size_t k = width; k-- > 0;) {
      const double value = atom.numeric ? atom.numeric->value(row)
                           : atom.block ? atom.block->value(k, row)
                           : atom.level[i] - (atom.full ? 0 : 1) == static_cast<std::int32_t>(k) ? 1.0
                                                                                                 : 0.0;
      for (std::size_t j = 0; j < size; ++j) to[k * size + j] = to[j] * value;
    }
    size *= width;
  }
  return size;
}

}  // namespace

std::size_t TermAtom::width() const { return numeric ? 1 : block ? block->width() : factor->size() - (full ? 0 : 1); }

std::string TermAtom::part(std::size_t k) const {
  return numeric ? prefix : block ? block->names()[k] : prefix + (*factor)[k + (full ? 0 : 1)];
}

SparseRows TermAtom::sparse_rows(const std::vector<std::size_t>& rows) const {
  if (factor == nullptr) return block->rows_of(rows);
  SparseRows indicators;
  indicators.columns = factor->size();
  indicators.indices.assign(level.begin(), level.end());
  indicators.values.assign(rows.size(), 1);
  for (std::size_t i = 1; i <= rows.size(); ++i) indicators.starts.push_back(i);
  return indicators;
}

void append(SparseRows& to, SparseRows columns) { to = to.columns == 0 ? std::move(columns) : joined(to, columns); }

std::size_t write_product(const std::vector<TermAtom>& atoms, std::size_t i, std::size_t row, double* to) {
  if (std::any_of(atoms.begin(), atoms.end(), [](const TermAtom& atom) { return atom.block.has_value(); }))
    return write_all(atoms, i, row, to);
  // One column at most is not zero: numbers multiply, factors choose it.
  double value = 1;
  std::size_t column = 0;
  std::size_t stride = 1;
  for (const TermAtom& atom : atoms) {
    if (atom.numeric) {
      value *= atom.numeric->value(row);
    } else {
      const std::int32_t level = atom.level[i] - (atom.full ? 0 : 1);
      if (level < 0)
        value = 0;
      else
        column += stride * static_cast<std::size_t>(level);
    }
    stride *= atom.width();
  }
  if (value != 0) to[column] = value;
  return stride;
}

}  // namespace bdglm
