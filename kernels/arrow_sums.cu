// Sums over rows of an arrow system on the device.
#include "kernels/arrow.cuh"

namespace bdglm::cuda {

/// Dense columns with each other and with the linear term, and the priors of their coefficients.
void CudaArrow::sum_dense() {
  const auto dense = static_cast<std::size_t>(shape_.dense);
  const std::size_t core = core_width_;
  queue_.clear(row_gram_, core * core);
  queue_.clear(row_rhs_, core);
  if (dense == 0) return;
  double* moments = queue_.scratch(Scratch::gram, dense * dense);
  resident_gram(queue_, system_.dense, omega_, moments, dense);
  std::size_t column = 0;
  for (const Matrix& block : system_.dense) {
    gemv(queue_, true, rows_, cols_of(block), 1, values(block), cols_of(block), linear_, 0, row_rhs_ + column);
    column += cols_of(block);
  }
  add_up(moments, dense * dense);
  add_up(row_rhs_, dense);
  double* prior = queue_.scratch(Scratch::small_matrix, 2 * dense);
  queue_.write(system_.dense_prior_precision.data(), dense, prior);
  queue_.write(system_.dense_prior_mean.data(), dense, prior + dense);
  double* gram_of_rows = row_gram_;
  double* rhs = row_rhs_;
  for_each(queue_, dense * dense, [=] __device__(std::size_t t) {
    const std::size_t i = t / dense;
    const std::size_t j = t % dense;
    if (i >= j) gram_of_rows[i * core + j] = moments[t] + (i == j ? prior[i] : 0.0);
    if (i == j) rhs[i] += prior[i] * prior[dense + i];
  });
}

/// out(g, k, c) += sum over the rows i of group g of omega_i z_ik x_ic.
void CudaArrow::add_products(const ResidentTerm& term, const double* x, std::size_t cols, double* out,
                             std::size_t group_step, std::size_t row_step) {
  if (cols == 0) return;
  const std::size_t q = cols_of(term.z);
  const double* z = values(term.z);
  const double* w = omega_;
  group_sums(
      queue_, groups(term.index), q * cols,
      [=] __device__(std::size_t i, std::size_t t) { return w[i] * z[i * q + t / cols] * x[i * cols + t % cols]; },
      [=] __device__(std::size_t g, std::size_t t, double sum) {
        out[g * group_step + t / cols * row_step + t % cols] += sum;
      });
}

/// As above against another term's effects: its group h has columns h r .. h r + r - 1.
void CudaArrow::add_cross_products(const ResidentTerm& term, const ResidentTerm& other, double* out,
                                   std::size_t group_step, std::size_t row_step) {
  const std::size_t q = cols_of(term.z);
  const std::size_t r = cols_of(other.z);
  const double* z = values(term.z);
  const double* x = values(other.z);
  const double* w = omega_;
  const IndexStorage& pairs = joined(queue_, groups(term.index), groups(other.index));
  const std::int32_t* mine = pairs.first.data();
  const std::int32_t* others = pairs.second.data();
  group_sums(
      queue_, pairs, q * r,
      [=] __device__(std::size_t i, std::size_t t) { return w[i] * z[i * q + t / r] * x[i * r + t % r]; },
      [=] __device__(std::size_t pair, std::size_t t, double sum) {
        out[static_cast<std::size_t>(mine[pair]) * group_step + t / r * row_step +
            static_cast<std::size_t>(others[pair]) * r + t % r] += sum;
      });
}

void CudaArrow::add_linear(const ResidentTerm& term, const double* v, double* out) {
  const std::size_t q = cols_of(term.z);
  const double* z = values(term.z);
  group_sums(
      queue_, groups(term.index), q, [=] __device__(std::size_t i, std::size_t k) { return v[i] * z[i * q + k]; },
      [=] __device__(std::size_t g, std::size_t k, double sum) { out[g * q + k] += sum; });
}

/// Rows of the core that belong to one crossed term: against the dense part, itself, and earlier crossed terms.
void CudaArrow::sum_crossed(std::size_t a) {
  const ResidentTerm& term = system_.crossed[a].term;
  const std::size_t q = cols_of(term.z);
  const auto start = static_cast<std::size_t>(shape_.start[a]);
  double* rows = row_gram_ + start * core_width_;
  const std::size_t step = q * core_width_;
  std::size_t column = 0;
  for (const Matrix& block : system_.dense) {
    add_products(term, values(block), cols_of(block), rows + column, step, core_width_);
    column += cols_of(block);
  }
  add_products(term, values(term.z), q, rows + start, step + q, core_width_);
  add_linear(term, linear_, row_rhs_ + start);
  for (std::size_t b = 0; b < a; ++b)
    add_cross_products(term, system_.crossed[b].term, rows + shape_.start[b], step, core_width_);
  const auto count = static_cast<std::size_t>(term.index.groups()) * q;
  add_up(rows, count * core_width_);
  add_up(row_rhs_ + start, count);
}

void CudaArrow::sum_level(std::size_t level) {
  const Level& here = levels_[level];
  const ResidentTerm& term = system_.chain[level].term;
  queue_.clear(here.row_diagonal, here.groups * here.q * here.q);
  queue_.clear(here.row_coupling, here.groups * here.q * here.width);
  queue_.clear(here.row_linear, here.groups * here.q);
  const std::size_t step = here.q * here.width;
  std::size_t column = 0;
  for (const Matrix& block : system_.dense) {
    add_products(term, values(block), cols_of(block), here.row_coupling + column, step, here.width);
    column += cols_of(block);
  }
  for (std::size_t b = 0; b < system_.crossed.size(); ++b)
    add_cross_products(term, system_.crossed[b].term, here.row_coupling + shape_.start[b], step, here.width);
  column = core_width_;
  for (std::size_t up = level + 1; up < levels_.size(); ++up) {
    add_products(term, values(system_.chain[up].term.z), levels_[up].q, here.row_coupling + column, step, here.width);
    column += levels_[up].q;
  }
  add_products(term, values(term.z), here.q, here.row_diagonal, here.q * here.q, here.q);
  add_linear(term, linear_, here.row_linear);
  add_up(here.row_diagonal, here.groups * here.q * here.q);
  add_up(here.row_coupling, here.groups * here.q * here.width);
  add_up(here.row_linear, here.groups * here.q);
}

}  // namespace bdglm::cuda
