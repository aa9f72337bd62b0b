// HDF5's virtual file layer over a transaction, and writes to datasets through it.
#include "fitfile/hdf5_file.hpp"

#include <algorithm>
#include <cstring>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

namespace bdglm::hdf5 {
namespace {

/// What a list of access properties carries to the driver.
struct DriverInfo {
  FileTransaction* transaction;
};

/// What HDF5 knows of an open file: its own part first.
struct DriverFile {
  H5FD_t base;
  FileTransaction* transaction;
  haddr_t end_of_allocation;
};

FileTransaction& of(const H5FD_t* file) { return *reinterpret_cast<const DriverFile*>(file)->transaction; }

H5FD_t* driver_open(const char* /*name*/, unsigned /*flags*/, hid_t access, haddr_t /*limit*/) {
  const void* info = H5Pget_driver_info(access);
  if (info == nullptr) return nullptr;
  auto* file = new DriverFile{};
  file->transaction = static_cast<const DriverInfo*>(info)->transaction;
  return &file->base;
}

herr_t driver_close(H5FD_t* file) {
  delete reinterpret_cast<DriverFile*>(file);
  return 0;
}

herr_t driver_query(const H5FD_t* /*file*/, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA;
  return 0;
}

haddr_t driver_get_eoa(const H5FD_t* file, H5FD_mem_t /*type*/) {
  return reinterpret_cast<const DriverFile*>(file)->end_of_allocation;
}

herr_t driver_set_eoa(H5FD_t* file, H5FD_mem_t /*type*/, haddr_t at) {
  reinterpret_cast<DriverFile*>(file)->end_of_allocation = at;
  return 0;
}

haddr_t driver_get_eof(const H5FD_t* file, H5FD_mem_t /*type*/) { return of(file).end(); }

herr_t driver_read(H5FD_t* file, H5FD_mem_t /*type*/, hid_t /*transfer*/, haddr_t at, size_t size, void* bytes) {
  return of(file).read(at, bytes, size) ? 0 : -1;
}

herr_t driver_write(H5FD_t* file, H5FD_mem_t type, hid_t /*transfer*/, haddr_t at, size_t size, const void* bytes) {
  of(file).write(at, bytes, size, type == H5FD_MEM_DRAW);
  return 0;
}

herr_t driver_truncate(H5FD_t* file, hid_t /*transfer*/, hbool_t /*closing*/) {
  of(file).set_end(reinterpret_cast<const DriverFile*>(file)->end_of_allocation);
  return 0;
}

hid_t driver() {
  static const hid_t id = [] {
    static H5FD_class_t description{};
#if H5_VERSION_GE(1, 13, 0)
    description.version = H5FD_CLASS_VERSION;
    description.value = static_cast<H5FD_class_value_t>(700);  // of those free for use without registration
#endif
    description.name = "bdglm transaction";
    description.maxaddr = HADDR_MAX;
    description.fc_degree = H5F_CLOSE_STRONG;
    description.fapl_size = sizeof(DriverInfo);
    description.open = driver_open;
    description.close = driver_close;
    description.query = driver_query;
    description.get_eoa = driver_get_eoa;
    description.set_eoa = driver_set_eoa;
    description.get_eof = driver_get_eof;
    description.read = driver_read;
    description.write = driver_write;
    description.truncate = driver_truncate;
    const H5FD_mem_t map[H5FD_MEM_NTYPES] = H5FD_FLMAP_DICHOTOMY;
    std::copy(std::begin(map), std::end(map), std::begin(description.fl_map));
    return H5FDregister(&description);
  }();
  return id;
}

hid_t open_through(const std::string& path, FileTransaction& transaction) {
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  const DriverInfo info{&transaction};
  if (H5Pset_driver(access.id(), driver(), &info) < 0) return -1;
  return H5Fopen(path.c_str(), H5F_ACC_RDWR, access.id());
}

}  // namespace

File::File(const std::string& path, FileTransaction& transaction)
    : path_(path), file_(open_through(path, transaction), H5Fclose) {
  check(file_.id() >= 0, "open");
}

void File::check(bool good, const std::string& action) const { hdf5::check(good, path_, action); }

void File::close() {
  const Handle closing(std::move(file_));
  check(H5Fflush(closing.id(), H5F_SCOPE_GLOBAL) >= 0, "finish writing");
}

Handle File::open_dataset(const std::string& name) const {
  Handle dataset(H5Dopen2(file_.id(), name.c_str(), H5P_DEFAULT), H5Dclose);
  check(dataset.id() >= 0, "find '" + name + "' in");
  return dataset;
}

void File::write(const std::string& name, const std::vector<hsize_t>& start, const std::vector<hsize_t>& count,
                 hid_t type, const void* values) {
  if (std::find(count.begin(), count.end(), 0) != count.end()) return;
  const Handle dataset = open_dataset(name);
  std::vector<hsize_t> extent(start.size());
  {
    const Handle space(H5Dget_space(dataset.id()), H5Sclose);
    check(H5Sget_simple_extent_ndims(space.id()) == static_cast<int>(start.size()), "write '" + name + "' to");
    H5Sget_simple_extent_dims(space.id(), extent.data(), nullptr);
  }
  bool grows = false;
  for (std::size_t k = 0; k < extent.size(); ++k) {
    grows = grows || start[k] + count[k] > extent[k];
    extent[k] = std::max(extent[k], start[k] + count[k]);
  }
  check(!grows || H5Dset_extent(dataset.id(), extent.data()) >= 0, "extend '" + name + "' in");
  const Handle there(H5Dget_space(dataset.id()), H5Sclose);
  H5Sselect_hyperslab(there.id(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr);
  const Handle here(H5Screate_simple(static_cast<int>(count.size()), count.data(), nullptr), H5Sclose);
  check(H5Dwrite(dataset.id(), type, here.id(), there.id(), H5P_DEFAULT, values) >= 0, "write '" + name + "' to");
}

void File::write_text(const std::string& name, const std::string& text) {
  const Handle dataset = open_dataset(name);
  hsize_t extent = 0;
  {
    const Handle space(H5Dget_space(dataset.id()), H5Sclose);
    H5Sget_simple_extent_dims(space.id(), &extent, nullptr);
  }
  std::string padded = text;
  padded.resize(std::max<std::size_t>(text.size(), extent), ' ');
  const Handle type(H5Dget_type(dataset.id()), H5Tclose);
  write(name, {0}, {padded.size()}, type.id(), padded.data());
}

}  // namespace bdglm::hdf5
