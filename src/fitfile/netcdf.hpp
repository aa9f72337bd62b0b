// A thin layer over the netCDF C library: status codes become exceptions, files close themselves.
#pragma once

#include <netcdf.h>
#include <netcdf_mem.h>

#include <mutex>
#include <string>
#include <utility>

#include "bdglm/error.hpp"

namespace bdglm::netcdf {

/// Held while the libraries of files work: neither netCDF nor HDF5 as distributions build it may be called by two
/// threads at once. HDF5 prints no errors of its own meanwhile, which it remembers by thread.
class Lock {
 public:
  Lock();

 private:
  std::unique_lock<std::recursive_mutex> lock_;
};

/// Throws DataError naming the file where `status` is an error.
inline void check(int status, const std::string& path, const char* action) {
  if (status == NC_NOERR) return;
  throw DataError(std::string("cannot ") + action + " '" + path + "': " + nc_strerror(status));
}

class File {
 public:
  File(int id, std::string path) : id_(id), path_(std::move(path)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (id_ >= 0) nc_close(id_);
  }
  int id() const { return id_; }
  void check(int status, const char* action) const { netcdf::check(status, path_, action); }
  /// Closes a file that is in memory; the caller frees what `memory` then holds.
  void close_into(NC_memio& memory) {
    const int id = std::exchange(id_, -1);
    check(nc_close_memio(id, &memory), "finish");
  }
  int group(const std::string& name) const {
    int group = -1;
    check(nc_inq_grp_ncid(id_, name.c_str(), &group), "find a group in");
    return group;
  }

 private:
  int id_;
  std::string path_;
};

}  // namespace bdglm::netcdf
