// Who is asked at a thread's stop points.
#include "base/stop_point.hpp"

namespace bdglm {
namespace {

thread_local const std::function<bool()>* asked_here = nullptr;

}  // namespace

StopScope::StopScope(const std::function<bool()>& asked) : before_(asked_here) { asked_here = &asked; }

StopScope::~StopScope() { asked_here = before_; }

void stop_point() {
  if (asked_here != nullptr && (*asked_here)()) throw Stopped();
}

}  // namespace bdglm
