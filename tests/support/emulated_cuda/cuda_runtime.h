// The parts of the CUDA runtime that the backend calls, on the host: device memory is memory, queues run at once.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

#define __device__
#define __host__
#define __global__

using std::log;
using std::sqrt;

enum cudaError_t { cudaSuccess = 0, cudaErrorMemoryAllocation = 2 };
enum cudaMemcpyKind { cudaMemcpyHostToDevice, cudaMemcpyDeviceToHost, cudaMemcpyDeviceToDevice };
using cudaStream_t = void*;
constexpr unsigned cudaStreamNonBlocking = 1;

struct cudaDeviceProp {
  char name[32] = "emulated on the host";
  int major = 0;
  int minor = 0;
  std::size_t totalGlobalMem = std::size_t{1} << 34U;
};

/// Bytes that the emulated device has left: of BDGLM_EMULATED_BYTES at the start, where that is set.
inline std::size_t& emulated_cuda_memory() {
  static std::size_t bytes = [] {
    const char* limit = std::getenv("BDGLM_EMULATED_BYTES");
    return limit == nullptr ? std::size_t{1} << 34U : static_cast<std::size_t>(std::atoll(limit));
  }();
  return bytes;
}

inline const char* cudaGetErrorString(cudaError_t status) {
  return status == cudaErrorMemoryAllocation ? "out of memory" : "no error";
}
inline cudaError_t cudaGetLastError() { return cudaSuccess; }
/// Sizes of what is allocated, and the lock that it and the free bytes are under.
struct EmulatedAllocations {
  std::mutex mutex;
  std::map<void*, std::size_t> sizes;
};
inline EmulatedAllocations& emulated_cuda_allocations() {
  static EmulatedAllocations allocations;
  return allocations;
}
template <class T>
cudaError_t cudaMalloc(T** to, std::size_t bytes) {
  EmulatedAllocations& all = emulated_cuda_allocations();
  const std::lock_guard lock(all.mutex);
  if (bytes > emulated_cuda_memory()) return cudaErrorMemoryAllocation;
  *to = static_cast<T*>(std::malloc(bytes));
  all.sizes[*to] = bytes;
  emulated_cuda_memory() -= bytes;
  // What was not written shows as NaN.
  std::memset(static_cast<void*>(*to), 0xFF, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaFree(void* memory) {
  EmulatedAllocations& all = emulated_cuda_allocations();
  const std::lock_guard lock(all.mutex);
  const auto found = all.sizes.find(memory);
  if (found != all.sizes.end()) {
    emulated_cuda_memory() += found->second;
    all.sizes.erase(found);
  }
  std::free(memory);
  return cudaSuccess;
}
inline cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind, cudaStream_t) {
  std::memmove(to, from, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t) {
  std::memset(to, value, bytes);
  return cudaSuccess;
}
inline cudaError_t cudaMemGetInfo(std::size_t* free_bytes, std::size_t* total) {
  *free_bytes = emulated_cuda_memory();
  *total = std::size_t{1} << 34U;
  return cudaSuccess;
}
inline cudaError_t cudaStreamCreateWithFlags(cudaStream_t*, unsigned) { return cudaSuccess; }
inline cudaError_t cudaStreamDestroy(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
inline cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
inline cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  return cudaSuccess;
}
inline unsigned long long atomicMin(unsigned long long* at, unsigned long long value) {
  const unsigned long long before = *at;
  if (value < before) *at = value;
  return before;
}
