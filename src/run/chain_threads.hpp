// Chains on threads.
#pragma once

#include <functional>

namespace bdglm {

/// Calls f(chain) for every chain on up to `threads` threads; the first exception is rethrown when all have ended.
/// While the caller's thread has no chain left and waits for the others it calls `waiting`, which does not throw, many
/// times a second. Throws DeviceError where the system starts no thread.
void for_each_chain(int chains, int threads, const std::function<void(int)>& f,
                    const std::function<void()>& waiting = {});

}  // namespace bdglm
