// A thread's queue on the CUDA device: stream, library handles, scratch memory, the first failure; and elementwise
// kernels.
#pragma once

#include <cublas_v2.h>
#include <cuda_runtime.h>
#include <cusolverDn.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/row_error.hpp"

namespace bdglm::cuda {

/// Throws DeviceError with CUDA's words where `status` is an error.
inline void check(cudaError_t status, const char* action) {
  if (status != cudaSuccess)
    throw DeviceError(std::string("CUDA failed to ") + action + ": " + cudaGetErrorString(status) +
                      "; the last saved state is intact, 'bdglm resume' goes on from it");
}
inline void check(cublasStatus_t status, const char* action) {
  if (status != CUBLAS_STATUS_SUCCESS)
    throw DeviceError(std::string("cuBLAS failed to ") + action + " (status " + std::to_string(status) + ")");
}
inline void check(cusolverStatus_t status, const char* action) {
  if (status != CUSOLVER_STATUS_SUCCESS)
    throw DeviceError(std::string("cuSOLVER failed to ") + action + " (status " + std::to_string(status) + ")");
}

/// `count` values of T on the device.
template <class T>
class DeviceArray {
 public:
  DeviceArray() = default;
  explicit DeviceArray(std::size_t count) : count_(count) {
    if (count == 0) return;
    const cudaError_t status = cudaMalloc(&data_, count * sizeof(T));
    if (status == cudaErrorMemoryAllocation) throw_out_of_memory(count * sizeof(T));
    check(status, "allocate memory");
  }
  DeviceArray(DeviceArray&& other) noexcept : count_(other.count_), data_(other.data_) {
    other.count_ = 0;
    other.data_ = nullptr;
  }
  DeviceArray& operator=(DeviceArray&& other) noexcept {
    std::swap(count_, other.count_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~DeviceArray() { cudaFree(data_); }

  T* data() const { return data_; }
  std::size_t size() const { return count_; }

 private:
  [[noreturn]] static void throw_out_of_memory(std::size_t bytes) {
    cudaGetLastError();  // else the next launch would report it again
    std::size_t free_bytes = 0;
    std::size_t total = 0;
    cudaMemGetInfo(&free_bytes, &total);
    throw DeviceError("the device has " + std::to_string(free_bytes >> 20U) + " MiB left of " +
                      std::to_string(total >> 20U) + " and " + std::to_string((bytes >> 20U) + 1) +
                      " MiB more are needed; fewer chains or --device cpu would fit");
  }

  std::size_t count_ = 0;
  T* data_ = nullptr;
};

/// What kernels can fail at; the message names the element as a row or a group.
enum class FailureKind : std::uint8_t { latent = 0, group_precision = 1 };

/// No failure; else kind and element in one word, so that the smallest is the first.
constexpr unsigned long long kNoFailure = ~0ULL;

/// Records the first failing element.
inline __device__ void record_failure(unsigned long long* first, FailureKind kind, std::size_t element) {
  atomicMin(first, (static_cast<unsigned long long>(kind) << 56U) | static_cast<unsigned long long>(element));
}

/// Scratch arrays of a queue, by use; grown when a use needs more, never shrunk.
enum class Scratch : std::uint8_t {
  ones,
  terms,
  more_terms,
  partial_sums,
  other_partial_sums,
  partial_products,
  small_matrix,
  scaled_rows,
  gram,
  columns,
  delta,
  delta_below,
  workspace,
  normals,
  streams,
  residual,
  change,
  score,
  rounded_theta,
  rounded_outputs,
  rounded_scores,
  rounded_gradient,
  rounded_ones,
  layers,  ///< and beyond: two for each hidden layer
};

/// One thread's queue of work. Operations of a queue run in order; scalars that come back wait for them.
class Queue {
 public:
  Queue() : failure_(1), info_(1) {
    check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "create a stream");
    check(cublasCreate(&blas_), "start");
    check(cublasSetStream(blas_, stream_), "set its stream");
    check(cusolverDnCreate(&solver_), "start");
    check(cusolverDnSetStream(solver_, stream_), "set its stream");
    clear_failure();
  }
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;
  ~Queue() {
    cusolverDnDestroy(solver_);
    cublasDestroy(blas_);
    cudaStreamDestroy(stream_);
  }

  cudaStream_t stream() const { return stream_; }
  cublasHandle_t blas() const { return blas_; }
  cusolverDnHandle_t solver() const { return solver_; }
  unsigned long long* failure() const { return failure_.data(); }
  int* info() const { return info_.data(); }

  std::size_t ones_filled = 0;          ///< of Scratch::ones
  std::size_t rounded_ones_filled = 0;  ///< and of Scratch::rounded_ones

  void wait() const { check(cudaStreamSynchronize(stream_), "finish its work"); }

  /// Waits, and throws the first failure since the last call.
  void finish() {
    unsigned long long first = kNoFailure;
    read(failure_.data(), 1, &first);
    if (first == kNoFailure) return;
    clear_failure();
    const std::uint64_t element = first & ((1ULL << 56U) - 1);
    if (static_cast<FailureKind>(first >> 56U) == FailureKind::latent)
      throw RowError(static_cast<Eigen::Index>(element), "the latent variable of row ",
                     " is not finite (drawn by update 'latents')");
    throw NumericalError("the precision of the effects of group " + std::to_string(element + 1) +
                         " is not positive definite; columns of very different size or huge values may be the cause");
  }

  /// Copies `count` values to the host and waits for them.
  template <class T>
  void read(const T* from, std::size_t count, T* host) const {
    if (count > 0)
      check(cudaMemcpyAsync(host, from, count * sizeof(T), cudaMemcpyDeviceToHost, stream_), "copy to the host");
    wait();
  }
  /// Copies from pageable host memory, which may be reused at once.
  template <class T>
  void write(const T* host, std::size_t count, T* to) const {
    if (count > 0)
      check(cudaMemcpyAsync(to, host, count * sizeof(T), cudaMemcpyHostToDevice, stream_), "copy to the device");
  }
  template <class T>
  void copy(const T* from, std::size_t count, T* to) const {
    if (count > 0)
      check(cudaMemcpyAsync(to, from, count * sizeof(T), cudaMemcpyDeviceToDevice, stream_), "copy on the device");
  }
  template <class T>
  void clear(T* to, std::size_t count) const {
    if (count > 0) check(cudaMemsetAsync(to, 0, count * sizeof(T), stream_), "clear memory");
  }

  template <class T = double>
  T* scratch(Scratch use, std::size_t count, int offset = 0) {
    DeviceArray<std::byte>& array = scratch_[static_cast<int>(use) + offset];
    if (array.size() < count * sizeof(T)) {
      wait();
      array = DeviceArray<std::byte>();
      array = DeviceArray<std::byte>(count * sizeof(T));
    }
    return reinterpret_cast<T*>(array.data());
  }

 private:
  void clear_failure() { write(&kNoFailure, 1, failure_.data()); }

  cudaStream_t stream_ = nullptr;
  cublasHandle_t blas_ = nullptr;
  cusolverDnHandle_t solver_ = nullptr;
  DeviceArray<unsigned long long> failure_;
  DeviceArray<int> info_;
  std::map<int, DeviceArray<std::byte>> scratch_;
};

#ifdef __CUDACC__
template <class F>
__global__ void for_each_kernel(std::size_t count, F f) {
  const std::size_t stride = static_cast<std::size_t>(gridDim.x) * blockDim.x;
  for (std::size_t i = static_cast<std::size_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) f(i);
}
#endif

/// Calls f(i) for every i < count, a thread each, in no order. Compiled as C++ alone, without CUDA, the calls are a
/// loop: that is how tests run kernels where there is no device.
template <class F>
void for_each(const Queue& queue, std::size_t count, F f) {
  if (count == 0) return;
#ifdef __CUDACC__
  constexpr std::size_t kThreads = 256;
  const std::size_t blocks = std::min<std::size_t>((count + kThreads - 1) / kThreads, std::size_t{1} << 20U);
  for_each_kernel<<<static_cast<unsigned>(blocks), kThreads, 0, queue.stream()>>>(count, f);
  check(cudaGetLastError(), "launch a kernel");
#else
  (void)queue;
  // Backwards, so that a kernel that relies on an order shows.
  for (std::size_t i = count; i-- > 0;) f(i);
#endif
}

}  // namespace bdglm::cuda
