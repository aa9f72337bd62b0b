// CUDA's error codes as exceptions, device memory that frees itself, and the launch shape of elementwise kernels.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <string>

#include "bdglm/base/error.hpp"

namespace bdglm::cuda {

/// Throws DeviceError with CUDA's words where `status` is an error.
inline void check(cudaError_t status, const char* action) {
  if (status != cudaSuccess)
    throw DeviceError(std::string("CUDA failed to ") + action + ": " + cudaGetErrorString(status));
}

/// `count` values of T on the device.
template <class T>
class DeviceArray {
 public:
  explicit DeviceArray(std::size_t count) : count_(count) {
    if (count > 0) check(cudaMalloc(&data_, count * sizeof(T)), "allocate device memory");
  }
  DeviceArray(const DeviceArray&) = delete;
  DeviceArray& operator=(const DeviceArray&) = delete;
  ~DeviceArray() { cudaFree(data_); }

  T* data() const { return data_; }
  void upload(const T* host) {
    check(cudaMemcpy(data_, host, count_ * sizeof(T), cudaMemcpyHostToDevice), "copy to the device");
  }
  void download(T* host) const {
    check(cudaMemcpy(host, data_, count_ * sizeof(T), cudaMemcpyDeviceToHost), "copy from the device");
  }

 private:
  std::size_t count_;
  T* data_ = nullptr;
};

constexpr int kThreads = 256;

inline int blocks_for(std::size_t count) { return static_cast<int>((count + kThreads - 1) / kThreads); }

}  // namespace bdglm::cuda
