// An arrow system's marginal and joint draws on the device (math note, section 4): groups are eliminated all at once,
// level by level, into a dense core.
#include "kernels/arrow.cuh"

#include <cmath>
#include <limits>

#include "sampling/standard.hpp"

namespace bdglm::cuda {

CudaArrow::CudaArrow(Queue& queue, ArrowSystem system, const Matrix& omega, const Matrix& linear, const RowPart& part)
    : ArrowBase(std::move(system), omega, linear, part),
      queue_(queue),
      omega_(values(omega)),
      linear_(values(linear)),
      rows_(count_of(omega)),
      core_width_(static_cast<std::size_t>(shape_.core)) {
  if (!shape_.wide) sum_rows();
}

void CudaArrow::sum_rows() {
  for (double** matrix : {&row_gram_, &reduced_gram_, &gram_}) *matrix = array(core_width_ * core_width_);
  for (double** vector : {&row_rhs_, &reduced_rhs_, &reduced_, &core_}) *vector = array(core_width_);
  for (std::size_t level = 0; level < system_.chain.size(); ++level) {
    const ResidentTerm& term = system_.chain[level].term;
    Level here{};
    here.groups = static_cast<std::size_t>(term.index.groups());
    here.q = cols_of(term.z);
    here.width = static_cast<std::size_t>(shape_.width(level));
    const std::size_t rows = here.groups * here.q;
    for (double** diagonal : {&here.row_diagonal, &here.factor}) *diagonal = array(rows * here.q);
    for (double** coupling : {&here.row_coupling, &here.coupling}) *coupling = array(rows * here.width);
    for (double** vector : {&here.row_linear, &here.linear}) *vector = array(rows);
    levels_.push_back(here);
  }
  sum_dense();
  for (std::size_t a = 0; a < system_.crossed.size(); ++a) sum_crossed(a);
  for (std::size_t level = 0; level < levels_.size(); ++level) sum_level(level);
}

double* CudaArrow::array(std::size_t count) {
  // Beyond the layers' own arrays; a queue conditions one system at a time.
  constexpr int kFirst = 1 << 16;
  return queue_.scratch(Scratch::layers, std::max<std::size_t>(count, 1), kFirst + arrays_++);
}

double CudaArrow::log_marginal() {
  eliminate(nullptr);
  if (!factor_core()) return -std::numeric_limits<double>::infinity();
  const std::size_t core = core_width_;
  const double* lower = gram_;
  const double* reduced = reduced_;
  double* terms = queue_.scratch(Scratch::terms, core);
  for_each(queue_, core,
           [=] __device__(std::size_t i) { terms[i] = 0.5 * reduced[i] * reduced[i] - log(lower[i * core + i]); });
  const double value = chain_marginal_ + sum(queue_, core, terms) + log_prior_determinants();
  return std::isnan(value) ? -std::numeric_limits<double>::infinity() : value;
}

void CudaArrow::factor() {
  eliminate(queue_.failure());
  if (!factor_core())
    throw NumericalError(
        "the precision of the coefficients is not positive definite; columns of very different size or huge values may "
        "be the cause");
}

void CudaArrow::draw(const Address& address, Matrix& dense, std::vector<Matrix>& crossed, std::vector<Matrix>& chain) {
  if (by_rows()) return draw_wide(address, dense);
  factor();
  draw_stream_normals(queue_, address.at(Site::arrow_core, address.instance), 1, core_width_, 0, 1, core_);
  solve_core(dense, crossed);
  for (std::size_t level = chain.size(); level-- > 0;) {
    const Address site = address.at(Site::arrow_groups, address.instance * 16 + static_cast<std::uint32_t>(level));
    const Level& here = levels_[level];
    draw_stream_normals(queue_, site, here.groups, here.q, here.q, 1, values(chain[level]));
    back_substitute(level, chain);
  }
}

/// The core's coefficients from its coordinates, and to where they lie.
void CudaArrow::solve_core(Matrix& dense, std::vector<Matrix>& crossed) {
  double* core = core_;
  const double* reduced = reduced_;
  for_each(queue_, core_width_, [=] __device__(std::size_t i) { core[i] += reduced[i]; });
  solve_lower(queue_, true, core_width_, gram_, core_width_, core_);
  queue_.copy(core_, count_of(dense), values(dense));
  for (std::size_t k = 0; k < crossed.size(); ++k)
    queue_.copy(core_ + shape_.start[k], count_of(crossed[k]), values(crossed[k]));
}

/// Factors the core at the crossed terms' priors, unless that stands already; reduced_ becomes L^-1 of its linear term.
bool CudaArrow::factor_core() {
  if (factored_) return true;
  const std::size_t core = core_width_;
  queue_.copy(reduced_gram_, core * core, gram_);
  queue_.copy(reduced_rhs_, core, reduced_);
  for (std::size_t a = 0; a < system_.crossed.size(); ++a) {
    const RowMatrix& precision = system_.crossed[a].prior_precision;
    const auto q = static_cast<std::size_t>(precision.rows());
    double* prior = queue_.scratch(Scratch::small_matrix, q * q);
    queue_.write(precision.data(), q * q, prior);
    double* at = gram_ + static_cast<std::size_t>(shape_.start[a]) * (core + 1);
    for_each(queue_, static_cast<std::size_t>(system_.crossed[a].term.index.groups()) * q * q,
             [=] __device__(std::size_t t) {
               const std::size_t g = t / (q * q);
               const std::size_t k = t / q % q;
               at[(g * q + k) * core + g * q + t % q] += prior[t % (q * q)];
             });
  }
  if (!cholesky(queue_, core, gram_, core)) return false;
  solve_lower(queue_, false, core, gram_, core, reduced_);
  factored_ = true;
  return true;
}

/// Eliminates the chain into the core, unless that stands already.
void CudaArrow::eliminate(unsigned long long* failure) {
  if (eliminated_) return;
  if (row_gram_ == nullptr) sum_rows();
  queue_.copy(row_gram_, core_width_ * core_width_, reduced_gram_);
  queue_.copy(row_rhs_, core_width_, reduced_rhs_);
  for (std::size_t level = 0; level < levels_.size(); ++level) {
    const Level here = levels_[level];
    const std::size_t rows = here.groups * here.q;
    queue_.copy(here.row_coupling, rows * here.width, here.coupling);
    queue_.copy(here.row_linear, rows, here.linear);
    const std::size_t block = here.q * here.q;
    double* prior = queue_.scratch(Scratch::small_matrix, block);
    queue_.write(system_.chain[level].prior_precision.data(), block, prior);
    for_each(queue_, rows * here.q,
             [=] __device__(std::size_t t) { here.factor[t] = here.row_diagonal[t] + prior[t % block]; });
  }
  chain_marginal_ = 0;
  for (std::size_t level = 0; level < levels_.size(); ++level) chain_marginal_ += eliminate(level, failure);
  eliminated_ = true;
}

/// Factors every group's block, reduces couplings and linear terms by it, and passes their squares on; the level's
/// part of the log marginal.
double CudaArrow::eliminate(std::size_t level, unsigned long long* failure) {
  const Level here = levels_[level];
  const std::size_t q = here.q;
  const std::size_t width = here.width;
  double* terms = queue_.scratch(Scratch::terms, here.groups);
  for_each(queue_, here.groups, [=] __device__(std::size_t g) {
    double* a = here.factor + g * q * q;
    double log_determinant = 0;
    for (std::size_t i = 0; i < q; ++i) {
      for (std::size_t j = 0; j <= i; ++j) {
        double value = a[i * q + j];
        for (std::size_t k = 0; k < j; ++k) value -= a[i * q + k] * a[j * q + k];
        if (i == j && !(value > 0) && failure != nullptr) record_failure(failure, FailureKind::group_precision, g);
        a[i * q + j] = i == j ? sqrt(value) : value / a[j * q + j];
      }
      log_determinant += log(a[i * q + i]);
    }
    terms[g] = -log_determinant;
  });
  // Columns of the couplings, and the linear term as the last, by forward substitution.
  for_each(queue_, here.groups * (width + 1), [=] __device__(std::size_t t) {
    const std::size_t g = t / (width + 1);
    const std::size_t c = t % (width + 1);
    const double* a = here.factor + g * q * q;
    double* b = c < width ? here.coupling + g * q * width + c : here.linear + g * q;
    const std::size_t step = c < width ? width : 1;
    for (std::size_t i = 0; i < q; ++i) {
      double value = b[i * step];
      for (std::size_t j = 0; j < i; ++j) value -= a[i * q + j] * b[j * step];
      b[i * step] = value / a[i * q + i];
    }
  });
  const std::size_t rows = here.groups * q;
  gram(queue_, rows, core_width_, -1, here.coupling, width, 1, reduced_gram_, core_width_);
  gemv(queue_, true, rows, core_width_, -1, here.coupling, width, here.linear, 1, reduced_rhs_);
  const double determinants = sum(queue_, here.groups, terms);
  const double squares = dot(queue_, rows, here.linear, here.linear);
  pass_up(level);
  return determinants + 0.5 * squares;
}

/// Schur complements of a level's groups on their ancestors in the chain.
void CudaArrow::pass_up(std::size_t level) {
  const Level here = levels_[level];
  const std::size_t q = here.q;
  const std::size_t width = here.width;
  std::size_t start = core_width_;
  IndexStorage* ancestor = nullptr;
  for (std::size_t up = level + 1; up < levels_.size(); ++up) {
    IndexStorage& step = groups(system_.parent[up - 1]);
    ancestor = ancestor == nullptr ? &step : &composed(queue_, *ancestor, step);
    const Level above = levels_[up];
    const std::size_t r = above.q;
    const std::size_t after = start + r;
    // Column t of a group's sum: (k, c) with k of the ancestor's effects and c of its block, couplings or linear term.
    const std::size_t cols = r + above.width + 1;
    const std::size_t core = core_width_;
    group_sums(
        queue_, *ancestor, r * cols,
        [=] __device__(std::size_t g, std::size_t t) {
          const std::size_t k = t / cols;
          const std::size_t c = t % cols;
          double value = 0;
          for (std::size_t i = 0; i < q; ++i) {
            const double* mine = here.coupling + (g * q + i) * width;
            double other;
            if (c < r)
              other = mine[start + c];
            else if (c < r + core)
              other = mine[c - r];
            else if (c < r + above.width)
              other = mine[after + c - r - core];
            else
              other = here.linear[g * q + i];
            value += mine[start + k] * other;
          }
          return value;
        },
        [=] __device__(std::size_t a, std::size_t t, double sum) {
          const std::size_t k = t / cols;
          const std::size_t c = t % cols;
          if (c < r)
            above.factor[(a * r + k) * r + c] -= sum;
          else if (c < r + above.width)
            above.coupling[(a * r + k) * above.width + c - r] -= sum;
          else
            above.linear[a * r + k] -= sum;
        });
    start = after;
  }
}

void CudaArrow::add_residual(std::size_t level, const std::vector<Matrix>& chain, double sign, double* u) {
  const Level here = levels_[level];
  const std::size_t q = here.q;
  const std::size_t rows = here.groups * q;
  for_each(queue_, rows, [=] __device__(std::size_t t) { u[t] += sign * here.linear[t]; });
  gemv(queue_, false, rows, core_width_, -sign, here.coupling, here.width, core_, 1, u);
  std::size_t start = core_width_;
  for (std::size_t up = level + 1; up < levels_.size(); ++up) {
    const std::size_t r = levels_[up].q;
    const double* above = values(chain[up]);
    const std::int32_t* of = ancestors(level, up)->group.data();
    for_each(queue_, rows, [=] __device__(std::size_t t) {
      const double* effects = above + static_cast<std::size_t>(of[t / q]) * r;
      for (std::size_t k = 0; k < r; ++k) u[t] -= sign * here.coupling[t * here.width + start + k] * effects[k];
    });
    start += r;
  }
}

void CudaArrow::back_substitute(std::size_t level, std::vector<Matrix>& chain) {
  const Level here = levels_[level];
  const std::size_t q = here.q;
  double* u = values(chain[level]);
  add_residual(level, chain, 1, u);
  for_each(queue_, here.groups, [=] __device__(std::size_t g) {
    const double* a = here.factor + g * q * q;
    double* x = u + g * q;
    for (std::size_t k = q; k-- > 0;) {
      for (std::size_t j = k + 1; j < q; ++j) x[k] -= a[j * q + k] * x[j];
      x[k] /= a[k * q + k];
    }
  });
}

IndexStorage* CudaArrow::ancestors(std::size_t level, std::size_t up) {
  IndexStorage* ancestor = nullptr;
  for (std::size_t k = level; k < up; ++k) {
    IndexStorage& step = groups(system_.parent[k]);
    ancestor = ancestor == nullptr ? &step : &composed(queue_, *ancestor, step);
  }
  return ancestor;
}

std::unique_ptr<ArrowConditional> condition_arrow(Queue& queue, ArrowSystem system, const Matrix& omega,
                                                  const Matrix& linear, const RowPart& part) {
  return std::make_unique<CudaArrow>(queue, std::move(system), omega, linear, part);
}

}  // namespace bdglm::cuda
