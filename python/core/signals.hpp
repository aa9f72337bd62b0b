// Signals of Python during the library's work: looked for ten times a second; what their handlers raise stops it.
#pragma once

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "bindings.hpp"

namespace bdglm::python {

/// Made, asked and ended with the interpreter's lock or without, but `raised` and `raise`, which need it.
class SignalWatch {
 public:
  /// For all threads of the work. What handles signals in Python runs in the caller's thread, and decides by what it
  /// raises whether the work is to stop.
  bool asked();
  /// Takes what Python has raised, and stops the work; needs the lock.
  void stop();
  /// Whether something was raised.
  bool stopped() const { return stopped_; }
  /// What was raised, or None.
  nb::object raised() const { return raised_; }
  /// Raises it.
  [[noreturn]] void raise();

 private:
  nb::object raised_ = nb::none();
  std::atomic<bool> stopped_ = false;
  std::thread::id caller_ = std::this_thread::get_id();
  std::chrono::steady_clock::time_point looked_;
};

/// Calls `call` without the interpreter's lock, and raises what a signal's handler raises meanwhile.
template <class Call>
auto interruptible(Call&& call) {
  SignalWatch watch;
  const StopRequest asked = [&] { return watch.asked(); };
  try {
    auto result = [&] {
      const nb::gil_scoped_release unlocked;
      const StopScope scope(asked);
      return call();
    }();
    if (!watch.stopped()) return result;
  } catch (const Stopped&) {
  } catch (...) {
    // What was raised came first, and may be why this did.
    if (!watch.stopped()) throw;
  }
  watch.raise();
}

}  // namespace bdglm::python
