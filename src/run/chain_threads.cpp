// A pool that ends with the call: chains are few and long.
#include "run/chain_threads.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {

void for_each_chain(int chains, int threads, const std::function<void(int)>& f, const std::function<void()>& waiting) {
  std::atomic<int> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
  std::condition_variable ended;
  std::size_t at_work = 0;
  const auto work = [&] {
    for (int c = next++; c < chains; c = next++) {
      try {
        f(c);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) failure = std::current_exception();
      }
    }
  };
  std::vector<std::thread> pool;
  std::string refused;
  for (int t = 1; t < std::min(threads, chains) && refused.empty(); ++t) {
    try {
      const std::lock_guard lock(mutex);
      pool.emplace_back([&] {
        work();
        const std::lock_guard left(mutex);
        --at_work;
        ended.notify_one();
      });
      ++at_work;
    } catch (const std::system_error& error) {
      refused = "the system started " + std::to_string(t) + " of " + std::to_string(std::min(threads, chains)) +
                " threads (" + error.what() + "); give fewer " + setting("threads") +
                ", or raise the limit of processes (ulimit -u)";
      next = chains;
    }
  }
  if (refused.empty()) work();
  for (std::unique_lock lock(mutex); waiting && at_work > 0;) {
    ended.wait_for(lock, std::chrono::milliseconds(20), [&] { return at_work == 0; });
    lock.unlock();
    waiting();
    lock.lock();
  }
  for (std::thread& thread : pool) thread.join();
  if (!refused.empty()) throw DeviceError(refused);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace bdglm
