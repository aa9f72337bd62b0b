// Appending to the datasets of a netCDF-4 file through HDF5, whose bytes pass through a transaction.
#pragma once

#include <string>
#include <vector>

#include "fitfile/file_transaction.hpp"
#include "fitfile/hdf5_handle.hpp"

namespace bdglm::hdf5 {

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
