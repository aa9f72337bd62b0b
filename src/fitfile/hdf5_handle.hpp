// HDF5 identifiers that close themselves, the lock under which HDF5 is entered, and its reasons of failures.
#pragma once

#include <hdf5.h>

#include <mutex>
#include <string>
#include <utility>

namespace bdglm::hdf5 {

/// Held while HDF5 works, which as distributions build it may not be called by two threads at once. It prints no errors
/// of its own meanwhile, which it remembers by thread.
class Lock {
 public:
  Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  Handle(hid_t id, herr_t (*closing)(hid_t)) : id_(id), close_(closing) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() { close(); }
  hid_t id() const { return id_; }
  /// Whether that went well; what closes itself keeps that to itself.
  bool close() {
    const hid_t id = std::exchange(id_, -1);
    return id < 0 || close_(id) >= 0;
  }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Throws DataError "cannot ACTION 'PATH'" where `good` is false, with the system's reason where HDF5 tells one.
void check(bool good, const std::string& path, const std::string& action);

}  // namespace bdglm::hdf5
