// The parts of cuSOLVER that the backend calls, answered by the host's LAPACK.
#pragma once

#include <cublas_v2.h>

extern "C" void dpotrf_(const char* fill, const int* n, double* a, const int* lda, int* info);

enum cusolverStatus_t { CUSOLVER_STATUS_SUCCESS = 0 };
using cusolverDnHandle_t = void*;

inline cusolverStatus_t cusolverDnCreate(cusolverDnHandle_t*) { return CUSOLVER_STATUS_SUCCESS; }
inline cusolverStatus_t cusolverDnDestroy(cusolverDnHandle_t) { return CUSOLVER_STATUS_SUCCESS; }
inline cusolverStatus_t cusolverDnSetStream(cusolverDnHandle_t, void*) { return CUSOLVER_STATUS_SUCCESS; }
inline cusolverStatus_t cusolverDnDpotrf_bufferSize(cusolverDnHandle_t, cublasFillMode_t, int, double*, int,
                                                    int* size) {
  *size = 1;
  return CUSOLVER_STATUS_SUCCESS;
}
inline cusolverStatus_t cusolverDnDpotrf(cusolverDnHandle_t, cublasFillMode_t fill, int n, double* a, int lda, double*,
                                         int, int* info) {
  dpotrf_(fill == CUBLAS_FILL_MODE_UPPER ? "U" : "L", &n, a, &lda, info);
  return CUSOLVER_STATUS_SUCCESS;
}
