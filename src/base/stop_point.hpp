// Points in long computations at which a thread that is to stop leaves them.
#pragma once

#include <exception>
#include <functional>

namespace bdglm {

/// Thrown at a stop point: what was being computed is abandoned, and the arrays it was writing are worth nothing.
class Stopped final : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped"; }
};

/// While it lives, stop points of this thread ask `asked`, which must outlive it; without one they do nothing.
class StopScope {
 public:
  explicit StopScope(const std::function<bool()>& asked);
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  const std::function<bool()>* before_;
};

/// Throws Stopped where a stop is asked for; cheap beside a block of rows.
void stop_point();

}  // namespace bdglm
