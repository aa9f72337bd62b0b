// The draw of more coefficients than there are rows, by way of the rows, and the density of these; the CPU's twin is
// src/compute/cpu/arrow_wide.
#include <limits>

#include "kernels/arrow.cuh"

namespace bdglm::cuda {
namespace {

/// y += X times the coefficients, x being the dense blocks.
void add_predictor(Queue& queue, const std::vector<Matrix>& blocks, const double* coefficients, double* y) {
  for (const Matrix& block : blocks) {
    gemv(queue, false, rows_of(block), cols_of(block), 1, values(block), cols_of(block), coefficients, 1, y);
    coefficients += cols_of(block);
  }
}

/// The largest of f(row) on the device; zero of none.
template <class F>
double largest(Queue& queue, std::size_t rows, F f) {
  double* each = queue.scratch(Scratch::terms, rows);
  for_each(queue, rows, [=] __device__(std::size_t i) { each[i] = f(i); });
  Eigen::VectorXd host(static_cast<Eigen::Index>(rows));
  queue.read(each, rows, host.data());
  return rows > 0 ? host.maxCoeff<Eigen::PropagateNaN>() : 0.0;
}

}  // namespace

double CudaArrow::largest_spread() {
  sum_wide();
  const double* one = wide_gram_;
  const double* other = wide_scaled_;
  const std::size_t rows = rows_;
  return largest(queue_, rows, [=] __device__(std::size_t i) { return one[i * rows + i] + other[i * rows + i]; });
}

void CudaArrow::sum_wide() {
  if (prior_ != nullptr) return;
  const std::size_t rows = rows_;
  const std::size_t core = core_width_;
  prior_ = array(3 * core);
  wide_gram_ = array(rows * rows);
  wide_scaled_ = array(rows * rows);
  wide_rest_ = array(rows);
  wide_factor_ = array(rows * rows);
  wide_core_ = array(2 * core);
  wide_rows_ = array(2 * rows);
  queue_.write(system_.dense_prior_precision.data(), core, prior_);
  queue_.write(system_.dense_prior_mean.data(), core, prior_ + core);
  Eigen::VectorXd scales = Eigen::VectorXd::Zero(system_.dense_prior_mean.size());
  scales(system_.dense_scaled).setOnes();
  queue_.write(scales.data(), core, prior_ + 2 * core);
  queue_.clear(wide_gram_, rows * rows);
  queue_.clear(wide_scaled_, rows * rows);
  queue_.clear(wide_rest_, rows);
  add_predictor(queue_, system_.dense, prior_ + core, wide_rest_);
  double* scaled = queue_.scratch(Scratch::scaled_rows, rows * core);
  const double* omega = omega_;
  const double* precision = prior_;
  for (const Matrix& block : system_.dense) {
    const std::size_t cols = cols_of(block);
    const double* x = values(block);
    for (const bool scaling : {false, true}) {
      if (scaling && system_.dense_scaled.empty()) continue;
      const double own = scaling ? 1 : 0;
      for_each(queue_, rows * cols, [=] __device__(std::size_t t) {
        const double* of_column = precision + t % cols;
        scaled[t] = of_column[2 * core] == own ? sqrt(omega[t / cols] / *of_column) * x[t] : 0.0;
      });
      gemm(queue_, false, true, rows, rows, cols, 1, scaled, cols, scaled, cols, 1, scaling ? wide_scaled_ : wide_gram_,
           rows);
    }
    precision += cols;
  }
  const double* linear = linear_;
  double* rest = wide_rest_;
  for_each(queue_, rows, [=] __device__(std::size_t i) {
    const double root = sqrt(omega[i]);
    // A row without weight says nothing.
    rest[i] = (root > 0 ? linear[i] / root : 0.0) - root * rest[i];
  });
}

bool CudaArrow::factor_wide() {
  sum_wide();
  if (wide_factored_ == row_factor_ && wide_factored_prior_ == prior_factor_) return true;
  const std::size_t rows = rows_;
  const double* gram_of_rows = wide_gram_;
  const double* scaled = wide_scaled_;
  double* lower = wide_factor_;
  const double factor = row_factor_;
  const double prior_factor = prior_factor_;
  for_each(queue_, rows * rows, [=] __device__(std::size_t t) {
    lower[t] = factor * (gram_of_rows[t] + prior_factor * scaled[t]) + (t / rows == t % rows ? 1.0 : 0.0);
  });
  wide_factored_prior_ = prior_factor_;
  wide_factored_ = 0;
  const double most = largest(queue_, rows, [=] __device__(std::size_t i) { return lower[i * rows + i]; });
  if (!(most - 1 <= kWidestSpread)) return false;
  wide_factored_ = cholesky(queue_, rows, wide_factor_, rows) ? row_factor_ : 0;
  return wide_factored_ > 0;
}

double CudaArrow::log_density_of_rows() {
  if (!factor_wide()) return -std::numeric_limits<double>::infinity();
  const std::size_t rows = rows_;
  queue_.copy(wide_rest_, rows, wide_rows_);
  solve_lower(queue_, false, rows, wide_factor_, rows, wide_rows_);
  double* terms = queue_.scratch(Scratch::terms, rows);
  const double* omega = omega_;
  const double* reduced = wide_rows_;
  const double* lower = wide_factor_;
  const double factor = row_factor_;
  for_each(queue_, rows, [=] __device__(std::size_t i) {
    terms[i] = 0.5 * ((omega[i] > 0 ? log(factor) : 0.0) - factor * reduced[i] * reduced[i]) - log(lower[i * rows + i]);
  });
  return sum(queue_, rows, terms);
}

void CudaArrow::draw_wide(const Address& address, Matrix& dense) {
  if (!factor_wide())
    throw NumericalError(
        "the precision of the coefficients is not positive definite; columns of very different size or huge values may "
        "be the cause");
  const Address site = address.at(Site::arrow_core, address.instance);
  const std::size_t rows = rows_;
  const std::size_t core = core_width_;
  const double* prior = prior_;
  const double prior_factor = prior_factor_;
  double* coefficients = wide_core_;
  double* change = wide_core_ + core;
  double* w = wide_rows_;
  double* noise = queue_.scratch(Scratch::normals, 2 * rows);
  draw_stream_normals(queue_, site, 1, core, 0, 1, coefficients);
  // The rows' noise is the second stream's.
  draw_stream_normals(queue_, site, 2, rows, rows, 1, noise);
  for_each(queue_, core, [=] __device__(std::size_t j) {
    const double factor = prior[2 * core + j] > 0 ? prior_factor : 1.0;
    coefficients[j] = prior[core + j] + coefficients[j] * sqrt(factor / prior[j]);
  });
  queue_.clear(w, rows);
  add_predictor(queue_, system_.dense, coefficients, w);
  const double* omega = omega_;
  const double* linear = linear_;
  const double factor = std::sqrt(row_factor_);
  for_each(queue_, rows, [=] __device__(std::size_t i) {
    const double root = sqrt(omega[i]);
    w[i] = factor * ((root > 0 ? linear[i] / root : 0.0) - root * w[i]) - noise[rows + i];
  });
  solve_lower(queue_, false, rows, wide_factor_, rows, w);
  solve_lower(queue_, true, rows, wide_factor_, rows, w);
  for_each(queue_, rows, [=] __device__(std::size_t i) { w[i] *= factor * sqrt(omega[i]); });
  std::size_t column = 0;
  for (const Matrix& block : system_.dense) {
    gemv(queue_, true, rows, cols_of(block), 1, values(block), cols_of(block), w, 0, change + column);
    column += cols_of(block);
  }
  for_each(queue_, core, [=] __device__(std::size_t j) {
    coefficients[j] += change[j] * (prior[2 * core + j] > 0 ? prior_factor : 1.0) / prior[j];
  });
  queue_.copy(coefficients, count_of(dense), values(dense));
}

}  // namespace bdglm::cuda
