// An arrow system's whitened coordinates on the device: there and back, gradients, and acceptance by groups.
#include "kernels/arrow.cuh"

namespace bdglm::cuda {

void CudaArrow::place(const ArrowCoordinates& xi, ArrowEffects& theta) {
  factor();
  queue_.copy(values(xi.core), core_width_, core_);
  solve_core(theta.dense, theta.crossed);
  place_levels(xi, theta);
}

void CudaArrow::place_chain(const ArrowCoordinates& xi, ArrowEffects& theta) {
  factor();
  take_core(theta);
  place_levels(xi, theta);
}

void CudaArrow::place_levels(const ArrowCoordinates& xi, ArrowEffects& theta) {
  for (std::size_t level = theta.chain.size(); level-- > 0;) {
    queue_.copy(values(xi.chain[level]), count_of(xi.chain[level]), values(theta.chain[level]));
    back_substitute(level, theta.chain);
  }
}

void CudaArrow::take_core(const ArrowEffects& theta) {
  queue_.copy(values(theta.dense), count_of(theta.dense), core_);
  for (std::size_t k = 0; k < theta.crossed.size(); ++k)
    queue_.copy(values(theta.crossed[k]), count_of(theta.crossed[k]), core_ + shape_.start[k]);
}

GroupFactors CudaArrow::groups_given(const ArrowEffects& theta) {
  take_core(theta);
  const Level here = levels_.front();
  const std::size_t rows = here.groups * here.q;
  queue_.copy(here.row_linear, rows, here.linear);
  eliminated_ = false;  // whose linear terms stood there
  gemv(queue_, false, rows, core_width_, -1, here.row_coupling, here.width, core_, 1, here.linear);
  GroupFactors factors;
  factors.precision.resize(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(here.q));
  factors.linear.resize(static_cast<Eigen::Index>(rows));
  queue_.read(here.row_diagonal, rows * here.q, factors.precision.data());
  queue_.read(here.linear, rows, factors.linear.data());
  return factors;
}

void CudaArrow::whiten(const ArrowEffects& theta, ArrowCoordinates& xi) {
  factor();
  take_core(theta);
  const std::size_t core = core_width_;
  const double* lower = gram_;
  const double* coefficients = core_;
  const double* reduced = reduced_;
  double* out = values(xi.core);
  for_each(queue_, core, [=] __device__(std::size_t k) {
    double sum = -reduced[k];
    for (std::size_t j = k; j < core; ++j) sum += lower[j * core + k] * coefficients[j];
    out[k] = sum;
  });
  for (std::size_t level = 0; level < theta.chain.size(); ++level) {
    const Level here = levels_[level];
    const std::size_t q = here.q;
    double* own = values(xi.chain[level]);
    queue_.clear(own, here.groups * q);
    add_residual(level, theta.chain, -1, own);
    const double* u = values(theta.chain[level]);
    for_each(queue_, here.groups * q, [=] __device__(std::size_t t) {
      const double* a = here.factor + t / q * q * q;
      const double* effects = u + t / q * q;
      for (std::size_t j = t % q; j < q; ++j) own[t] += a[j * q + t % q] * effects[j];
    });
  }
}

void CudaArrow::pull(const Matrix& v, ArrowCoordinates& out) {
  factor();
  const double* rows = values(v);
  double* core = values(out.core);
  queue_.clear(core, core_width_);
  std::size_t column = 0;
  for (const Matrix& block : system_.dense) {
    gemv(queue_, true, rows_, cols_of(block), 1, values(block), cols_of(block), rows, 0, core + column);
    column += cols_of(block);
  }
  for (std::size_t a = 0; a < system_.crossed.size(); ++a)
    add_linear(system_.crossed[a].term, rows, core + shape_.start[a]);
  add_up(core, core_width_);
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    queue_.clear(values(out.chain[level]), levels_[level].groups * levels_[level].q);
    add_linear(system_.chain[level].term, rows, values(out.chain[level]));
    add_up(values(out.chain[level]), count_of(out.chain[level]));
  }
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const Level here = levels_[level];
    const std::size_t q = here.q;
    const std::size_t width = here.width;
    double* x = values(out.chain[level]);
    for_each(queue_, here.groups, [=] __device__(std::size_t g) {
      const double* a = here.factor + g * q * q;
      double* b = x + g * q;
      for (std::size_t i = 0; i < q; ++i) {
        for (std::size_t j = 0; j < i; ++j) b[i] -= a[i * q + j] * b[j];
        b[i] /= a[i * q + i];
      }
    });
    // Couplings are reduced by L_g^-1 already.
    gemv(queue_, true, here.groups * q, core_width_, -1, here.coupling, width, x, 1, core);
    std::size_t start = core_width_;
    for (std::size_t up = level + 1; up < levels_.size(); ++up) {
      const std::size_t r = levels_[up].q;
      double* above = values(out.chain[up]);
      group_sums(
          queue_, *ancestors(level, up), r,
          [=] __device__(std::size_t g, std::size_t k) {
            double sum = 0;
            for (std::size_t i = 0; i < q; ++i) sum += here.coupling[(g * q + i) * width + start + k] * x[g * q + i];
            return sum;
          },
          [=] __device__(std::size_t a, std::size_t k, double sum) { above[a * r + k] -= sum; });
      start += r;
    }
  }
  solve_lower(queue_, false, core_width_, gram_, core_width_, core);
}

double CudaArrow::accept_groups(const Address& address, const Matrix& change,
                                const std::vector<const ArrowCoordinates*>& before,
                                const std::vector<const ArrowCoordinates*>& after, const ArrowCoordinates& from,
                                ArrowCoordinates& to) {
  const std::size_t top = levels_.size() - 1;
  const std::size_t count = levels_[top].groups;
  double* ratio = queue_.scratch(Scratch::change, count);
  queue_.clear(ratio, count);
  const double* rows = values(change);
  group_sums(
      queue_, groups(system_.chain[top].term.index), 1, [=] __device__(std::size_t i, std::size_t) { return rows[i]; },
      [=] __device__(std::size_t g, std::size_t, double sum) { ratio[g] += sum; });
  add_up(ratio, count);
  const auto add_squares = [&](const std::vector<const ArrowCoordinates*>& list, double factor) {
    for (const ArrowCoordinates* xi : list)
      for (std::size_t level = 0; level <= top; ++level) add_group_squares(level, *xi, factor, ratio);
  };
  add_squares(before, 0.5);
  add_squares(after, -0.5);
  double* probability = queue_.scratch(Scratch::more_terms, count);
  double* accepted = queue_.scratch(Scratch::score, count);
  for_each(queue_, count, [=] __device__(std::size_t g) {
    Stream stream(address, static_cast<std::uint32_t>(g));
    const double r = ratio[g];
    const double p = r >= 0 ? 1.0 : (r == r ? exp(r) : 0.0);
    accepted[g] = stream.uniform53() < p ? 1 : 0;
    probability[g] = p;
  });
  for (std::size_t level = 0; level <= top; ++level) {
    const std::size_t q = levels_[level].q;
    const std::int32_t* of = level < top ? ancestors(level, top)->group.data() : nullptr;
    const double* source = values(from.chain[level]);
    double* target = values(to.chain[level]);
    for_each(queue_, levels_[level].groups * q, [=] __device__(std::size_t t) {
      const std::size_t g = of != nullptr ? static_cast<std::size_t>(of[t / q]) : t / q;
      if (accepted[g] != 0) target[t] = source[t];
    });
  }
  return sum(queue_, count, probability) / static_cast<double>(count);
}

void CudaArrow::add_group_squares(std::size_t level, const ArrowCoordinates& xi, double factor, double* ratio) {
  const std::size_t top = levels_.size() - 1;
  const std::size_t q = levels_[level].q;
  const double* x = values(xi.chain[level]);
  if (level == top) {
    for_each(queue_, levels_[top].groups, [=] __device__(std::size_t g) {
      for (std::size_t k = 0; k < q; ++k) ratio[g] += factor * x[g * q + k] * x[g * q + k];
    });
    return;
  }
  group_sums(
      queue_, *ancestors(level, top), 1,
      [=] __device__(std::size_t g, std::size_t) {
        double sum = 0;
        for (std::size_t k = 0; k < q; ++k) sum += x[g * q + k] * x[g * q + k];
        return sum;
      },
      [=] __device__(std::size_t a, std::size_t, double sum) { ratio[a] += factor * sum; });
}

}  // namespace bdglm::cuda
