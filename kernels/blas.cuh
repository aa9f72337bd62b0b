// cuBLAS and cuSOLVER for row-major matrices: a row-major matrix is the transpose of a column-major one.
#pragma once

#include <type_traits>

#include "kernels/device.cuh"

namespace bdglm::cuda {

/// While it lives, products of matrices in single precision round what they multiply to 11 bits on tensor cores, if
/// asked to.
class TensorCores {
 public:
  TensorCores(const Queue& queue, bool asked) : queue_(asked ? &queue : nullptr) {
    if (queue_ != nullptr) check(cublasSetMathMode(queue_->blas(), CUBLAS_TF32_TENSOR_OP_MATH), "use tensor cores");
  }
  TensorCores(const TensorCores&) = delete;
  TensorCores& operator=(const TensorCores&) = delete;
  ~TensorCores() {
    if (queue_ != nullptr) cublasSetMathMode(queue_->blas(), CUBLAS_DEFAULT_MATH);
  }

 private:
  const Queue* queue_;
};

/// c (m x n) = alpha op(a) op(b) + beta c, in double or single precision; op(a) is m x k; leading dimensions are row
/// lengths.
template <class T>
void gemm(Queue& queue, bool transpose_a, bool transpose_b, std::size_t m, std::size_t n, std::size_t k,
          std::type_identity_t<T> alpha, const T* a, std::size_t lda, const T* b, std::size_t ldb,
          std::type_identity_t<T> beta, T* c, std::size_t ldc) {
  if (m == 0 || n == 0) return;
  const auto multiply = [&](auto function) {
    check(function(queue.blas(), transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N, transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N,
                   static_cast<int>(n), static_cast<int>(m), static_cast<int>(k), &alpha, b, static_cast<int>(ldb), a,
                   static_cast<int>(lda), &beta, c, static_cast<int>(ldc)),
          "multiply matrices");
  };
  if constexpr (std::is_same_v<T, double>)
    multiply(cublasDgemm);
  else
    multiply(cublasSgemm);
}

/// y = alpha op(a) x + beta y for a of rows x cols, in double or single precision; an empty a leaves y as it is.
template <class T>
void gemv(Queue& queue, bool transpose, std::size_t rows, std::size_t cols, std::type_identity_t<T> alpha, const T* a,
          std::size_t lda, const T* x, std::type_identity_t<T> beta, T* y) {
  if (rows == 0 || cols == 0) return;
  const auto multiply = [&](auto function) {
    check(function(queue.blas(), transpose ? CUBLAS_OP_N : CUBLAS_OP_T, static_cast<int>(cols), static_cast<int>(rows),
                   &alpha, a, static_cast<int>(lda), x, 1, &beta, y, 1),
          "multiply a matrix and a vector");
  };
  if constexpr (std::is_same_v<T, double>)
    multiply(cublasDgemv);
  else
    multiply(cublasSgemv);
}

/// Sums of products of columns over parts of the rows, behind one another in `out`, each n x n: a (rows x n) cut into
/// `parts` of as many rows, the rest added to the first.
inline void products_of_parts(Queue& queue, std::size_t rows, std::size_t n, const double* a, std::size_t lda,
                              std::size_t parts, double* out) {
  const std::size_t part = rows / parts;
  const double one = 1;
  const double zero = 0;
  const auto size = static_cast<int>(n);
  const auto step = static_cast<long long>(part * lda);
  check(cublasDgemmStridedBatched(queue.blas(), CUBLAS_OP_N, CUBLAS_OP_T, size, size, static_cast<int>(part), &one, a,
                                  static_cast<int>(lda), step, a, static_cast<int>(lda), step, &zero, out, size,
                                  static_cast<long long>(n * n), static_cast<int>(parts)),
        "form Gram matrices");
  const std::size_t rest = rows - parts * part;
  if (rest > 0)
    gemm(queue, true, false, n, n, rest, 1, a + parts * part * lda, lda, a + parts * part * lda, lda, 1, out, n);
}

/// Lower triangle of c (n x n) = alpha a' a + beta c for a of rows x n. cuBLAS gives a tile of the result to one block
/// of threads however many rows there are, so few columns of many rows are cut into parts that keep the device busy.
inline void gram(Queue& queue, std::size_t rows, std::size_t n, double alpha, const double* a, std::size_t lda,
                 double beta, double* c, std::size_t ldc) {
  if (n == 0) return;
  constexpr std::size_t kTile = 64;
  constexpr std::size_t kBlocks = 1024;
  constexpr std::size_t kLeastRows = 128;
  constexpr std::size_t kRun = 32;  // partial sums that a thread adds up
  const std::size_t tiles = (n + kTile - 1) / kTile;
  const std::size_t parts = std::min(kBlocks / (tiles * tiles), rows / kLeastRows);
  if (parts < 2) {
    check(cublasDsyrk(queue.blas(), CUBLAS_FILL_MODE_UPPER, CUBLAS_OP_N, static_cast<int>(n), static_cast<int>(rows),
                      &alpha, a, static_cast<int>(lda), &beta, c, static_cast<int>(ldc)),
          "form a Gram matrix");
    return;
  }
  const std::size_t runs = (parts + kRun - 1) / kRun;
  double* each = queue.scratch(Scratch::partial_products, (parts + runs) * n * n);
  double* sums = each + parts * n * n;
  products_of_parts(queue, rows, n, a, lda, parts, each);
  for_each(queue, runs * n * n, [=] __device__(std::size_t t) {
    const std::size_t first = t / (n * n) * kRun;
    const std::size_t last = first + kRun < parts ? first + kRun : parts;
    double sum = 0;
    for (std::size_t k = first; k < last; ++k) sum += each[k * n * n + t % (n * n)];
    sums[t] = sum;
  });
  for_each(queue, n * n, [=] __device__(std::size_t t) {
    if (t % n > t / n) return;
    double sum = 0;
    for (std::size_t k = 0; k < runs; ++k) sum += sums[k * n * n + t];
    double& to = c[t / n * ldc + t % n];
    to = alpha * sum + (beta == 0 ? 0.0 : beta * to);
  });
}

inline double dot(Queue& queue, std::size_t count, const double* x, const double* y) {
  double result = 0;
  // cuBLAS counts in int: longer vectors go in parts.
  constexpr std::size_t kPart = std::size_t{1} << 30U;
  for (std::size_t at = 0; at < count; at += kPart) {
    double part = 0;
    check(cublasDdot(queue.blas(), static_cast<int>(std::min(kPart, count - at)), x + at, 1, y + at, 1, &part),
          "multiply vectors");
    result += part;
  }
  return result;
}

/// A vector of ones, filled when it grows.
template <class T = double>
const T* ones(Queue& queue, std::size_t count) {
  constexpr bool kDouble = std::is_same_v<T, double>;
  T* vector = queue.scratch<T>(kDouble ? Scratch::ones : Scratch::rounded_ones, count);
  std::size_t& filled = kDouble ? queue.ones_filled : queue.rounded_ones_filled;
  if (filled < count) {
    for_each(queue, count, [=] __device__(std::size_t i) { vector[i] = T{1}; });
    filled = count;
  }
  return vector;
}

inline double sum(Queue& queue, std::size_t count, const double* x) { return dot(queue, count, x, ones(queue, count)); }

/// b = L^-1 b, or L^-T b, for a lower factor L (n x n) and one vector.
inline void solve_lower(Queue& queue, bool transpose, std::size_t n, const double* l, std::size_t ldl, double* b) {
  if (n == 0) return;
  check(cublasDtrsv(queue.blas(), CUBLAS_FILL_MODE_UPPER, transpose ? CUBLAS_OP_N : CUBLAS_OP_T, CUBLAS_DIAG_NON_UNIT,
                    static_cast<int>(n), l, static_cast<int>(ldl), b, 1),
        "solve a triangular system");
}

/// The same for the `cols` columns of b (n x cols).
inline void solve_lower(Queue& queue, bool transpose, std::size_t n, std::size_t cols, const double* l, std::size_t ldl,
                        double* b) {
  if (n == 0 || cols == 0) return;
  const double one = 1;
  check(cublasDtrsm(queue.blas(), CUBLAS_SIDE_RIGHT, CUBLAS_FILL_MODE_UPPER, transpose ? CUBLAS_OP_T : CUBLAS_OP_N,
                    CUBLAS_DIAG_NON_UNIT, static_cast<int>(cols), static_cast<int>(n), &one, l, static_cast<int>(ldl),
                    b, static_cast<int>(cols)),
        "solve triangular systems");
}

/// Lower Cholesky factor in place of the lower triangle of a (n x n); false where it is not positive definite.
inline bool cholesky(Queue& queue, std::size_t n, double* a, std::size_t lda) {
  if (n == 0) return true;
  int size = 0;
  check(cusolverDnDpotrf_bufferSize(queue.solver(), CUBLAS_FILL_MODE_UPPER, static_cast<int>(n), a,
                                    static_cast<int>(lda), &size),
        "size a factorisation");
  double* workspace = queue.scratch(Scratch::workspace, static_cast<std::size_t>(size));
  check(cusolverDnDpotrf(queue.solver(), CUBLAS_FILL_MODE_UPPER, static_cast<int>(n), a, static_cast<int>(lda),
                         workspace, size, queue.info()),
        "factor a matrix");
  int info = 0;
  queue.read(queue.info(), 1, &info);
  return info == 0;
}

}  // namespace bdglm::cuda
