// Appending to the datasets of a netCDF-4 file through HDF5, whose bytes pass through a transaction.
#pragma once

#include <hdf5.h>

#include <string>
#include <utility>
#include <vector>

#include "fitfile/file_transaction.hpp"

namespace bdglm::hdf5 {

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  Handle& operator=(Handle&&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  hid_t id() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// A file open for one transaction. Failures are DataError naming the file and what was tried.
class File {
 public:
  File(const std::string& path, FileTransaction& transaction);
  /// Flushes and closes; the transaction then holds every change.
  void close();

  /// Writes `values` (row-major, of the extents `count`) at `start`, extending the dataset where it must grow.
  /// `type` is the memory's: H5T_NATIVE_DOUBLE, H5T_NATIVE_LLONG.
  void write(const std::string& dataset, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count,
             hid_t type, const void* values);
  /// Writes text into a one-dimensional dataset of characters, filled up with blanks.
  void write_text(const std::string& dataset, const std::string& text);

 private:
  Handle open_dataset(const std::string& name) const;
  void check(bool good, const std::string& action) const;

  std::string path_;
  Handle file_;
};

}  // namespace bdglm::hdf5
