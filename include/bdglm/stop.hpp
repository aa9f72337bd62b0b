// Stopping what takes long: fits, which keep their state, and calls upon a posterior, which are left.
#pragma once

#include <exception>
#include <functional>

namespace bdglm {

/// Asked many times a second, by several threads at once, the caller's among them. Where it returns true a run leaves
/// the sweep that it is in and stops as it stood before, its state kept: resumed, it draws that sweep again.
using StopRequest = std::function<bool()>;

/// Thrown where a StopScope's request returns true: what was being computed is abandoned.
class Stopped final : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped"; }
};

/// While it lives, calls of this thread upon a posterior (predictions, scores, effects, comparisons, checks, reports,
/// summaries), and readers of tables, ask `stop`, and throw Stopped soon after it has returned true. Fits ask the
/// request that they are given.
class StopScope {
 public:
  /// `stop` outlives it.
  explicit StopScope(const StopRequest& stop);
  ~StopScope();
  StopScope(const StopScope&) = delete;
  StopScope& operator=(const StopScope&) = delete;

 private:
  const StopRequest* before_;
};

}  // namespace bdglm
