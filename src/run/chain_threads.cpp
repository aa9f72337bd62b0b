// A pool that ends with the call: chains are few and long.
#include "run/chain_threads.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "base/names.hpp"
#include "bdglm/error.hpp"

namespace bdglm {

void for_each_chain(int chains, int threads, const std::function<void(int)>& f) {
  std::atomic<int> next = 0;
  std::exception_ptr failure;
  std::mutex mutex;
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
      pool.emplace_back(work);
    } catch (const std::system_error& error) {
      refused = "the system started " + std::to_string(t) + " of " + std::to_string(std::min(threads, chains)) +
                " threads (" + error.what() + "); give fewer " + setting("threads") +
                ", or raise the limit of processes (ulimit -u)";
      next = chains;
    }
  }
  if (refused.empty()) work();
  for (std::thread& thread : pool) thread.join();
  if (!refused.empty()) throw DeviceError(refused);
  if (failure) std::rethrow_exception(failure);
}

}  // namespace bdglm
