// Who is asked at a thread's stop points.
#include "base/stop_point.hpp"

namespace bdglm {
namespace {

thread_local const StopRequest* asked_here = nullptr;

}  // namespace

StopScope::StopScope(const StopRequest& stop) : before_(asked_here) { asked_here = &stop; }

StopScope::~StopScope() { asked_here = before_; }

void stop_point() {
  if (asked_here != nullptr && (*asked_here)()) throw Stopped();
}

const StopRequest& stop_request_here() {
  static const StopRequest never = [] { return false; };
  return asked_here != nullptr ? *asked_here : never;
}

}  // namespace bdglm
