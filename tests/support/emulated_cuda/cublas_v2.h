// The parts of cuBLAS that the backend calls, answered by the host's BLAS.
#pragma once

#include <cblas.h>

enum cublasStatus_t { CUBLAS_STATUS_SUCCESS = 0 };
enum cublasOperation_t { CUBLAS_OP_N, CUBLAS_OP_T };
enum cublasFillMode_t { CUBLAS_FILL_MODE_LOWER, CUBLAS_FILL_MODE_UPPER };
enum cublasSideMode_t { CUBLAS_SIDE_LEFT, CUBLAS_SIDE_RIGHT };
enum cublasDiagType_t { CUBLAS_DIAG_NON_UNIT, CUBLAS_DIAG_UNIT };
enum cublasMath_t { CUBLAS_DEFAULT_MATH, CUBLAS_TF32_TENSOR_OP_MATH };
using cublasHandle_t = void*;

namespace emulated_cuda {
inline CBLAS_TRANSPOSE of(cublasOperation_t op) { return op == CUBLAS_OP_T ? CblasTrans : CblasNoTrans; }
inline CBLAS_UPLO of(cublasFillMode_t fill) { return fill == CUBLAS_FILL_MODE_UPPER ? CblasUpper : CblasLower; }
inline CBLAS_SIDE of(cublasSideMode_t side) { return side == CUBLAS_SIDE_LEFT ? CblasLeft : CblasRight; }
}  // namespace emulated_cuda

inline cublasStatus_t cublasCreate(cublasHandle_t*) { return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasDestroy(cublasHandle_t) { return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasSetStream(cublasHandle_t, void*) { return CUBLAS_STATUS_SUCCESS; }
inline cublasStatus_t cublasSetMathMode(cublasHandle_t, cublasMath_t) { return CUBLAS_STATUS_SUCCESS; }

inline cublasStatus_t cublasDgemm(cublasHandle_t, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k,
                                  const double* alpha, const double* a, int lda, const double* b, int ldb,
                                  const double* beta, double* c, int ldc) {
  cblas_dgemm(CblasColMajor, emulated_cuda::of(op_a), emulated_cuda::of(op_b), m, n, k, *alpha, a, lda, b, ldb, *beta,
              c, ldc);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSgemm(cublasHandle_t, cublasOperation_t op_a, cublasOperation_t op_b, int m, int n, int k,
                                  const float* alpha, const float* a, int lda, const float* b, int ldb,
                                  const float* beta, float* c, int ldc) {
  cblas_sgemm(CblasColMajor, emulated_cuda::of(op_a), emulated_cuda::of(op_b), m, n, k, *alpha, a, lda, b, ldb, *beta,
              c, ldc);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasSgemv(cublasHandle_t, cublasOperation_t op, int m, int n, const float* alpha,
                                  const float* a, int lda, const float* x, int step_x, const float* beta, float* y,
                                  int step_y) {
  cblas_sgemv(CblasColMajor, emulated_cuda::of(op), m, n, *alpha, a, lda, x, step_x, *beta, y, step_y);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDgemmStridedBatched(cublasHandle_t, cublasOperation_t op_a, cublasOperation_t op_b, int m,
                                                int n, int k, const double* alpha, const double* a, int lda,
                                                long long step_a, const double* b, int ldb, long long step_b,
                                                const double* beta, double* c, int ldc, long long step_c, int batches) {
  for (long long i = 0; i < batches; ++i)
    cblas_dgemm(CblasColMajor, emulated_cuda::of(op_a), emulated_cuda::of(op_b), m, n, k, *alpha, a + i * step_a, lda,
                b + i * step_b, ldb, *beta, c + i * step_c, ldc);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDgemv(cublasHandle_t, cublasOperation_t op, int m, int n, const double* alpha,
                                  const double* a, int lda, const double* x, int step_x, const double* beta, double* y,
                                  int step_y) {
  cblas_dgemv(CblasColMajor, emulated_cuda::of(op), m, n, *alpha, a, lda, x, step_x, *beta, y, step_y);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDsyrk(cublasHandle_t, cublasFillMode_t fill, cublasOperation_t op, int n, int k,
                                  const double* alpha, const double* a, int lda, const double* beta, double* c,
                                  int ldc) {
  cblas_dsyrk(CblasColMajor, emulated_cuda::of(fill), emulated_cuda::of(op), n, k, *alpha, a, lda, *beta, c, ldc);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDdot(cublasHandle_t, int n, const double* x, int step_x, const double* y, int step_y,
                                 double* result) {
  *result = cblas_ddot(n, x, step_x, y, step_y);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDtrsv(cublasHandle_t, cublasFillMode_t fill, cublasOperation_t op, cublasDiagType_t, int n,
                                  const double* a, int lda, double* x, int step) {
  cblas_dtrsv(CblasColMajor, emulated_cuda::of(fill), emulated_cuda::of(op), CblasNonUnit, n, a, lda, x, step);
  return CUBLAS_STATUS_SUCCESS;
}
inline cublasStatus_t cublasDtrsm(cublasHandle_t, cublasSideMode_t side, cublasFillMode_t fill, cublasOperation_t op,
                                  cublasDiagType_t, int m, int n, const double* alpha, const double* a, int lda,
                                  double* b, int ldb) {
  cblas_dtrsm(CblasColMajor, emulated_cuda::of(side), emulated_cuda::of(fill), emulated_cuda::of(op), CblasNonUnit, m,
              n, *alpha, a, lda, b, ldb);
  return CUBLAS_STATUS_SUCCESS;
}
