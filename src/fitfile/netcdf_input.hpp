// Reading netCDF-4 files, whoever wrote them, through HDF5.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fitfile/hdf5_handle.hpp"

namespace bdglm::netcdf {

/// A variable of an open file. Functions that read throw DataError naming the file.
class Variable {
 public:
  Variable(hid_t group, std::string name, std::string path);

  const std::string& name() const { return name_; }
  /// Names; empty ones where the file names none.
  const std::vector<std::string>& dimensions() const { return dimensions_; }
  /// Sizes of the dimensions as this variable has them.
  std::vector<std::size_t> extents() const;
  /// Sizes of chunks; none where the values lie in one piece.
  std::vector<std::size_t> chunks() const;
  /// Keeps chunks of so many bytes, decompressed, between reads.
  void keep_chunks(std::size_t bytes);

  bool is_text() const;
  std::vector<std::string> labels() const;
  std::vector<long long> integers() const;
  /// All of a variable of characters.
  std::string characters() const;
  /// Values at [start, start + count), row-major; all of them must be there.
  void read(const std::vector<std::size_t>& start, const std::vector<std::size_t>& count, double* values) const;

 private:
  friend class InputGroup;
  void open();
  std::size_t size() const;
  void check(bool good) const { hdf5::check(good, path_, "read '" + name_ + "' from"); }

  hid_t group_;
  std::string name_;
  std::string path_;
  std::size_t kept_bytes_;
  hdf5::Handle dataset_;
  std::vector<std::string> dimensions_;
};

/// A group: variables in the order in which they were defined.
class InputGroup {
 public:
  InputGroup(hid_t file, const std::string& name, const std::string& path);

  /// A variable, or the coordinates of a dimension; null where there is none.
  Variable* find(const std::string& name) const;
  /// Variables and coordinates, by name.
  const std::vector<std::string>& variables() const { return order_; }
  /// The size of a dimension; none where there is no such dimension.
  std::optional<std::size_t> dimension(const std::string& name) const;
  std::optional<int> attribute(const std::string& name) const;

 private:
  hdf5::Handle group_;
  std::map<std::string, std::unique_ptr<Variable>> variables_;
  std::map<std::string, std::unique_ptr<Variable>> bare_;  ///< dimensions without coordinates
  std::vector<std::string> order_;
};

/// A file open for reading; groups are looked at when they are first asked for.
class InputFile {
 public:
  /// Null where the file is none of HDF5, or is damaged.
  static std::unique_ptr<InputFile> open(const std::string& file, const std::string& path);

  /// Names of the groups, in the order in which they were defined.
  std::vector<std::string> groups() const;
  /// Null where there is none.
  const InputGroup* find(const std::string& group) const;

 private:
  InputFile(hdf5::Handle file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  hdf5::Handle file_;
  std::string path_;
  mutable std::map<std::string, InputGroup> groups_;
};

}  // namespace bdglm::netcdf
