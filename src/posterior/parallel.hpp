// A loop whose steps run on several threads in any order; the first exception of a step is thrown at the end.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/stop_point.hpp"

namespace bdglm {

/// Calls step(0) .. step(count - 1) on at most `threads` threads, of which the caller's is one. Where the system
/// grants fewer threads, those that there are do all. Before each step is a stop point, and steps have the caller's.
template <class Step>
void for_each_index(int threads, Eigen::Index count, const Step& step) {
  std::atomic<Eigen::Index> next{0};
  std::exception_ptr failure;
  std::mutex guard;
  const auto work = [&] {
    try {
      for (Eigen::Index k = next++; k < count; k = next++) {
        stop_point();
        step(k);
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(guard);
      if (!failure) failure = std::current_exception();
      next = count;
    }
  };
  const StopRequest& asked = stop_request_here();
  std::vector<std::thread> pool;
  const Eigen::Index helpers = std::min<Eigen::Index>(threads, count) - 1;
  try {
    for (Eigen::Index k = 0; k < helpers; ++k) {
      pool.emplace_back([&] {
        const StopScope scope(asked);
        work();
      });
    }
  } catch (const std::system_error&) {
    // The threads that were granted go on.
  }
  work();
  for (std::thread& thread : pool) thread.join();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace bdglm
