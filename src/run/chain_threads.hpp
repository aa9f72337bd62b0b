// Chains on threads.
#pragma once

#include <functional>

namespace bdglm {

/// Calls f(chain) for every chain on up to `threads` threads; the first exception is rethrown when all have ended.
/// Throws DeviceError where the system starts no thread.
void for_each_chain(int chains, int threads, const std::function<void(int)>& f);

}  // namespace bdglm
