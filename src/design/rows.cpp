// Whole rows of a design, and its columns let go.
#include "design/rows.hpp"

#include <algorithm>
#include <numeric>

namespace bdglm {
namespace {

/// From here on rows do not stay in a core's cache.
constexpr Eigen::Index kManyRows = 1 << 16;

template <class T>
void take(std::vector<T>& values, const std::vector<Eigen::Index>& rows) {
  if (values.empty()) return;
  std::vector<T> taken;
  taken.reserve(rows.size());
  for (const Eigen::Index i : rows) taken.push_back(values[static_cast<std::size_t>(i)]);
  values = std::move(taken);
}

void take(Eigen::VectorXd& values, const std::vector<Eigen::Index>& rows) {
  if (values.size() > 0) values = Eigen::VectorXd(values(rows));
}

void take(RowMatrix& values, const std::vector<Eigen::Index>& rows) {
  if (values.rows() > 0) values = RowMatrix(values(rows, Eigen::all));
}

void take(SparseRows& values, const std::vector<Eigen::Index>& rows) {
  if (values.columns > 0) values = values.taken(rows);
}

template <class T>
std::vector<Eigen::Index> sorted_by(const std::vector<T>& keys) {
  std::vector<Eigen::Index> rows(keys.size());
  std::iota(rows.begin(), rows.end(), Eigen::Index{0});
  std::stable_sort(rows.begin(), rows.end(), [&](Eigen::Index a, Eigen::Index b) {
    return keys[static_cast<std::size_t>(a)] < keys[static_cast<std::size_t>(b)];
  });
  return rows;
}

template <class M>
bool same_values(const M& a, const M& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() && a == b;
}

}  // namespace

void take_rows(Design& design, const std::vector<Eigen::Index>& rows) {
  take(design.rows, rows);
  take(design.deep, rows);
  take(design.sparse_deep, rows);
  for (Eigen::VectorXd* v : {&design.response, &design.trials, &design.weights}) take(*v, rows);
  take(design.sigma_index, rows);
  for (Column& column : design.untold) {
    take(column.numbers, rows);
    take(column.codes, rows);
  }
  for (SideDesign& side : design.sides) {
    take(side.fixed, rows);
    take(side.sparse, rows);
    take(side.offset, rows);
    for (TermDesign& group : side.groups) {
      take(group.index, rows);
      take(group.z, rows);
    }
  }
}

void order_by_group(Design& design) {
  if (design.size() < kManyRows) return;
  const std::vector<std::int32_t>* finest = nullptr;
  std::int32_t most = 0;
  for (const SideDesign& side : design.sides)
    for (const TermDesign& group : side.groups) {
      const std::int32_t last = *std::max_element(group.index.begin(), group.index.end());
      if (finest != nullptr && last <= most) continue;
      finest = &group.index;
      most = last;
    }
  if (finest != nullptr && !std::is_sorted(finest->begin(), finest->end())) take_rows(design, sorted_by(*finest));
}

std::vector<Eigen::Index> rows_by_table(const Design& design) { return sorted_by(design.rows); }

void drop_columns(Design& design) {
  design.deep.resize(0, 0);
  design.sparse_deep = {};
  design.untold.clear();
  for (SideDesign& side : design.sides) {
    side.fixed.resize(0, 0);
    side.sparse = {};
    for (TermDesign& group : side.groups) group.z.resize(0, 0);
  }
}

bool same_rows(const Design& a, const Design& b) {
  if (a.size() != b.size() || !same_values(a.response, b.response) || !same_values(a.trials, b.trials) ||
      !same_values(a.weights, b.weights) || !same_values(a.deep, b.deep) || !(a.sparse_deep == b.sparse_deep) ||
      a.sigma_index != b.sigma_index)
    return false;
  return std::equal(a.sides.begin(), a.sides.end(), b.sides.begin(), b.sides.end(),
                    [](const SideDesign& s, const SideDesign& t) {
                      return same_values(s.fixed, t.fixed) && s.sparse == t.sparse && same_values(s.offset, t.offset);
                    });
}

}  // namespace bdglm
