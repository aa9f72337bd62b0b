// Ramps of a design's columns on the CPU: their places, and tables at knots.
#include "compute/cpu/ramp_rows.hpp"

namespace bdglm::cpu {

RampRows::RampRows(const RowMatrix& dense, const std::vector<InputRamps>& ramps) : columns_(number_of(ramps)) {
  std::vector<Eigen::Index> column;
  std::vector<Eigen::Index> first_knot;
  for (std::size_t k = 0; k < ramps.size(); ++k) {
    if (ramps[k].size() == 0) continue;
    inputs_.push_back(ramps[k]);
    column.push_back(static_cast<Eigen::Index>(k));
    first_knot.push_back(knots_);
    knots_ += static_cast<Eigen::Index>(ramps[k].knots.size());
  }
  const std::size_t numbers = static_cast<std::size_t>(dense.rows()) * inputs_.size();
  knot_.reserve(numbers);
  height_.reserve(numbers);
  for (Eigen::Index i = 0; i < dense.rows(); ++i)
    for (std::size_t k = 0; k < inputs_.size(); ++k) {
      const InputRamps::Place place = inputs_[k].place(dense(i, column[k]));
      knot_.push_back(static_cast<std::int32_t>(first_knot[k] + static_cast<Eigen::Index>(place.ramp)));
      height_.push_back(place.height);
    }
}

void RampRows::write(Eigen::Index at, Eigen::Index count, Eigen::Index column, RowMatrix& to) const {
  for (Eigen::Index i = 0; i < count; ++i) {
    const lanes::RampPlaces own = from(at + i);
    double* out = to.row(i).data() + column;
    std::size_t first_knot = 0;
    for (std::size_t k = 0; k < inputs_.size(); ++k) {
      inputs_[k].write({static_cast<std::size_t>(own.knot[k]) - first_knot, own.height[k]}, out);
      out += inputs_[k].size();
      first_knot += inputs_[k].knots.size();
    }
  }
}

template <class Number>
std::vector<Number> RampRows::table(const double* weights, std::size_t units, std::size_t stride) const {
  std::vector<Number> table(static_cast<std::size_t>(knots_) * stride);
  std::vector<double> sum(units);
  Number* to = table.data();
  const auto write_row = [&] {
    for (std::size_t u = 0; u < units; ++u) to[u] = static_cast<Number>(sum[u]);
    to += stride;
  };
  for (const InputRamps& input : inputs_) {
    sum.assign(units, 0);
    for (std::size_t k = 0; k < input.size(); ++k)
      for (std::size_t u = 0; u < units; ++u) sum[u] -= input.mean[k] / input.unit[k] * weights[k * units + u];
    write_row();
    for (std::size_t k = 0; k < input.size(); ++k, weights += units) {
      for (std::size_t u = 0; u < units; ++u) sum[u] += weights[u] / input.unit[k];
      write_row();
    }
  }
  return table;
}

template std::vector<float> RampRows::table(const double*, std::size_t, std::size_t) const;
template std::vector<double> RampRows::table(const double*, std::size_t, std::size_t) const;

void RampRows::add_gradient(const double* by_table, std::size_t units, std::size_t stride, double* gradient) const {
  std::vector<double> above(units);
  std::vector<double> all(units);
  for (const InputRamps& input : inputs_) {
    all.assign(units, 0);
    for (std::size_t k = 0; k < input.knots.size(); ++k)
      for (std::size_t u = 0; u < units; ++u) all[u] += by_table[k * stride + u];
    // Ramp k is one at every knot above its own.
    above.assign(units, 0);
    for (std::size_t k = input.size(); k-- > 0;)
      for (std::size_t u = 0; u < units; ++u) {
        above[u] += by_table[(k + 1) * stride + u];
        gradient[k * units + u] += (above[u] - input.mean[k] * all[u]) / input.unit[k];
      }
    by_table += input.knots.size() * stride;
    gradient += input.size() * units;
  }
}

}  // namespace bdglm::cpu
