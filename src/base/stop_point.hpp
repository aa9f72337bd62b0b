// Points in long computations at which a thread that is to stop leaves them.
#pragma once

#include "bdglm/stop.hpp"

namespace bdglm {

/// Throws Stopped where a stop is asked for; the arrays that were being written are worth nothing then. Cheap beside a
/// block of rows. Without a StopScope of this thread it does nothing.
void stop_point();

/// What this thread's stop points ask, for threads that work for it.
const StopRequest& stop_request_here();

}  // namespace bdglm
