// Defining netCDF-4 files, which are HDF5 files whose dimensions are datasets that netCDF knows by its own attributes.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "fitfile/hdf5_handle.hpp"

namespace bdglm::netcdf {

/// The size of a dimension that grows.
constexpr std::size_t kUnlimited = static_cast<std::size_t>(-1);

/// Of a variable's values; `none` is what netCDF gives dimensions that have no values.
enum class Type { none, real, single_precision, integer, byte, character, text };

/// How a variable's values lie in the file.
struct Storage {
  enum class Fill { usual, not_a_number, none };  ///< what stands where nothing was written
  std::vector<std::size_t> chunks = {};           ///< of every dimension; none: in one piece
  int deflate = 0;                                ///< level of compression; 0: none
  Fill fill = Fill::usual;
};

/// An HDF5 list of properties for a new file whose groups and attributes keep their order, as netCDF wants to add to
/// it.
hdf5::Handle file_properties();

/// Attributes of a group, a file or a variable. Throw DataError naming the file.
class Attributes {
 public:
  Attributes(hid_t object, std::string path) : object_(object), path_(std::move(path)) {}
  void text(const std::string& name, const std::string& value) const;
  void labels(const std::string& name, const std::vector<std::string>& values) const;
  void whole_numbers(const std::string& name, const std::vector<int>& values, bool scalar = false) const;
  void real(const std::string& name, double value) const;

 private:
  void write(const std::string& name, hid_t type, hid_t space, const void* values) const;
  hid_t object_;
  std::string path_;
};

/// A file that is being defined; lives as long as its groups. Messages name it `path`.
struct Definition {
  hid_t file;
  std::string path;
  int dimensions = 0;  ///< so far, of all groups
};

/// Dimensions and variables of one group. Names are netCDF's (base/names.hpp). Throws DataError naming the file.
class Group {
 public:
  /// The file's own group.
  explicit Group(Definition& definition);
  /// A new one.
  Group(Definition& definition, const std::string& name);

  Attributes attributes() const { return {id(), definition_.path}; }
  bool has_dimension(const std::string& name) const { return scales_.count(name) != 0; }
  /// A dimension without coordinates.
  void bare(const std::string& name, std::size_t size);
  /// A dimension whose coordinates are these.
  void numbered(const std::string& name, const std::vector<long long>& numbers);
  void labelled(const std::string& name, const std::vector<std::string>& labels);
  /// A dimension that grows, with numbers as coordinates, in chunks of so many.
  void growing(const std::string& name, std::size_t chunk);
  /// A variable over dimensions of this group.
  hdf5::Handle variable(const std::string& name, Type type, const std::vector<std::string>& dimensions,
                        const Storage& storage = {});
  void write(const hdf5::Handle& variable, hid_t type, const void* values) const;

 private:
  struct Scale {
    hdf5::Handle dataset;
    std::size_t size;
    int number;
  };
  hid_t id() const { return group_.id() >= 0 ? group_.id() : definition_.file; }
  hdf5::Handle dataset(const std::string& name, Type type, const std::vector<std::size_t>& sizes,
                       const Storage& storage) const;
  const hdf5::Handle& add_scale(const std::string& name, hdf5::Handle dataset, std::size_t size, bool coordinates);

  Definition& definition_;
  hdf5::Handle group_;
  std::map<std::string, Scale> scales_;
};

}  // namespace bdglm::netcdf
